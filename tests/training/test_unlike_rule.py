from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from scipy.stats import binom

from gtzan_features.errors import ModelError
from gtzan_features.models.applying.unlike import (
    UNLIKE,
    UNLIKE_ARRAYS,
    column_quantiles,
    distances,
    load_unlike,
    normal_scores,
    save_unlike,
)
from gtzan_features.models.estimators.preprocessing import RankNormal
from gtzan_features.tables.checked import file_record
from gtzan_features.training import unlike_rule as training
from gtzan_features.training.unlike_rule import FEWEST_TRACKS, KnownMusic, unlike_rule

GENRES = ("blues", "jazz", "rock")
CENTRES = 2 * np.random.default_rng(9).normal(size=(len(GENRES), 12))


def music(n_tracks=40, n_rows=4, seed=0, per_artist=1, genres=(0, 1, 2)):
    """Tracks of each genre around its centre, rows around their track, artists between."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(genres)), n_tracks)
    artist = np.arange(len(y)) // per_artist
    spread = rng.normal(size=(artist.max() + 1, 12))[artist] + 0.5 * rng.normal(size=(len(y), 12))
    tracks = np.repeat(np.arange(len(y)), n_rows)
    rows = (CENTRES[list(genres)][y] + spread)[tracks] + 0.5 * rng.normal(size=(len(tracks), 12))
    names = tuple(GENRES[g] for g in genres)
    return KnownMusic(X=rows, y=y[tracks], tracks=tracks, artists=artist[tracks], genres=names)


def rejected(rule, new):
    return np.array([rule.rejects(new.X[new.tracks == track]) for track in np.unique(new.tracks)])


@pytest.mark.parametrize("asked", [0.05, 0.2])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 9])
def test_new_music_of_the_same_kind_is_rejected_no_more_than_was_asked(asked, n_rows):
    rule = unlike_rule(music(60), asked)
    found = rejected(rule, music(100, n_rows, seed=5))
    # The threshold itself is known to 180 tracks only: its share varies as that of a beta distribution.
    at_most = binom.ppf(0.999, len(found), asked + 3 * np.sqrt(asked * (1 - asked) / 180))
    assert found.sum() <= at_most
    if n_rows == 4:
        assert found.sum() >= 0.3 * asked * len(found)


def test_what_is_measured_is_what_new_music_meets():
    known = music(100, per_artist=4)
    rates = unlike_rule(known).rates
    measured = sum(rates.rejected) / sum(rates.tracks)
    assert rates.tracks == (100, 100, 100)
    assert abs(measured - 0.05) < 0.03
    for left in range(3):
        rest = [g for g in range(3) if g != left]
        rule = unlike_rule(music(100, per_artist=4, genres=rest))
        unknown = rejected(rule, music(100, seed=3, genres=[left])).mean()
        assert abs(rates.detected[left] / 100 - unknown) < 0.15
    assert min(rates.detected) > 50  # genres that lie apart are told apart


def test_artists_stay_whole_in_inner_folds():
    """Five albums of tracks that are alike: the nearest neighbours of a track are of its artist."""
    known = music(40, per_artist=8)
    by_track = dataclasses.replace(known, artists=known.tracks)
    new = music(60, seed=7)
    by_artist, naive = unlike_rule(known), unlike_rule(by_track)
    assert by_artist.thresholds[-1] > naive.thresholds[-1]
    assert rejected(by_artist, new).mean() < rejected(naive, new).mean()


def test_far_music_is_rejected_however_far():
    rule = unlike_rule(music())
    new = music(10, seed=2)
    for shift in (8.0, 1e3, 1e12):
        assert rejected(rule, dataclasses.replace(new, X=new.X + shift)).all()
    assert rule.distance(new.X[:4] + 1e12) <= 6.0


def test_scale_and_shift_of_columns_change_nothing():
    known, new = music(), music(20, seed=4)
    rng = np.random.default_rng(1)
    scale, shift = 10.0 ** rng.integers(-6, 6, 12), rng.normal(size=12)
    plain = unlike_rule(known)
    moved = unlike_rule(dataclasses.replace(known, X=known.X * scale + shift))
    np.testing.assert_allclose(moved.thresholds, plain.thresholds, rtol=1e-5)
    assert (moved.counts, moved.rates) == (plain.counts, plain.rates)
    for track in np.unique(new.tracks):
        rows = new.X[new.tracks == track]
        assert moved.distance(rows * scale + shift) == pytest.approx(plain.distance(rows), rel=1e-5)


def test_columns_that_a_gain_changes_do_not_count():
    names = ["rms_mean", "mfcc1_mean", *(f"x{i}" for i in range(10))]
    rule = unlike_rule(dataclasses.replace(music(), columns=names))
    assert rule.used.tolist() == list(range(2, 12))


def test_without_enough_to_learn_from_there_is_no_rule():
    assert unlike_rule(music(FEWEST_TRACKS // 3)) is not None
    assert unlike_rule(music(FEWEST_TRACKS // 3 - 1)) is None
    known = music(20)
    single = dataclasses.replace(known, y=np.where(known.tracks == 0, 3, known.y), genres=(*GENRES, "ska"))
    assert unlike_rule(single) is None
    assert unlike_rule(dataclasses.replace(known, X=np.ones_like(known.X))) is None


def test_two_genres_leave_one_out_by_the_other():
    rates = unlike_rule(music(40, genres=[0, 2])).rates
    assert rates.genres == ("blues", "rock")
    assert min(rates.detected) > 20


def test_of_many_tracks_and_columns_some_tell_as_much(monkeypatch):
    known, new = music(80), music(60, seed=8)
    monkeypatch.setattr(training, "MOST_TRACKS", 90)
    monkeypatch.setattr(training, "MOST_COLUMNS", 6)
    rule = unlike_rule(known)
    assert rule.centres.shape == (24, 6)
    assert rule.rates.tracks == (30, 30, 30)
    assert rejected(rule, new).mean() < 0.15
    assert rejected(rule, dataclasses.replace(new, X=new.X + 8)).all()


def test_rows_of_tracks_of_different_lengths_have_thresholds_of_their_own():
    known = music(40, n_rows=11)
    rows = np.tile(np.arange(11), 120)
    short = (known.tracks % 2 == 0) & (rows >= 3)
    uneven = dataclasses.replace(
        known, **{name: getattr(known, name)[~short] for name in ("X", "y", "tracks", "artists")}
    )
    rule = unlike_rule(uneven)
    assert rule.counts == (1, 2, 4, 7)
    # Quantiles of some hundred distances: equal ones differ by chance.
    assert np.diff(rule.thresholds).max() < 0.02
    assert rule.thresholds[0] > rule.thresholds[-1]
    found = [rule.threshold(n) for n in (1, 3, 5, 500)]
    assert found == [rule.thresholds[i] for i in (0, 1, 2, 3)]


def test_scores_are_those_of_the_estimator_of_ranks():
    X = np.random.default_rng(0).normal(size=(64, 5))
    X[:, 1] = np.round(X[:, 1])
    new = np.random.default_rng(1).normal(size=(30, 5))
    expected = RankNormal(n_quantiles=64).fit(X).transform(new)
    np.testing.assert_allclose(normal_scores(new, column_quantiles(X)), expected, atol=1e-9)


def test_distances_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(5, 7)), rng.normal(size=(4, 7))
    expected = [[np.sqrt(np.mean((x - y) ** 2)) for y in b] for x in a]
    np.testing.assert_allclose(distances(a, b), expected)


def stored(folder, rule):
    save_unlike(folder, rule)
    return {name: file_record(folder / name) for name in (UNLIKE, UNLIKE_ARRAYS)}


def test_it_survives_the_folder(tmp_path):
    rule, new = unlike_rule(music()), music(20, seed=6)
    files = stored(tmp_path, rule)
    again = load_unlike(tmp_path, files, 12)
    assert (again.counts, again.thresholds, again.rates) == (rule.counts, rule.thresholds, rule.rates)
    np.testing.assert_array_equal(rejected(again, new), rejected(rule, new))
    (tmp_path / "b").mkdir()
    assert stored(tmp_path / "b", again) == files
    assert load_unlike(tmp_path, {}, 12) is None


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (UNLIKE, {"counts": [2, 4]}, "counts and thresholds"),
        (UNLIKE, {"tracks": [1, 2]}, "genres and figures"),
        (UNLIKE, {"tracks": [1, 2, 0.5]}, "no counts"),
        (UNLIKE, {"by_artist": [[0, 1, 1, 0]]}, "artists and genres"),
        (UNLIKE, {"by_artist": [[7, 1, 1, 0]]}, "artists are not those"),
        (UNLIKE, {"by_artist": [3]}, "list of lists"),
        (UNLIKE, {"more": 1}, "unknown field more"),
        (UNLIKE_ARRAYS, b"PK\x03\x04", "not the arrays"),
        (UNLIKE, None, "is missing"),
        (UNLIKE_ARRAYS, None, "is missing"),
    ],
)
def test_a_damaged_rule_is_refused(tmp_path, name, change, words):
    files, path = stored(tmp_path, unlike_rule(music())), tmp_path / name
    if change is None:
        path.unlink()
    else:
        plain = isinstance(change, dict)
        path.write_bytes(json.dumps(json.loads(path.read_text()) | change).encode() if plain else change)
        with pytest.raises(ModelError, match="damaged or replaced"):
            load_unlike(tmp_path, files, 12)
        files[name] = file_record(path)
    with pytest.raises(ModelError, match=f"{name}: .*{words}.*Fit the model again"):
        load_unlike(tmp_path, files, 12)


def test_a_rule_of_another_model_is_refused(tmp_path):
    files = stored(tmp_path, unlike_rule(music()))
    with pytest.raises(ModelError, match="belongs to another model"):
        load_unlike(tmp_path, files, 11)


def test_artists_counts_make_up_those_of_their_genres():
    known = music(60, per_artist=3)
    rates = unlike_rule(known).rates
    table = np.array(rates.by_artist)
    assert len(table) == len(set(zip(known.y.tolist(), known.artists.tolist(), strict=True)))
    for column, of_genre in enumerate((rates.tracks, rates.rejected, rates.detected), start=1):
        assert np.bincount(table[:, 0], weights=table[:, column]).tolist() == list(of_genre)
    assert rates.by_artist == tuple(sorted(rates.by_artist))  # so that no order tells who is who
