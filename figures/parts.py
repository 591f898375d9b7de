"""Tables of pages: of `tables.md`, whose cells name figures, and those taken whole from data."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from figures.facts import figure, is_text
from figures.pictures import REPORTS, best_runs, best_words, confusion_metrics, robustness_frames
from figures.sources import ROOT, FiguresError, Row, Table, audio, audio_under, source, tables
from gtzan_features.audio.deform import ROBUST, deformations
from gtzan_features.reports.ablation import Baseline, ablation_tables
from gtzan_features.reports.robustness_tables import robustness_tables
from gtzan_features.reports.tables import accuracy_table, genre_table
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TEMPLATES = ROOT / "figures" / "tables.md"
_CELL = re.compile(r"\{([^{}]+)\}")


def part(words: str) -> tuple[str, str]:
    """Return a table, and a line that says what it was measured on; the line may be empty.

    Parameters
    ----------
    words : str
        A heading of ``tables.md``, or ``copy; …``, ``runs; …``, ``confusions; …``, ``lost; …``.

    Raises
    ------
    FiguresError
        If there is no such table.
    """
    name, *given = (word.strip() for word in " ".join(words.split()).split(";"))
    if name in templates():
        return _CELL.sub(lambda m: figure(m[1]).text, templates()[name]), ""
    if name not in _WHOLE:
        message = f"no table {name!r}; there are {', '.join((*templates(), *_WHOLE))}"
        raise FiguresError(message)
    return _WHOLE[name](*given)


def named(words: str) -> list[str]:
    """Return the words of the figures of a table of ``tables.md``; others name their source themselves."""
    return _CELL.findall(templates().get(words.strip(), ""))


@cache
def templates() -> dict[str, str]:
    """Return the tables of ``tables.md`` by their headings."""
    found = re.split(r"^## (.+)$", TEMPLATES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name.strip(): body.strip() for name, body in zip(found[1::2], found[2::2], strict=True)}


def _about(name: str, audio: str, more: str = "") -> str:
    """Return the line below a table: what it has, on what audio it was measured, and what wrote the data."""
    said = f"{more}. " if more else ""
    one = source(name)
    return f"*{said}Measured on: {audio}. [{one.path}](../../{one.path}), by `{one.command}`.*"


def _copy(name: str, *words: str) -> tuple[str, str]:
    """Copy a table of a page, or some of its columns: ``copy; SOURCE; heading; 2; columns=a, b``."""
    if not (ROOT / source(name).path).exists():
        return f"*Not measured yet: `{source(name).command}`.*", ""
    columns = [word.removeprefix("columns=") for word in words if word.startswith("columns=")]
    number = next((int(word) for word in words if word.isdigit()), None)
    under = [word for word in words if not word.startswith("columns=") and not word.isdigit()]
    found = [t for t in tables(name) if all(any(is_text(word, one) for one in t.under) for word in under)]
    found = found[number - 1 : number] if number else found
    if len(found) != 1:
        message = f"copy; {name}; {'; '.join(words)}: {len(found)} tables are so, and one is wanted"
        raise FiguresError(message)
    (table,) = found
    shown = _some_columns(table, [one.strip() for one in columns[0].split(",")]) if columns else table
    text = TextTable(title="", header=shown.header, rows=shown.rows).markdown()
    return text, _about(name, audio_under(name, table.under))


def _some_columns(table: Table, columns: Sequence[str]) -> Table:
    if missing := [one for one in columns if one not in table.header]:
        message = f"no column {missing[0]!r}; there are {', '.join(table.header)}"
        raise FiguresError(message)
    places = [table.header.index(one) for one in columns]
    rows = tuple(tuple(row[at] for at in places) for row in table.rows)
    return Table(header=tuple(columns), rows=rows, under=table.under)


def results(name: str, dataset: str) -> pd.DataFrame:
    """Return the rows of a data set that were measured, of ``accuracy`` or ``cnn``."""
    frame = pd.read_csv(ROOT / source(name).path)
    found = frame[frame["dataset"] == dataset]
    if "kind" in found:
        found = found[found["kind"] != "published"]
    if found.empty:
        message = f"no data set {dataset!r} in {source(name).path}"
        raise FiguresError(message)
    return found.astype({"leaked": bool, "synthetic": bool})


def _runs(name: str, dataset: str, which: str, *without: str) -> tuple[str, str]:
    """Lay out all runs on a data set: ``runs; SOURCE; DATASET; honest`` (``leaked``); without levels."""
    frame = results(name, dataset)
    table = accuracy_table(frame[~frame["aggregation"].isin(without)], leaked=which == "leaked")
    if table is None:
        message = f"nothing {which} on {dataset} in {source(name).path}"
        raise FiguresError(message)
    shown = table if len(set(frame["features"])) > 1 else _without(table, "features")
    return shown.markdown(), _about(name, audio_of(name, frame))


def _without(table: TextTable, column: str) -> TextTable:
    """Leave out a column; what all rows have there is for the page to say."""
    at = table.header.index(column)
    header, *rows = (row[:at] + row[at + 1 :] for row in (table.header, *table.rows))
    return replace(table, header=header, rows=tuple(rows))


def audio_of(name: str, frame: pd.DataFrame) -> str:
    """Return what the rows of a data set were measured on."""
    return audio(name, Row(cells={str(key): str(value) for key, value in frame.iloc[0].items()}))


def _confusions(dataset: str, protocol: str) -> tuple[str, str]:
    """Lay out the genres of the best honest run under a protocol: ``confusions; DATASET; PROTOCOL``."""
    runs = best_runs(results("accuracy", dataset))
    if protocol not in runs.index:
        message = f"no {protocol!r} on {dataset}; there are {', '.join(runs.index)}"
        raise FiguresError(message)
    run = next(row for _, row in runs.iterrows() if row["protocol"] == protocol)
    frame = pd.read_csv(ROOT / source("confusions").path)
    counts = frame[frame["run_id"] == run["run_id"]]
    about = _about("confusions", audio_of("confusions", counts), f"{best_words(run)}, {protocol}, per cent")
    return genre_table(confusion_metrics(counts)).markdown(), about


def _lost(title: str) -> tuple[str, str]:
    """Take a table of points lost to deformed audio: ``lost; TITLE``, as ``robustness.md`` has them."""
    found = robustness_tables(robustness_frames(REPORTS), deformations(ROBUST))
    return _titled(found, title), _about("robustness", source("robustness").audio, "Points, artist folds")


def _ablation(title: str, most: str = "1000") -> tuple[str, str]:
    """Take the first rows of a table of ``ablation.md``: ``ablation; TITLE; 10``."""
    found = ablation_tables(pd.read_csv(REPORTS / "ablation.csv"), BASELINE)
    cut = [replace(one, rows=one.rows[: int(most)]) for one in found]
    words = "Version 2 of `full`; intervals take tracks of one artist as independent"
    return _titled(cut, title), _about("ablation", source("ablation").audio, words)


def _titled(found: Iterable[TextTable], title: str) -> str:
    by_title = {one.title: one for one in found}
    if title not in by_title:
        message = f"no table {title!r}; there are {'; '.join(by_title)}"
        raise FiguresError(message)
    return by_title[title].markdown()


BASELINE = Baseline(feature_set="kaggle", model="xgboost")
"""What the rows of ``ablation.csv`` were tested against."""

_WHOLE: dict[str, Callable[..., tuple[str, str]]] = {
    "copy": _copy,
    "runs": _runs,
    "confusions": _confusions,
    "lost": _lost,
    "ablation": _ablation,
}
