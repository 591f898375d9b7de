"""Data of a picture as a link that needs no server."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLink:
    """A CSV inside a page: the name under which it is saved, and a ``data:`` address."""

    name: str
    href: str


def csv_link(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> CsvLink:
    """Put rows into a ``data:`` address.

    Examples
    --------
    >>> csv_link("A b", ["x"], [[1]])
    CsvLink(name='a-b.csv', href='data:text/csv;charset=utf-8,x%0A1%0A')
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return CsvLink(name=f"{slug(name)}.csv", href="data:text/csv;charset=utf-8," + quote(text.getvalue()))


def slug(name: str) -> str:
    """Return `name` in lower case with hyphens, for file names and anchors."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
