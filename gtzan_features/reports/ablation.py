"""The ablation table: models, rows and families of features, each tested against the baseline's columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.evaluation.comparison import holm
from gtzan_features.reports.drawn import frame_tests, frame_words
from gtzan_features.reports.protocols import PROTOCOLS, protocol_order, tested_by_name
from gtzan_features.reports.scores import LevelScore, score_tracks
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.reports.templating import environment
from gtzan_features.rounding import decimals, percent, points
from gtzan_features.tables.atomic import write_text
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gtzan_features.tables.run_folder import Run

PAGE, CSV = "ablation.md", "ablation.csv"
MODELS, FAMILIES = "models", "families"
SAME, REFERENCE, WHOLE, LENGTH = "same_model", "reference", "whole_set", "track_rows"
"""What a row is tested against.

The same model on the baseline; the reference model on the baseline; the whole set of a family; the same
model and features on one row per track.
"""

ONE_ROW = "30s"
"""Rows of which a track has one."""

_TEST_FIELDS = ("difference", "low", "high", "p", "p_holm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A run of the ablation.

    Attributes
    ----------
    run : Run
    parts : tuple of str
        The tables that it is in: `MODELS`, `FAMILIES` or both.
    rows : str
        What a row covers: ``3s``, ``30s`` or both.
    n_columns : int
        Columns that the model saw.
    seconds : float
        What the run took on one core.
    """

    run: Run
    parts: tuple[str, ...]
    rows: str
    n_columns: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the rows are tested against: a feature set, and a model on it."""

    feature_set: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Introductory text and conditions of the report.

    Attributes
    ----------
    command : str
        The command that made them.
    machine, versions : str
        Where and with what it was measured.
    steps : tuple of (str, float)
        Steps and their seconds.
    skipped : tuple of str
        Protocols that the data cannot support, with the reason.
    missing : tuple of str
        Fits that are not in the tables, with the reason.
    audio : str
        Of which files it was measured.
    """

    command: str
    machine: str
    versions: str
    steps: tuple[tuple[str, float], ...]
    skipped: tuple[str, ...]
    missing: tuple[str, ...]
    audio: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    title: str
    about: str
    tables: list[TextTable]


def ablation_frame(entries: Iterable[Entry], baseline: Baseline) -> pd.DataFrame:
    """Score every run and test it against the baseline on the same tracks.

    Returns
    -------
    DataFrame
        One row per table, protocol and run. ``accuracy`` is that of tracks, by mean probability where a
        track has several rows. For each test (`SAME` etc.) there are a ``_difference`` (this row minus the
        other, shares), its 95 % interval ``_low`` to ``_high``, the p-value ``_p`` of the exact
        paired test and ``_p_holm``, corrected for all such tests in the same table; missing where a row is
        itself the other, or the other is not there. Intervals and tests are by artist, see `drawn`.
    """
    scored = [(entry, score_tracks(entry.run.predictions)) for entry in entries]
    by_key = {_key(entry): found for entry, found in scored}
    rows = []
    for entry, found in scored:
        for part in entry.parts:
            row = _figures(entry, found) | {"part": part}
            # Every test has its columns, also where no row of the table could be tested.
            for test in (SAME, REFERENCE, LENGTH, WHOLE):
                row |= _tested(test, found, None)
            for test, key in _others(entry, part, baseline):
                row |= _tested(test, found, by_key.get(key) if key != _key(entry) else None)
            rows.append(row)
    frame = pd.DataFrame(rows)
    # Tuples would be taken for levels of an index: their ranks sort alike.
    ranks = {name: i for i, name in enumerate(sorted(set(frame["protocol"]), key=protocol_order))}
    frame = frame.assign(_order=frame["protocol"].map(ranks)).sort_values(
        ["part", "_order", "features", "accuracy", "model", "rows"],
        ascending=[False, True, True, False, True, True],
        kind="stable",
        ignore_index=True,
    )
    return _corrected(frame.drop(columns="_order"))


