"""Predictions tables that no fit writes are refused in one line, and a report goes on without them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import RunError, TableError
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables.predictions import Predictions, read_predictions, write_predictions
from gtzan_features.tables.run_folder import CURVES, MANIFEST, METRICS, PREDICTIONS
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import make_table, save_table
from tests.reports.test_scores import predictions


def nan(frame):
    frame.loc[0, "p_jazz"] = np.nan


def negative(frame):
    frame.loc[0, ["p_jazz", "p_rock", "p_blues"]] = -0.5, 0.5, 1.0


def no_sum(frame):
    frame.loc[3, "p_jazz"] = 7.0


def two_genres(frame):
    frame.loc[1, "genre"] = "rock"


def twice(frame):
    frame.loc[1, "segment"] = 0


def a_stranger(frame):
    frame.loc[:3, "genre"] = "polka"


def nameless(frame):
    frame["track_id"] = None


FAULTS = {
    nan: "probabilities that are none",
    negative: "probabilities that are none",
    no_sum: "probabilities that are none",
    two_genres: "'t00' more than one genre",
    twice: "segment 0 of 't00' twice",
    a_stranger: "the genre 'polka'",
    nameless: "without its track",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_odd_predictions_are_refused_in_one_line(tmp_path, fault):
    one = predictions()
    frame = one.frame.copy()
    fault(frame)
    write_predictions(tmp_path / "p.parquet", Predictions(frame=frame, genres=one.genres))
    with pytest.raises(TableError, match=FAULTS[fault]) as caught:
        read_predictions(tmp_path / "p.parquet")
    assert "\n" not in str(caught.value)
    assert "Fit the model again" in str(caught.value)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    save_table(root / "f", make_table())
    config = FitConfig(model="knn", segment=SegmentConfig(3.0), split=SplitConfig(folds=2))
    return fit_run(root / "f", root / "runs", config, n_jobs=1).folder


def broken_predictions(folder):
    one = read_predictions(folder / PREDICTIONS)
    frame = one.frame.copy()
    nan_column = "p_" + one.genres[0]
    frame[nan_column] = np.nan
    write_predictions(folder / PREDICTIONS, Predictions(frame=frame, genres=one.genres))


def no_parquet(folder):
    (folder / PREDICTIONS).write_bytes(b"PAR1")


def no_predictions(folder):
    (folder / PREDICTIONS).unlink()


def no_metrics(folder):
    (folder / METRICS).write_text("[")


def no_manifest(folder):
    (folder / MANIFEST).write_text("{}")


def of_another_version(folder):
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(content | {"something": "new"}))


@pytest.mark.parametrize(
    "broken",
    [broken_predictions, no_parquet, no_predictions, no_metrics, no_manifest, of_another_version],
)
def test_a_report_goes_on_without_a_broken_run_and_names_it(runs, tmp_path, broken):
    good, bad = tmp_path / "runs" / "good", tmp_path / "runs" / "bad"
    shutil.copytree(runs, good)
    shutil.copytree(runs, bad)
    broken(bad)
    done = report(tmp_path / "runs", tmp_path / "out", html=True)
    assert len(done.skipped) == 1
    assert str(bad) in done.skipped[0]
    assert "\n" not in done.skipped[0]
    assert len(done.results) == 4
    for page in ("accuracy.md", "index.html"):
        text = (tmp_path / "out" / page).read_text()
        assert "Left out" in text
        assert bad.name in text
    shutil.rmtree(good)
    with pytest.raises(RunError, match="none of its runs can be read"):
        report(tmp_path / "runs", tmp_path / "out")


def test_a_copy_of_a_run_counts_once_and_broken_curves_cost_the_curves(runs, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(runs, tmp_path / "runs" / name)
    (tmp_path / "runs" / "a" / CURVES).write_text("no,curves\n1,2\n")
    done = report(tmp_path / "runs", tmp_path / "out", html=True)
    assert len(done.results) == 4
    assert ["a copy of" in line for line in done.skipped] == [True, False]
    assert "not the curves of a run" in done.skipped[1]
