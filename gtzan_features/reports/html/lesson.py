"""The page of the leak, for a class: segments to hear, who stands where, and what comes of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from gtzan_features.reports.html.interval_charts import Dot, DotChart, DotRow, chart_csv
from gtzan_features.reports.html.page import asset
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.reports.templating import environment
from gtzan_features.rounding import percent
from gtzan_features.tables.atomic import write_text

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "leak.html"

_CELL, _ROW, _NAMES = 22, 13, 84
_GAP = 5  # between bands


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A segment to hear.

    Attributes
    ----------
    name : str
        What it is.
    mp3 : bytes
        The sound.
    role : str
        "test" or "training"; of what is compared, empty.
    in_training : tuple of bool
        Whether it is learned from when the test segment is tested, under each protocol.
    """

    name: str
    mp3: bytes
    role: str = ""
    in_training: tuple[bool, ...] = ()

    @property
    def source(self) -> str:
        """The sound as an address that needs no network."""
        return "data:audio/mpeg;base64," + base64.b64encode(self.mp3).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """What a protocol makes of the tracks of one genre, and of the accuracy.

    Attributes
    ----------
    protocol : str
        As tables name it.
    title, words : str
        What is new to the model in the test, in a word and in a sentence.
    leaked : bool
        Whether segments of one track are on both sides.
    rows : tuple of (band, track, tested)
        The tracks of the genre in order, and for each segment whether it is in the test of the fold shown.
    answer : str
        What the model says of the test segment, and whether it is right.
    accuracy, low, high : float
        Share of segments that are right, with its 95 % interval; within [0, 1].
    """

    protocol: str
    title: str
    words: str
    leaked: bool
    rows: tuple[tuple[str, str, tuple[bool, ...]], ...]
    answer: str
    accuracy: float
    low: float
    high: float

    @property
    def on_both_sides(self) -> str:
        """Say how many tracks and bands of the genre stand in training and in the test of this fold."""
        tracks = sum(any(tested) and not all(tested) for _, _, tested in self.rows)
        bands = list(dict.fromkeys(band for band, _, _ in self.rows))
        both = 0
        for band in bands:
            cells = [cell for name, _, tested in self.rows if name == band for cell in tested]
            both += any(cells) and not all(cells)
        return f"{tracks} of {len(self.rows)} tracks and {both} of {len(bands)} bands"

    @property
    def picture(self) -> Markup:
        """A row for each track, a cell for each segment; bands stand apart."""
        cells, y, last = [], 0.0, ""
        n = max(len(tested) for _, _, tested in self.rows)
        for band, track, tested in self.rows:
            if band != last:
                y += _GAP if last else 0
                cells.append(Markup('<text x="0" y="{:g}">{}</text>').format(y + 10, band))
                last = band
            name = Markup('<text class="of" x="{}" y="{:g}">{}</text>')
            cells.append(name.format(_NAMES - 6, y + 10, track))
            cells += [_cell(_NAMES + _CELL * at, y, is_test) for at, is_test in enumerate(tested)]
            y += _ROW
        words = f"{self.title}: {self.on_both_sides} stand in training and in the test."
        return Markup('<svg class="split" viewBox="0 0 {} {:g}" role="img" aria-label="{}">{}</svg>').format(
            _NAMES + _CELL * n, y, words, Markup().join(cells)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPage:
    """What the page shows.

    Attributes
    ----------
    genre, track, band : str
        Whose segments are heard.
    genres : int
        How many genres there are.
    segments : tuple of Sound
        All segments of the track.
    compared : tuple of Sound
        The test segment, and others that are more and more foreign to it.
    divisions : tuple of Division
        From the leak to the strictest.
    model, size : str
        What was fitted, and on how much.
    folds : int
    command : str
        That makes the page again.
    """

    genre: str
    genres: int
    track: str
    band: str
    segments: tuple[Sound, ...]
    compared: tuple[Sound, ...]
    divisions: tuple[Division, ...]
    model: str
    size: str
    folds: int
    command: str

    @property
    def chart(self) -> DotChart:
        """The accuracies with their intervals."""
        rows = tuple(_row(one) for one in self.divisions)
        said = "; ".join(f"{'LEAKED ' if row.leaked else ''}{row.name} {row.dots[0].text} %" for row in rows)
        return DotChart(
            title="Segments whose genre is right",
            words=f"The same model, the same segments, {self.folds} folds each: {said}.",
            rows=rows,
            series=((0, "honest"), (1, "LEAKED")),
            csv=chart_csv("leak", rows),
        )

    @property
    def conclusion(self) -> str:
        """Say what was measured, as it is."""
        leaked, *_, strict = self.divisions
        apart = leaked.low > strict.high
        meaning = (
            "The two intervals do not meet: the difference is more than chance."
            if apart
            else "The two intervals meet: on so few tracks the difference may be chance; take more tracks."
        )
        return (
            f"{percent(leaked.accuracy)} % with pieces of the test tracks in training, "
            f"{percent(strict.accuracy)} % where the bands are new. {meaning}"
        )


def write_lesson(page: LessonPage, path: Path) -> Path:
    """Write the page as one file that asks the network for nothing; the same page gives the same bytes."""
    template = environment(html=True).get_template("leak.html.j2")
    css, js = asset("page.css") + asset("leak.css"), asset("leak.js")
    write_text(path, template.render(page=page, css=css, js=js))
    return path


def _cell(x: float, y: float, is_test: bool) -> Markup:
    """Draw a segment; one of the test has a hole, so that no colour is needed to tell it."""
    box = Markup('<rect class="{}" x="{:g}" y="{:g}" width="20" height="11" rx="2"/>')
    hole = Markup('<circle class="hole" cx="{:g}" cy="{:g}" r="2.6"/>').format(x + 10, y + 5.5)
    return box.format("test", x, y) + hole if is_test else box.format("train", x, y)


def _row(one: Division) -> DotRow:
    text = accuracy_cell(one.accuracy, one.low, one.high)
    dot = Dot(
        value=100 * one.accuracy,
        low=100 * one.low,
        high=100 * one.high,
        series="LEAKED" if one.leaked else "honest",
        style=int(one.leaked),
        text=text,
    )
    return DotRow(name=one.title, leaked=one.leaked, dots=(dot,))
