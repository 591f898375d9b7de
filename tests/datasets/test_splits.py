from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.config import SplitConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.groups import inner_groups, small_genres
from gtzan_features.datasets.splits import make_split
from gtzan_features.datasets.training_arrays import duplicate_labels, load_dataset
from gtzan_features.errors import ConfigError, SplitError
from tests.conftest import make_table


def gtzan_rows(n_segments=1, ids=None):
    facts = gtzan.facts()
    facts = facts if ids is None else facts.loc[ids]
    frame = pd.DataFrame({"track_id": facts.index, "genre": facts["genre"].to_numpy()})
    frame = frame.loc[frame.index.repeat(n_segments)].reset_index(drop=True)
    frame["segment"] = frame.groupby("track_id").cumcount()
    return frame


def copies_of(rows):
    """GTZAN's own duplicates; features that differ from row to row."""
    return duplicate_labels(rows, np.arange(len(rows), dtype=float)[:, None])


def split_of(rows, **config):
    return make_split(rows, copies_of(rows), SplitConfig(**config))


def sides(split, rows):
    """For each fold the sets of tracks in training and in test."""
    ids = rows["track_id"].to_numpy()
    return [(set(ids[train]), set(ids[test])) for train, test in split.folds(rows)]


@pytest.mark.parametrize("protocol", ["track", "artist", "fault-filtered", "stratified"])
def test_no_track_stands_on_both_sides(protocol):
    rows = gtzan_rows(3)
    for train, test in sides(split_of(rows, protocol=protocol), rows):
        assert not train & test
        assert train
        assert test


@pytest.mark.parametrize("protocol", ["track", "artist", "fault-filtered", "stratified"])
def test_exact_duplicates_stand_on_one_side(protocol):
    rows = gtzan_rows()
    duplicate_of = gtzan.facts()["duplicate_of"].dropna()
    for train, test in sides(split_of(rows, protocol=protocol), rows):
        for copy, original in duplicate_of.items():
            assert not (copy in train and original in test)
            assert not (copy in test and original in train)


def test_track_folds_test_every_track_once_and_are_stratified():
    rows = gtzan_rows(2)
    split = split_of(rows, protocol="track")
    folds = split.folds(rows)
    assert len(folds) == 10
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(len(rows)))
    for _, test in folds:
        counts = rows.iloc[test].drop_duplicates("track_id")["genre"].value_counts()
        assert counts.min() >= 8
        assert counts.max() <= 12


def test_a_split_does_not_depend_on_the_segments_or_the_order_of_rows():
    short, long = gtzan_rows(10), gtzan_rows(1)
    assert split_of(short, protocol="track").fingerprint() == split_of(long, protocol="track").fingerprint()
    shuffled = short.sample(frac=1, random_state=0).reset_index(drop=True)
    assert (
        split_of(shuffled, protocol="track").fingerprint() == split_of(short, protocol="track").fingerprint()
    )
    assert (
        split_of(long, protocol="track", seed=1).fingerprint()
        != split_of(long, protocol="track").fingerprint()
    )


def test_artist_folds_are_the_published_ones():
    rows = gtzan_rows()
    split = split_of(rows, protocol="artist")
    facts = gtzan.facts()
    assert (split.frame["role"] == "excluded").sum() == 52 + _artist_conflicts(split)
    for train, test in sides(split, rows):
        groups = facts["artist_group"]
        assert not set(groups[sorted(train)]) & set(groups[sorted(test)])


def _artist_conflicts(split):
    """Tracks of the published folds that are excluded because their duplicate stands in another fold."""
    known = gtzan.facts()["artist_fold"].notna()
    frame = split.frame.set_index("track_id")
    return int((frame["role"].eq("excluded") & known.reindex(frame.index)).sum())


def test_fault_filtered_is_the_published_split():
    rows = gtzan_rows()
    split = split_of(rows, protocol="fault-filtered")
    assert split.frame["role"].value_counts().to_dict() == {
        "train": 443,
        "test": 290,
        "valid": 197,
        "excluded": 70,
    }
    ((train, test),) = sides(split, rows)
    assert (len(train), len(test)) == (443, 290)
    ((train, valid),) = sides(split_of(rows, protocol="fault-filtered", evaluate_on="valid"), rows)
    assert (len(train), len(valid)) == (443, 197)


