"""One colour each for what speaks for a genre and against it, in pictures and on pages."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from gtzan_features.app.page import style
from gtzan_features.reports.colours import AGAINST, FOR, ON_PAGES, signed_map
from gtzan_features.reports.html.over_time import bar
from gtzan_features.reports.html.page import asset
from gtzan_features.reports.saliency import SaliencyMaps, bars_figure, saliency_figure


def is_orange(colour):
    red, _, blue = to_rgb(colour)
    return red > 2 * blue


def test_bars_have_the_colour_of_their_sign():
    figure = bars_figure({"up": 0.5, "down": -0.5}, "points", "title")
    drawn = {patch.get_width() > 0: patch.get_facecolor()[:3] for patch in figure.axes[0].patches}
    assert drawn == {True: to_rgb(FOR), False: to_rgb(AGAINST)}


def test_maps_have_the_same_two_colours_and_say_which_is_which():
    assert signed_map()(1.0)[:3] == pytest.approx(to_rgb(FOR), abs=1e-6)
    assert signed_map()(0.0)[:3] == pytest.approx(to_rgb(AGAINST), abs=1e-6)
    maps = SaliencyMaps(
        level_db=np.zeros((4, 4), dtype=np.float32),
        gradient=np.eye(4),
        occlusion=np.eye(2),
        seconds=1.0,
        band_hz=np.linspace(100, 1000, 4),
    )
    figure = saliency_figure(maps, "title")
    for axes in figure.axes[1:3]:
        (image,) = axes.images
        assert image.to_rgba(1.0)[:3] == pytest.approx(to_rgb(FOR), abs=0.01)
        assert image.norm.vmin == -image.norm.vmax
    assert figure.axes[1].get_title(loc="left") == "orange speaks for the genre, blue against it"


def test_pages_use_them_in_light_and_dark():
    css = str(style())
    assert "@for" not in css
    assert "@against" not in css
    for_colours = re.findall(r"--for: (#[0-9a-f]{6})", css)
    against = re.findall(r"--against: (#[0-9a-f]{6})", css)
    assert len(for_colours) == len(against) == 2
    assert all(map(is_orange, [*for_colours, FOR]))
    assert not any(map(is_orange, [*against, AGAINST]))
    assert ".signed .stretched .plus { fill: var(--for); }" in css
    assert ".stretched .minus { fill: var(--against); }" in css
    assert 'class="plus"' in bar(1, -1, 1)
    assert 'class="minus"' in bar(-1, -1, 1)
    assert set(ON_PAGES.values()) & set(for_colours) == set(for_colours)
    assert "--for" in asset("page.css")
