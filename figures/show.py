"""A cell as text: as it stands, rounded, or a share in per cent with its interval."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from figures.sources import FiguresError
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.rounding import decimals, percent, points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PLACES = re.compile(r"\d")
_WHICH = re.compile(r"#(\d)")
_SIGNED = "points"
_NUMBER = re.compile(r"[-−+]?\d[\d,]*(?:\.\d+)?")
ALONE = "shown"
"""The column of a table that has but one figure a row."""

_INTERVAL = ("accuracy", "ci_low", "ci_high")
_NO_SHARES = re.compile(r"n_\w+|\w+_p(_holm)?|ci_(method|units)|log_loss|seconds|seed|count")
"""Columns of the CSVs of reports that hold no share; all other numbers there are shares within [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as text, its value in the unit of the text, and the decimals that it has."""

    text: str
    value: float
    places: int


def is_way(word: str) -> bool:
    """Return whether a word says how to show a cell: ``1`` decimal, ``points``, ``#2``, its second number."""
    return word == _SIGNED or bool(_PLACES.fullmatch(word) or _WHICH.fullmatch(word))


def show(cells: Mapping[str, str], how: Sequence[str], *, has_shares: bool) -> Shown:
    """Show one cell of a row.

    Parameters
    ----------
    cells : mapping of str to str
        By column.
    how : sequence of str
        The column, and ways to show it. Without a column, an accuracy is shown with its interval.
    has_shares : bool
        Whether numbers are shares, which are shown in per cent with one decimal.

    Raises
    ------
    FiguresError
        If there is no column, or no number where one has to be rounded.

    Examples
    --------
    >>> row = {"accuracy": "0.5204", "ci_low": "0.464", "ci_high": "0.57", "log_loss": "1.3456"}
    >>> show(row, [], has_shares=True).text, show(row, ["log_loss", "2"], has_shares=True).text
    ('52.0 (46.4–57.0)', '1.35')
    >>> show({"ratio": "62.4 times faster"}, ["ratio", "0"], has_shares=False).text
    '62'
    """
    columns = [word for word in how if word in cells] or [name for name in cells if name == ALONE]
    if len(columns) > 1 or (not columns and not (has_shares and set(_INTERVAL) <= set(cells))):
        message = f"one column is wanted, of {', '.join(cells)}"
        raise FiguresError(message)
    if not columns:
        low, high = (float(cells[name]) for name in _INTERVAL[1:])
        share = float(cells["accuracy"])
        return Shown(accuracy_cell(share, low, high), 100 * share, 1)
    cell = cells[columns[0]]
    is_share = has_shares and not _NO_SHARES.fullmatch(columns[0])
    return in_words(cell, [word for word in how if is_way(word)], is_share=is_share)


def in_words(cell: str, ways: Sequence[str], *, is_share: bool = False) -> Shown:
    """Show the text of a cell, in such ways."""
    which = next((int(found[1]) for way in ways if (found := _WHICH.fullmatch(way))), 1)
    places = next((int(way) for way in ways if _PLACES.fullmatch(way)), None)
    numbers = _NUMBER.findall(cell)
    if len(numbers) < which:
        if ways:
            message = f"{cell!r} has no {which} numbers"
            raise FiguresError(message)
        return Shown(cell, float("nan"), 0)
    number = numbers[which - 1].replace(",", "").replace("−", "-")
    value = float(cell) if is_share else float(number)
    if is_share:
        said = percent(value) if places is None else decimals(100 * value, places)
        if _SIGNED in ways:
            said = points(value)
        return Shown(_minus(said), 100 * value, 1 if places is None else places)
    own = len(number.partition(".")[2])
    if not ways:
        return Shown(cell, value, own)
    said = numbers[which - 1] if places is None else decimals(value, places)
    if _SIGNED in ways and value >= 0:
        said = f"+{said.lstrip('+')}"
    return Shown(_minus(said), value, own if places is None else places)


def joined(first: Shown, second: Shown, between: str, ways: Sequence[str]) -> str:
    """Show a difference (``minus``) or a ratio (``over``), rounded as the finer of both, or as `ways` say."""
    places = next((int(way) for way in ways if _PLACES.fullmatch(way)), max(first.places, second.places))
    value = first.value - second.value if between == "minus" else first.value / second.value
    said = decimals(value, places)
    return _minus(f"+{said}" if _SIGNED in ways and value >= 0 else said)


def _minus(said: str) -> str:
    return said.replace("-", "−")