def test_the_leaked_protocol_cuts_tracks_apart():
    rows = gtzan_rows(10)
    split = split_of(rows, protocol="segment")
    assert split.config.leaked
    folds = sides(split, rows)
    assert len(folds) == 5
    assert all(len(train & test) > 800 for train, test in folds)


@pytest.mark.parametrize(("protocol", "share"), [("track", 0.3), ("track", 0.2), ("segment", 0.3)])
def test_holdout_is_the_share_that_was_asked_for(protocol, share):
    rows = gtzan_rows(4)
    split = split_of(rows, protocol=protocol, holdout=share)
    ((train, test),) = split.folds(rows)
    assert len(test) / len(rows) == pytest.approx(share, abs=0.01)
    assert len(train) + len(test) == len(rows)


@settings(max_examples=25, deadline=None)
@given(genres=st.integers(2, 5), tracks=st.integers(4, 9), segments=st.integers(1, 4), seed=st.integers(0, 9))
def test_groups_hold_for_any_table(genres, tracks, segments, seed):
    data = load_dataset(make_table(genres, tracks, segments, seed=seed))
    split = make_split(data.rows, data.copies, SplitConfig(protocol="track", folds=3, seed=seed))
    for train, test in sides(split, data.rows):
        assert not train & test
    tested = [i for _, test in split.folds(data.rows) for i in test]
    assert sorted(tested) == list(range(len(data.rows)))


def test_copies_within_other_music_stay_together():
    table = make_table()
    frame = table.frame
    names = table.feature_names
    first, copy = frame["track_id"] == "genre0/track00", frame["track_id"] == "genre1/track05"
    frame.loc[copy, names] = frame.loc[first, names].to_numpy()
    data = load_dataset(table)
    assert data.copies["genre0/track00"] == data.copies["genre1/track05"]
    split = make_split(data.rows, data.copies, SplitConfig(protocol="track", folds=3))
    fold = split.frame.set_index("track_id")["fold"]
    assert fold["genre0/track00"] == fold["genre1/track05"]


def other_music(n_artists):
    rows = [
        (f"g{g}/artist{a}/song{s}", f"g{g}", 0) for g in range(2) for a in range(n_artists) for s in range(3)
    ]
    return pd.DataFrame(rows, columns=["track_id", "genre", "segment"])


def test_artists_of_other_music_are_folders():
    rows = other_music(6)
    for train, test in sides(split_of(rows, protocol="artist"), rows):
        assert not {t.split("/")[1] + t[:2] for t in train} & {t.split("/")[1] + t[:2] for t in test}


@pytest.mark.parametrize(
    ("rows", "config", "message"),
    [
        (make_table().frame, {"protocol": "artist"}, "artists of these tracks are not.*--protocol track"),
        (make_table().frame, {"protocol": "fault-filtered"}, "is none of its tracks. Use --protocol track"),
        (make_table(n_tracks=4).frame, {"protocol": "track", "folds": 10}, "has 4 tracks. Use --folds 4"),
        (make_table(n_genres=1).frame, {"protocol": "track"}, "all tracks are genre0"),
        (
            gtzan_rows(ids=[f"{g}.0000{i}" for g in ("blues", "rock") for i in range(5)]),
            {"protocol": "fault-filtered"},
            "no blues track in the training part|none of these tracks is in its test part",
        ),
        (
            other_music(1),
            {"protocol": "artist"},
            "g0 has 1 artist, and folds need 2 artists of each genre.*--protocol track",
        ),
    ],
)
def test_protocols_that_cannot_be_applied_suggest_another(rows, config, message):
    with pytest.raises(SplitError, match=message):
        split_of(rows, **config)


def test_a_part_is_advised_only_where_these_tracks_have_it():
    rows = gtzan_rows(ids=[f"{genre}.0000{i}" for genre in ("blues", "metal") for i in (0, 1)])
    for protocol, part in (("fault-filtered", "test"), ("fault-filtered", "valid"), ("stratified", "valid")):
        with pytest.raises(SplitError, match="Use --protocol track") as found:
            split_of(rows, protocol=protocol, evaluate_on=part)
        assert "--evaluate-on" not in str(found.value)


def test_fewer_folds_are_advised_only_where_they_help():
    rows = gtzan_rows(ids=[f"{genre}.0000{i}" for genre in ("blues", "metal") for i in range(7)])
    for folds in (2, 3):
        with pytest.raises(SplitError, match="blues has 1 artist") as found:
            split_of(rows, protocol="artist", folds=folds)
        assert "fewer folds" not in str(found.value)


