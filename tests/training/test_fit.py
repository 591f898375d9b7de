from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import ModelError, RunError, SplitError, TableError
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.models.estimators import boosted_trees
from gtzan_features.models.save import load_model
from gtzan_features.reporting.compare import compare_runs
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.run_folder import list_runs, read_run
from gtzan_features.training import fit as pipeline
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.model_list import model_names
from tests.conftest import make_table, save_table

TRACK = SplitConfig(protocol="track", folds=4)
LEAKED = SplitConfig(protocol="segment", folds=4)


def config(model="logistic-regression", split=TRACK, **more):
    return FitConfig(model=model, split=split, **more)


def test_every_track_is_predicted_once_by_a_model_that_never_saw_it(tables, tmp_path):
    result = fit_run(tables, tmp_path / "runs", config(), n_jobs=1)
    run = read_run(result.folder)
    table = read_table(tables / "kaggle-3s.parquet")
    assert len(run.predictions.frame) == len(table.frame)
    fold_of = run.predictions.frame.groupby("track_id")["fold"].nunique()
    assert (fold_of == 1).all()

    split = pd.read_csv(result.folder / "split.csv").set_index("track_id")["fold"]
    X, y = table.values(), table.frame["genre"]
    fold = table.frame["track_id"].map(split)
    for number in range(4):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=5_000, random_state=0))
        model.fit(X[fold != number], y[fold != number])
        expected = model.predict_proba(X[fold == number])
        ids = table.frame.loc[fold == number, "track_id"]
        found = run.predictions.frame[run.predictions.frame["track_id"].isin(set(ids))]
        np.testing.assert_allclose(found.filter(like="p_").to_numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "settings"), [("logistic-regression", ()), ("lda", ("families=auto",))], ids=["plain", "chosen"]
)
def test_without_a_model_to_keep_the_figures_are_the_same(model, settings, tables, tmp_path):
    whole, bare = config(model, settings=settings), tmp_path / "bare"
    kept = fit_run(tables, tmp_path / "kept", whole, n_jobs=1)
    told = []
    result = fit_run(
        tables, bare, whole, n_jobs=1, keep_model=False, progress=lambda *step: told.append(step[:2])
    )
    assert told == [(n, 4) for n in range(5)]  # a fit for each fold, none for all tracks
    names = {p.name for p in kept.folder.iterdir()} - {p.name for p in result.folder.iterdir()}
    assert names == {"model"}
    assert (kept.folder / "predictions.parquet").read_bytes() == (
        result.folder / "predictions.parquet"
    ).read_bytes()
    assert result.train_accuracy == kept.train_accuracy
    card = (result.folder / "README.md").read_text()
    assert "no model is stored here" in card
    assert "The stored model" not in card
    assert "the stored model" not in card
    with pytest.raises(ModelError, match="holds no model"):
        load_model(result.folder / "model")
    report(bare, tmp_path / "page", html=True)


def test_a_run_folder_holds_all_that_the_contract_says(tables, tmp_path):
    result = fit_run(tables, tmp_path / "runs", config(settings=("C=0.5",)), n_jobs=1)
    names = {p.name for p in result.folder.iterdir()}
    assert names == {
        "manifest.json",
        "split.csv",
        "predictions.parquet",
        "metrics.json",
        "README.md",
        "headline.json",
        "model",
        "fitted_at.txt",
    }
    manifest = json.loads((result.folder / "manifest.json").read_text())
    assert manifest["settings"]["C"] == 0.5
    assert manifest["leaked"] is False
    assert manifest["protocol"] == "track 4-fold"
    assert "--set C=0.5" in manifest["command"]
    assert manifest["versions"]["scikit-learn"]
    assert load_model(result.folder / "model").predict_proba(
        read_table(tables / "kaggle-3s.parquet")
    ).shape == (240, 4)


def test_runs_repeat_to_the_byte_for_any_number_of_workers(tables, tmp_path):
    a = fit_run(tables, tmp_path / "a", config("svm"), n_jobs=1)
    b = fit_run(tables, tmp_path / "b", config("svm"), n_jobs=2)
    assert a.folder.name == b.folder.name
    for path in a.folder.rglob("*"):
        if path.is_file() and path.name != "fitted_at.txt":
            assert path.read_bytes() == (b.folder / path.relative_to(a.folder)).read_bytes(), path.name


