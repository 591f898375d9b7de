"""Divisions of tracks with several labels: nothing on two sides, every label in every training part."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gtzan_features.config import SplitConfig
from gtzan_features.datasets.label_sets import indicator, names_of, rarest, with_labels_only
from gtzan_features.datasets.label_splits import make_label_split, small_labels
from gtzan_features.errors import SplitError


def rows_of(n=60, seed=0, artist=False, split=False):
    """Tracks of two segments with one to four labels, of which "rare" is on three."""
    rng = np.random.default_rng(seed)
    cells = []
    for i in range(n):
        own = (
            {"abcd"[i % 4]}
            | {name for name in "abcd" if rng.uniform() < 0.3}
            | ({"rare"} if i < 3 else set())
        )
        cells.append(";".join(sorted(own)))
    frame = pd.DataFrame({"track_id": [f"t{i:02d}" for i in range(n)], "genre": cells})
    if artist:
        frame["artist"] = [f"artist {i // 2}" for i in range(n)]
    if split:
        frame["split"] = [("train", "train", "test")[i % 3] for i in range(n)]
    frame = pd.concat([frame, frame]).sort_values("track_id", ignore_index=True)
    frame["segment"] = np.arange(2 * n) % 2
    ids = sorted(set(frame["track_id"]))
    copies = pd.Series(ids, index=ids)
    copies["t05"] = "t04"
    return frame, copies


def labels_of(rows, at):
    return names_of(rows["genre"].iloc[at])


@pytest.mark.parametrize(
    "config",
    [
        SplitConfig(),
        SplitConfig(folds=4, seed=3),
        SplitConfig(folds=4, only=2),
        SplitConfig(holdout=0.3),
        SplitConfig(protocol="artist"),
        SplitConfig(protocol="artist", folds=5),
        SplitConfig(protocol="given"),
    ],
    ids=lambda config: config.name,
)
def test_nothing_stands_on_two_sides_and_every_label_is_learnt_and_tested(config):
    rows, copies = rows_of(artist=config.protocol == "artist", split=True)
    split = make_label_split(rows, copies, config)
    every = names_of(rows["genre"])
    tested = []
    for train, test in split.folds(rows):
        whole = copies.reindex(rows["track_id"]).to_numpy()
        assert not set(whole[train]) & set(whole[test])
        if config.protocol == "artist":
            assert not set(rows["artist"].iloc[train]) & set(rows["artist"].iloc[test])
        assert labels_of(rows, train) == every
        tested += test.tolist()
    assert len(tested) == len(set(tested))
    untested = every - labels_of(rows, tested)
    assert ("no track of rare is tested" in split.notes) == bool(untested)
    if config.n_folds and config.only is None:
        assert not untested
    again = make_label_split(rows.sample(frac=1, random_state=1), copies, config)
    pd.testing.assert_frame_equal(again.frame, split.frame)


def test_folds_have_about_their_share_of_every_label():
    rows, copies = rows_of(200)
    split = make_label_split(rows, copies, SplitConfig(folds=5))
    has = indicator(rows["genre"].to_numpy(), "abcd")
    shares = [has[test].mean(axis=0) for _, test in split.folds(rows)]
    np.testing.assert_allclose(shares, np.tile(has.mean(axis=0), (5, 1)), atol=0.13)


def test_a_label_of_one_track_is_refused_or_left_out():
    rows, copies = rows_of()
    rows.loc[rows["track_id"] == "t09", "genre"] = "a;single"
    message = "single has 1 track, and folds need 2 tracks of each label at least. .*--min-tracks 2"
    with pytest.raises(SplitError, match=message):
        make_label_split(rows, copies, SplitConfig())
    small = small_labels(rows, copies, SplitConfig(min_tracks=4))
    assert small == {"rare": 3, "single": 1}
    with pytest.raises(SplitError, match="--min-tracks 500 leaves 0 of 6 labels"):
        small_labels(rows, copies, SplitConfig(min_tracks=500))


def test_copies_count_once_and_artists_count_where_they_are_divided():
    rows, copies = rows_of(artist=True)
    assert small_labels(rows, copies, SplitConfig(min_tracks=4)) == {"rare": 3}
    assert small_labels(rows, copies, SplitConfig(protocol="artist", min_tracks=3)) == {"rare": 2}
    copies["t01"] = "t00"
    assert small_labels(rows, copies, SplitConfig(min_tracks=3)) == {"rare": 2}


@pytest.mark.parametrize(
    ("change", "config", "reason"),
    [
        ({}, SplitConfig(protocol="segment"), "segment is leaked.*Use --protocol track"),
        ({}, SplitConfig(protocol="artist"), "artists of these tracks are not known"),
        ({}, SplitConfig(protocol="given"), "given: these tracks have no split"),
        ({}, SplitConfig(protocol="fault-filtered"), "is a published split of GTZAN"),
        ({}, SplitConfig(folds=61), "61 parts need 61 tracks, and there are 59"),
        ({"genre": "a"}, SplitConfig(), "the only label is a"),
    ],
)
def test_what_cannot_be_divided_is_said_in_a_line(change, config, reason):
    rows, copies = rows_of()
    with pytest.raises(SplitError, match=reason):
        make_label_split(rows.assign(**change), copies, config)


def test_labels_are_taken_from_cells_and_the_rarest_is_found():
    cells = pd.Series(["a;b", "b", "b;c", "a;c", ""])
    assert rarest(cells).tolist() == ["a", "b", "c", "a", ""]
    assert with_labels_only(cells, {"b", "c"}).tolist() == ["b", "b", "b;c", "c", ""]
