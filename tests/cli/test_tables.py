"""Tables in the width that there is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.tables import Grid, cell_width, wrap

WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
CELLS = st.lists(WORDS, max_size=6).map(" ".join)


@st.composite
def grids(draw):
    n_columns = draw(st.integers(1, 9))
    row = st.tuples(*[CELLS] * n_columns)
    return Grid(draw(row), tuple(draw(st.lists(row, min_size=1, max_size=5))))


@settings(max_examples=60, deadline=None)
@given(grids(), st.integers(40, 120))
def test_no_line_is_wider_than_asked_or_ends_in_blanks(grid, width):
    for line in grid.lines(width):
        assert cell_width(line) <= width
        assert line == line.rstrip()


@settings(max_examples=60, deadline=None)
@given(grids(), st.integers(60, 120))
def test_every_letter_of_every_cell_is_shown(grid, width):
    shown = "".join("".join(grid.lines(width)).split())
    for row in (grid.header, *grid.rows):
        for cell in row:
            for character in cell:
                assert character in shown or character.isspace()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.from_regex(r"[a-z]{1,12}", fullmatch=True), max_size=30), st.integers(12, 60))
def test_words_are_kept_whole_and_in_their_order(words, width):
    assert " ".join(wrap(" ".join(words), width)).split() == words


def test_nine_columns_of_figures_become_two_tables_with_their_keys():
    header = (
        "aggregation",
        "n",
        "accuracy, %",
        "top-2",
        "precision",
        "recall",
        "F1",
        "log-loss",
        "error",
    )
    rows = (("none: single segments", "9990", "74.9 (72.7–76.7)", "1", "2", "3", "4", "5", "6"),) * 1
    lines = Grid(header, rows).lines(60)
    words = {word for name in header for word in name.split()}
    assert words <= set(" ".join(lines).split())
    assert sum(line.startswith("aggregation") for line in lines) == 2


@pytest.mark.parametrize("width", [80, 100])
def test_long_names_are_broken_at_their_hyphens_before_their_letters(width):
    name = "gtzan-70-of-1000-tracks-xgboost-kaggle-3s-track-7-fold-55857e"
    lines = Grid(("run", "a", "b"), ((name, "one row per track", "x" * 30),)).lines(width)
    pieces = [line.split("  ")[0].strip() for line in lines[2:]]
    assert "".join(pieces) == name
    assert all(re.search(r"-$|^55857e$|e$", piece) for piece in pieces if piece)
