from __future__ import annotations

import dataclasses
import math
import re
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from gtzan_features.errors import RunError
from gtzan_features.evaluation.calibration import reliability
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.curves import best_epochs, curves_figure, curves_words, read_curves
from gtzan_features.reports.figures import reliability_figure
from gtzan_features.reports.html.charts import curves_chart, reliability_chart
from gtzan_features.reports.html.data import csv_link
from gtzan_features.reports.html.interval_charts import length_chart, protocol_chart
from gtzan_features.reports.html.trust import trust
from gtzan_features.tables.predictions import Predictions
from gtzan_features.tables.run_folder import Run
from tests.reports.test_card import MANIFEST


def run(share, protocol="track 5-fold", n=100, per_track=1, **changes):
    """A run on `n` tracks, of which `share` is right."""
    leaked = protocol.startswith("segment")
    settings = {"protocol": protocol.split()[0]}
    manifest = dataclasses.replace(
        MANIFEST,
        **{
            "run_id": "-".join([protocol, *map(str, changes.values())]),
            "protocol": protocol,
            "protocol_settings": settings,
            "leaked": leaked,
            **changes,
        },
    )
    right = np.arange(n) < n * share
    genre = np.where(np.arange(n) % 2, "jazz", "rock")
    p_jazz = np.where(right == (genre == "jazz"), 0.9, 0.1)
    tracks = [f"t{i:03d}" for i in range(n)]
    frame = pd.DataFrame({"track_id": tracks, "segment": 0, "fold": 0, "genre": genre})
    frame = frame.assign(p_jazz=p_jazz, p_rock=1 - p_jazz)
    frame = pd.concat([frame.assign(segment=number) for number in range(per_track)], ignore_index=True)
    return Run(
        folder=Path("nowhere"),
        manifest=manifest,
        predictions=Predictions(frame=frame, genres=("jazz", "rock")),
        metrics={"train_accuracy": 1.0},
    )


def said(*runs):
    return " ".join(trust(score_runs(runs)))


def test_the_strictest_protocol_is_trusted_not_the_highest_figure():
    text = said(run(0.98, "segment 5-fold"), run(0.8), run(0.5, "fault-filtered"), run(0.6, "artist 3-fold"))
    assert "The number to trust is 50.0 (40.4–59.6) % (svm on kaggle, 3s rows, protocol fault-fil" in text
    assert "The same model reaches 80.0" in text
    assert "Ignore the 98.0 % of the leaked protocol" in text


def test_a_leak_is_called_what_it_is():
    segments = said(run(0.98, "segment 5-fold"), run(0.8))
    assert "there segments of one track are in training and test. That measures memory." in segments
    tracks = said(run(0.9, "segment 5-fold", n_rows=100, n_tracks=100), run(0.8))
    assert "there exact copies of a track may be in training and test; it has one row" in tracks
    assert "memory" not in tracks


def test_leaked_and_synthetic_runs_alone_are_not_to_be_trusted():
    assert "Trust none of these numbers" in said(run(0.98, "segment 5-fold"))
    assert said(run(0.9, synthetic=True)).startswith("The music is SYNTHETIC")
    assert "the best of 2 runs" in said(run(0.9), run(0.8, model="knn"))


HEADLINES = ("track 5-fold", "track 10-fold", "stratified", "artist 3-fold", "fault-filtered")
"""Whole protocols on their test parts, from the easiest to the strictest."""

NONE = ("segment 5-fold", "track fold 2 of 10", "artist fold 1 of 3", "fault-filtered (validation part)")
"""What is never a headline, whatever its figure."""


