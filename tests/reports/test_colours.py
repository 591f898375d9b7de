"""One colour each for what speaks for a genre and against it, in pictures and on pages."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from gtzan_features.api.html import STYLE
from gtzan_features.app.page import style
from gtzan_features.reports import colours
from gtzan_features.reports.colours import AGAINST, FOR, ON_PAGES, signed_map
from gtzan_features.reports.contribution_bars import bars_figure
from gtzan_features.reports.html.over_time import bar
from gtzan_features.reports.html.page import asset
from gtzan_features.reports.saliency import SaliencyMaps, saliency_figure


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
        gradient=np.eye(2),
        occlusion=np.eye(2),
        seconds=1.0,
        edges_s=np.array([0.0, 0.5, 1.0]),
        edges_band=np.array([0.0, 2.0, 4.0]),
        band_hz=np.linspace(100, 1000, 4),
    )
    figure = saliency_figure(maps, "title")
    for axes in figure.axes[1:3]:
        (mesh,) = axes.collections
        assert mesh.to_rgba(mesh.norm.vmax)[:3] == pytest.approx(to_rgb(FOR), abs=0.01)
        assert mesh.norm.vmin == -mesh.norm.vmax
    assert figure.axes[1].get_title(loc="left").endswith("orange speaks for the genre, blue against it")


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


def srgb(colour):
    return np.array(to_rgb(colour))


def linear(colour):
    rgb = srgb(colour)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Contrast of two colours by WCAG 2, from 1 to 21."""
    a, b = (float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return max(a, b) / min(a, b)


# Machado, Oliveira and Fernandes, 2009: what eyes without one kind of cone see, of linear RGB.
EYES = {
    "usual": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, eyes):
    """CIELAB of a colour as such eyes see it, for white of D65."""
    seen = np.clip(EYES[eyes] @ linear(colour), 0, 1)
    x, y, z = np.cbrt(XYZ @ seen / (XYZ @ np.ones(3)))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, eyes):
    return float(np.linalg.norm(lab(one, eyes) - lab(other, eyes)))


def page_colours(scheme):
    """The colours of a style sheet by name: those of the light page, or of the dark one."""
    light, dark = re.findall(r":root \{(.*?)\}", str(asset("page.css")), flags=re.DOTALL)[:2]
    found = dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6})", light))
    return found | (dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6})", dark)) if scheme == "dark" else {})


@pytest.mark.parametrize("eyes", EYES)
def test_series_are_told_apart_by_all_eyes(eyes):
    """The smallest step that is seen is about 2; what stands in different places needs many times that."""
    pairs = list(combinations(colours.SERIES, 2))
    assert min(distance(a, b, eyes) for a, b in pairs) > 15
    for pair in ((FOR, AGAINST), (colours.LEAKED, colours.BLUE)):
        assert distance(*pair, eyes) > 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("eyes", EYES)
def test_marks_of_pages_are_told_apart_by_all_eyes(eyes, scheme):
    page = page_colours(scheme)
    for pair in combinations(("s0", "s1", "s2"), 2):
        assert distance(*(page[name] for name in pair), eyes) > 15, pair
    assert distance(page["for"], page["against"], eyes) > 35


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_and_marks_of_pages_have_enough_contrast(scheme):
    """By WCAG 2: letters 4.5, marks and lines of a chart 3."""
    page = page_colours(scheme)
    for name in ("fg", "soft", "link", "leak", "synth"):
        assert contrast(page[name], page["bg"]) >= 4.5, name
    for name, ground in (
        ("fg", "panel"),
        ("soft", "panel"),
        ("leak", "leakbg"),
        ("synth", "synthbg"),
        ("fg", "leakbg"),
    ):
        assert contrast(page[name], page[ground]) >= 4.5, (name, ground)
    for name in ("s0", "s1", "s2", "for", "against"):
        for ground in ("bg", "leakbg"):
            assert contrast(page[name], page[ground]) >= 3, (name, ground)


def test_letters_of_pictures_have_enough_contrast():
    for colour in (colours.INK, colours.SOFT, colours.LEAKED, colours.BLUE):
        assert contrast(colour, "#ffffff") >= 4.5, colour
    for colour in (colours.INK, colours.LEAKED, colours.BLUE):
        assert contrast(colour, colours.LEAKED_GROUND) >= 4.5, colour


def test_bars_of_notebooks_have_enough_contrast_to_a_white_and_a_black_ground():
    assert f"--gz-accent:{colours.BLUE};" in STYLE
    for ground in ("#ffffff", "#111111"):
        for colour in (colours.BLUE, FOR, AGAINST):
            assert contrast(colour, ground) >= 3, (colour, ground)


def test_every_colour_of_every_picture_and_page_stands_in_one_module():
    """No other module of the package names a colour by its digits; style sheets do in their first lines."""
    package = Path(colours.__file__).parents[1]
    allowed = {"reports/colours.py", "reports/inline_svg.py"}
    for path in sorted(package.rglob("*.py")):
        if str(path.relative_to(package)) not in allowed:
            assert not re.findall(r"[\"']#[0-9a-fA-F]{3,6}\b", path.read_text(encoding="utf-8")), path