@pytest.mark.real
def test_the_389_tracks_have_no_test_part(real_material):
    ids = sorted(p.stem for p in (real_material / "audio_six").rglob("*.ogg"))
    rows = gtzan_rows(ids=ids)
    with pytest.raises(SplitError, match="none of these tracks is in its test part. Use --evaluate-on valid"):
        split_of(rows, protocol="fault-filtered")
    ((train, valid),) = split_of(rows, protocol="fault-filtered", evaluate_on="valid").folds(rows)
    assert (len(train), len(valid)) == (262, 127)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"protocol": "random"}, "not known; there are track, artist"),
        ({"protocol": "stratified", "folds": 3}, "fixed split"),
        ({"folds": 1}, "at least 2"),
        ({"folds": 3, "holdout": 0.3}, "exclude each other"),
        ({"holdout": 1.5}, "between 0 and 1"),
        ({"protocol": "artist", "holdout": 0.3}, "artist has folds"),
        ({"evaluate_on": "valid"}, "has no such part"),
    ],
)
def test_settings_that_contradict_are_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        SplitConfig(**config)


@pytest.mark.parametrize("protocol", ["artist", "fault-filtered"])
def test_inner_folds_keep_artists_whole_where_the_protocol_does(protocol):
    rows = gtzan_rows(2)
    copies = copies_of(rows)
    found = inner_groups(rows, copies, SplitConfig(protocol=protocol))
    by_track = dict(zip(rows["track_id"], found, strict=True))
    facts = gtzan.facts()
    known = facts["artist_group"].dropna()
    for artist in set(known):
        assert len({by_track[track] for track in known.index[known == artist]}) == 1
    for copy, original in facts["duplicate_of"].dropna().items():
        assert by_track[copy] == by_track[original]
    unknown = facts.index[facts["artist_group"].isna()]
    alone = [track for track in unknown if (copies == copies[track]).sum() == 1]
    assert len({by_track[track] for track in alone}) == len(alone) > 30
    tracks = inner_groups(rows, copies, SplitConfig())
    assert len(set(tracks)) == copies.nunique() > len(set(found))


def test_inner_folds_of_other_music_keep_artist_folders_whole():
    rows = other_music(3)
    found = inner_groups(rows, copies_of(rows), SplitConfig(protocol="artist"))
    assert len(set(found)) == 3  # an artist of two genres is one artist
    artists = rows["track_id"].str.split("/").str[1]
    assert (pd.Series(found).groupby(artists).nunique() == 1).all()


def genres_of(*sizes, segments=1):
    """Genres of so many tracks each, with so many rows a track."""
    rows = [
        (f"g{g}/t{t:03d}", f"g{g}", s) for g, n in enumerate(sizes) for t in range(n) for s in range(segments)
    ]
    return pd.DataFrame(rows, columns=["track_id", "genre", "segment"])


@pytest.mark.parametrize(
    ("sizes", "protocol", "folds", "note"),
    [
        ((7, 12, 30), "track", 7, "7 folds: g0 has 7 tracks"),
        ((30, 2), "track", 2, "2 folds: g1 has 2 tracks"),
        ((9, 9), "track", 9, "9 folds: g0 has 9 tracks"),
        ((10, 11), "track", 10, None),
        ((3, 8), "segment", 3, "3 folds: g0 has 3 rows"),
        ((5, 8), "segment", 5, None),
    ],
)
def test_without_folds_there_are_as_many_as_the_smallest_genre_allows(sizes, protocol, folds, note):
    rows = genres_of(*sizes)
    split = split_of(rows, protocol=protocol)
    assert len(split.folds(rows)) == folds
    assert split.config.name == f"{protocol} {folds}-fold"
    assert split.notes == ((note,) if note else ())
    # The usual number is no setting, so that runs of it are called as they always were.
    assert split.config.folds == (folds if note else None)
    for _, test in split.folds(rows):
        assert set(rows["genre"].iloc[test]) == set(rows["genre"])
    if note:
        with pytest.raises(SplitError, match=rf"Use --folds {folds}, or leave --folds out"):
            split_of(rows, protocol=protocol, folds=folds + 1)
        with pytest.raises(
            ConfigError, match=rf"--fold {folds + 1}: {protocol} {folds}-fold has {folds} folds"
        ):
            split_of(rows, protocol=protocol, only=folds + 1)


