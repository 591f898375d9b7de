import numpy as np
import pytest
from markupsafe import Markup
from matplotlib.figure import Figure

from gtzan_features.api import html
from tests.api.fragments import NASTY, check_fragment

PARTS = {
    "key_values": lambda name: html.key_values([(name, name), ("n", 3)]),
    "bars": lambda name: html.bars([(name, 0.5, name)], header=(name, name)),
    "signed bars": lambda name: html.bars([(name, -0.5, name)], low=-1, signed=True),
    "intervals": lambda name: html.intervals([(name, 0.5, 0.4, 0.6, name)]),
    "table": lambda name: html.table((name, "n"), [(name, 1)], caption=name),
    "confusion_matrix": lambda name: html.confusion_matrix([[1, 0], [2, 3]], [name, "b"], name),
    "figure": lambda name: html.figure(picture(), name),
    "details": lambda name: html.details(name, name),
}


def picture() -> Figure:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], label="line", clip_on=True)
    axes.text(0.5, 0.5, "in the data", color="black")
    axes.grid(color="#cccccc")
    axes.legend()
    axes.set_title("title")
    return figure


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_balanced_self_contained_and_escapes_what_a_user_named(part):
    text = check_fragment(html.card(NASTY, PARTS[part](NASTY), subtitle=NASTY, notes=[NASTY]))
    shown = NASTY.replace("\u202e", r"\u202e").replace("\n", r"\n")
    assert text.count(shown) >= 3


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_markup_that_no_other_part_escapes_again(part):
    made = PARTS[part]("name")
    assert isinstance(made, Markup)
    assert made in html.card("title", html.details("more", made))


def test_bars_stand_where_their_values_are_and_those_beyond_the_scale_are_cut():
    drawn = html.bars([("a", 0.25, ""), ("b", -1.0, ""), ("c", 9.0, "")], low=-1, high=1)
    assert "left:50.00%;width:12.50%" in drawn
    assert "left:0.00%;width:50.00%" in drawn
    assert "left:50.00%;width:50.00%" in drawn


def test_an_interval_lies_over_the_end_of_its_bar():
    drawn = html.intervals([("a", 55, 50, 60, "")], high=100)
    assert 'gz-bar" style="left:0.00%;width:55.00%' in drawn
    assert 'gz-range" style="left:50.00%;width:10.00%' in drawn


def test_a_confusion_matrix_shades_each_cell_by_its_share_of_the_true_genre():
    drawn = html.confusion_matrix(np.array([[8, 2], [0, 0]]), ["a", "b"])
    assert "var(--gz-accent) 60%" in drawn  # 8 of 10, of at most 75
    assert "b as a: 0 of 0" in drawn


def test_a_figure_takes_the_colour_of_the_page_but_in_its_data_and_is_as_it_was_afterwards():
    figure = picture()
    before = [t.get_color() for t in figure.axes[0].get_xticklabels()]
    drawn = html.figure(figure, "words")
    assert "#010203" not in drawn
    assert drawn.count("currentColor") > 8
    assert "in the data" in drawn
    assert [t.get_color() for t in figure.axes[0].get_xticklabels()] == before
    assert to_hexes(figure.axes[0].spines.values()) == {(0.0, 0.0, 0.0, 1.0)}


def to_hexes(artists) -> set:
    return {tuple(map(float, artist.get_edgecolor())) for artist in artists}


def test_two_figures_on_one_page_share_no_name():
    one, two = html.figure(picture(), "a"), html.figure(other(), "b")
    check_fragment(html.card("t", one, two))


def other() -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([1, 0, 2])
    return figure
