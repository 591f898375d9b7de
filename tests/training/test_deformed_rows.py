"""Training on rows of deformed copies: which rows are learned from where."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gtzan_features.audio.deform import ROBUST
from gtzan_features.config import SplitConfig
from gtzan_features.datasets.splits import make_split
from gtzan_features.models import calibration
from gtzan_features.models.choosing import feature_families, several_labels
from gtzan_features.models.estimators import boosted_trees
from gtzan_features.models.estimators.shrunk_covariance import few_rows_rule, moments
from gtzan_features.models.networks import early_stopping
from gtzan_features.models.registry import model_spec
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.feature_tables import augmented_folder
from gtzan_features.tables.run_folder import read_run
from gtzan_features.training import unlike_rule as unlike
from gtzan_features.training.augmented_rows import extra_rows
from gtzan_features.training.fold import training_data
from gtzan_features.training.kept import known_music
from gtzan_features.training.load_rows import open_fittable
from gtzan_features.training.prepare_fit import prepare_fit
from gtzan_features.training.unlike_rule import unlike_rule
from tests.conftest import make_several_table, make_table
from tests.training.deformed import NAMES, TRACK, config, with_artists, with_deformed


def test_what_is_tested_is_clean_and_copies_are_learned_from_where_their_track_is(deformed, tmp_path):
    """By hand: scikit-learn on the stacked rows of training tracks, asked for clean rows of the others."""
    result = fit_run(deformed, tmp_path / "runs", config("logistic-regression"), n_jobs=1)
    run = read_run(result.folder)
    clean = open_fittable(deformed, "kaggle", "3s").data
    copies = [open_fittable(augmented_folder(deformed, kind), "kaggle", "3s").data for kind in NAMES]
    assert len(run.predictions.frame) == len(clean.y)
    for train, test in make_split(clean.rows, clean.copies, TRACK).folds(clean.rows):
        learned = set(clean.rows["track_id"].iloc[train])
        parts = [one.rows["track_id"].isin(learned).to_numpy() for one in copies]
        X = np.concatenate([clean.X[train], *(one.X[at] for one, at in zip(copies, parts, strict=True))])
        y = np.concatenate([clean.y[train], *(one.y[at] for one, at in zip(copies, parts, strict=True))])
        assert len(X) == 3 * len(train)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=5_000, random_state=0))
        expected = model.fit(X, y).predict_proba(clean.X[test])
        ids = set(clean.rows["track_id"].iloc[test])
        found = run.predictions.frame[run.predictions.frame["track_id"].isin(ids)]
        np.testing.assert_allclose(found.filter(like="p_").to_numpy(), expected, atol=1e-5)


INNER = {
    calibration: "calibration",
    several_labels: "thresholds",
    boosted_trees: "early stopping",
    early_stopping: "early stopping of networks",
    unlike: "none of these",
}


@pytest.mark.parametrize("protocol", ["track", "artist"])
@pytest.mark.parametrize(
    ("model", "settings", "several"),
    [
        ("lda", (), False),
        ("linear-svm", (), False),
        ("lda", ("families=auto",), False),
        ("ensemble", ("kind=stack", "members=lda+knn"), False),
        ("xgboost", ("n_estimators=20", "early_stopping_rounds=2"), False),
        ("mlp", ("max_epochs=3",), False),
        ("lda", (), True),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_no_inner_fold_divides_a_track_or_its_artist_from_a_copy(
    tmp_path, monkeypatch, model, settings, several, protocol
):
    table = make_several_table(artists=True) if several else with_artists(make_table(3, 12, 2))
    folder = with_deformed(tmp_path, table)
    split = SplitConfig(protocol=protocol, folds=2)
    if model == "mlp" and "max_epochs" not in model_spec("mlp").settable():
        settings = ()
    prepared = prepare_fit(folder, config(model, split, settings=settings))
    artist_of = table.frame.drop_duplicates("track_id").set_index("track_id")["artist"]
    keys = prepared.plan.opened.data.rows
    groups = prepared.job.data.groups()
    artist_of_group = dict(zip(groups, keys["track_id"].map(artist_of), strict=True))
    asked = []

    def checked(original):
        def splits(data, *rest):
            found = original(data, *rest)
            asked.append(data)
            for train, valid in found:
                assert not set(data.groups[train]) & set(data.groups[valid])
                # Of one label against the rest, a side may have a single artist; then tracks are kept whole.
                if protocol == "artist" and data.made is not None and not several:
                    assert not set(data.apart[train]) & set(data.apart[valid])
                    of = [{artist_of_group[g] for g in data.groups[at]} for at in (train, valid)]
                    assert not of[0] & of[1]
            return found

        return splits

    for module in INNER:
        monkeypatch.setattr(module, "inner_splits", checked(module.inner_splits))
    fold = prepared.folds[-1]
    training = training_data(fold, prepared.job)
    assert training.made.sum() == 2 * len(fold.train)
    assert not set(training.groups) & set(groups[fold.test])
    spec = prepared.job.spec
    spec.fit(training, prepared.job.settings, 0)
    assert any(one.made is not None and one.made.any() for one in asked) or model == "mlp"
    assert asked


def test_families_are_judged_by_recorded_rows_alone(tmp_path, monkeypatch):
    prepared = prepare_fit(with_deformed(tmp_path, make_table(3, 12, 2)), config(settings=("families=auto",)))
    training = training_data(prepared.folds[-1], prepared.job)
    seen, original = [], feature_families.inverse_temperature

    def spy(logits, y):
        seen.append(len(y))
        return original(logits, y)

    monkeypatch.setattr(feature_families, "inverse_temperature", spy)
    feature_families.chosen_families(training, 0)
    assert set(seen) == {len(prepared.folds[-1].train)}


@pytest.mark.parametrize("n_columns", [5, 200])
@pytest.mark.parametrize("copies", [1, 3, 7])
def test_equal_copies_leave_the_rule_of_lda_and_its_shrinkage_as_they_are(n_columns, copies):
    """What Ledoit and Wolf's formula counts are tracks: a copy that says nothing new changes nothing."""
    rng = np.random.default_rng(copies)
    X, y = rng.normal(size=(40, n_columns)), np.repeat([0, 1], 20)
    X += y[:, None]
    tracks = np.arange(40) // 2
    n = 1 + copies
    plain, often = moments(X, y, tracks), moments(np.tile(X, (n, 1)), np.tile(y, n), np.tile(tracks, n))
    assert often.shrinkage == pytest.approx(plain.shrinkage, rel=1e-9)
    np.testing.assert_allclose(often.covariance, plain.covariance, atol=1e-12)
    few = few_rows_rule(np.tile(X, (n, 1)), np.tile(y, n), np.tile(tracks, n), None)
    np.testing.assert_allclose(few[0], plain.rule(plain.shrinkage)[0], rtol=1e-6, atol=1e-9)
    as_rows = moments(np.tile(X, (n, 1)), np.tile(y, n)).shrinkage
    assert as_rows < plain.shrinkage  # taken for independent, copies would claim to know more