def test_the_leak_shows_and_is_marked_everywhere(tables, tmp_path):
    runs, out = tmp_path / "runs", tmp_path / "reports"
    with pytest.raises(SplitError, match="leaked. Use --protocol track, or --allow-leak"):
        fit_run(tables, runs, config("knn", LEAKED), n_jobs=1)
    assert not runs.exists()
    honest = fit_run(tables, runs, config("knn"), n_jobs=1)
    leaked = fit_run(tables, runs, config("knn", LEAKED, allow_leak=True), n_jobs=1)
    gap = leaked.scores["segment"].metrics.accuracy - honest.scores["segment"].metrics.accuracy
    assert gap > 0.1
    assert leaked.to_dict()["leaked"] is True
    assert leaked.table.title.startswith("LEAKED")
    assert json.loads((leaked.folder / "manifest.json").read_text())["leaked"] is True
    written = report(runs, out)
    table = pd.read_csv(out / "accuracy.csv")
    assert set(table.loc[table["protocol"].str.startswith("segment"), "kind"]) == {"leaked"}
    page = (out / "accuracy.md").read_text()
    honest_part, leaked_part = page.split("### Leaked")
    assert "segment 4-fold" not in honest_part
    assert "LEAKED segment 4-fold" in leaked_part
    assert [t.title for t in written.tables] == [
        "toy: no track on both sides",
        "toy: LEAKED, no accuracy on new music",
    ]


def test_one_test_part_keeps_the_model_that_was_tested(tables, tmp_path):
    split = SplitConfig(protocol="track", holdout=0.25)
    result = fit_run(tables, tmp_path / "runs", config(split=split), n_jobs=1)
    table = read_table(tables / "kaggle-3s.parquet")
    p = load_model(result.folder / "model").predict_proba(table)
    frame = read_run(result.folder).predictions.frame
    tested = table.frame["track_id"].isin(set(frame["track_id"])).to_numpy()
    np.testing.assert_allclose(frame.filter(like="p_").to_numpy(), p[tested], atol=1e-9)
    assert result.manifest.trained_on == "the training part of track 75/25: 36 tracks"


def test_an_interrupted_fit_leaves_nothing(tables, tmp_path, monkeypatch):
    runs = tmp_path / "runs"
    first = fit_run(tables, runs, config(), n_jobs=1)
    before = {p: p.read_bytes() for p in first.folder.rglob("*") if p.is_file()}

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("gtzan_features.training.write_run.save_kept_model", interrupted)
    for one in (config(), config("knn")):
        with pytest.raises(KeyboardInterrupt):
            fit_run(tables, runs, one, n_jobs=1)
    assert [p.name for p in runs.iterdir()] == [first.folder.name]
    assert {p: p.read_bytes() for p in first.folder.rglob("*") if p.is_file()} == before


def test_lengths_are_tested_against_each_other_on_the_same_tracks(tables, tmp_path):
    runs = tmp_path / "runs"
    short = fit_run(tables, runs, config("knn"), n_jobs=1)
    long = fit_run(tables, runs, config("knn", segment=SegmentConfig(30.0)), n_jobs=1)
    found, sentence = compare_runs(short.folder, long.folder)
    assert found.n == 48
    a, b = short.scores["mean"].correct, long.scores["track"].correct
    assert (found.only_a, found.only_b) == (int((a & ~b).sum()), int((b & ~a).sum()))
    assert "knn on kaggle, 3s rows by mean, track 4-fold" in sentence
    assert "knn on kaggle, 30s rows, track 4-fold" in sentence
    again = compare_runs(short.folder, short.folder)[1]
    assert again.count(short.folder.name) == 2  # what is described alike is told by its folder
    report(runs, tmp_path / "reports")
    assert "| knn | 3s (mean) minus 30s |" in (tmp_path / "reports" / "accuracy.md").read_text()


def test_runs_on_other_tracks_are_not_compared(tables, tmp_path):
    runs = tmp_path / "runs"
    a = fit_run(tables, runs, config("knn"), n_jobs=1)
    b = fit_run(tables, runs, config("knn", SplitConfig(protocol="track", holdout=0.25)), n_jobs=1)
    with pytest.raises(RunError, match="tested 12 tracks and .* 48, 12 of them the same"):
        compare_runs(a.folder, b.folder)


