"""The page of a data set's pictures: everything inside one file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.figures import small_png
from gtzan_features.reports.html.page import asset
from gtzan_features.reports.templating import environment
from gtzan_features.tables.atomic import atomic_path, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from gtzan_features.reports.html.data import CsvLink

PAGE = "explore.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture: its file's name without ending, what it shows in words, its figure, and its data."""

    name: str
    words: str
    figure: Figure
    csv: CsvLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSection:
    """Pictures under one heading; `wide` ones stand below each other."""

    title: str
    words: str
    pictures: tuple[Picture, ...]
    wide: bool = True


@dataclass(frozen=True, slots=True)
class _Shown:
    words: str
    source: str
    csv: CsvLink | None


def write_explore_page(
    title: str, words: str, sections: Sequence[PictureSection], folder: Path, *, synthetic: bool
) -> Path:
    """Write each picture as PNG, and ``explore.html`` with all of them inside.

    Returns
    -------
    Path
        Of the page.
    """
    shown = []
    for section in sections:
        pictures = []
        for picture in section.pictures:
            data = small_png(picture.figure, 100)
            with atomic_path(folder / f"{picture.name}.png") as temporary:
                temporary.write_bytes(data)
            source = "data:image/png;base64," + base64.b64encode(data).decode()
            pictures.append(_Shown(picture.words, source, picture.csv))
        shown.append((section, pictures))
    text = environment(html=True).get_template("explore.html.j2")
    page = text.render(title=title, words=words, sections=shown, synthetic=synthetic, css=asset("page.css"))
    write_text(folder / PAGE, page)
    return folder / PAGE
