from __future__ import annotations

import dataclasses
import math
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from gtzan_features.errors import RunError
from gtzan_features.evaluation.calibration import reliability
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.curves import read_curves
from gtzan_features.reports.html.charts import curves_charts, reliability_chart
from gtzan_features.reports.html.data import csv_link
from gtzan_features.reports.html.dots import length_chart, protocol_chart
from gtzan_features.reports.html.trust import trust
from gtzan_features.tables.predictions import Predictions
from gtzan_features.tables.runs import Run
from tests.reports.test_card import MANIFEST


def run(share, protocol="track 5-fold", **changes):
    """A scored run on 100 tracks of which `share` is right."""
    leaked = protocol.startswith("segment")
    manifest = dataclasses.replace(
        MANIFEST,
        run_id=f"{changes.get('model', 'svm')}-{protocol}-{changes.get('segment', '3s')}",
        protocol=protocol,
        protocol_settings={"protocol": protocol.split()[0]},
        leaked=leaked,
        **changes,
    )
    right = np.arange(100) < 100 * share
    genre = np.where(np.arange(100) % 2, "jazz", "rock")
    p_jazz = np.where(right == (genre == "jazz"), 0.9, 0.1)
    frame = pd.DataFrame(
        {"track_id": [f"t{i:03d}" for i in range(100)], "segment": 0, "fold": 0, "genre": genre}
    ).assign(p_jazz=p_jazz, p_rock=1 - p_jazz)
    return Run(
        folder=None,
        manifest=manifest,
        predictions=Predictions(frame=frame, genres=("jazz", "rock")),
        metrics={"train_accuracy": 1.0},
    )


def said(*runs):
    return " ".join(trust(score_runs(runs)))


def test_the_strictest_protocol_is_trusted_not_the_highest_figure():
    text = said(run(0.98, "segment 5-fold"), run(0.8), run(0.5, "fault-filtered"), run(0.6, "artist 3-fold"))
    assert "The number to trust is 50.0 (40.4–59.6) % (svm on 3s of music, protocol fault-filtered)" in text
    assert "The same model reaches 80.0" in text
    assert "Ignore the 98.0 % of the leaked protocol" in text


def test_leaked_and_synthetic_runs_alone_are_not_to_be_trusted():
    assert "Trust none of these numbers" in said(run(0.98, "segment 5-fold"))
    assert said(run(0.9, synthetic=True)).startswith("The music is SYNTHETIC")
    assert "the best of 2 runs" in said(run(0.9), run(0.8, model="knn"))


def test_one_model_is_shown_under_all_its_protocols_from_leaked_to_strict():
    runs = score_runs(
        [run(0.5, "fault-filtered"), run(0.98, "segment 5-fold"), run(0.8), run(0.9, model="knn")]
    )
    chart = protocol_chart("toy", runs)
    assert [(r.name, r.leaked, r.dots[0].value) for r in chart.rows] == [
        ("segment 5-fold", True, 98.0),
        ("track 5-fold", False, 80.0),
        ("fault-filtered", False, 50.0),
    ]
    assert "LEAKED segment 5-fold 98.0" in chart.words
    assert "segment 5-fold,LEAKED,True,98,93" in unquote(chart.csv.href)
    assert protocol_chart("toy", score_runs([run(0.8)])) is None


def test_lengths_stand_side_by_side_without_leaked_runs():
    runs = [run(0.8), run(0.7, segment="30s"), run(0.99, "segment 5-fold"), run(0.6, model="knn")]
    chart = length_chart("toy", score_runs(runs))
    assert [(row.name, [d.value for d in row.dots]) for row in chart.rows] == [
        ("track 5-fold: svm", [70.0, 80.0])
    ]
    assert length_chart("toy", score_runs(runs[:1])) is None


def test_a_reliability_diagram_has_a_dot_per_bin_at_its_place():
    bins = reliability([0.75] * 4 + [0.25] * 2, [True, True, True, True, False, False])
    chart = reliability_chart("a", bins, 0.25)
    assert chart.svg.count("<circle") == 2
    # Confidence 0.75, all right: three quarters across, at the top edge (10 of 240).
    assert f'cx="{42 + 0.75 * (320 - 52):.1f}" cy="10.0"' in chart.svg
    assert "not sure enough" in chart.words


def test_curves_are_read_and_drawn(tmp_path):
    path = tmp_path / "curves.csv"
    assert read_curves(path) is None
    path.write_text(
        "stage,epoch,train_loss,train_accuracy,valid_loss,valid_accuracy\n"
        "filters,1,2.0,0.3,,\nfilters,2,1.0,0.6,,\nhead,1,1.5,0.5,1.6,0.4\nhead,2,0.5,0.9,1.2,0.55\n"
    )
    charts = curves_charts("a", read_curves(path))
    assert [c.title for c in charts] == ["Filters loss", "Filters accuracy", "Head loss", "Head accuracy"]
    assert charts[0].svg.count("<polyline") == 1
    assert charts[3].svg.count("<polyline") == 2
    assert "training ends at 90.0 %, validation ends at 55.0 %" in charts[3].words
    path.write_text("epoch,loss\n1,2\n")
    with pytest.raises(RunError, match="not the curves of a run"):
        read_curves(path)


def test_names_are_escaped():
    chart = reliability_chart("<b>", reliability([0.5], [True]), 0.5)
    assert "<b>" not in chart.svg
    assert chart.csv.name == "reliability-b.csv"
    link = csv_link("a", ["x"], [['<script>"&']])
    assert not set('<>"') & set(link.href)
    assert math.isclose(float(unquote(csv_link("a", ["x"], [[1.5]]).href).split("\n")[1]), 1.5)
