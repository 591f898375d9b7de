"""The page of a data set's pictures: everything inside one file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.figures import small_png
from gtzan_features.reports.html.page import asset
from gtzan_features.reports.inline_svg import page_svg
from gtzan_features.reports.templating import environment
from gtzan_features.tables.atomic import atomic_path, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markupsafe import Markup
    from matplotlib.figure import Figure

    from gtzan_features.reports.html.data import CsvLink

PAGE = "explore.html"
_DPI = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A piece of music to hear: what it is, and the sound."""

    name: str
    mp3: bytes

    @property
    def source(self) -> str:
        """The sound as an address that needs no network."""
        return "data:audio/mpeg;base64," + base64.b64encode(self.mp3).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture, with what belongs to it.

    Attributes
    ----------
    name : str
        Of its file, without ending.
    words : str
        What it shows.
    figure : Figure
        Its heading stands in the file alone: on the page `words` say it.
    csv : CsvLink, optional
        Its data.
    sounds : tuple of Sound
        What can be heard of it.
    """

    name: str
    words: str
    figure: Figure
    csv: CsvLink | None = None
    sounds: tuple[Sound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSection:
    """Pictures under one heading.

    Attributes
    ----------
    title, words : str
        The heading, and what all of its pictures have in common.
    pictures : tuple of Picture
    wide : bool
        Whether they stand below each other, each as wide as the page.
    facts : tuple of (name, value)
        Stand above the pictures.
    remarks : tuple of str
        Stand below the facts, a line each.
    csv : CsvLink, optional
        The data of all pictures.
    """

    title: str
    words: str
    pictures: tuple[Picture, ...]
    wide: bool = True
    facts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    csv: CsvLink | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    picture: Picture
    svg: Markup

    @property
    def width_pt(self) -> str:
        """How wide it was drawn; it is not shown wider."""
        return f"{72 * self.picture.figure.get_figwidth():.0f}"


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
            with atomic_path(folder / f"{picture.name}.png") as temporary:
                temporary.write_bytes(small_png(picture.figure, _DPI))
            picture.figure.suptitle("")
            picture.figure.set_dpi(_DPI)  # of what is drawn as points
            pictures.append(_Shown(picture, page_svg(picture.figure, picture.words, picture.name)))
        shown.append((section, pictures))
    text = environment(html=True).get_template("explore.html.j2")
    page = text.render(
        title=title,
        words=words,
        sections=shown,
        synthetic=synthetic,
        css=asset("page.css") + asset("explore.css"),
        js=asset("explore.js"),
    )
    write_text(folder / PAGE, page)
    return folder / PAGE
