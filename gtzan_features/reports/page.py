"""The accuracy report in Markdown and CSV, with its pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gtzan_features.reports.accuracy_figure import accuracy_figure, accuracy_words
from gtzan_features.reports.collect import ScoredRun, by_dataset, long_table
from gtzan_features.reports.drawn import exact_tests, frame_words, p_title
from gtzan_features.reports.figures import confusion_figure, save_figure
from gtzan_features.reports.html.data import slug, slugs
from gtzan_features.reports.label_sections import label_sections, write_labels_csv
from gtzan_features.reports.measured_on import measured_on
from gtzan_features.reports.paired import length_tests
from gtzan_features.reports.published import dataset_title, is_real_gtzan, published
from gtzan_features.reports.standing import PAGE as STANDING
from gtzan_features.reports.tables import (
    accuracy_cell,
    accuracy_table,
    figures_table,
    genre_table,
)
from gtzan_features.reports.templating import environment
from gtzan_features.rounding import p_value, points
from gtzan_features.tables.atomic import write_text
from gtzan_features.text import printable
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gtzan_features.reports.label_scores import ScoredLabels
    from gtzan_features.reports.paired import PairedTest


PAGE = "accuracy.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Confusions:
    title: str
    picture: str
    genres: TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    title: str
    synthetic: bool
    size: str
    measured: str
    honest: TextTable | None
    leaked: TextTable | None
    drawn: str
    picture: str
    seen: str
    tests: TextTable
    test: str
    figures: TextTable
    confusions: list[_Confusions]


def write_report(
    scored: list[ScoredRun],
    folder: Path,
    skipped: Sequence[str] = (),
    several: Sequence[ScoredLabels] = (),
) -> pd.DataFrame:
    """Write ``accuracy.md``, ``accuracy.csv``, ``confusions.csv`` and the pictures into `folder`.

    `skipped` are the runs that could not be read, a sentence each; `several` those with several labels a
    track, which have tables of their own, and ``labels.csv``.

    Returns
    -------
    DataFrame
        The rows of ``accuracy.csv`` that were measured, one per run and level.
    """
    results = long_table(scored)
    found = by_dataset(scored)
    titles = {key: dataset_title(key[0], synthetic=key[1]) for key in found}
    names = slugs(titles.values())
    sections = [_section(titles[key], names[titles[key]], runs, folder) for key, runs in found.items()]
    real_gtzan = any(is_real_gtzan(name, synthetic=synthetic) for name, synthetic in found)
    text = (
        environment()
        .get_template("accuracy.md.j2")
        .render(
            datasets=sections,
            standing=STANDING if real_gtzan else None,
            skipped=skipped,
            several=label_sections(several),
        )
    )
    write_text(folder / PAGE, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    write_text(folder / "accuracy.csv", printable(_csv(results, with_published=real_gtzan)))
    write_labels_csv(list(several), folder)
    write_text(folder / "confusions.csv", printable(_confusions_csv(scored)))
    return results


def _section(title: str, name: str, runs: list[ScoredRun], folder: Path) -> _Section:
    """Lay out one data set; its pictures are named by `name`."""
    part = long_table(runs)
    synthetic = bool(part["synthetic"].any())
    manifest = max((one.run.manifest for one in runs), key=lambda m: m.n_tracks)
    picture = f"accuracy-{name}.png"
    tests = length_tests(runs)
    save_figure(accuracy_figure(part, f"{title}: accuracy with 95 % intervals"), folder / picture)
    return _Section(
        title=title,
        synthetic=synthetic,
        size=f"{manifest.n_tracks} tracks, {len(manifest.genres)} genres ({', '.join(manifest.genres)}).",
        measured=measured_on(one.run.manifest.table_origin for one in runs),
        honest=accuracy_table(part, leaked=False),
        leaked=accuracy_table(part, leaked=True),
        drawn=frame_words(part),
        picture=picture,
        seen=accuracy_words(part),
        tests=_tests_table(tests),
        test=exact_tests(_counts(tests)),
        figures=figures_table(part),
        confusions=_best_confusions(runs, title, name, folder),
    )


def _tests_table(tests: Sequence[PairedTest]) -> TextTable:
    """Lay out the tests of short segments against whole tracks, model by model, on the same tracks."""
    rows = tuple(
        (
            t.protocol,
            t.first.run.manifest.feature_set,
            t.first.label,
            f"{short} (mean) minus {long}",
            f"{points(c.difference)} ({points(c.ci_low)} to {points(c.ci_high)})",
            p_value(c.p_value),
            "no difference shown" if not c.is_shown else f"{short if c.difference > 0 else long} is better",
        )
        for t in sorted(tests, key=lambda t: (t.first.tested.order, t.first.label))
        for c in (t.comparison,)
        for short, long in ((t.first.run.manifest.segment, t.second.run.manifest.segment),)
    )
    header = (
        "protocol",
        "features",
        "model",
        "compared",
        "points (95 % interval)",
        p_title(_counts(tests)),
        "verdict",
    )
    return TextTable(title="", header=header, rows=rows)


def _counts(tests: Sequence[PairedTest]) -> list[tuple[int, int]]:
    """Return how many tracks and units each test has."""
    return [(one.comparison.n, one.comparison.n_units) for one in tests]


def _best_confusions(runs: list[ScoredRun], title: str, name: str, folder: Path) -> list[_Confusions]:
    """Show the confusions of the best honest run of each protocol, the easiest protocol first."""
    groups: dict[str, list[ScoredRun]] = {}
    for one in sorted(runs, key=lambda one: one.tested.order):
        if not one.leaked:
            groups.setdefault(one.run.manifest.protocol, []).append(one)
    shown = []
    for protocol, group in groups.items():
        best = max(group, key=lambda one: one.best.metrics.accuracy)
        s = best.best
        cell = accuracy_cell(s.metrics.accuracy, s.interval.low, s.interval.high)
        what = f"{protocol}, {best.on_features}, {cell} %"
        picture = f"confusion-{name}-{slug(protocol)}.png"
        save_figure(confusion_figure(s.metrics, f"{title}\n{what}"), folder / picture)
        shown.append(_Confusions(title=what, picture=picture, genres=genre_table(s.metrics)))
    return shown


def _csv(results: pd.DataFrame, *, with_published: bool) -> str:
    frame = results.copy()
    frame.insert(0, "kind", ["leaked" if leaked else "measured" for leaked in frame["leaked"]])
    if with_published:
        rows = [
            {
                "kind": "published",
                "dataset": "GTZAN",
                "synthetic": False,
                "model": p.what,
                "protocol": p.protocol,
                "leaked": p.leaked,
                "accuracy": p.accuracy,
                "source": p.source,
            }
            for p in published()
        ]
        frame = pd.DataFrame([*frame.to_dict("records"), *rows])
    return frame.to_csv(index=False, lineterminator="\n", float_format="%.10g")


def _confusions_csv(scored: list[ScoredRun]) -> str:
    rows = [
        {
            "dataset": one.run.manifest.dataset,
            "leaked": one.leaked,
            "run_id": one.run.manifest.run_id,
            "aggregation": level,
            "true": true,
            "predicted": predicted,
            "count": s.metrics.confusion[i][j],
        }
        for one in scored
        for level, s in ((one.best_level, one.scores[one.best_level]),)
        for i, true in enumerate(s.metrics.genres)
        for j, predicted in enumerate(s.metrics.genres)
        if s.metrics.confusion[i][j]
    ]
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