def test_folds_count_copies_once_and_artists_as_one():
    rows = genres_of(12, 4)
    copies = pd.Series(sorted(set(rows["track_id"])), index=sorted(set(rows["track_id"])))
    copies["g1/t003"] = "g1/t000"
    split = make_split(rows, copies, SplitConfig())
    assert split.notes == ("3 folds: g1 has 3 tracks",)
    rows = other_music(2)
    assert split_of(rows, protocol="artist").notes == ("2 folds: g0 has 2 artists",)
    one = pd.concat([rows, genres_of(0, 0, 5)])  # five tracks of g2 in no artist's folder
    with pytest.raises(SplitError, match=r"g2 has 0 artists.*--protocol track. Or .*--min-tracks 2"):
        split_of(one, protocol="artist")
    assert small_genres(one, copies_of(one), SplitConfig(protocol="artist", min_tracks=2)) == {"g2": 0}


def test_a_genre_of_one_track_has_a_way_out_that_leads_out():
    rows = genres_of(1, 5, 5)
    for config in ({}, {"folds": 2}, {"folds": 10}):
        with pytest.raises(SplitError, match="g0 has 1 track, and folds need 2 .*--min-tracks 2") as error:
            split_of(rows, **config)
        assert "--folds" not in str(error.value)
    small = small_genres(rows, copies_of(rows), SplitConfig(min_tracks=2))
    assert small == {"g0": 1}
    left = rows[~rows["genre"].isin(small)].reset_index(drop=True)
    assert split_of(left, min_tracks=2).config.name == "track 5-fold, min tracks 2"
    with pytest.raises(SplitError, match="leaves 0 of 3 genres"):
        small_genres(rows, copies_of(rows), SplitConfig(min_tracks=9))
    with pytest.raises(SplitError, match="g0 has 1 track") as error:
        split_of(genres_of(1, 5))  # leaving one out leaves one genre
    assert "--min-tracks" not in str(error.value)


@pytest.mark.parametrize("rows", [genres_of(7), genres_of()])
def test_one_genre_and_none_are_said_in_a_sentence(rows):
    with pytest.raises(
        SplitError, match="(all tracks are g0|there are no rows), and a classifier needs two genres"
    ):
        split_of(rows)


@settings(max_examples=40, deadline=None)
@given(
    share=st.floats(0.005, 0.995),
    sizes=st.lists(st.integers(2, 40), min_size=2, max_size=4),
    seed=st.integers(0, 3),
)
def test_a_random_part_is_what_was_asked_for_or_refused(share, sizes, seed):
    rows = genres_of(*sizes, segments=2)
    if any(round(share * n) in (0, n) for n in sizes):
        with pytest.raises(SplitError, match="The nearest share"):
            split_of(rows, holdout=share, seed=seed)
        return
    split = split_of(rows, holdout=share, seed=seed)
    ((train, test),) = split.folds(rows)
    assert len(train) + len(test) == len(rows)
    for genre, n in zip(sorted(set(rows["genre"])), sizes, strict=True):
        tested = rows["genre"].iloc[test].eq(genre).sum() / 2
        assert abs(tested - share * n) <= 1
    named = float(split.config.name.partition("/")[2]) / 100
    assert named == pytest.approx(len(test) / len(rows), abs=0.0105)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.33, 0.5, 0.97, 0.99])
def test_odd_shares_of_gtzan_are_taken(share):
    rows = gtzan_rows()
    ((train, test),) = split_of(rows, holdout=share).folds(rows)
    assert len(test) / len(rows) == pytest.approx(share, abs=0.006)
    assert len(train) + len(test) == 1000


def test_a_random_part_of_rows_that_leaves_none_is_refused():
    with pytest.raises(SplitError, match="leaves no row of 6 on one side"):
        split_of(genres_of(3, 3), protocol="segment", holdout=0.99999)


def test_a_part_of_gtzan_whose_published_folds_lack_a_genre_has_others():
    facts = gtzan.facts().dropna(subset=["artist_fold", "artist_group"])
    some = facts[facts["artist_fold"].isin([1, 2])]
    blues = some[some["genre"].eq("blues") & some["artist_fold"].eq(1)]
    rows = gtzan_rows(ids=[*some[some["genre"] != "blues"].index, *blues.index])
    split = split_of(rows, protocol="artist")
    assert split.notes
    assert len(split.folds(rows)) == split.config.folds
    for train, test in sides(split, rows):
        groups = facts["artist_group"]
        assert not set(groups[sorted(train)]) & set(groups[sorted(test)])
