from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.config import SplitConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.dataset import duplicate_labels, load_dataset
from gtzan_features.datasets.splits import inner_groups, make_split
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
        (make_table().frame, {"protocol": "artist"}, "nothing tells the artist.*--protocol track"),
        (make_table().frame, {"protocol": "fault-filtered"}, "is none of its tracks. Use --protocol track"),
        (make_table(n_tracks=4).frame, {"protocol": "track"}, "has 4. Use --folds 4"),
        (make_table(n_genres=1).frame, {"protocol": "track"}, "all tracks are genre0"),
        (
            gtzan_rows(ids=[f"{g}.0000{i}" for g in ("blues", "rock") for i in range(5)]),
            {"protocol": "fault-filtered"},
            "no blues track in the training part|none of these tracks is in its test part",
        ),
        (
            other_music(1),
            {"protocol": "artist"},
            "3 folds need 3 artists of each genre, and g0 has 1.*--protocol track",
        ),
    ],
)
def test_protocols_that_cannot_be_applied_suggest_another(rows, config, message):
    with pytest.raises(SplitError, match=message):
        split_of(rows, **config)


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
