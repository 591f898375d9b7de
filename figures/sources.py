"""Tables of data by name: CSVs of reports, and tables on pages that commands and benchmarks wrote."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WAV, OGG, CSV, SYNTHETIC, NO_AUDIO = "WAV", "Ogg copies", "Kaggle's CSVs", "synthetic music", "no audio"
WAV_AND_MP3, WAV_AND_OGG, PUBLISHED = "WAV and mp3", "WAV and Ogg copies", "as published"
AUDIO = (WAV, OGG, CSV, SYNTHETIC, NO_AUDIO, WAV_AND_MP3, WAV_AND_OGG, PUBLISHED)
"""What can have been measured. Kaggle's CSVs hold features of the WAV files."""


class FiguresError(Exception):
    """A mark names no figure, or more than one, or a page is not what it has to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where figures stand.

    Attributes
    ----------
    path : str
        From the root of the repository.
    audio : str
        What was measured: one of `AUDIO`.
    command : str
        What wrote the file.
    elsewhere : dict of str to str
        Tables that were measured on something else, by their heading or the line before them.
    has_shares : bool
        Whether its numbers are shares within [-1, 1], which are shown in per cent.
    """

    path: str
    audio: str
    command: str
    elsewhere: dict[str, str] = field(default_factory=dict)
    has_shares: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: its cells by column, and the heading and the line that its table stands under."""

    cells: dict[str, str]
    under: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """All that a row is known by."""
        return (*self.cells.values(), *self.under)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table on a page, as it stands there."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    under: tuple[str, ...]


def _script(
    name: str, page: str, audio: str, given: str = "AUDIO_DIR", elsewhere: dict[str, str] | None = None
) -> Source:
    command = f"python benchmarks/{name}.py {given}".strip()
    path = f"benchmarks/{page}.md"
    return Source(path=path, audio=audio, command=command, elsewhere=elsewhere or {})


def _shares(path: str, audio: str, command: str) -> Source:
    return Source(path=f"{path}.csv", audio=audio, command=command, has_shares=True)


_PRETRAIN = "gtzan pretrain gtzan10 CSV_DIR --deformed GTZAN_WAV_DIR"
_ROBUSTNESS = "gtzan bench robustness AUDIO_DIR"

SOURCES = {
    "accuracy": _shares("reports/accuracy", CSV, "gtzan fit, then gtzan report"),
    "cnn-pairs": Source(path="reports/cnn.md", audio=OGG, command="the commands there"),
    "confusions": _shares("reports/confusions", CSV, "gtzan fit, then gtzan report"),
    "ablation": _shares("reports/ablation", OGG, "gtzan bench accuracy AUDIO_DIR"),
    "cnn": _shares("reports/cnn", OGG, "the commands in reports/cnn.md"),
    "robustness": _shares("reports/robustness", OGG, _ROBUSTNESS),
    "robustness-means": _shares("reports/robustness-means", OGG, _ROBUSTNESS),
    "published": Source(
        path="gtzan_features/reports/published.csv", audio=PUBLISHED, command="read in the source of each row"
    ),
    "segments": Source(
        path="reports/segments.md", audio=CSV, command="python benchmarks/segments.py CSV_DIR"
    ),
    "hearing": Source(path="reports/hearing.md", audio=OGG, command="python benchmarks/hearing.py AUDIO_DIR"),
    "unlike": Source(
        path="reports/unlike.md",
        audio=CSV,
        command="python benchmarks/unlike.py CSV_DIR AUDIO_DIR",
        elsewhere={"Known music, deformed:": WAV},
    ),
    "gtzan10": Source(
        path="reports/gtzan10.md", audio=CSV, command=_PRETRAIN, elsewhere={"Deformed sound": WAV}
    ),
    "gtzan10-card": Source(
        path="gtzan_features/pretrained/gtzan10/README.md",
        audio=CSV,
        command=_PRETRAIN,
        elsewhere={"Deformed sound": WAV},
    ),
    "RESULTS": _script("extract", "RESULTS", WAV),
    "PEERS": _script("peers", "PEERS", WAV_AND_MP3, "AUDIO_DIR --envs FOLDER"),
    "SCALING": _script("scaling", "SCALING", WAV),
    "EXTRACT_MEMORY": _script("extract_memory", "EXTRACT_MEMORY", OGG),
    "MILLION_FILES": _script("million_files", "MILLION_FILES", NO_AUDIO, "--files 1000000"),
    "PREDICT": _script("predict", "PREDICT", WAV, "AUDIO_DIR --model RUN..."),
    "LIBRARY": _script(
        "library", "LIBRARY", WAV, "AUDIO_DIR --model RUN", {"Answers alone, without sound": NO_AUDIO}
    ),
    "TRAINING": _script(
        "training",
        "TRAINING",
        f"{CSV}; {WAV_AND_OGG}",
        "MATERIAL",
        {"Whole command, ten folds of tracks": CSV},
    ),
    "KILLS": _script("kills", "KILLS", SYNTHETIC, "--kills 1000 --seed 0"),
    "FUZZ": _script("fuzz", "FUZZ", SYNTHETIC, "--inputs 1000000 --seed 0"),
    "LONG_FILE": _script("long_file", "LONG_FILE", SYNTHETIC, "--hours 1 24"),
    "LARGER_THAN_MEMORY": _script("larger_than_memory", "LARGER_THAN_MEMORY", SYNTHETIC, ""),
    "INSTALL": _script("install_size", "INSTALL", NO_AUDIO, ""),
    "WHOSE_MFCC": _script("whose_mfcc", "WHOSE_MFCC", WAV, "AUDIO_DIR CSV"),
    "whose-mfcc": Source(
        path="reports/whose-mfcc.csv", audio=WAV, command="python benchmarks/whose_mfcc.py AUDIO_DIR CSV"
    ),
    "once": Source(path="figures/once.csv", audio="", command=""),
}
"""By the word that a mark begins with. `once` has what was measured without a file that a script wrote."""


def source(name: str) -> Source:
    """Return a source by its name.

    Raises
    ------
    FiguresError
        If there is none of this name.
    """
    if name not in SOURCES:
        message = f"no source {name!r}; there are {', '.join(SOURCES)}"
        raise FiguresError(message)
    return SOURCES[name]


def rows(name: str) -> tuple[Row, ...]:
    """Return all rows of a source, those of several tables of a page one after the other."""
    path = ROOT / source(name).path
    if not path.exists():
        message = f"{source(name).path} is not there: {source(name).command}"
        raise FiguresError(message)
    if path.suffix == ".csv":
        return _csv_rows(path, path.stat().st_mtime_ns)
    return tuple(
        Row(cells=dict(zip(unique(table.header), row, strict=True)), under=table.under)
        for table in tables(name)
        for row in table.rows
    )


def unique(header: tuple[str, ...]) -> list[str]:
    """Return names of columns, a second one of a name with a number.

    Examples
    --------
    >>> unique(("peer", "ours", "ratio", "ours"))
    ['peer', 'ours', 'ratio', 'ours (2)']
    """
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def text(name: str) -> str:
    """Return a page as it is."""
    return (ROOT / source(name).path).read_text(encoding="utf-8")


def tables(name: str) -> tuple[Table, ...]:
    """Return the tables of a Markdown page."""
    return markdown_tables(text(name))


def audio(name: str, row: Row) -> str:
    """Return what a row was measured on."""
    cells = row.cells
    if cells.get("audio"):
        return cells["audio"]
    if cells.get("kind") == "published":
        return PUBLISHED
    if cells.get("synthetic") == "True":
        return SYNTHETIC
    if "Ogg" in cells.get("dataset", ""):
        return OGG
    return audio_under(name, row.under)


def audio_under(name: str, under: tuple[str, ...]) -> str:
    """Return what a table was measured on, by the heading and the line that it stands under."""
    found = source(name)
    return next((found.elsewhere[one] for one in under if one in found.elsewhere), found.audio)


@cache
def markdown_tables(page: str) -> tuple[Table, ...]:
    r"""Return the tables of a page, cells without bold, code and escapes.

    Examples
    --------
    >>> page = "# One\n\nText:\n\n| a | b |\n|---|---|\n| **1** | x\\|y |\n"
    >>> markdown_tables(page)[0].rows, markdown_tables(page)[0].under
    ((('1', 'x|y'),), ('One', 'Text:'))
    """
    found, heading, lead = [], "", ""
    lines = page.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if line.startswith("|") and at + 1 < len(lines) and re.fullmatch(r"[|\s:-]+", lines[at + 1].strip()):
            end = at + 2
            while end < len(lines) and lines[end].strip().startswith("|"):
                end += 1
            body = tuple(_cells(one) for one in lines[at + 2 : end])
            found.append(Table(header=_cells(line), rows=body, under=(heading, lead)))
            at = end
            continue
        if line.startswith("#"):
            heading, lead = _plain(line.lstrip("# ")), ""
        elif line:
            lead = _plain(line)
        at += 1
    return tuple(found)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(_plain(cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))


def _plain(cell: str) -> str:
    bare = re.sub(r"<!--.*?-->|(?<!\\)(?:\*\*|`)", "", cell)
    return re.sub(r"\\([\\|*_$~`\[\]])", r"\1", bare).strip()


@cache
def _csv_rows(path: Path, _changed: int) -> tuple[Row, ...]:
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(Row(cells=dict(row)) for row in csv.DictReader(lines))
