"""The ablation on toy tables: the plan is whole, goes on where it stopped, and says what the runs say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from gtzan_features.bench import accuracy
from gtzan_features.bench.accuracy import Folders, bench_tables
from gtzan_features.bench.config import BenchConfig
from gtzan_features.bench.plan import (
    BOTH,
    SEGMENT,
    TRACK,
    Sizes,
    in_order,
    planned_fits,
)
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError, ModelError, SplitError, TableError
from gtzan_features.evaluation.comparison import exact_p, holm
from gtzan_features.reports.scores import score_tracks
from gtzan_features.tables.run_folder import read_run
from tests.conftest import make_several_table, make_table, save_table

FAST = BenchConfig(
    feature_sets=("kaggle",), models=("knn", "majority", "xgboost"), family_model="logistic-regression"
)
CHEAP = dataclasses.replace(FAST, models=("majority", "xgboost"), family_model="majority")
FAMILIES = sets.families("kaggle")
LENGTHS = 3


@pytest.fixture(autouse=True)
def fast_xgboost(monkeypatch):
    """A few trees, so that the reference model takes no time."""
    from gtzan_features.models.registry import MODELS

    spec = MODELS["xgboost"]
    monkeypatch.setitem(MODELS, "xgboost", dataclasses.replace(spec, defaults={"n_estimators": 5}))


@pytest.fixture
def folders(tables, tmp_path):
    return Folders(tables=tables, runs=tmp_path / "runs", out=tmp_path / "reports")


def sizes(config=FAST, rows=1000):
    names = {f.config.feature_set for f in planned_fits(config, config.splits(), _AnySizes())}
    return Sizes(
        n_rows={TRACK: rows, SEGMENT: 10 * rows},
        n_columns=dict.fromkeys(names, 57),
        train_shares={"track": [0.9] * 10 + [1.0], "artist": [0.66] * 3 + [1.0], "fault-filtered": [0.44]},
    )


class _AnySizes(Sizes):
    """Of whatever is asked for, one."""

    class _One(dict):
        def __missing__(self, key):
            return [1.0] if key in ("track", "artist", "fault-filtered") else 1

    def __init__(self):
        for name in ("n_rows", "n_columns", "train_shares"):
            object.__setattr__(self, name, self._One())


class TestPlan:
    def test_every_model_length_protocol_and_family_is_planned_once(self):
        fits = planned_fits(FAST, FAST.splits(), sizes())
        assert len({one.config for one in fits}) == len(fits)
        wanted = {(model, "kaggle", rows) for model in FAST.models for rows in (SEGMENT, TRACK, BOTH)}
        some = {f"kaggle{s}" for name in FAMILIES for s in (f":{name}", f":-{name}")} | {"kaggle"}
        wanted |= {("logistic-regression", name, TRACK) for name in some}
        for protocol in ("track", "artist", "fault-filtered"):
            assert {one.cell[:3] for one in fits if one.config.split.protocol == protocol} == wanted
        valid = {
            one.config.split.evaluate_on for one in fits if one.config.split.protocol == "fault-filtered"
        }
        assert valid == {"valid"}

    def test_all_there_is_and_the_references_are_the_default(self):
        config = BenchConfig()
        assert set(config.all_sets) == set(sets.SETS)
        assert {"xgboost", "svm", "majority"} <= set(config.all_models)
        assert "cnn" not in config.all_models
        few = BenchConfig(feature_sets=("kaggle:tonal",), models=("knn",))
        cells = {one.cell for one in planned_fits(few, few.splits(), _AnySizes())}
        assert ("xgboost", "kaggle", TRACK, "artist") in cells
        assert ("xgboost", "kaggle:tonal", TRACK, "artist") not in cells
        assert ("knn", "kaggle", SEGMENT, "track") in cells

    def test_references_come_first_then_small_tables_and_few_folds(self):
        config = BenchConfig(feature_sets=("kaggle",))
        fits = planned_fits(config, config.splits(), sizes(config))
        plan = in_order(fits)
        assert {one.cell for one in plan} == {one.cell for one in fits}
        n_needed = 3 * (LENGTHS + 1 + 2 * len(FAMILIES))
        needed, rest = plan[:n_needed], plan[n_needed:]
        assert all(one.config.model == "xgboost" or one.rows == TRACK for one in needed)
        values = [one.n_values for one in rest]
        assert values == sorted(values)
        at = {one.cell: number for number, one in enumerate(rest)}
        for *cell, protocol in at:
            if protocol == "track":
                assert at[*cell, "fault-filtered"] < at[*cell, "artist"] < at[*cell, "track"]

    def test_values_are_those_of_all_folds_together(self):
        fits = {one.cell: one for one in planned_fits(FAST, FAST.splits(), sizes())}
        assert fits["knn", "kaggle", TRACK, "fault-filtered"].n_values == 440 * 57
        assert fits["knn", "kaggle", BOTH, "artist"].n_values == (3 * 6600 + 10_000) * 114

    def test_leaked_and_unknown_words_are_refused(self):
        with pytest.raises(ConfigError, match="segment is leaked"):
            BenchConfig(protocols=("segment",)).splits()
        with pytest.raises(ConfigError, match="protocol 'x' is not known"):
            BenchConfig(protocols=("x",)).splits()
        with pytest.raises(ModelError, match="no model 'cart'"):
            _ = BenchConfig(models=("cart",)).all_models

    def test_the_command_repeats_what_differs_from_the_usual(self):
        assert BenchConfig().command() == "gtzan bench accuracy AUDIO_DIR"
        config = BenchConfig(
            feature_sets=("kaggle:-tonal",), models=("knn", "svm"), protocols=("track",), minutes=float("inf")
        )
        assert config.command() == (
            "gtzan bench accuracy AUDIO_DIR --features kaggle:-tonal --models knn,svm --protocols track "
            "--minutes inf"
        )


@pytest.mark.slow
def test_the_table_says_what_the_runs_say(folders):
    said = []
    done = bench_tables(folders, FAST, n_jobs=1, notice=said.append)
    frame = pd.read_csv(folders.out / "ablation.csv")
    models = frame[frame["part"] == "models"]
    assert len(models) == len(FAST.models) * LENGTHS
    assert len(frame[frame["part"] == "families"]) == 1 + 2 * len(FAMILIES)
    assert done.n_fitted == len(frame)
    assert not frame["leaked"].any()
    scores = {run: score_tracks(read_run(folders.runs / run).predictions) for run in frame["run_id"]}
    for _, row in frame.iterrows():
        found = scores[row["run_id"]]
        assert row["accuracy"] == pytest.approx(found.metrics.accuracy, abs=1e-5)
        assert row["ci_low"] == pytest.approx(found.interval.low, abs=1e-5)
    for rows in (SEGMENT, TRACK):
        some = models[models["rows"] == rows].set_index("model")
        a, b = (scores[some.loc[m, "run_id"]] for m in ("knn", "xgboost"))
        test = a.drawn.compare(a.correct, b.correct)
        assert some.loc["knn", "reference_difference"] == pytest.approx(test.difference, abs=1e-5)
        assert some.loc["knn", "reference_p"] == pytest.approx(test.p_value, rel=1e-4)
        assert np.isnan(some.loc["xgboost", "reference_p"])
    by_rows = models[models["model"] == "knn"].set_index("rows")
    a, b = (scores[by_rows.loc[rows, "run_id"]] for rows in (SEGMENT, TRACK))
    assert by_rows.loc[SEGMENT, "track_rows_p"] == pytest.approx(
        exact_p(a.correct, b.correct, a.drawn.units), rel=1e-4
    )
    p = models["reference_p"].dropna()
    np.testing.assert_allclose(models.loc[p.index, "reference_p_holm"], holm(p), rtol=1e-4)
    families = frame[frame["part"] == "families"].set_index("features")
    assert families.loc["kaggle:timbre", "n_columns"] == 42
    assert families["same_model_p"].isna().sum() == 1

    page = (folders.out / "ablation.md").read_text()
    assert "## Protocol: track 10-fold" in page
    assert "48 tracks tested" in page
    assert "- fault-filtered is a published split of GTZAN" in page
    assert "- artist: the artists of these tracks" in page
    assert "    gtzan bench accuracy AUDIO_DIR --features kaggle --models knn,majority,xgboost" in page
    assert "| minus xgboost on kaggle, same rows | p |" in page
    assert "minus the same on kaggle" not in page  # there is no other set
    assert "timbre alone" in page
    assert "without rhythm" in page
    assert "scikit-learn" in page
    assert "LEAKED" not in page
    assert said[-1].startswith(f"{len(frame)} fits, 0 of them finished before.")


@pytest.mark.slow
def test_a_set_that_joins_the_registry_joins_the_table_and_is_tested_against_the_kaggle_columns(
    folders, monkeypatch
):
    monkeypatch.setitem(sets.SETS, "wide", sets.SETS["kaggle"])
    for length, n_segments in ((TRACK, 1), (SEGMENT, 5)):
        table = make_table(n_segments=n_segments, segment=length, seed=3)
        config = FeatureConfig(feature_set="wide")
        meta = dataclasses.replace(
            table.meta,
            feature_set="wide",
            feature_fingerprint=config.fingerprint(),
            config=config.to_dict(),
        )
        save_table(folders.tables, dataclasses.replace(table, meta=meta))
    done = bench_tables(folders, dataclasses.replace(CHEAP, feature_sets=("wide",)), n_jobs=1)
    frame = done.frame
    wide = frame[(frame["part"] == "models") & (frame["features"] == "wide")]
    assert len(wide) == len(CHEAP.models) * LENGTHS
    assert wide["same_model_p_holm"].notna().all()
    families = frame[(frame["part"] == "families") & (frame["set"] == "wide")]
    assert len(families) == 1 + 2 * len(FAMILIES)
    assert families["same_model_p"].notna().all()
    assert families["whole_set_p"].isna().sum() == 1
    page = done.page.read_text()
    assert "minus all of wide" in page
    assert "minus the same on kaggle" in page


def test_when_the_time_is_over_references_are_there_and_the_next_call_makes_the_rest(folders):
    some = dataclasses.replace(CHEAP, models=("majority", "xgboost", "knn"), protocols=("track",))
    first = bench_tables(folders, dataclasses.replace(some, minutes=0), n_jobs=1)
    assert first.n_fitted == LENGTHS + 1 + 2 * len(FAMILIES)
    assert len(first.missing) == len({(m, r) for m in ("knn", "majority") for r in range(LENGTHS)}) - 1
    assert all("the time was over. Give the same command again" in line for line in first.missing)
    assert "the time was over" in first.page.read_text()
    again = bench_tables(folders, some, n_jobs=1)
    assert (again.n_fitted, again.n_reused) == (len(first.missing), first.n_fitted)
    assert again.missing == ()


@pytest.mark.slow
def test_an_interrupted_run_goes_on_a_second_fits_nothing_and_a_changed_table_is_fitted_again(
    folders, monkeypatch
):
    real, calls = accuracy.fit_run, []

    def killed(*words, **more):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(1)
        return real(*words, **more)

    monkeypatch.setattr(accuracy, "fit_run", killed)
    with pytest.raises(KeyboardInterrupt):
        bench_tables(folders, CHEAP, n_jobs=1)
    monkeypatch.setattr(accuracy, "fit_run", real)
    done = bench_tables(folders, CHEAP, n_jobs=1)
    assert done.n_reused == 3
    everything = done.n_fitted + done.n_reused
    before = {p.name: p.read_bytes() for p in folders.out.iterdir()}
    monkeypatch.setattr(accuracy, "fit_run", None)
    assert bench_tables(folders, CHEAP, n_jobs=1).n_fitted == 0  # workers would not know of the few trees
    assert {p.name: p.read_bytes() for p in folders.out.iterdir()} == before
    monkeypatch.setattr(accuracy, "fit_run", real)
    save_table(folders.tables, make_table(n_segments=1, segment="30s", seed=5))
    # The reference and the cheap model on 3 s rows do not depend on the 30 s table.
    assert bench_tables(folders, CHEAP, n_jobs=1).n_fitted == everything - 2
    (folders.runs / done.frame["run_id"].iloc[0] / "manifest.json").unlink()
    assert bench_tables(folders, CHEAP, n_jobs=1).n_fitted <= 1


def test_fits_on_a_table_that_was_replaced_meanwhile_are_told_and_done_again(folders, monkeypatch):
    real, calls = accuracy.fit_run, []

    def fit(*words, **more):
        calls.append(1)
        if len(calls) == 2:
            for n_segments, segment in ((5, "3s"), (1, "30s")):
                save_table(folders.tables, make_table(n_segments=n_segments, segment=segment, seed=5))
        return real(*words, **more)

    monkeypatch.setattr(accuracy, "fit_run", fit)
    done = bench_tables(folders, CHEAP, n_jobs=1)
    assert (done.n_fitted, len(done.missing)) == (1, len(calls) - 1)
    assert all("its table was replaced after the measurement had begun" in one for one in done.missing)
    n_tracks = set(pd.read_csv(folders.out / "ablation.csv")["n_tracks"])
    again = bench_tables(folders, CHEAP, n_jobs=1)
    assert (again.n_fitted, again.missing) == (len(calls) // 2, ())
    assert n_tracks == set(again.frame["n_tracks"])


@pytest.mark.slow
def test_a_table_of_some_families_is_the_one_whose_change_counts(folders):
    def save(seed):
        config = FeatureConfig(feature_set="kaggle:-timbre")
        names = {column.name for column in sets.columns(config)}
        table = make_table(n_segments=1, segment="30s", seed=seed)
        meta = dataclasses.replace(
            table.meta,
            feature_set=config.feature_set,
            feature_fingerprint=config.fingerprint(),
            config=config.to_dict(),
        )
        save_table(folders.tables, table.select(names, meta))

    save(seed=0)
    first = bench_tables(folders, CHEAP, n_jobs=1)
    assert first.missing == ()
    save(seed=5)
    again = bench_tables(folders, CHEAP, n_jobs=1)
    assert (again.n_fitted, again.missing) == (1, ())


@pytest.mark.slow
def test_a_model_that_fails_leaves_the_others(folders, monkeypatch):
    real = accuracy.fit_run

    def failing(tables, runs, config, **more):
        if config.model == "knn":
            msg = "knn has a bad day"
            raise ModelError(msg)
        return real(tables, runs, config, **more)

    monkeypatch.setattr(accuracy, "fit_run", failing)
    done = bench_tables(folders, dataclasses.replace(CHEAP, models=("knn", "majority")), n_jobs=1)
    assert len(done.missing) == LENGTHS
    page = (folders.out / "ablation.md").read_text()
    assert "- knn on kaggle, 3s rows, track: knn has a bad day" in page
    assert "knn" not in set(done.frame["model"])


def test_data_that_support_no_protocol_and_missing_tables_are_named(folders, tmp_path):
    with pytest.raises(SplitError, match="the artists of these tracks"):
        bench_tables(folders, dataclasses.replace(FAST, protocols=("artist",)), n_jobs=1)
    with pytest.raises(TableError, match="no such feature table"):
        bench_tables(dataclasses.replace(folders, tables=tmp_path / "no"), FAST, n_jobs=1)


def test_several_labels_a_track_are_refused(tmp_path):
    save_table(tmp_path, make_several_table(n_segments=1, segment="30s"))
    with pytest.raises(TableError, match="one genre a track. Use gtzan fit"):
        bench_tables(
            Folders(tables=tmp_path, runs=tmp_path / "runs", out=tmp_path / "reports"), FAST, n_jobs=1
        )