def test_copies_are_known_music_of_their_artist_and_rates_are_of_recorded_tracks(tmp_path):
    table = with_artists(make_table(3, 20, 2, track_spread=0.7))
    folder = with_deformed(tmp_path, table, size=8.0)
    opened = open_fittable(folder, "kaggle", "3s")
    rows = np.flatnonzero(opened.data.groups() % 5 > 0)
    extra = extra_rows(folder, opened.table, NAMES)
    music = known_music(opened.data, opened.table.feature_names, rows, extra)
    alone = known_music(opened.data, opened.table.feature_names, rows)
    assert len(np.unique(music.tracks)) == 3 * len(np.unique(alone.tracks))
    np.testing.assert_array_equal(music.X[~music.made], alone.X)
    np.testing.assert_array_equal(np.unique(music.artists), np.unique(alone.artists))
    for track in np.unique(music.tracks):
        at = music.tracks == track
        assert len(np.unique(music.artists[at])) == len(np.unique(music.y[at])) == 1
    found, plain = unlike_rule(music), unlike_rule(alone)
    assert found.rates.tracks == plain.rates.tracks
    new = np.concatenate([one.X[~np.isin(one.source, rows)] for one in extra]).reshape(-1, 2, 8)
    rejected = [np.mean([rule.rejects(track) for track in new]) for rule in (found, plain)]
    assert rejected[1] > 0.9  # what the copies teach: such music is known
    assert rejected[0] < 0.3


def test_of_many_tracks_half_are_recorded(monkeypatch, tmp_path):
    monkeypatch.setattr(unlike, "MOST_TRACKS", 60)
    folder = with_deformed(tmp_path, make_table(3, 20, 2), ROBUST)
    opened = open_fittable(folder, "kaggle", "3s")
    rows = np.arange(len(opened.data.y))
    music = known_music(opened.data, (), rows, extra_rows(folder, opened.table, ROBUST))
    some = unlike._some_tracks(music)
    first = np.unique(some.tracks, return_index=True)[1]
    assert len(first) == 60
    assert some.made[first].sum() == 30
    assert set(np.bincount(some.y[first][~some.made[first]])) == {10}
    assert sum(unlike_rule(music).rates.tracks) == 30
