"""Mean and worst loss against arithmetic by hand, and tables that can be read."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from gtzan_cli.tables import laid_out
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from rich.console import Console

from gtzan_features.audio.deform import DEFORMATIONS, GROUPS, deformations
from gtzan_features.reports.robustness import RobustnessContext, write_robustness
from gtzan_features.reports.robustness_figure import robustness_figure
from gtzan_features.reports.robustness_frame import (
    AUGMENTED,
    CLEAN,
    FAMILIES,
    MODELS,
    Deformed,
    robustness_frames,
)
from gtzan_features.reports.robustness_tables import robustness_tables
from gtzan_features.tables.predictions import PROBABILITY, Predictions

N_TRACKS = 60
NAMES = ("noise-10", "noise-20", "low-pass-4k", "speed+3", "room", "gain+6")


def predicted(right, tracks=None):
    """Predictions of one row a track, of which some are right."""
    tracks = np.arange(len(right)) if tracks is None else tracks
    frame = pd.DataFrame({"track_id": [f"t{i:03}" for i in tracks], "segment": 0, "fold": 0, "genre": "a"})
    for genre, p in (("a", right), ("b", ~right)):
        frame[PROBABILITY + genre] = np.where(p, 0.8, 0.2)
    return Predictions(frame=frame, genres=("a", "b"))


def drawn(seed, names=NAMES, rate=0.7):
    rng = np.random.default_rng(seed)
    return {name: rng.random(N_TRACKS) < rate for name in (CLEAN, *names)}


def measured(part, model, right):
    found = {name: predicted(some) for name, some in right.items()}
    return Deformed(part=part, name=model, model=model, features="full", predictions=found)


def means_of(*all_measured, names=NAMES, trained=()):
    frames = robustness_frames(all_measured, deformations(names), deformations(trained) if trained else ())
    return frames.means.set_index(["part", "name"])


@pytest.mark.parametrize("seed", range(2))
def test_the_mean_counts_each_kind_once_and_no_gain(seed):
    right = drawn(seed)
    rate = {name: some.mean() for name, some in right.items()}
    noise = (rate["noise-10"] + rate["noise-20"]) / 2
    kinds = [noise, rate["low-pass-4k"], rate["speed+3"], rate["room"]]
    row = means_of(measured(MODELS, "lda", right)).loc[(MODELS, "lda")]
    assert row["mean_lost"] == pytest.approx(rate[CLEAN] - np.mean(kinds))
    assert row["mean_lost_low"] < row["mean_lost"] < row["mean_lost_high"]
    lost = {name: rate[CLEAN] - rate[name] for name in NAMES}
    assert row["worst_lost"] == pytest.approx(max(lost.values()))
    assert row["worst"] == (max(lost, key=lost.get) if row["worst_lost"] > 0 else "")
    assert row[["unseen_lost", "unseen_lost_low"]].isna().all()


@pytest.mark.parametrize("seed", range(2))
def test_the_mean_of_kinds_not_trained_on_leaves_every_amount_of_a_kind_out(seed):
    right, copies = drawn(seed), drawn(seed + 10)
    both = measured(MODELS, "lda", right), measured(AUGMENTED, "lda", copies)
    means = means_of(*both, trained=("noise-30", "high-pass-80"))
    for part, some in ((MODELS, right), (AUGMENTED, copies)):
        others = np.mean([some[name].mean() for name in ("low-pass-4k", "speed+3", "room")])
        assert means.loc[(part, "lda"), "unseen_lost"] == pytest.approx(some[CLEAN].mean() - others)
    row = means.loc[(AUGMENTED, "lda")]
    assert row["gained_clean"] == pytest.approx(copies[CLEAN].mean() - right[CLEAN].mean())
    gained = {name: copies[name].mean() - right[name].mean() for name in NAMES}
    assert row["gained_unseen"] == pytest.approx(
        np.mean([gained[n] for n in ("low-pass-4k", "speed+3", "room")])
    )
    assert np.isnan(means.loc[(MODELS, "lda"), "gained_mean"])


def test_the_mean_over_a_single_deformation_has_the_interval_of_its_loss():
    right = drawn(3)
    frames = robustness_frames([measured(MODELS, "lda", right)], deformations(("room",)))
    mean, loss = frames.means.iloc[0], frames.losses.iloc[1]
    for end in ("_low", "_high"):  # the one draws once, the other the mirrored difference, too
        assert mean[f"mean_lost{end}"] == pytest.approx(
            loss["lost_low" if end == "_low" else "lost_high"], abs=0.02
        )


def test_a_track_that_a_deformation_leaves_no_row_of_is_in_no_mean():
    right = drawn(0)
    kept = np.arange(0, N_TRACKS, 2)
    one = measured(MODELS, "lda", right)
    found = dict(one.predictions) | {"speed+3": predicted(right["speed+3"][kept], kept)}
    whole = Deformed(part=MODELS, name="lda", model="lda", features="full", predictions=found)
    half = measured(MODELS, "lda", {name: some[kept] for name, some in right.items()})
    a, b = (means_of(some).iloc[0]["mean_lost"] for some in (whole, half))
    assert a == pytest.approx(b)


def test_nothing_to_average_and_nothing_lost_are_dashes():
    right = {name: np.ones(N_TRACKS, bool) for name in (CLEAN, "gain+6")}
    frames = robustness_frames([measured(MODELS, "lda", right)], deformations(("gain+6",)))
    table = robustness_tables(frames)[0]
    assert table.rows[0][2:] == ("–", "0.0", "–")


@pytest.fixture(scope="module")
def everything():
    """All deformations, three models without and with copies, three families."""
    names = [one.name for one in DEFORMATIONS]
    models = ["lda", "knn", "logistic-regression"]
    trained = deformations(("noise-30", "mp3-64"))
    found = [
        measured(part, name, drawn(10 * i + j, names, rate=0.4 + 0.1 * i))
        for j, part in enumerate((MODELS, AUGMENTED, FAMILIES))
        for i, name in enumerate(models)
    ]
    return robustness_frames(found, DEFORMATIONS, trained), trained


def test_every_deformation_is_in_one_table_of_each_part_and_marked_where_trained_on(everything):
    frames, trained = everything
    tables = {table.title: table for table in robustness_tables(frames, trained)}
    parts = ("Models, all columns", "Models trained on deformed copies, too", "Families alone")
    for part in parts:
        headers = [label for group in GROUPS for label in tables[f"{part}, {group}: points lost"].header[1:]]
        dagger = [one.kind in ("noise", "mp3") and part == parts[1] for one in DEFORMATIONS]
        expected = [
            f"{one.label} †" if seen else one.label for one, seen in zip(DEFORMATIONS, dagger, strict=True)
        ]
        assert headers == expected
    assert len(tables["What training on deformed copies, too, gained: points"].rows) == 3


def test_tables_fit_a_terminal_of_80_columns_without_being_divided(everything):
    frames, trained = everything
    for table in robustness_tables(frames, trained):
        console = Console(file=io.StringIO(), width=80)
        lines = laid_out(table.title, table.header, table.rows, console, "-").splitlines()
        assert max(map(len, lines)) <= 80
        assert sum("logistic-regression" in line or "logistic-" in line for line in lines) == 1, table.title


def test_the_page_names_what_was_trained_on_and_the_picture_has_a_map_for_each_part(everything, tmp_path):
    frames, trained = everything
    context = RobustnessContext(
        **dict.fromkeys(
            ("command", "dataset", "features", "rows", "family_model", "machine", "versions"), "x"
        ),
        protocol="track 10-fold",
        synthetic=True,
        steps=(),
        missing=(),
        trained=trained,
    )
    page = write_robustness(frames, context, tmp_path).read_text()
    assert (
        "for each of\nthese: mp3, 64 kbit/s; white noise, 30 dB." in page or "white noise, 30 dB; mp3" in page
    )
    assert "a dagger (†) marks" in page
    figure = robustness_figure(frames, "title", trained)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert len(panels) == 3
    marked = [[text.get_text() for text in axes.texts if text.get_text().endswith("†")] for axes in panels]
    n_names = len(panels[1].get_xticks())
    assert [len(texts) for texts in marked] == [0, 8 * n_names, 0]
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1, text.get_text()
            assert box.x1 <= figure.bbox.x1 + 1, text.get_text()
    assert (tmp_path / "robustness.png").read_bytes()[:4] == b"\x89PNG"
    frame = pd.read_csv(tmp_path / "robustness.csv")
    assert len(frame) == 9 * (len(DEFORMATIONS) + 1)
