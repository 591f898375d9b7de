"""Accuracies of GTZAN that others published, each with the place where it is stated.

They stand in ``published.csv`` and nowhere else. They are printed beside ours and always marked as published:
copies of the data, what is trained, and numbers of repetitions differ.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULT_FILTERED = "fault-filtered"
_KINDS = ("learned", "hand-crafted")
_FLAGS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFigure:
    """One published accuracy.

    Attributes
    ----------
    protocol : str
        As the source describes it; `FAULT_FILTERED` for the split of 443, 197 and 290 tracks.
    leaked : bool
        Whether segments of one track were in both training and test.
    kind : str
        ``learned`` or ``hand-crafted``, of the features; empty where it is not known.
    model : str
        Features and model.
    year : int or None
        When the features were first published.
    trained : str
        What was trained on GTZAN; empty where it is not known.
    accuracy : float
        Share of right predictions, within [0, 1].
    stated : str
        The same in per cent, with the digits of the source, and with its spread where it has one.
    is_likely : bool
        Whether the source does not name the fault-filtered split, and other figures of it tell.
    checked : bool
        Whether the figure was read in the source; else it is known from the literature.
    remarks : str
        What to know beside it; may be empty.
    source : str
        Where it is stated.
    """

    protocol: str
    leaked: bool
    kind: str
    model: str
    year: int | None
    trained: str
    accuracy: float
    stated: str
    is_likely: bool
    checked: bool
    remarks: str
    source: str

    @property
    def what(self) -> str:
        """Features and model, with the year where it is known."""
        return self.model if self.year is None else f"{self.model} ({self.year})"

    @property
    def is_hand_crafted(self) -> bool:
        """Whether the features are known to be hand-crafted."""
        return self.kind == _KINDS[1]


@cache
def published() -> tuple[PublishedFigure, ...]:
    """Return all published figures, in the order of the file.

    Raises
    ------
    ValueError
        If a row of the file lacks something or is out of range; its number and the reason are named.
    """
    text = (files("gtzan_features.reports") / "published.csv").read_text(encoding="utf-8")
    rows = enumerate(csv.DictReader(io.StringIO(text)), start=2)
    return tuple(_numbered(number, row) for number, row in rows)


def _numbered(number: int, row: Mapping[str, str]) -> PublishedFigure:
    try:
        return figure(row)
    except (KeyError, ValueError) as error:
        message = f"published.csv, line {number}: {error}"
        raise ValueError(message) from error


def figure(row: Mapping[str, str]) -> PublishedFigure:
    """Return the figure of one row of the file.

    Raises
    ------
    ValueError
        If the row lacks a source, a protocol or a model, its accuracy is no percentage, or a word is none of
        the words of its column.
    """
    accuracy = float(row["accuracy"]) / 100
    if message := _fault(row, accuracy):
        raise ValueError(message)
    return PublishedFigure(
        protocol=row["protocol"],
        leaked=_FLAGS[row["leaked"]],
        kind=row["kind"],
        model=row["model"],
        year=int(row["year"]) if row["year"] else None,
        trained=row["trained"],
        accuracy=accuracy,
        stated=row["accuracy"] + (f"\u00a0±\u00a0{float(row['spread'])}" if row["spread"] else ""),
        is_likely=row["split"] == "likely",
        checked=_FLAGS[row["checked"]],
        remarks=row["remarks"],
        source=row["source"],
    )


def _fault(row: Mapping[str, str], accuracy: float) -> str:
    """Return what is wrong with a row; empty where nothing is."""
    missing = [name for name in ("protocol", "model", "source") if not row[name].strip()]
    if missing:
        return f"no {missing[0]}"
    if row["kind"] not in (*_KINDS, ""):
        return f"kind {row['kind']!r} is none of {', '.join(_KINDS)}"
    if not 0 <= accuracy <= 1:
        return f"accuracy {row['accuracy']} is no percentage"
    is_split = row["protocol"] == FAULT_FILTERED
    if row["split"] not in (("stated", "likely") if is_split else ("",)):
        return f"split {row['split']!r}: stated or likely for {FAULT_FILTERED}, else empty"
    if is_split and not (row["kind"] and row["trained"]):
        return "kind, or what was trained, is not given"
    return ""


def dataset_title(name: str, *, synthetic: bool) -> str:
    """Return the name of a data set, marked where the music is synthetic."""
    return f"{name} (SYNTHETIC music)" if synthetic and not name.endswith("(synthetic)") else name


def is_real_gtzan(name: str, *, synthetic: bool) -> bool:
    """Return whether a data set is GTZAN or a part of it, with which published figures may be compared."""
    return not synthetic and (name == "GTZAN" or name.startswith("GTZAN "))