@pytest.mark.parametrize("size", [1, 2, 3])
def test_of_every_mixture_of_runs_the_strictest_whole_protocol_is_the_headline(size):
    for mixture in combinations((*HEADLINES, *NONE), size):
        # The false ones have the higher figures.
        runs = [run(0.9 if name in NONE else 0.5 + 0.01 * i, name) for i, name in enumerate(mixture)]
        text = said(*runs)
        wanted = [name for name in HEADLINES if name in mixture]
        if wanted:
            assert f"protocol {wanted[-1]}, 100 tracks)" in text, mixture
            assert text.count("The number to trust is") == 1
        else:
            assert "The number to trust is" not in text, mixture
            assert "gtzan fit svm" in text, mixture


@pytest.mark.parametrize(
    ("settings", "n_folds"),
    [
        (
            {
                "protocol": "artist",
                "folds": None,
                "holdout": None,
                "evaluate_on": "test",
                "seed": 0,
                "only": 1,
            },
            1,
        ),
        ({"protocol": "artist", "folds": 3}, 1),  # two folds were never predicted
        ({}, 3),  # an older manifest: the name tells
    ],
)
def test_a_part_is_told_by_settings_by_what_was_predicted_or_by_the_name(settings, n_folds):
    part = run(0.9, "artist fold 1 of 3", protocol_settings=settings, n_folds=n_folds)
    assert "protocol track 5-fold" in said(part, run(0.5))
    whole = run(0.6, "artist 3-fold", protocol_settings={}, n_folds=3)
    assert "(svm on kaggle, 3s rows, protocol artist 3-fold" in said(part, whole, run(0.9))


def test_where_no_run_can_be_trusted_the_command_gives_one(tmp_path):
    command = "gtzan fit svm --segments 3s --protocol {} --seed 0"
    valid = run(0.9, "fault-filtered (validation part)", n_folds=1)
    valid = dataclasses.replace(
        valid,
        folder=tmp_path,
        manifest=dataclasses.replace(
            valid.manifest, command=command.format("fault-filtered --evaluate-on valid")
        ),
    )
    text = said(valid)
    assert "no run was tested on the test part of a whole protocol" in text
    assert "The figures are of the validation part" in text
    assert text.endswith(f"This gives a number: {command.format('fault-filtered')}")
    # Of these tracks none stands in the test part: that command would fail.
    (tmp_path / "split.csv").write_text("track_id,segment,fold,role\na,-1,0,train\nb,-1,0,valid\n")
    assert said(valid).endswith("gtzan fit svm --segments 3s --seed 0 --protocol track")
    fold = run(0.9, "artist fold 1 of 3", command=command.format("artist --fold 1"), n_folds=1)
    assert said(fold).endswith(command.format("artist"))
    leaked = run(0.9, "segment 5-fold", command=command.format("segment --folds 5 --allow-leak"))
    assert said(leaked).endswith("gtzan fit svm --segments 3s --seed 0 --protocol track")
    floor = run(0.5, model="majority", command="gtzan fit majority --segments 3s --protocol track")
    assert said(floor).endswith("gtzan fit xgboost --segments 3s --protocol track")


def test_a_handful_of_tracks_is_no_headline():
    small, large = run(0.6, "artist 3-fold", n=3), run(0.6, "track 5-fold")
    assert "There is no number to trust here yet: 66.7 (20.8–93.9) %" in said(run(0.6, n=3))
    text = said(small, large)
    assert "The number to trust is 60.0" in text
    assert "protocol artist 3-fold) rests on 3 tracks, too few to say" in text


@pytest.mark.parametrize(
    "other",
    [
        {"segment": "30s"},
        {"feature_set": "full"},
        {"feature_fingerprint": "another"},
        {"model": "knn"},
        {"settings": {"C": 1.0}},
        {"seed": 1},
        {"table_sha256": "f" * 64},  # other copies of the same tracks
        {"table_origin": "csv features.csv"},
        {"protocol": "track fold 1 of 5"},
    ],
)
def test_the_same_model_is_compared_in_nothing_but_the_protocol(other):
    strict = run(0.5, "fault-filtered")
    assert "The same model reaches 80.0" in said(strict, run(0.8))
    assert "The same model" not in said(strict, run(0.8, other.pop("protocol", "track 5-fold"), **other))