def test_reports_never_train(tables, tmp_path, monkeypatch):
    runs = tmp_path / "runs"
    fit_run(tables, runs, config("knn"), n_jobs=1)
    (tables / "kaggle-3s.parquet").unlink()
    monkeypatch.setattr(pipeline, "fit_fold", None)
    report(runs, tmp_path / "a")
    report(runs, tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_missing_and_damaged_runs_are_named(tmp_path, tables):
    with pytest.raises(RunError, match="holds no runs. Fit a model first"):
        list_runs(tmp_path)
    folder = fit_run(tables, tmp_path, config("majority"), n_jobs=1).folder
    (folder / "predictions.parquet").write_bytes(b"x")
    with pytest.raises(RunError, match="predictions.parquet: damaged or replaced: .* Fit the model again"):
        read_run(folder)
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(RunError, match="not a manifest of this program"):
        read_run(folder)
    with pytest.raises(RunError, match="no run folder"):
        read_run(tmp_path)


def test_unknown_models_settings_and_tables_are_named(tables, tmp_path):
    with pytest.raises(ModelError, match="no model 'cart'"):
        fit_run(tables, tmp_path, config("cart"), n_jobs=1)
    with pytest.raises(ModelError, match="no setting 'depth'"):
        fit_run(tables, tmp_path, config(settings=("depth=3",)), n_jobs=1)
    with pytest.raises(TableError, match="no such feature table; the folder has"):
        fit_run(tables, tmp_path, config(segment=SegmentConfig(10.0)), n_jobs=1)
    assert model_names(["all"])[0] == "xgboost"


def test_synthetic_music_is_marked_everywhere(tmp_path):
    import dataclasses

    table = make_table(dataset="toy")
    save_table(
        tmp_path / "f", dataclasses.replace(table, meta=dataclasses.replace(table.meta, synthetic=True))
    )
    result = fit_run(tmp_path / "f", tmp_path / "runs", config("knn"), n_jobs=1)
    assert "SYNTHETIC" in result.table.title
    written = report(tmp_path / "runs", tmp_path / "reports")
    assert written.tables[0].title.startswith("toy (SYNTHETIC music)")
    assert "Synthetic music" in (tmp_path / "reports" / "accuracy.md").read_text()
    assert "published" not in (tmp_path / "reports" / "accuracy.csv").read_text()


@pytest.fixture(scope="module")
def kaggle(real_material, tmp_path_factory):
    """Both Kaggle CSVs as tables."""
    folder = tmp_path_factory.mktemp("kaggle")
    for name in ("features_30_sec.csv", "features_3_sec.csv"):
        import_csv(real_material / "features" / name, folder)
    return folder


@pytest.mark.real
@pytest.mark.slow
class TestReal:
    """Known figures of the Kaggle columns, within the spread of seeds and versions."""

    def test_the_leak_of_the_usual_notebook_is_reproduced(self, kaggle, tmp_path):
        split = SplitConfig(protocol="segment", holdout=0.3)
        result = fit_run(kaggle, tmp_path, config("knn", split, allow_leak=True), n_jobs=1)
        assert 0.85 < result.scores["segment"].metrics.accuracy < 0.93
        honest = fit_run(kaggle, tmp_path, config("knn", SplitConfig(folds=5)), n_jobs=2)
        assert honest.scores["segment"].metrics.accuracy < 0.72

    def test_fault_filtered_is_harder_than_random_tracks(self, kaggle, tmp_path):
        thirty = SegmentConfig(30.0)
        random = fit_run(kaggle, tmp_path, config("svm", SplitConfig(), segment=thirty), n_jobs=2)
        filtered = fit_run(
            kaggle, tmp_path, config("svm", SplitConfig(protocol="fault-filtered"), segment=thirty), n_jobs=1
        )
        assert random.scores["track"].metrics.n == 1000
        assert filtered.scores["track"].metrics.n == 290
        gap = random.scores["track"].metrics.accuracy - filtered.scores["track"].metrics.accuracy
        assert gap > 0.08

    def test_a_model_passes_from_the_csv_to_extracted_tables(self, kaggle, real_material, tmp_path):
        from gtzan_features.extraction.extract import ExtractConfig, extract

        split = SplitConfig(protocol="fault-filtered")
        thirty = SegmentConfig(30.0)
        result = fit_run(kaggle, tmp_path / "runs", config("svm", split, segment=thirty), n_jobs=1)
        extract(real_material / "audio", tmp_path / "f", ExtractConfig(segments=(thirty,)), n_jobs=2)
        extracted = read_table(tmp_path / "f" / "kaggle-30s.parquet")
        model = load_model(result.folder / "model")
        ours = model.predict_proba(extracted)
        imported = read_table(kaggle / "kaggle-30s.parquet")
        at = imported.frame.set_index("track_id").index.get_indexer(extracted.frame["track_id"])
        np.testing.assert_allclose(ours, model.predict_proba(imported)[at], atol=1e-3)


def test_families_of_a_set_are_fitted_from_the_table_of_the_whole_set(tables, tmp_path):
    result = fit_run(tables, tmp_path / "runs", config(feature_set="kaggle:-timbre"), n_jobs=1)
    assert "kaggle-without-timbre-3s" in result.folder.name
    assert "--features kaggle:-timbre" in result.manifest.command
    card = load_model(result.folder / "model").card
    whole = read_table(tables / "kaggle-3s.parquet")
    assert list(card.columns) == [name for name in whole.feature_names if not name.startswith("mfcc")]
    assert card.feature_config["feature_set"] == "kaggle:-timbre"
    assert card.feature_fingerprint != whole.meta.feature_fingerprint
    same = fit_run(tables, tmp_path / "runs", config(), n_jobs=1)
    assert result.manifest.split_fingerprint == same.manifest.split_fingerprint


def test_families_of_a_table_of_unknown_recipe_are_refused(tmp_path):
    table = make_table()
    unknown = dataclasses.replace(table, meta=dataclasses.replace(table.meta, config={}))
    save_table(tmp_path, unknown)
    with pytest.raises(TableError, match="families are not known"):
        fit_run(tmp_path, tmp_path / "runs", config(feature_set="kaggle:timbre"), n_jobs=1)


def test_families_are_chosen_on_training_rows_only_and_written_down(tables, tmp_path):
    chosen = config("lda", settings=("families=auto",))
    result = fit_run(tables, tmp_path / "runs", chosen, n_jobs=1)
    found = json.loads((result.folder / "metrics.json").read_text())["families"]
    assert set(found) == {"0", "1", "2", "3", "kept"}
    assert all(set(names) <= {"timbre", "spectral", "tonal", "rhythm", "energy"} for names in found.values())
    card = (result.folder / "README.md").read_text()
    assert f"The stored model keeps {', '.join(found['kept'])}." in card
    assert "- Fold 4: " in card

    # What the rows of a test part hold does not change what is chosen for that part.
    split = pd.read_csv(result.folder / "split.csv").set_index("track_id")["fold"]
    table = read_table(tables / "kaggle-3s.parquet")
    tested = (table.frame["track_id"].map(split) == 2).to_numpy()
    noise = np.random.default_rng(1).normal(0, 9, (int(tested.sum()), len(table.columns)))
    table.frame.loc[tested, table.feature_names] = noise.astype(np.float32)
    save_table(tmp_path / "bent", table)
    other = fit_run(tmp_path / "bent", tmp_path / "runs", chosen, n_jobs=2)
    assert json.loads((other.folder / "metrics.json").read_text())["families"]["2"] == found["2"]


def test_a_fit_alone_has_all_processors_and_gives_the_same_bytes(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(boosted_trees, "VALUES_PER_THREAD", 1)
    threads = []
    whole = pipeline.fit_fold

    def counted(fold, **named):
        threads.append(named["threads"])
        return whole(fold, **named)

    monkeypatch.setattr(pipeline, "fit_fold", counted)
    one = config("xgboost", SplitConfig(protocol="track", holdout=0.3), settings=("n_estimators=20",))
    runs = [fit_run(tables, tmp_path / str(n_jobs), one, n_jobs=n_jobs) for n_jobs in (1, 3)]
    assert threads == [1, 3]
    for name in ("predictions.parquet", "model/model.ubj"):
        serial, parallel = ((run.folder / name).read_bytes() for run in runs)
        assert serial == parallel
