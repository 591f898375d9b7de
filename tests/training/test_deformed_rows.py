"""Training on rows of deformed copies: which rows are learned from where, and what a run says of them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from gtzan_cli.main import cli
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gtzan_features as gf
from gtzan_features.audio.deform import DEFORMATIONS, ROBUST, deformations
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.datasets.splits import make_split
from gtzan_features.errors import ModelError, TableError
from gtzan_features.models import calibration
from gtzan_features.models.choosing import feature_families, several_labels
from gtzan_features.models.estimators import boosted_trees
from gtzan_features.models.estimators.discriminant import few_rows_rule, moments
from gtzan_features.models.networks import early_stopping
from gtzan_features.models.registry import model_spec
from gtzan_features.models.spec import FEATURES, SPECTROGRAMS
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables import memory
from gtzan_features.tables.feature_tables import augmented_folder, table_path
from gtzan_features.tables.file_status import FILE_NAME, FileStatus
from gtzan_features.tables.run_folder import read_run
from gtzan_features.tables.status_table import write_status
from gtzan_features.training import unlike_rule as unlike
from gtzan_features.training.announced import announced
from gtzan_features.training.augmented_rows import (
    DEFORMED,
    OF_AUDIO,
    augmentation_text,
    augmentations_of,
    extra_rows,
    split_kinds,
)
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.fold import training_data
from gtzan_features.training.kept import known_music
from gtzan_features.training.load_rows import open_fittable
from gtzan_features.training.prepare_fit import prepare_fit
from gtzan_features.training.unlike_rule import unlike_rule
from tests.conftest import make_several_table, make_spectrograms, make_table, save_spectrograms, save_table

NAMES = ("noise-10", "gain+6")
TRACK = SplitConfig(protocol="track", folds=3)
THREE = SegmentConfig(3.0)


def deformed_table(table, kind, *, seed=0, spread=0.4, size=1.0):
    """The rows of a table, each column moved by an amount of the deformation, in another order."""
    rng = np.random.default_rng([seed, DEFORMED.index(kind)])
    (one,) = deformations((kind,))
    features = table.feature_names
    moved = (
        table.frame[features]
        + rng.normal(0, size, len(features))
        + rng.normal(0, spread, (len(table.frame), 1))
    )
    frame = table.frame.assign(**{name: moved[name].astype(np.float32) for name in features})
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    made_by = {"name": kind, "fingerprint": one.fingerprint(), "seed": 0}
    return dataclasses.replace(table, frame=frame, meta=dataclasses.replace(table.meta, deformation=made_by))


def with_deformed(folder, table, kinds=NAMES, **how):
    save_table(folder, table)
    for kind in kinds:
        save_table(augmented_folder(folder, kind), deformed_table(table, kind, **how))
    return folder


def with_artists(table):
    """Two tracks of each artist."""
    numbers = pd.factorize(table.frame["track_id"])[0] // 2
    frame = table.frame.copy()
    frame.insert(5, "artist", [f"artist {number:02d}" for number in numbers])
    return dataclasses.replace(table, frame=frame)


@pytest.fixture
def deformed(tmp_path):
    """A folder with a table of 36 tracks and tables of two deformations."""
    return with_deformed(tmp_path / "features", make_table(3, 12, 2))


def config(model="lda", split=TRACK, augment=NAMES, **more):
    return FitConfig(model=model, split=split, augment=augment, **more)


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


def test_the_range_of_a_kept_model_is_that_of_all_rows_it_learned_from(deformed, tmp_path):
    runs = [
        fit_run(deformed, tmp_path / "runs", config(augment=augment), n_jobs=1) for augment in ((), NAMES)
    ]
    plain, robust = (
        np.array(json.loads((one.folder / "model" / "range.json").read_text())["values"]) for one in runs
    )
    assert (robust[:, 0] <= plain[:, 0]).all()
    assert (robust[:, -1] >= plain[:, -1]).all()
    assert (robust[:, -1] > plain[:, -1]).any()


def test_manifest_name_card_and_sentence_say_which_copies(deformed, tmp_path):
    result = fit_run(deformed, tmp_path / "runs", config(), n_jobs=1)
    plain = fit_run(deformed, tmp_path / "runs", config(augment=()), n_jobs=1)
    manifest = json.loads((result.folder / "manifest.json").read_text())
    assert manifest["trained_on"].endswith("; also with gain+6, noise-10") or manifest["trained_on"].endswith(
        "; also with noise-10, gain+6"
    )
    assert set(manifest["augmented_sha256"]) == set(NAMES)
    assert "--augment noise-10,gain+6" in manifest["command"]
    assert result.folder.name != plain.folder.name
    assert "; also with " in (result.folder / "README.md").read_text()
    assert "and 2 augmented copies of each" in result.sentence
    assert "copies" not in plain.sentence
    save_table(augmented_folder(deformed, "gain+6"), deformed_table(make_table(3, 12, 2), "gain+6", seed=1))
    assert fit_run(deformed, tmp_path / "runs", config(), n_jobs=1).folder.name != result.folder.name
    assert announced(prepare_fit(deformed, config()))[1].startswith("Trained also on 144 rows of ")


@pytest.mark.parametrize(
    "kinds", [(), *((one,) for one in OF_AUDIO), NAMES, ROBUST, ("pitch-shift", *ROBUST), OF_AUDIO]
)
def test_the_augmentations_of_a_run_are_found_again_by_its_manifest(deformed, kinds):
    """A name may hold the sign that stands between names."""
    manifest = prepare_fit(deformed, config(augment=NAMES)).manifest
    one = dataclasses.replace(
        manifest,
        settings={"augment": augmentation_text(kinds)} if kinds else {},
        augmented_sha256=dict.fromkeys(kinds, "0"),
    )
    assert augmentations_of(one) == kinds


def test_a_model_of_deformed_copies_is_explained_by_one_fitted_anew_on_them(deformed, tmp_path):
    folder = fit_run(deformed, tmp_path / "runs", config(split=TRACK), n_jobs=1).folder
    assert "fitted anew without them" in explain_model(folder, deformed).method


def of_other_version(table):
    made_by = {**table.meta.deformation, "fingerprint": "0" * 12}
    return dataclasses.replace(table, meta=dataclasses.replace(table.meta, deformation=made_by))


def of_unknown_origin(table):
    return dataclasses.replace(table, meta=dataclasses.replace(table.meta, deformation={}))


def of_other_options(table):
    return dataclasses.replace(table, meta=dataclasses.replace(table.meta, feature_fingerprint="0" * 12))


def of_other_music(table):
    frame = table.frame.assign(track_id="other/" + table.frame["track_id"])
    return dataclasses.replace(table, frame=frame)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (of_other_version, "another version of this program deformed the audio with noise-10"),
        (of_unknown_origin, "no table of audio with noise-10 that this program made"),
        (of_other_options, "computed differently from the table to fit"),
        (of_other_music, "it is of other music"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_tables_that_do_not_go_together_are_refused_in_a_line(deformed, change, reason):
    table = change(deformed_table(make_table(3, 12, 2), "noise-10"))
    save_table(augmented_folder(deformed, "noise-10"), table)
    done = CliRunner().invoke(cli, ["fit", "lda", "--tables", str(deformed), "--augment", "noise-10"])
    (line,) = str(done.exception).splitlines()
    assert reason in line
    if change is not of_other_music:
        assert f"--out {deformed} --deformed noise-10" in line


def test_missing_tables_are_all_named_with_the_command_that_makes_them(deformed):
    with pytest.raises(TableError) as told:
        prepare_fit(deformed, config(augment=("noise-10", "mp3-64", "room"), feature_set="kaggle:timbre"))
    said = str(told.value)
    assert "no table of audio with mp3-64, room. Make them: gtzan features extract AUDIO_DIR --feat" in said
    assert "--features kaggle --segments 3s " in said
    assert "--deformed mp3-64,room (and --labels, if it was given before)" in said
    table = gf.read_table(table_path(deformed, "kaggle", "3s"))
    call = r'gf.extract\(AUDIO_DIR, features="kaggle", segments="3s", out=".*", deformed="mp3-64"\) \(and'
    with pytest.raises(TableError, match=call):
        gf.evaluate("lda", table, protocol="track", augment="mp3-64")


def test_deformed_rows_of_other_files_are_refused(deformed):
    table = make_table(3, 12, 2)
    tracks = sorted(set(table.frame["track_id"]))

    def status(sha):
        return [
            FileStatus(track_id=t, genre="g", path=t, status="ok", reason="", sha256=sha(t), n_samples=1,
                       source_sr=1, source_channels=1)
            for t in tracks
        ]  # fmt: skip

    write_status(deformed / FILE_NAME, status(lambda t: t))
    for kind in NAMES:
        write_status(augmented_folder(deformed, kind) / FILE_NAME, status(lambda t: t))
    prepare_fit(deformed, config())
    changed = tracks[7]
    write_status(
        augmented_folder(deformed, "gain+6") / FILE_NAME, status(lambda t: "new" if t == changed else t)
    )
    with pytest.raises(TableError, match=f"made of other audio .*: 1 track, such as {changed}"):
        prepare_fit(deformed, config())


def test_copies_that_no_memory_holds_are_refused_before_they_are_read(deformed, monkeypatch):
    opened = open_fittable(deformed, "kaggle", "3s")
    one = memory.needed_bytes(table_path(deformed, "kaggle", "3s"))
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 * one)
    assert len(extra_rows(deformed, opened.table, NAMES)) == 2
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 * one - 1)
    with pytest.raises(TableError, match="a fit on it and 1 more of copies takes"):
        extra_rows(deformed, opened.table, NAMES)


def test_words_that_do_not_go_with_the_rows_are_refused(tmp_path):
    lda, cnn = model_spec("lda"), model_spec("cnn")
    with pytest.raises(ModelError, match="no augmentation 'noise-5'; there are .*noise-10.*robust"):
        split_kinds(("noise-5",), lda, FEATURES)
    with pytest.raises(ModelError, match="noise-10: for features only. On spectrograms cnn takes time-mask"):
        split_kinds(("noise-10",), cnn, SPECTROGRAMS)
    assert split_kinds(("robust",), lda, FEATURES) == ((), tuple(one for one in DEFORMED if one in ROBUST))
    save_spectrograms(tmp_path, make_spectrograms())
    with pytest.raises(ModelError, match="for features only"):
        prepare_fit(tmp_path, config("cnn"))


def test_rows_that_a_deformation_lacks_are_left_out_and_tracks_are_counted(deformed):
    """Of a faster track, the last segment is missing; of a short one, all."""
    table = deformed_table(make_table(3, 12, 2), "speed+3")
    frame = table.frame
    gone = (frame["segment"] == 1) | (frame["track_id"] == "genre0/track03")
    save_table(
        augmented_folder(deformed, "speed+3"),
        dataclasses.replace(table, frame=frame[~gone].reset_index(drop=True)),
    )
    prepared = prepare_fit(deformed, config(augment=("speed+3",)))
    (extra,) = prepared.job.extra
    assert len(extra.X) == 35
    keys = prepared.plan.opened.table.frame
    assert set(keys["segment"].iloc[extra.source]) == {0}
    assert prepared.notes == ("speed+3: 1 of 36 tracks has no row of audio with it",)


def test_python_gives_the_figures_of_the_command_also_on_a_part_of_the_table(deformed, tmp_path):
    done = fit_run(deformed, tmp_path / "runs", config(), n_jobs=1)
    table = gf.read_table(table_path(deformed, "kaggle", "3s"))
    found = gf.evaluate("lda", table, protocol="track", folds=3, augment="noise-10,gain+6", n_jobs=1)
    assert found.manifest.run_id == done.manifest.run_id
    assert found.accuracy == done.metrics.accuracy
    some = table.take(table.y != "genre0")
    assert gf.evaluate("lda", some, protocol="track", folds=3, augment=["noise-10"], n_jobs=1).accuracy > 0
    model = gf.fit("lda", table, augment=NAMES)
    assert "also with noise-10, gain+6" in model.kept.card.trained_on
    assert model.kept.card.settings["augment"] == "noise-10+gain+6"
    own = gf.read_table(table.frame, segments="3s")
    with pytest.raises(gf.GtzanError, match="this table lies in no folder"):
        gf.fit("lda", own, augment="robust")


def test_the_help_of_fit_names_robust():
    shown = " ".join(CliRunner().invoke(cli, ["fit", "--help"]).stdout.split())
    assert "extract --deformed: robust" in shown
    assert len({one.name for one in DEFORMATIONS} & set(ROBUST)) == len(ROBUST)


def test_from_music_to_a_robust_model(music, tmp_path):
    out, runs = tmp_path / "features", tmp_path / "runs"
    words = ["--segments", "3s", "-j", "1"]
    run = CliRunner().invoke
    done = run(cli, ["features", "extract", str(music), "-o", str(out), "--deformed", "robust", *words])
    assert done.exit_code == 0, done.output
    assert all((augmented_folder(out, kind) / "kaggle-3s.parquet").is_file() for kind in ROBUST)
    fit = ["fit", "lda", "--tables", str(out), "--runs", str(runs), "--augment", "robust", "--json", *words]
    done = run(cli, fit)
    assert done.exit_code == 0, done.output
    (folder,) = runs.iterdir()
    assert read_run(folder).manifest.settings["augment"] == "robust"
    assert load_predictor(folder) is not None