def test_a_data_set_that_grew_is_told_by_its_tracks():
    old = run(0.9, n=60, n_tracks=60, table_sha256="1" * 64)
    new = run(0.5, n=100, n_tracks=100, table_sha256="2" * 64)
    text = said(old, new)
    assert "The number to trust is 50.0" in text
    assert "best of" not in text
    assert "svm (100 tracks, table 222222)" in text


def test_with_and_without_final_is_one_run():
    assert [one.label for one in score_runs([run(0.6), run(0.6, final=True)])] == ["svm", "svm (final)"]
    text = said(run(0.6), run(0.6, final=True))
    assert "The number to trust is 60.0" in text
    assert "best of" not in text


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
    assert "segment 5-fold,LEAKED,True,98,92.99" in unquote(chart.csv.href)
    assert protocol_chart("toy", score_runs([run(0.8)])) is None


def test_a_part_of_a_protocol_is_shown_as_none():
    parts = [run(0.9, "track fold 1 of 5", n=20), run(0.7, "fault-filtered (validation part)", n=40)]
    whole = [run(0.5, "fault-filtered"), run(0.8)]
    assert protocol_chart("toy", score_runs([*parts, run(0.8)])) is None
    shown = protocol_chart("toy", score_runs([*parts, *whole]))
    assert [row.name for row in shown.rows] == ["track 5-fold", "fault-filtered"]


def test_lengths_stand_side_by_side_without_leaked_runs():
    runs = [run(0.8), run(0.7, segment="30s"), run(0.99, "segment 5-fold"), run(0.6, model="knn")]
    chart = length_chart("toy", score_runs(runs))
    assert [(row.name, [d.value for d in row.dots]) for row in chart.rows] == [
        ("track 5-fold: svm on kaggle", [70.0, 80.0])
    ]
    assert length_chart("toy", score_runs(runs[:1])) is None


def test_lengths_of_other_features_settings_or_versions_never_share_a_row():
    pair = [run(0.8), run(0.7, segment="30s")]
    for other in (
        {"feature_set": "full"},
        {"feature_fingerprint": "another"},
        {"settings": {"C": 1.0}},
        {"seed": 1},
    ):
        runs = [run(0.6), run(0.9, segment="30s", **other)]
        assert length_chart("toy", score_runs(runs)) is None
        chart = length_chart("toy", score_runs([*pair, run(0.9, segment="10s", **other)]))
        assert [len(row.dots) for row in chart.rows] == [2]
    assert length_chart("toy", score_runs([run(0.8), run(0.7, n=90, segment="30s")])) is None


def test_a_reliability_diagram_has_a_dot_per_bin_at_its_place():
    bins = reliability([0.75] * 4 + [0.25] * 2, [True, True, True, True, False, False])
    (marks,) = reliability_figure(bins).axes[0].collections
    assert marks.get_offsets().tolist() == [[25, 0], [75, 100]]
    small, large = marks.get_sizes()
    assert large - 15 == 2 * (small - 15)
    chart = reliability_chart("a", bins, 0.25)
    assert chart.svg.count("var(--s0)") >= 2
    assert "not sure enough" in chart.words
    assert escape(chart.words) in chart.svg


def test_pictures_are_the_same_bytes_and_take_the_colours_of_the_page():
    bins = reliability([0.75] * 4 + [0.25] * 2, [True] * 6)
    first, second = (reliability_chart("a", bins, 0.25).svg for _ in range(2))
    assert first == second
    assert len(first) < 12_000
    colours = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", first))
    # The diagonal is grey: the page's own, which has contrast to its ground.
    assert colours == {"none", "currentColor", "var(--s0)", "var(--soft)"}