def write_ablation(frame: pd.DataFrame, baseline: Baseline, context: Context, folder: Path) -> Path:
    """Write ``ablation.md`` and ``ablation.csv`` and return the path of the page."""
    write_text(folder / CSV, frame.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
    first = frame.iloc[0]
    text = (
        environment()
        .get_template("ablation.md.j2")
        .render(
            context=context,
            dataset=first["dataset"],
            synthetic=bool(frame["synthetic"].any()),
            sections=list(_sections(frame, baseline)),
            baseline=baseline,
            drawn=frame_words(frame),
            test=frame_tests(frame),
        )
    )
    write_text(folder / PAGE, text + "\n")
    return folder / PAGE


def ablation_tables(frame: pd.DataFrame, baseline: Baseline) -> tuple[TextTable, ...]:
    """Return the tables of the page, each titled with its protocol."""
    return tuple(
        replace(table, title=f"{table.title}, {section.title}")
        for section in _sections(frame, baseline)
        for table in section.tables
    )


def difference_cell(row: pd.Series, test: str) -> tuple[str, str]:
    """Return a difference in points with its interval, and its corrected p-value; dashes without a test."""
    values = [row.get(f"{test}_{name}") for name in _TEST_FIELDS]
    if any(value is None or pd.isna(value) for value in values):
        return "–", "–"
    difference, low, high = (points(float(str(value))) for value in values[:3])
    p = float(str(values[4]))
    shown = "< 0.001" if p < 1e-3 else decimals(p, 3)
    return f"{difference} ({low} to {high})", shown


def paired_fields(found: LevelScore, other: LevelScore | None) -> dict[str, float | None]:
    """Compare two scores on the same tracks: difference, interval and p-value; None on other tracks."""
    if other is None or found.units != other.units:
        return dict.fromkeys(_TEST_FIELDS[:4])
    test = found.drawn.compare(found.correct, other.correct)
    values = test.difference, test.ci_low, test.ci_high, test.p_value
    return dict(zip(_TEST_FIELDS[:4], values, strict=True))


def with_holm(frame: pd.DataFrame, test: str, tables: Sequence[str]) -> pd.Series:
    """Return the p-values of a test corrected for their number within each table (group of `tables`)."""
    p = frame[f"{test}_p"].astype(float)
    corrected = pd.Series(float("nan"), index=frame.index)
    for _, tested in frame[p.notna()].groupby(list(tables), sort=False):
        corrected.loc[tested.index] = holm(p.loc[tested.index].to_numpy())
    return corrected


def _key(entry: Entry) -> tuple[str, str, str, str]:
    m = entry.run.manifest
    return m.protocol, m.model, m.feature_set, entry.rows


def _others(entry: Entry, part: str, baseline: Baseline) -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    protocol, model, feature_set, rows = _key(entry)
    yield SAME, (protocol, model, baseline.feature_set, rows)
    if part == MODELS:
        yield REFERENCE, (protocol, baseline.model, baseline.feature_set, rows)
        yield LENGTH, (protocol, model, feature_set, ONE_ROW)
    else:
        yield WHOLE, (protocol, model, feature_set.partition(":")[0], rows)


def _figures(entry: Entry, found: LevelScore) -> dict[str, Any]:
    m = entry.run.manifest
    return {
        "part": "",
        "dataset": m.dataset,
        "synthetic": m.synthetic,
        "protocol": m.protocol,
        "leaked": m.leaked,
        "model": m.model,
        "set": m.feature_set.partition(":")[0],
        "features": m.feature_set,
        "n_columns": entry.n_columns,
        "rows": entry.rows,
        "n_tracks": found.metrics.n,
        "accuracy": found.metrics.accuracy,
        "ci_low": found.interval.low,
        "ci_high": found.interval.high,
        "ci_method": found.interval.method,
        "ci_units": found.interval.n_units,
        "train_accuracy": entry.run.metrics.get("train_accuracy"),
        "seconds": entry.seconds,
        "run_id": m.run_id,
    }


def _tested(test: str, found: LevelScore, other: LevelScore | None) -> dict[str, float | None]:
    return {f"{test}_{name}": value for name, value in paired_fields(found, other).items()}


def _corrected(frame: pd.DataFrame) -> pd.DataFrame:
    for test in (SAME, REFERENCE, LENGTH, WHOLE):
        # The families of each set have a table of their own, the models of all sets one together.
        table = frame["set"].where(frame["part"] == FAMILIES, "")
        p_holm = with_holm(frame.assign(_table=table), test, ["part", "protocol", "_table"])
        frame.insert(list(frame.columns).index(f"{test}_p") + 1, f"{test}_p_holm", p_holm)
    return frame


def _sections(frame: pd.DataFrame, baseline: Baseline) -> Iterator[_Section]:
    for protocol, part in frame.groupby("protocol", sort=False):
        name = str(protocol)
        tracks = f"{int(part['n_tracks'].max())} tracks tested. "
        about = PROTOCOLS.get(tested_by_name(name).kind, "")
        tables = [_models_table(part[part["part"] == MODELS], baseline)]
        families = part[part["part"] == FAMILIES]
        tables += [_families_table(some, baseline) for _, some in families.groupby("set", sort=False)]
        yield _Section(title=name, about=tracks + about, tables=[t for t in tables if t.rows])


def _models_table(part: pd.DataFrame, baseline: Baseline) -> TextTable:
    part = part.sort_values("accuracy", ascending=False, kind="stable")
    against = {
        SAME: f"minus the same on {baseline.feature_set}",
        REFERENCE: f"minus {baseline.model} on {baseline.feature_set}, same rows",
        LENGTH: f"minus the same on {ONE_ROW} rows",
    }
    # A test that no row has, as that of the baseline against itself, takes no column.
    tests = [test for test in against if part[f"{test}_p"].notna().any()]
    rows = tuple(
        (
            str(row["model"]),
            f"{row['features']} ({row['n_columns']})",
            str(row["rows"]),
            accuracy_cell(row["accuracy"], row["ci_low"], row["ci_high"]),
            percent(row["train_accuracy"]),
            *(cell for test in tests for cell in difference_cell(row, test)),
            decimals(row["seconds"], 0),
        )
        for _, row in part.iterrows()
    )
    names = ("model", "features (columns)", "rows", "accuracy, %", "training accuracy, %")
    header = (*names, *(cell for test in tests for cell in (against[test], "p")), "s")
    return TextTable(title="Models and rows", header=header, rows=rows)


def _families_table(part: pd.DataFrame, baseline: Baseline) -> TextTable:
    name = str(part["set"].iloc[0])
    part = part.assign(_kind=part["features"].map(_family_kind)).sort_values(
        ["_kind", "accuracy"], ascending=[True, False], kind="stable"
    )
    # A test of the baseline's families against the baseline is one and the same test.
    tests = (SAME,) if name == baseline.feature_set else (SAME, WHOLE)
    rows = tuple(
        (
            _family_text(str(row["features"])),
            str(row["n_columns"]),
            accuracy_cell(row["accuracy"], row["ci_low"], row["ci_high"]),
            *(cell for test in tests for cell in difference_cell(row, test)),
        )
        for _, row in part.iterrows()
    )
    against = {SAME: f"minus {baseline.feature_set}", WHOLE: f"minus all of {name}"}
    header = ("families", "columns", "accuracy, %", *(x for test in tests for x in (against[test], "p")))
    model, length = part["model"].iloc[0], part["rows"].iloc[0]
    return TextTable(title=f"Families of {name}: {model}, {length} rows", header=header, rows=rows)


def _family_kind(feature_set: str) -> int:
    """All families first, then each alone, then all but one."""
    _, colon, family = feature_set.partition(":")
    return (1 + family.startswith("-")) if colon else 0


def _family_text(feature_set: str) -> str:
    family = feature_set.partition(":")[2]
    if not family:
        return "all"
    return f"without {family.removeprefix('-')}" if family.startswith("-") else f"{family} alone"
