"""The picture of the front page has the figures of ``accuracy.csv``, whatever they are, and is up to date."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

from gtzan_features.errors import TableError
from gtzan_features.reports.colours import BLUE
from gtzan_features.reports.hero import PICTURE, STEPS, WIDTH_PX, hero_figure, hero_words, save_hero

REPORTS = Path(__file__).parents[2] / "reports"


@pytest.fixture(scope="module")
def published():
    return pd.read_csv(REPORTS / "accuracy.csv")


def of_values(*shares, half=0.03):
    """A table with the rows of the picture, and others that are not."""
    rows = []
    for step, share in zip(STEPS, shares, strict=True):
        row = {
            "kind": "leaked" if step.leaked else "measured",
            "dataset": "GTZAN",
            "model": "xgboost",
            "features": "kaggle",
            "segments": "3s",
            "aggregation": "segment",
            "protocol": step.protocol,
            "leaked": step.leaked,
            "seed": 0,
            "accuracy": share,
            "ci_low": max(share - half, 0.0),
            "ci_high": min(share + half, 1.0),
        }
        others = (
            {"model": "svm"},
            {"features": "full"},
            {"aggregation": "mean"},
            {"seed": 1},
            {"segments": "30s"},
        )
        rows += [row, *({**row, **other, "accuracy": 0.111} for other in others)]
    return pd.DataFrame(rows)


VALUES = [(0.904, 0.749, 0.482), (0.999, 0.98, 0.97), (0.3, 0.2, 0.05), (0.5, 0.75, 0.25)]


@pytest.mark.parametrize("shares", VALUES)
def test_bars_intervals_and_words_are_those_of_the_table(shares):
    table = of_values(*shares)
    figure = hero_figure(table)
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([100 * share for share in shares])
    ends = [c.get_segments()[0][:, 0] for c in axes.collections]
    assert ends == [pytest.approx([100 * max(s - 0.03, 0), 100 * min(s + 0.03, 1)]) for s in shares]
    texts = [text.get_text() for text in figure.findobj(Text)]
    for share in shares:
        assert f"{100 * share:.1f} %" in texts
        assert f" {100 * share:.1f} % ({100 * max(share - 0.03, 0):.1f}–" in hero_words(table)
    assert "0.111" not in hero_words(table)


def test_what_is_leaked_is_called_so_and_has_a_pattern():
    figure = hero_figure(of_values(*VALUES[0]))
    hatched = [bool(bar.get_hatch()) for bar in figure.axes[0].patches]
    assert hatched == [step.leaked for step in STEPS] == [True, False, False]
    assert sum("LEAKED" in text.get_text() for text in figure.findobj(Text)) == 1
    assert hero_words(of_values(*VALUES[0])).count("LEAKED") == 1


@pytest.mark.parametrize("shares", VALUES)
def test_no_words_are_cut_off_or_lie_over_others(shares):
    figure = hero_figure(of_values(*shares))
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    renderer = canvas.get_renderer()
    boxes = [
        (text.get_text(), Text.get_window_extent(text, renderer))
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible()
    ]
    for words, box in boxes:
        assert box.x0 >= 0, words
        assert box.y0 >= 0, words
        assert box.x1 <= figure.bbox.x1, words
        assert box.y1 <= figure.bbox.y1, words
    for (one, a), (other, b) in combinations(boxes, 2):
        assert not a.overlaps(b), (one, other)


def test_letters_have_a_size_that_can_be_read_at_the_width_of_a_page():
    figure = hero_figure(of_values(*VALUES[0]))
    pixels = [text.get_fontsize() / 72 * 100 for text in figure.findobj(Text) if text.get_text().strip()]
    assert figure.get_figwidth() * 100 == pytest.approx(WIDTH_PX)
    assert min(pixels) >= 13


@pytest.mark.parametrize("missing", range(len(STEPS)))
def test_a_row_that_is_missing_or_there_twice_is_an_error_that_names_it(missing, tmp_path):
    table = of_values(*VALUES[0])
    protocol = STEPS[missing].protocol
    without = table[table["protocol"] != protocol]
    with pytest.raises(TableError, match=f"0 rows .*{protocol}"):
        hero_figure(without)
    with pytest.raises(TableError, match=f"2 rows .*{protocol}"):
        hero_figure(pd.concat([table, table[table["protocol"] == protocol]]))
    without.to_csv(tmp_path / "accuracy.csv")
    with pytest.raises(TableError):
        save_hero(tmp_path)
    assert not (tmp_path / PICTURE).exists()
    with pytest.raises(TableError, match="gtzan report writes it"):
        save_hero(tmp_path / "none")


def test_the_same_table_gives_the_same_bytes(tmp_path):
    of_values(*VALUES[0]).to_csv(tmp_path / "accuracy.csv")
    first = save_hero(tmp_path).read_bytes()
    assert save_hero(tmp_path).read_bytes() == first
    assert len(first) < 100_000


def test_the_picture_of_this_repository_has_bars_as_long_as_its_table_says(published):
    """Measured in pixels, whatever drew it: the two blue bars, from their left end to their right one."""
    image = Image.open(REPORTS / PICTURE).convert("RGB")
    assert image.width == 2 * WIDTH_PX
    blue = np.abs(np.asarray(image, dtype=int) - np.round(255 * np.array(to_rgb(BLUE)))).max(axis=2) < 12
    # Rows of pixels inside a bar are nearly all blue; letters never are.
    lengths = blue.sum(axis=1)
    inside = np.flatnonzero(lengths > 0.3 * image.width)
    bars = np.split(inside, np.flatnonzero(np.diff(inside) > 5) + 1)
    right = [np.flatnonzero(blue[bar[2]])[-1] for bar in bars]
    left = np.flatnonzero(blue[bars[0][2]])[0]
    figure = hero_figure(published)
    scale = figure.axes[0].get_position().width * image.width
    shown = [(end - left + 1) / scale for end in right]
    wanted = [float(row["accuracy"]) for row in _rows(published) if not row["leaked"]]
    assert shown == pytest.approx(wanted, abs=0.004)


def _rows(table):
    for step in STEPS:
        alike = table[
            (table["protocol"] == step.protocol)
            & (table["dataset"] == "GTZAN")
            & (table["model"] == "xgboost")
            & (table["segments"] == "3s")
            & (table["aggregation"] == "segment")
        ]
        yield alike.iloc[0]
