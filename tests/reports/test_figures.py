"""Pictures of results: nothing is cut off and nothing lies over anything else."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from gtzan_features.reports.accuracy_figure import accuracy_figure, accuracy_words
from gtzan_features.reports.figures import confusion_figure
from gtzan_features.reports.scores import score
from tests.reports.test_scores import predictions
from tests.reports.test_tables import results, row

PROTOCOLS = ("track 10-fold", "artist 3-fold", "fault-filtered", "fault-filtered (validation part)")
LONG = "a rather long name of a model (families=auto, C=10, augment=time-mask+mixup)"


def boxes(figure):
    """Extents in pixels: of each shown text outside the legend, of the legend, and of the figure."""
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    renderer = canvas.get_renderer()
    legend = [one.get_window_extent(renderer) for one in figure.legends]
    in_legend = {id(text) for one in figure.legends for text in one.findobj(Text)}
    hidden = {id(t) for axes in figure.axes if not axes.get_visible() for t in axes.findobj(Text)}
    texts = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in in_legend | hidden
    ]
    return texts, legend, figure.bbox


def check(figure):
    texts, legend, whole = boxes(figure)
    for name, box in [*texts, *(("legend", one) for one in legend)]:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= whole.x1 + 1 and box.y1 <= whole.y1 + 1
        assert inside, f"{name!r} is cut off"
    for name, box in texts:
        assert not any(one.overlaps(box) for one in legend), f"{name!r} lies under the legend"
    title = next((box for name, box in texts if "95 % intervals" in name.replace("\n", " ")), None)
    for name, box in texts:
        if title is not None and box is not title:
            assert not title.overlaps(box), f"{name!r} lies under the title"


@pytest.mark.parametrize("n_protocols", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("model", ["svm", LONG])
@pytest.mark.parametrize("dataset", ["toy", "GTZAN (389 of 1000 tracks) " * 8])
def test_nothing_is_cut_off_for_any_number_of_protocols_and_length_of_names(n_protocols, model, dataset):
    rows = [
        row(model, segments, level, protocol, 0.5, leaked=protocol.startswith("segment"))
        for protocol in ("segment 5-fold", *PROTOCOLS)[-n_protocols:]
        for segments in ("3s", "10s", "3s+30s")
        for level in ("segment", "vote", "mean")
    ]
    check(accuracy_figure(results(*rows), f"{dataset}: accuracy with 95 % intervals"))


def test_a_single_point_is_enough():
    check(accuracy_figure(results(row("svm", "30s", "track", "track 10-fold", 0.5)), "95 % intervals"))


def test_models_on_other_features_stand_in_rows_of_their_own():
    frame = results(
        row("lda", "30s", "track", "track 10-fold", 0.9) | {"features": "full"},
        row("lda", "3s", "mean", "track 10-fold", 0.8) | {"features": "kaggle"},
        row("svm", "3s", "mean", "track 10-fold", 0.7) | {"features": "kaggle"},
    )
    figure = accuracy_figure(frame, "toy")
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["svm\nkaggle", "lda\nkaggle", "lda\nfull"]
    for line in figure.axes[0].lines:
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
            at = round(float(y))
            if line.get_marker() in ("o", "s", "^", "D", "v", "P"):
                assert {0: 70.0, 1: 80.0, 2: 90.0}[at] == pytest.approx(float(x))


def test_marks_stand_at_the_middle_of_their_row():
    """A model that has one length only is not drawn where another model's would be."""
    frame = results(
        row("lda", "30s", "track", "track 10-fold", 0.9),
        *(row("svm", "3s", level, "track 10-fold", 0.7) for level in ("segment", "vote", "mean")),
    )
    axes = accuracy_figure(frame, "toy").axes[0]
    marks = [line for line in axes.lines if line.get_marker() in ("o", "s", "^", "D")]
    places = {line.get_marker(): line.get_ydata().tolist() for line in marks}
    assert places["o"] == [1.0]
    assert places["^"] == [0.0]
    assert places["s"][0] == pytest.approx(-places["D"][0])
    (edge,) = (line for line in axes.lines if list(line.get_ydata()) == [0.5, 0.5])
    assert list(edge.get_xdata()) == [0, 1]  # of the panel's width


@pytest.mark.parametrize("title", ["toy", "a name that is very long indeed " * 6])
def test_a_confusion_matrix_is_whole(title):
    check(confusion_figure(score(predictions())["mean"].metrics, f"{title}\ntrack 10-fold, svm on kaggle"))


def test_no_two_panels_overlap():
    rows = [row("svm", "3s", "mean", protocol, 0.5) for protocol in PROTOCOLS]
    figure = accuracy_figure(results(*rows), "95 % intervals")
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    shown = [axes for axes in figure.axes if axes.get_visible()]
    tight = [axes.get_tightbbox() for axes in shown]
    assert len(shown) == len(PROTOCOLS)
    assert not any(a.shrunk(0.98, 0.98).overlaps(b.shrunk(0.98, 0.98)) for a, b in combinations(tight, 2))


def shown_texts(figure):
    return [
        text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()
    ]


def test_each_mark_has_its_figure_and_alone_its_interval_too():
    rows = [
        row("svm", "3s", "mean", "track 10-fold", 0.512),
        row("lda", "3s", "mean", "track 10-fold", 0.907),
    ]
    table = results(*rows)
    texts = shown_texts(accuracy_figure(table, "toy"))
    for one in table.itertuples():
        cell = f"{100 * one.accuracy:.1f} ({100 * one.ci_low:.1f}–{100 * one.ci_high:.1f})"
        assert cell in texts
    both = results(*rows, row("svm", "3s", "mean", "artist 3-fold", 0.333))
    assert {"51.2", "90.7", "33.3"} <= set(shown_texts(accuracy_figure(both, "toy")))


def test_the_floor_is_a_line_and_no_row_unless_there_is_nothing_else():
    floor = row("majority", "30s", "track", "track 10-fold", 0.1)
    figure = accuracy_figure(results(row("svm", "30s", "track", "track 10-fold", 0.5), floor), "toy")
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["svm"]
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert [float(line.get_xdata()[0]) for line in lines] == pytest.approx([10.0])
    assert any("most frequent genre" in text for text in shown_texts(figure))
    alone = accuracy_figure(results(floor), "toy")
    assert [text.get_text() for text in alone.axes[0].get_yticklabels()] == ["majority"]


def test_the_caption_says_what_the_marks_are_and_the_best_of_each_protocol():
    frame = results(
        row("svm", "3s", "mean", "track 10-fold", 0.6),
        row("lda", "3s", "mean", "track 10-fold", 0.7),
        row("svm", "3s", "mean", "segment 5-fold", 0.9, leaked=True),
    )
    words = accuracy_words(frame)
    assert words.endswith(
        "The highest accuracies are 70.0 % under track 10-fold, 90.0 % under LEAKED segment 5-fold."
    )
    assert "dotted" not in words
