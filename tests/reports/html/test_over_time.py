from __future__ import annotations

import re

import pytest

from gtzan_features.reports.html.over_time import bar, over_time

GENRES = ("blues", "jazz", "rock")
BOUNDS = tuple((3.0 * i, 3.0 * i + 3) for i in range(4))
SEGMENTS = ((0.1, 0.0, 0.9), (0.2, 0.0, 0.8), (0.7, 0.0, 0.3), (0.1, 0.0, 0.9))


def test_words_rows_and_ticks_say_what_is_drawn():
    found = over_time(GENRES, ("rock", "blues", "jazz"), BOUNDS, SEGMENTS)
    assert found.words == "Most probable genre over time: rock 0–6 s; blues 6–9 s; rock 9–12 s."
    assert found.rows[2] == ("6–9 s", "blues", "70.0")
    assert found.ticks == ("0 s", "6 s", "12 s")
    assert found.most == "90"
    assert f'aria-label="{found.words}"' in found.svg


def test_cells_stand_where_and_as_strong_as_they_are_probable():
    svg = over_time(GENRES, ("rock", "blues", "jazz"), BOUNDS, SEGMENTS).svg
    cells = re.findall(r'"cell" x="([\d.]+)" y="(\d)" width="3.00" height="1" fill-opacity="([\d.]+)"', svg)
    assert ("0.00", "0", "1.00") in cells  # rock, 0.9 of at most 0.9
    assert ("6.00", "1", "0.78") in cells  # blues, 0.7
    assert len(cells) == 8  # what has no probability is left empty
    # A line for each stretch of segments with one winner.
    lines = re.findall(r'"best" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', svg)
    assert lines == [("0.00", "0.41", "6.00"), ("6.00", "1.41", "3.00"), ("9.00", "0.41", "3.00")]
    assert "style" not in svg


def test_times_of_long_recordings_are_minutes_and_seconds():
    bounds = [(3.0 * i, 3.0 * i + 3) for i in range(80)]
    segments = [(0.1, 0.0, 0.9)] * 79 + [(0.9, 0.0, 0.1)]
    found = over_time(GENRES, GENRES, bounds, segments)
    assert found.words == "Most probable genre over time: rock 0:00–3:57; blues 3:57–4:00."
    assert found.ticks == ("0:00", "2:00", "4:00")
    assert found.rows[20] == ("1:00–1:03", "rock", "90.0")


def test_many_changes_are_counted():
    segments = [(1.0, 0.0, 0.0) if i % 2 else (0.0, 0.0, 1.0) for i in range(40)]
    bounds = [(0.5 * i, 0.5 * i + 0.5) for i in range(40)]
    found = over_time(GENRES, GENRES, bounds, segments)
    assert found.words.endswith("; and 28 changes more.")
    assert "rock 0–0.5 s" in found.words


@pytest.mark.parametrize(("value", "x", "width"), [(1, "2", "1"), (-2, "0", "2"), (0, "2", "0")])
def test_bars_start_at_zero(value, x, width):
    assert f'x="{x}" y="0" width="{width}"' in bar(value, -2, 2)
