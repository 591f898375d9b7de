"""The picture of genre over time: what stands where, for files of seconds and of hours."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from gtzan_features.reports.timeline import Timeline, timeline_figure

GENRES = ("blues", "jazz", "metal", "pop")


def timeline(n_segments, *, seed=0, seconds=3.0, **words):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.4] * len(GENRES), n_segments)
    bounds = [(seconds * i, seconds * (i + 1)) for i in range(n_segments)]
    given = {"title": "song.wav: jazz 40.0 %\nby lda", "genres": GENRES, **words}
    return Timeline(bounds_s=bounds, segments=p.tolist(), overall=p.mean(axis=0).tolist(), **given)


def names(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def cells(axes):
    """Edges in seconds, and probabilities by genre, of what is drawn."""
    (mesh,) = axes.collections
    values = np.asarray(mesh.get_array()).reshape(len(GENRES), -1)
    edges = mesh.get_coordinates()[0, :, 0]
    return edges, {name: values[row] for row, name in enumerate(names(axes))}


@pytest.mark.parametrize("n_segments", [1, 2, 79, 120, 121, 1_000])
def test_cells_are_means_of_segments_and_the_first_row_is_the_answer(n_segments):
    shown = timeline(n_segments, seed=n_segments)
    over_time, whole, _ = timeline_figure(shown).axes
    edges, drawn = cells(over_time)
    assert len(edges) - 1 <= 120
    assert len(edges) - 1 == n_segments or n_segments > 120
    assert (edges[0], edges[-1]) == (0.0, 3.0 * n_segments)
    p = dict(zip(GENRES, 100 * np.array(shown.segments).T, strict=True))
    for genre, values in drawn.items():
        for start, end, value in zip(edges[:-1], edges[1:], values, strict=True):
            inside = p[genre][int(start / 3) : int(end / 3)]
            assert value == pytest.approx(inside.mean())
    best = [name for _, name in sorted(zip(shown.overall, GENRES, strict=True), reverse=True)]
    assert names(over_time) == best
    assert [bar.get_width() for bar in whole.patches] == pytest.approx(
        sorted((100 * share for share in shown.overall), reverse=True)
    )


@pytest.mark.parametrize("n_segments", [2, 79, 500])
def test_the_white_line_runs_through_the_most_probable_genre_of_each_cell_once(n_segments):
    over_time = timeline_figure(timeline(n_segments)).axes[0]
    edges, drawn = cells(over_time)
    rows = names(over_time)
    covered = {}
    for line in over_time.lines:
        if line.get_color() != "white":
            continue
        start, end = line.get_xdata()
        (row,) = set(line.get_ydata())
        for left in edges[:-1][(edges[:-1] >= start) & (edges[:-1] < end)]:
            assert left not in covered
            covered[left] = rows[int(row)]
    best = {left: max(drawn, key=lambda g: drawn[g][i]) for i, left in enumerate(edges[:-1])}
    assert covered == best


@pytest.mark.parametrize(
    ("seconds", "first", "second", "unit"),
    [
        (9, "0", "2", "time, s"),
        (240, "0:00", "0:30", "time, min:s"),
        (7_200, "0:00", "15:00", "time, h:min:s"),
    ],
)
def test_times_are_seconds_minutes_or_hours_and_round(seconds, first, second, unit):
    axes = timeline_figure(timeline(seconds // 3)).axes[0]
    ticks = [text.get_text() for text in axes.get_xticklabels()]
    assert ticks[:2] == [first, second]
    assert 3 <= len(ticks) <= 9
    assert axes.get_xlabel().split(",")[:2] == unit.split(",")
    assert ("mean of" in axes.get_xlabel()) == (seconds // 3 > 120)


def test_of_labels_nothing_is_called_a_genre():
    texts = [t.get_text() for t in timeline_figure(timeline(5, kind="label")).findobj(Text)]
    assert any("most probable label" in text for text in texts)
    assert not any("genre" in text for text in texts)
    texts = [t.get_text() for t in timeline_figure(timeline(5)).findobj(Text)]
    assert any("most probable genre" in text for text in texts)


@pytest.mark.parametrize("n_segments", [3, 80, 2_000])
def test_nothing_lies_over_anything_else(n_segments):
    figure = timeline_figure(timeline(n_segments, genres=("a rather long name", "b", "c", "d")))
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    texts = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in texts]
    for at, (one, a) in enumerate(boxes):
        assert a.x0 >= 0, one
        assert a.x1 <= figure.bbox.x1, one
        for other, b in boxes[at + 1 :]:
            assert not a.overlaps(b), (one, other)