def test_curves_are_read_and_drawn(tmp_path):
    path = tmp_path / "curves.csv"
    assert read_curves(path) is None
    path.write_text(
        "stage,epoch,train_loss,train_accuracy,valid_loss,valid_accuracy\n"
        "filters,1,2.0,0.3,,\nfilters,2,1.0,0.6,,\nhead,1,1.5,0.5,1.6,0.4\nhead,2,0.5,0.9,1.2,0.55\n"
    )
    curves = read_curves(path)
    panels = curves_figure(curves, "").axes
    # Of training, and of validation where there is one: the fold, and the mean of folds.
    assert [len(axes.lines) for axes in panels] == [2, 4, 2, 4]
    assert panels[3].lines[3].get_ydata().tolist() == pytest.approx([40, 55])
    (kept,) = panels[3].collections
    assert kept.get_offsets().tolist() == [[2, pytest.approx(55)]]
    assert panels[3].get_ylim() == (0, 100)
    assert all(tick == int(tick) for tick in panels[3].get_xticks())
    chart = curves_chart("a", curves)
    assert chart.wide
    assert chart.words.startswith(
        "Filters accuracy over 2 epochs: training ends at 60.0 %. "
        "Head accuracy over 2 epochs: training ends at 90.0 %, validation ends at 55.0 %. "
        "The weights kept are those of epoch 2."
    )
    assert "2,1.0,0.6,,,,filters" in unquote(chart.csv.href)
    path.write_text("epoch,loss\n1,2\n")
    with pytest.raises(RunError, match="not the curves of a run"):
        read_curves(path)


def test_of_several_folds_each_has_a_line_and_words_have_the_mean(tmp_path):
    path = tmp_path / "curves.csv"
    rows = ["fold,stage,epoch,train_loss,train_accuracy,valid_loss,valid_accuracy"]
    rows += [f"{fold},,{epoch},1,{0.5 + 0.1 * fold},1,0.5" for fold in (0, 1) for epoch in range(1, 3 + fold)]
    path.write_text("\n".join(rows) + "\n")
    chart = curves_chart("a", read_curves(path))
    assert "Accuracy over 3 epochs: training ends at 55.0 %, validation ends at 50.0 %." in chart.words
    assert [len(axes.lines) for axes in curves_figure(read_curves(path), "").axes] == [6, 6]


def test_the_mean_of_folds_ends_where_half_of_them_have(tmp_path):
    """Early stopping ends folds at different epochs; each keeps the weights of its lowest loss."""
    path = tmp_path / "curves.csv"
    rows = ["fold,stage,epoch,train_loss,train_accuracy,valid_loss,valid_accuracy"]
    lengths = {0: 2, 1: 4, 2: 4, 3: 6}
    rows += [
        f"{f},,{e},1,0.5,{abs(e - 2 - f % 2) + 1},0.5" for f, n in lengths.items() for e in range(1, n + 1)
    ]
    path.write_text("\n".join(rows) + "\n")
    curves = read_curves(path)
    assert best_epochs(curves)["epoch"].tolist() == [2, 3, 2, 3]
    loss = curves_figure(curves, "").axes[0]
    mean = max(loss.lines, key=lambda line: (line.get_linewidth(), line.get_linestyle() == "--"))
    assert mean.get_xdata().tolist() == [1, 2, 3, 4]
    assert mean.get_ydata().tolist() == pytest.approx([2.5, 1.5, 4 / 3, 7 / 3])
    assert "The weights kept are those of epoch 2 to 3." in curves_words(curves)


def test_names_are_escaped():
    chart = reliability_chart("<b>", reliability([0.5], [True]), 0.5)
    assert "<b>" not in chart.svg
    assert chart.csv.name == "reliability-b.csv"
    link = csv_link("a", ["x"], [['<script>"&']])
    assert not set('<>"') & set(link.href)
    assert math.isclose(float(unquote(csv_link("a", ["x"], [[1.5]]).href).split("\n")[1]), 1.5)
