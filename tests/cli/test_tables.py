"""Tables in the width that there is."""

from __future__ import annotations

import contextlib
import io
import re
import sys

import pytest
from gtzan_cli import progress
from gtzan_cli.tables import wrap
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

# Without marks and modifiers that join the letter before: how many places they take, releases of rich say
# differently.
LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "M", "Z", "Sk"))
WORDS = st.text(alphabet=LETTERS, min_size=1, max_size=12)
CELLS = st.lists(WORDS, max_size=6).map(" ".join)


@st.composite
def tables(draw):
    n_columns = draw(st.integers(1, 9))
    row = st.tuples(*[CELLS] * n_columns)
    return draw(row), draw(st.lists(row, min_size=1, max_size=5))


def printed(header, rows, width=None, title=""):
    """Return the lines of a table as they are printed in a pipe, or where `COLUMNS` is `width`."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.delenv("COLUMNS", raising=False)
        if width:
            patch.setenv("COLUMNS", str(width))
        progress.print_table(title, header, rows)
    text = out.getvalue()
    assert text.endswith("\n\n")
    return text[:-2].split("\n")


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(40, 120))
def test_no_line_is_wider_than_asked_or_ends_in_blanks(table, width):
    for line in printed(*table, width):
        assert cell_len(line) <= width
        assert line == line.rstrip()


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(60, 120))
def test_every_letter_of_every_cell_is_shown(table, width):
    shown = "".join("".join(printed(*table, width)).split())
    header, rows = table
    for row in (header, *rows):
        for cell in row:
            for character in cell:
                assert character in shown or character.isspace()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.from_regex(r"[a-z]{1,12}", fullmatch=True), min_size=1, max_size=30), st.integers(20, 60))
def test_words_are_kept_whole_and_in_their_order(words, width):
    text = " ".join(words)
    lines = printed(("a", "b"), [(text, "x" * 6)], width)[2:]
    assert " ".join(" ".join(line.removesuffix("x" * 6) for line in lines).split()) == text


@pytest.mark.parametrize("rows", [1, 3])
def test_words_stay_whole_where_columns_of_long_and_of_many_words_meet(rows):
    """Narrowing all columns alike would cut the long words of one before the other has given what it can."""
    many, long = " ".join(["one"] * 30), "a considerably-long-word-of-thirty"[:32] + " as it is"
    lines = printed(("many", "long"), [(many, long)] * rows, 50)
    words = " ".join(lines).split()
    assert words.count("one") == 30 * rows
    assert words.count(long.split()[1]) == rows


def test_columns_stand_side_by_side_with_a_rule_below_their_names():
    assert printed(("a", "number"), [("first", "1"), ("second one", "22")], title="What") == [
        "What",
        "a           number",
        "──────────────────",
        "first       1",
        "second one  22",
    ]


@pytest.mark.parametrize("name", ["[bold]x[/bold]", "[nosuchtag]", ":smile:", "\\[x]", "[/]"])
def test_names_that_are_markup_are_printed_as_they_are(name):
    lines = printed(("a", name), [("1", name)], title=name)
    assert lines[0] == name
    assert lines[1].split() == ["a", name]
    assert lines[3].split() == ["1", name]


@pytest.mark.parametrize(("name", "cells"), [("José", 4), ("日本", 4), ("e\u0301", 1), ("ｗｉｄｅ", 8)])
def test_columns_are_aligned_whatever_places_letters_take(name, cells):
    lines = printed(("column of names", "n"), [(name, "7")])
    assert lines[2] == name + " " * (17 - cells) + "7"


def test_tables_in_a_pipe_are_wide_and_without_escapes():
    lines = printed(("a", "b"), [("x" * 30 + " y" * 30, "z " * 60)])
    assert len(lines) == 3
    assert "\x1b" not in "".join(lines)


def test_a_table_without_rows_is_its_header():
    assert printed(("a", "b"), []) == ["a  b", "────"]


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
    lines = printed(header, rows, 60)
    words = {word for name in header for word in name.split()}
    assert words <= set(" ".join(lines).split())
    assert sum(line.startswith("aggregation") for line in lines) == 2


@pytest.mark.parametrize("width", [80, 100])
def test_long_names_are_broken_at_their_hyphens_before_their_letters(width):
    name = "gtzan-70-of-1000-tracks-xgboost-kaggle-3s-track-7-fold-55857e"
    lines = printed(("run", "a", "b"), [(name, "one row per track", "x" * 30)], width)
    pieces = [line.split("  ")[0].strip() for line in lines[2:]]
    assert "".join(pieces) == name
    assert all(re.search(r"-$|^55857e$|e$", piece) for piece in pieces if piece)


def test_the_rule_is_of_hyphens_where_the_stream_has_no_lines(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii", newline=""))
    progress.print_table("", ("a", "b"), [("1", "2")])
    assert raw.getvalue() == b"a  b\n----\n1  2\n\n"


def test_the_last_column_breaks_where_it_ends():
    lines = printed(("a", "b"), [("x" * 30, "0 0 01")], 37)
    assert [line.split()[-1] for line in lines[2:]] == ["0", "01"]


def test_a_broken_line_keeps_a_figure_and_its_unit_together():
    line = "noise.mp3: none of these (nearest: jazz 47.0 %, disco 15.8 %) (6 segments, 20.0 s)"
    for width in range(40, 90):
        lines = wrap(line, Console(width=width))
        assert all(len(one) <= width for one in lines)
        assert not any(one.lstrip().startswith(("%", "s)")) for one in lines)
        assert " ".join(one.strip() for one in lines) == line
