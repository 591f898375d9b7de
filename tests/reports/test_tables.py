from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gtzan_features.reports.accuracy_figure import accuracy_figure
from gtzan_features.reports.collect import COLUMNS, score_runs
from gtzan_features.reports.figures import confusion_figure, save_figure
from gtzan_features.reports.html.page import write_page
from gtzan_features.reports.page import write_report
from gtzan_features.reports.scores import score
from gtzan_features.reports.tables import accuracy_table
from tests.reports.html.test_parts import run
from tests.reports.test_scores import predictions


def results(*rows):
    base = dict.fromkeys(COLUMNS)
    base |= {"dataset": "toy", "synthetic": False, "features": "kaggle", "train_accuracy": 1.0}
    base |= {"ci_low": 0.4, "ci_high": 0.6, "n_tracks": 10}
    return pd.DataFrame([base | row for row in rows])


def row(model, segments, aggregation, protocol, accuracy, leaked=False):
    return {
        "model": model,
        "segments": segments,
        "aggregation": aggregation,
        "protocol": protocol,
        "accuracy": accuracy,
        "leaked": leaked,
    }


ROWS = results(
    row("svm", "3s", "mean", "track 10-fold", 0.5),
    row("svm", "3s", "segment", "track 10-fold", 0.45),
    row("svm", "30s", "track", "track 10-fold", 0.55),
    row("svm", "30s", "track", "fault-filtered", 0.5),
    row("knn", "3s", "mean", "track 10-fold", 0.7),
    row("knn", "3s", "segment", "segment 5-fold", 0.9, leaked=True),
)


def test_protocols_stand_side_by_side_and_the_best_model_first():
    table = accuracy_table(ROWS, leaked=False)
    assert table.header[4:] == ("track 10-fold", "fault-filtered")
    assert [r[:4] for r in table.rows] == [
        ("knn", "kaggle", "3s", "mean"),
        ("svm", "kaggle", "30s", "one row per track"),
        ("svm", "kaggle", "3s", "none: single segments"),
        ("svm", "kaggle", "3s", "mean"),
    ]
    assert table.rows[1][4:] == ("55.0 (40.0–60.0)", "50.0 (40.0–60.0)")
    assert table.rows[0][5] == "–"


def test_leaked_figures_never_stand_with_honest_ones():
    honest, leaked = (accuracy_table(ROWS, leaked=flag) for flag in (False, True))
    assert "90.0" not in honest.markdown()
    assert "segment 5-fold" not in honest.markdown()
    assert leaked.header[4:] == ("LEAKED segment 5-fold",)
    assert len(leaked.rows) == 1
    assert accuracy_table(ROWS[~ROWS["leaked"]], leaked=True) is None


def test_markdown_has_as_many_cells_in_every_row():
    lines = accuracy_table(ROWS, leaked=False).markdown().splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert re.fullmatch(r"(\|---)+\|", lines[1])


@pytest.mark.parametrize("kind", ["accuracy", "confusion"])
def test_pictures_show_something_and_repeat_to_the_byte(tmp_path, kind):
    def draw():
        if kind == "accuracy":
            return accuracy_figure(ROWS, "toy")
        return confusion_figure(score(predictions())["mean"].metrics, "toy")

    for name in ("a.png", "b.png"):
        save_figure(draw(), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20


def test_the_confusion_picture_has_the_counts():
    metrics = score(predictions())["mean"].metrics
    figure = confusion_figure(metrics, "toy")
    shown = [t.get_text() for t in figure.axes[0].texts]
    counts = sorted(int(text) for text in shown if "%" not in text)
    assert counts == sorted(c for line in metrics.confusion for c in line if c)
    recalls = [f"{100 * line[i] / sum(line):.0f} %" for i, line in enumerate(metrics.confusion)]
    assert [text for text in shown if "%" in text] == recalls


def test_real_and_synthetic_music_of_one_name_stand_apart(tmp_path):
    scored = score_runs([run(0.6), run(0.9, synthetic=True)])
    write_report(scored, tmp_path)
    page = write_page(scored, tmp_path, {}, {}).read_text()
    text = (tmp_path / "accuracy.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["toy", "toy (SYNTHETIC music)"]
    assert len({path.name for path in tmp_path.glob("accuracy-*.png")}) == 2
    assert len({path.name for path in tmp_path.glob("confusion-*.png")}) == 2
    real = page.split("toy (SYNTHETIC music)</h2>")[0].split("Which number to trust</h3>")[1]
    assert "The number to trust is 60.0" in re.sub("<[^>]+>", "", real)
    assert "SYNTHETIC" not in real.split("</p>")[0]
