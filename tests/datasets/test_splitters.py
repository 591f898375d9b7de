"""The protocols as splitters of scikit-learn: the command's folds, honest, and usable where `cv` is."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_score,
    learning_curve,
)
from sklearn.pipeline import make_pipeline

import gtzan_features as gf
from gtzan_features.config import SplitConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.splits import make_split
from gtzan_features.errors import ConfigError, SplitError

PROTOCOLS = [
    (gf.TrackKFold(10), SplitConfig(protocol="track")),
    (gf.TrackKFold(4, seed=7), SplitConfig(protocol="track", folds=4, seed=7)),
    (gf.ArtistKFold(), SplitConfig(protocol="artist")),
    (gf.FaultFiltered(), SplitConfig(protocol="fault-filtered")),
    (gf.FaultFiltered(evaluate_on="valid"), SplitConfig(protocol="fault-filtered", evaluate_on="valid")),
    (
        gf.FaultFiltered(train_on="train+valid"),
        SplitConfig(protocol="fault-filtered", train_on="train+valid"),
    ),
    (gf.LeakedSegments(5), SplitConfig(protocol="segment", folds=5)),
]
SPLITTERS = [gf.TrackKFold(3), gf.ArtistKFold(3), gf.LeakedSegments(3)]


@pytest.fixture(scope="module", params=["3s", "30s"])
def kaggle(request, real_material):
    name = {"3s": "features_3_sec.csv", "30s": "features_30_sec.csv"}[request.param]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is said of this CSV has tests of its own
        return gf.read_table(real_material / "features" / name)


@pytest.fixture
def rows():
    """60 tracks of 4 rows, 20 artists, three genres."""
    rng = np.random.default_rng(0)
    track = np.repeat(np.arange(60), 4)
    genre = np.array(["blues", "jazz", "rock"])[track % 3]
    X = rng.normal(size=(240, 8)) + (track % 3)[:, None] + rng.normal(size=(60, 8))[track]
    artist = np.array([f"band {t % 3}-{t // 9}" for t in track])
    order = rng.permutation(240)
    return X[order], genre[order], np.array([f"track {t:02d}" for t in track])[order], artist[order]


@pytest.mark.real
@pytest.mark.parametrize(("splitter", "config"), PROTOCOLS, ids=repr)
def test_folds_are_those_of_the_command(kaggle, splitter, config):
    data = kaggle.opened.data
    expected = make_split(data.rows, data.copies, config).folds(data.rows)
    found = list(splitter.split(kaggle.X, kaggle.y, kaggle.frame["track_id"]))
    assert len(found) == len(expected) == splitter.get_n_splits(kaggle.X, kaggle.y, kaggle.groups)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])


@pytest.mark.real
def test_artists_of_gtzan_have_their_published_fold_and_codes_of_genres_change_nothing(kaggle):
    fold = gtzan.facts()["artist_fold"].reindex(kaggle.frame["track_id"]).to_numpy(dtype=float, na_value=0)
    for y in (kaggle.y, np.unique(kaggle.y, return_inverse=True)[1]):
        pairs = list(gf.ArtistKFold(3).split(kaggle.X, y, kaggle.artists))
        for number, (train, test) in enumerate(pairs, 1):
            assert set(fold[test]) <= {number, 0}
            assert not set(kaggle.artists[train]) & set(kaggle.artists[test])
            assert set(np.flatnonzero(fold == number)) <= set(test.tolist())


@pytest.mark.real
def test_evaluate_takes_a_splitter_for_the_protocol_that_it_is(kaggle):
    if kaggle.meta.segment != "30s":
        pytest.skip("one table is enough")
    ours = gf.evaluate("majority", kaggle, protocol=gf.FaultFiltered(), n_jobs=1)
    named = gf.evaluate("majority", kaggle, protocol="fault-filtered", n_jobs=1)
    assert ours.protocol == named.protocol
    pd.testing.assert_frame_equal(ours.predictions, named.predictions)


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_every_row_is_tested_once_with_every_class_in_every_part_and_always_alike(rows, splitter):
    X, y, track, artist = rows
    groups = artist if isinstance(splitter, gf.ArtistKFold) else track
    pairs = list(splitter.split(X, y, groups))
    assert splitter.get_n_splits() == len(pairs) == 3
    assert sorted(np.concatenate([test for _, test in pairs])) == list(range(240))
    for train, test in pairs:
        assert set(y[train]) == set(y[test]) == set(y)
        crossed = set(groups[train]) & set(groups[test])
        assert bool(crossed) == isinstance(splitter, gf.LeakedSegments)
    for again in (list(splitter.split(X, y, groups)), list(splitter.split(list(X), list(y), list(groups)))):
        assert all((a[1] == b[1]).all() for a, b in zip(pairs, again, strict=True))


def test_without_protocols_of_ours_they_are_scikit_learns_folds(rows):
    X, y, _, artist = rows
    expected = StratifiedGroupKFold(3, shuffle=True, random_state=0).split(X, y, artist)
    for ours, theirs in zip(gf.ArtistKFold(3).split(X, y, artist), expected, strict=True):
        np.testing.assert_array_equal(ours[1], theirs[1])
    expected = StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)
    for ours, theirs in zip(gf.LeakedSegments(5).split(X, y), expected, strict=True):
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_track_folds_depend_on_tracks_alone(rows):
    X, y, track, _ = rows
    one_row_each = np.unique(track, return_index=True)[1]
    short = [set(track[test]) for _, test in gf.TrackKFold(4).split(X, y, track)]
    some = (X[one_row_each], y[one_row_each], track[one_row_each])
    assert short == [set(some[2][test]) for _, test in gf.TrackKFold(4).split(*some)]


def test_exact_copies_of_a_track_stay_together_where_rows_are_numbers(rows):
    X, y, track, _ = rows
    X, y = X.copy(), y.copy()
    same = [np.flatnonzero(track == f"track {i:02d}") for i in (0, 3)]
    X[same[1]] = X[same[0]]
    for frame in (X, pd.DataFrame(X)):
        for _, test in gf.TrackKFold(5).split(frame, y, track):
            assert len({same[0][0] in test, same[1][0] in test}) == 1
    paths = [f"{name}.wav" for name in track]
    assert len(list(gf.TrackKFold(5).split(paths, y, track))) == 5


def test_a_group_of_two_classes_is_whole_too(rows):
    """As copies of one track under two genres are, which have one name in ``table.groups``."""
    X, y, track, _ = rows
    together = np.where(np.isin(track, ["track 00", "track 01"]), "both", track)
    for splitter in (gf.TrackKFold(5), gf.TrackKFold(3, seed=4)):
        for train, test in splitter.split(X, y, together):
            assert not set(together[train]) & set(together[test])
    assert len(list(gf.LeakedSegments(3).split(X, y, together))) == 3


@pytest.mark.real
def test_copies_that_table_groups_call_by_one_name_are_not_divided(kaggle):
    pairs = list(gf.TrackKFold(10).split(kaggle.X, kaggle.y, kaggle.groups))
    assert sorted(np.concatenate([test for _, test in pairs])) == list(range(len(kaggle)))
    for train, test in pairs:
        assert not set(kaggle.groups[train]) & set(kaggle.groups[test])
    with pytest.raises(SplitError, match="groups must be ids of tracks, such as table.frame"):
        list(gf.FaultFiltered().split(kaggle.X, kaggle.y, kaggle.groups))


def test_folders_of_artists_are_read_from_track_ids(rows):
    X, y, track, artist = rows
    ids = np.array([f"{g}/{a}/{t}" for g, a, t in zip(y, artist, track, strict=True)])
    for train, test in gf.ArtistKFold(3).split(X, y, ids):
        assert not set(artist[train]) & set(artist[test])
    flat = [f"{g}/{t}" for g, t in zip(y, track, strict=True)]
    unknown = np.where(np.char.find(artist, "-0") > 0, flat, ids)
    used = np.concatenate([test for _, test in gf.ArtistKFold(3).split(X, y, unknown)])
    assert set(used) == set(np.flatnonzero(unknown == ids))


def test_scikit_learns_tools_take_them(rows):
    X, y, track, artist = rows
    pipe = make_pipeline(gf.RankNormal(), gf.ShrinkageLDA())
    scores = cross_val_score(pipe, X, y, groups=artist, cv=gf.ArtistKFold(3))
    assert scores.shape == (3,)
    assert scores.mean() > 0.5
    grid = GridSearchCV(pipe, {"shrinkagelda__shrinkage": [0.05, "auto", 0.9]}, cv=gf.TrackKFold(4))
    assert grid.fit(X, y, groups=track).n_splits_ == 4
    sizes, _, test = learning_curve(
        pipe, X, y, groups=track, cv=gf.TrackKFold(4), train_sizes=[0.5, 1.0], shuffle=True, random_state=0
    )
    assert test.shape == (2, 4)
    assert sizes[1] == 180


@pytest.mark.parametrize("splitter", [*SPLITTERS, gf.FaultFiltered()], ids=repr)
def test_groups_are_routed_without_a_request(rows, splitter):
    assert splitter.get_metadata_routing().split.requests == {"groups": True}
    if isinstance(splitter, gf.FaultFiltered):
        return
    X, y, track, artist = rows
    groups = artist if isinstance(splitter, gf.ArtistKFold) else track
    plain = cross_val_score(gf.ShrinkageLDA(), X, y, groups=groups, cv=splitter)
    with config_context(enable_metadata_routing=True):
        model = gf.ShrinkageLDA().set_fit_request(groups=False)
        routed = cross_val_score(model, X, y, params={"groups": groups}, cv=splitter)
        both = gf.ShrinkageLDA().set_fit_request(groups=True)
        informed = cross_val_score(both, X, y, params={"groups": groups}, cv=splitter)
    np.testing.assert_array_equal(routed, plain)
    assert informed.shape == plain.shape


@pytest.mark.parametrize(
    ("splitter", "words"),
    [
        (gf.TrackKFold(), "TrackKFold(n_splits=10, seed=0)"),
        (gf.ArtistKFold(5, seed=1), "ArtistKFold(n_splits=5, seed=1)"),
        (gf.FaultFiltered("valid"), "FaultFiltered(evaluate_on='valid', train_on='train')"),
        (gf.LeakedSegments(), "LeakedSegments(n_splits=5, seed=0)"),
    ],
)
def test_they_say_what_they_are(splitter, words):
    assert repr(splitter) == words


def test_fewer_tracks_than_folds_are_refused_by_number_and_reduced_without_one(rows):
    X, y, track, artist = rows
    with pytest.raises(SplitError, match="25 folds need 25 tracks .* Use n_splits=20, or give n_splits=None"):
        list(gf.TrackKFold(25).split(X, y, track))
    with pytest.raises(SplitError, match="8 folds need 8 artists of each genre, and blues has 7"):
        list(gf.ArtistKFold(8).split(X, y, artist))
    some = np.isin(track, [f"track {i:02d}" for i in range(12)])
    reduced = gf.TrackKFold(n_splits=None)
    assert reduced.get_n_splits(X[some], y[some], track[some]) == 4
    assert reduced.get_n_splits(X, y, track) == 10
    assert gf.ArtistKFold(n_splits=None).get_n_splits(X, y, artist) == 3


@pytest.mark.parametrize(
    ("splitter", "given", "message"),
    [
        (gf.TrackKFold(3), {"groups": None}, "TrackKFold needs groups, such as groups=table.groups"),
        (gf.ArtistKFold(3), {"y": None}, "ArtistKFold needs y"),
        (gf.FaultFiltered(), {"groups": "artist"}, "rows of 3 classes: groups must be ids of tracks"),
        (gf.FaultFiltered(), {}, "published split of GTZAN.* Use TrackKFold$"),
        (gf.TrackKFold(3), {"y": "one class"}, "all tracks are x, and a classifier needs two genres"),
    ],
)
def test_what_cannot_be_divided_is_one_line_of_python(rows, splitter, given, message):
    X, y, track, _ = rows
    arguments = {"y": y, "groups": track, **given}
    if given.get("groups") == "artist":
        arguments["groups"] = np.repeat("somebody", len(y))
    if given.get("y") == "one class":
        arguments["y"] = np.repeat("x", len(y))
    with pytest.raises(SplitError, match=message):
        list(splitter.split(X, **arguments))


@pytest.mark.parametrize("kind", [gf.TrackKFold, gf.ArtistKFold, gf.LeakedSegments])
def test_settings_that_cannot_be_meant_are_refused_where_they_are_made(kind):
    with pytest.raises(ConfigError, match="^n_splits=1: at least 2 are needed"):
        kind(1)
    with pytest.raises(ConfigError, match="evaluate_on='train' is not known"):
        gf.FaultFiltered("train")
