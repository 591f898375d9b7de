"""Pictures of what decides: the stretch of a long recording that is shown, and what is said of it."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from gtzan_features.descriptors.spec import Family
from gtzan_features.prediction.explanation import FAMILIES
from gtzan_features.reports.contribution_bars import bars_figure
from gtzan_features.reports.saliency import SHOWN_S, SaliencyMaps, saliency_figure


def maps(seconds, *, window_s=0.4, seed=0, scale=0.05):
    rng = np.random.default_rng(seed)
    n, n_bands = round(seconds / window_s), 40
    return SaliencyMaps(
        level_db=rng.uniform(-80, 0, (round(seconds * 20), n_bands)).astype(np.float32),
        gradient=rng.normal(size=(n, 5)),
        occlusion=rng.normal(scale=scale, size=(n, 5)),
        seconds=float(seconds),
        edges_s=np.linspace(0.0, seconds, n + 1),
        edges_band=np.linspace(0.0, n_bands, 6),
        band_hz=np.geomspace(50, 10_000, n_bands),
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_stretch_that_is_shown_costs_most_of_all_that_are_as_long(seed):
    whole = maps(120, seed=seed)
    start, end = whole.most_decided(SHOWN_S)
    assert end - start == pytest.approx(SHOWN_S)

    def cost(first):
        return sum(
            max(fall, 0.0)
            for i, falls in enumerate(whole.occlusion)
            for fall in falls
            if whole.edges_s[i] >= first - 1e-9 and whole.edges_s[i + 1] <= first + SHOWN_S + 1e-9
        )

    costs = {float(first): cost(first) for first in whole.edges_s if first + SHOWN_S <= 120 + 1e-9}
    assert cost(start) == pytest.approx(max(costs.values()))


def test_a_part_has_the_windows_and_frames_of_its_time():
    whole = maps(60)
    part = whole.between(12.0, 24.0)
    assert (part.edges_s[0], part.edges_s[-1]) == pytest.approx((12.0, 24.0))
    np.testing.assert_array_equal(part.occlusion, whole.occlusion[30:60])
    np.testing.assert_array_equal(part.gradient, whole.gradient[30:60])
    np.testing.assert_array_equal(part.level_db, whole.level_db[240:480])


@pytest.mark.parametrize("seconds", [3, 30, 39, 41, 240, 3_600])
def test_however_long_it_is_windows_are_wide_enough_to_be_seen(seconds):
    figure = saliency_figure(maps(seconds), "song.wav: rock\nby cnn")
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    hidden = [axes for axes in figure.axes if axes.get_title(loc="left").startswith("Fall of the")]
    (axes,) = hidden
    (mesh,) = axes.collections
    edges = mesh.get_coordinates()[0, :, 0]
    pixels = np.diff(axes.transData.transform(np.column_stack([edges, np.zeros_like(edges)]))[:, 0])
    assert pixels.min() > 6
    assert edges[-1] - edges[0] == pytest.approx(seconds if seconds <= 40 else 20, abs=0.5)
    renderer = canvas.get_renderer()
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            box = Text.get_window_extent(text, renderer)
            assert box.x0 >= 0, text.get_text()
            assert box.x1 <= figure.bbox.x1, text.get_text()


def test_what_is_said_of_the_largest_fall_is_where_it_is():
    shown = maps(8, scale=0.001)
    shown.occlusion[5, 2] = 0.123
    titles = [axes.get_title(loc="left") for axes in saliency_figure(shown, "x").axes]
    (said,) = [title for title in titles if "Fall" in title]
    low, high = shown.band_hz[16] / 1000, shown.band_hz[23] / 1000
    assert f"Most: 12.3 points, 2.0–2.4 s, {low:.1f}–{high:.1f} kHz." in said.replace("\n", " ")
    assert "alone" not in said
    little = maps(8, scale=0.001)
    titles = " ".join(axes.get_title(loc="left") for axes in saliency_figure(little, "x").axes)
    assert "No window decides alone" in titles.replace("\n", " ")


def test_bars_have_their_figures_and_name_only_sides_that_there_are():
    for values, sides in (
        ({"tonal": 0.25, "energy": -0.5}, {"speaks for rock", "speaks against rock"}),
        ({"tonal": 0.25}, {"speaks for rock"}),
        ({"tonal": -0.25}, {"speaks against rock"}),
        ({"tonal": 0.0}, set()),
    ):
        figure = bars_figure(values, "points", "title", words=FAMILIES, genre="rock")
        texts = {text.get_text() for text in figure.findobj(Text)}
        assert {f"{value:+.3f}" for value in values.values()} <= texts
        assert {text for text in texts if text.startswith("speaks")} == sides
        assert {f"{name}\n{FAMILIES[name]}" for name in values} <= texts
        low, high = figure.axes[0].get_xlim()
        assert low <= min(0, *values.values(), 0) <= max(0, *values.values(), 0) <= high
    without = bars_figure({"a": 1.0}, "points", "title")
    assert not any(text.get_text().startswith("speaks") for text in without.findobj(Text))


def test_every_family_of_features_is_said_in_words():
    assert set(FAMILIES) == set(get_args(Family))
