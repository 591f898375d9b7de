"""The accuracy report in Markdown and CSV, with its pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gtzan_features.reports.collect import ScoredRun, length_tests, long_table
from gtzan_features.reports.figures import accuracy_figure, confusion_figure, save_figure
from gtzan_features.reports.published import PUBLISHED
from gtzan_features.reports.tables import (
    TextTable,
    accuracy_cell,
    accuracy_table,
    figures_table,
    genre_table,
    percent,
    protocol_order,
)
from gtzan_features.reports.templating import environment
from gtzan_features.tables.atomic import write_text

if TYPE_CHECKING:
    from pathlib import Path


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
    honest: TextTable | None
    leaked: TextTable | None
    picture: str
    tests: TextTable
    figures: TextTable
    confusions: list[_Confusions]


def write_report(scored: list[ScoredRun], folder: Path) -> pd.DataFrame:
    """Write ``accuracy.md``, ``accuracy.csv``, ``confusions.csv`` and the pictures into `folder`.

    Returns
    -------
    DataFrame
        The rows of ``accuracy.csv`` that were measured, one per run and level.
    """
    results = long_table(scored)
    sections = [_section(results, scored, name, folder) for name in results["dataset"].unique()]
    real_gtzan = any(name.startswith("GTZAN") for name in results["dataset"])
    published = published_table() if real_gtzan else None
    text = environment().get_template("accuracy.md.j2").render(datasets=sections, published=published)
    write_text(folder / PAGE, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    write_text(folder / "accuracy.csv", _csv(results, with_published=real_gtzan))
    write_text(folder / "confusions.csv", _confusions_csv(scored))
    return results


def dataset_title(name: str, *, synthetic: bool) -> str:
    """Return the name of a data set, marked where the music is synthetic."""
    return f"{name} (synthetic music)" if synthetic and "synthetic" not in name else name


def published_table() -> TextTable:
    """Return the published figures as a table, leaked ones marked."""
    rows = tuple(
        (f"LEAKED {p.protocol}" if p.leaked else p.protocol, p.what, percent(p.accuracy), p.source)
        for p in PUBLISHED
    )
    header = ("protocol", "features and model", "published accuracy, %", "stated in")
    return TextTable(title="Published figures", header=header, rows=rows)


def _section(results: pd.DataFrame, scored: list[ScoredRun], name: str, folder: Path) -> _Section:
    part = results[results["dataset"] == name]
    runs = [one for one in scored if one.run.manifest.dataset == name]
    synthetic = bool(part["synthetic"].any())
    manifest = max((one.run.manifest for one in runs), key=lambda m: m.n_tracks)
    picture = f"accuracy-{_slug(name)}.png"
    title = dataset_title(name, synthetic=synthetic)
    save_figure(accuracy_figure(part, f"{title}: accuracy with 95 % intervals"), folder / picture)
    return _Section(
        title=title,
        synthetic=synthetic,
        size=f"{manifest.n_tracks} tracks, {len(manifest.genres)} genres ({', '.join(manifest.genres)}).",
        honest=accuracy_table(part, leaked=False),
        leaked=accuracy_table(part, leaked=True),
        picture=picture,
        tests=_tests_table(runs),
        figures=figures_table(part),
        confusions=_best_confusions(runs, name, folder),
    )


def _tests_table(runs: list[ScoredRun]) -> TextTable:
    """Test short segments against whole tracks, model by model, on the same tracks."""
    tests = sorted(length_tests(runs), key=lambda t: (protocol_order(t.protocol), t.label))
    rows = tuple(
        (
            t.protocol,
            t.label,
            f"{t.short} (mean) minus {t.long}",
            f"{100 * c.difference:+.1f} ({100 * c.ci_low:+.1f} to {100 * c.ci_high:+.1f})",
            "< 0.0001" if c.p_value < 1e-4 else f"{c.p_value:.2g}",
            "no difference shown"
            if not c.is_shown
            else f"{t.short if c.difference > 0 else t.long} is better",
        )
        for t in tests
        for c in (t.comparison,)
    )
    header = ("protocol", "model", "compared", "points (95 % interval)", "exact McNemar p", "verdict")
    return TextTable(title="", header=header, rows=rows)


def _best_confusions(runs: list[ScoredRun], name: str, folder: Path) -> list[_Confusions]:
    """Show the confusions of the best honest run of each protocol."""
    honest = [one for one in runs if not one.run.manifest.leaked]
    shown = []
    for protocol in sorted({one.run.manifest.protocol for one in honest}, key=protocol_order):
        best = max(
            (one for one in honest if one.run.manifest.protocol == protocol),
            key=lambda one: one.scores[one.best_level].metrics.accuracy,
        )
        m, level = best.run.manifest, best.scores[best.best_level]
        how = m.segment if best.best_level == "track" else f"{m.segment} by {best.best_level}"
        interval = level.interval
        cell = accuracy_cell(level.metrics.accuracy, interval.low, interval.high)
        title = f"{protocol}, {best.label} on {how}, {cell} %"
        picture = f"confusion-{_slug(name)}-{_slug(protocol)}.png"
        mark = "SYNTHETIC " if m.synthetic else ""
        save_figure(confusion_figure(level.metrics, f"{mark}{name}\n{title}"), folder / picture)
        shown.append(_Confusions(title=title, picture=picture, genres=genre_table(level.metrics)))
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
            for p in PUBLISHED
        ]
        frame = pd.DataFrame([*frame.to_dict("records"), *rows])
    return frame.to_csv(index=False, lineterminator="\n", float_format="%.6g")


def _confusions_csv(scored: list[ScoredRun]) -> str:
    rows = [
        {
            "dataset": one.run.manifest.dataset,
            "leaked": one.run.manifest.leaked,
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


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
