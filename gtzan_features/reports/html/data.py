"""Data of a picture as a link that needs no server."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_LONGEST = 100


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
    return CsvLink(
        name=f"{slug(name)}.csv", href="data:text/csv;charset=utf-8," + quote(printable(text.getvalue()))
    )


def slug(name: str) -> str:
    """Return `name` in lower case with hyphens, for file names and anchors.

    Of a name that is not all letters, digits and signs of ASCII, or is long, this keeps too little to tell
    it from others: six digits of a hash follow.

    Examples
    --------
    >>> slug("GTZAN (389 of 1000 tracks)"), slug("音楽"), slug("Música")
    ('gtzan-389-of-1000-tracks', '14b31f', 'm-sica-0e0cc1')
    """
    tidy = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if tidy and name.isascii() and len(tidy) <= _LONGEST:
        return tidy
    return f"{tidy[:_LONGEST]}-{_digits(name)}".strip("-")


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a slug for each name, no two alike: names that differ in case or signs alone get a hash.

    Examples
    --------
    >>> slugs(["rock", "my music", "My music"])
    {'rock': 'rock', 'my music': 'my-music-fd9654', 'My music': 'my-music-db6570'}
    """
    found = {name: slug(name) for name in names}
    taken = Counter(found.values())
    return {name: f"{text}-{_digits(name)}" if taken[text] > 1 else text for name, text in found.items()}


def _digits(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
