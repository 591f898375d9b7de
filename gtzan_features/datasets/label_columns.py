"""Which columns of a person's table say path, label, artist, part and group of a track."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.errors import CatalogueError
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gtzan_features.tables.label_grid import Grid

ROLES: dict[str, tuple[str, ...]] = {
    "path": (
        *("path", "filepath", "file_path", "full_path", "audio_path", "audio_filepath", "track_path"),
        *("mp3_path", "wav_path", "relative_path", "rel_path", "filename", "file_name", "audio_file", "file"),
        *("fname", "audio", "location", "uri", "url", "wav", "mp3", "track_id", "trackid", "track"),
        *("clip_id", "song_id", "recording_id", "id", "name", "song", "index"),
    ),
    "label": (
        *("genre", "label", "genre_top", "top_genre", "main_genre", "primary_genre", "class", "class_name"),
        *("genres", "labels", "classes", "tags", "tag", "category", "style", "styles", "target"),
    ),
    "artist": ("artist", "artist_name", "albumartist", "album_artist", "artists", "artist_id", "performer"),
    "split": ("split", "set", "subset", "partition", "part"),
    "group": ("group", "group_id", "groups"),
}
"""What people call a column, by what it says; the first that a table has is taken."""

ALL_COLUMNS = "*"
"""In the place of a label's column: every column of zeros and ones is a label."""

_ZERO_OR_ONE = {"", "0", "1", "0.0", "1.0", "false", "true"}
_ONE = {"1", "1.0", "true"}
_SHOWN = 12
_SAMPLE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """What a row says of a file; each field as `datasets.tracks.TrackFile` has it."""

    labels: tuple[str, ...] = ()
    artist: str = ""
    group: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Positions of columns in a `Grid`.

    Attributes
    ----------
    path : tuple of int
        Those that may hold paths, the likeliest first.
    label : int or None
        That of labels; None where each label has a column in `flags`.
    flags : dict of int to str
        Columns of zeros and ones, and the label of each.
    others : dict of str to int
        Columns of artist, split and group that the table has.
    named : frozenset of str
        What a person named a column for, and was not found by its name.
    """

    path: tuple[int, ...]
    label: int | None = None
    flags: dict[int, str] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    named: frozenset[str] = frozenset()


def find_columns(grid: Grid, named: Mapping[str, str]) -> Columns:
    """Find the columns of a table by the names that people give them.

    Parameters
    ----------
    grid : Grid
        The table.
    named : mapping
        Names of columns by role, where they are told: ``{"label": "set.genre", "split": ""}``; an empty one
        says that there is none. Of columns with a header of several lines, the last name or all of them.

    Raises
    ------
    CatalogueError
        If there is no such column, or none of labels.
    """
    found = {role: _candidates(grid, role, named) for role in ROLES}
    taken = {at for role in ("label", "artist", "split", "group") for at in found[role][:1]}
    flags: dict[int, str] = {}
    if named.get("label") == ALL_COLUMNS or not (found["label"] or "label" in named):
        flags = _flags(grid, taken | set(found["path"][:1] if "path" in named else ()))
    label = None if flags else next(iter(found["label"]), None)
    left = [at for at in range(len(grid.names)) if at not in taken and at not in flags and at != label]
    path = found["path"] if "path" in named else tuple(dict.fromkeys([*found["path"], *left]))
    if label is None and not flags and len(left) == 2 and not found["path"]:  # two columns without names
        path = (max(left, key=lambda at: _n_audio(grid.cells[at])),)
        (label,) = set(left) - set(path)
    if label is None and not flags and named.get("label") != "" and not _has_more(found):
        msg = f"{grid.place}: no column of labels; it has {columns_text(grid)}. Name it: --columns label=NAME"
        raise CatalogueError(msg)
    return Columns(
        path=tuple(at for at in path if at != label),
        label=label,
        flags=flags,
        others={role: found[role][0] for role in ("artist", "split", "group") if found[role]},
        named=frozenset(role for role, name in named.items() if name),
    )


def flagged(grid: Grid, columns: Columns, row: int) -> tuple[str, ...]:
    """Return the labels whose column has a one in a row."""
    return tuple(
        label for at, label in columns.flags.items() if str(grid.cells[at][row]).strip().lower() in _ONE
    )


def columns_text(grid: Grid) -> str:
    """Return the names of a table's columns, as they may be given, in a line."""
    names = [one_line(".".join(name)) for name in grid.names]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _has_more(found: Mapping[str, tuple[int, ...]]) -> bool:
    return any(found[role] for role in ("artist", "split", "group"))


def _candidates(grid: Grid, role: str, named: Mapping[str, str]) -> tuple[int, ...]:
    """Return the columns that may play a role, the likeliest first."""
    if role in named:
        wanted = named[role]
        return () if wanted in ("", ALL_COLUMNS) else (_position(grid, role, wanted),)
    spelt = [(_plain("_".join(name)), _plain(name[-1])) for name in grid.names]
    return tuple(
        dict.fromkeys(
            at
            for name in ROLES[role]
            for level in (0, 1)
            for at, one in enumerate(spelt)
            if one[level] == name
        )
    )


def _position(grid: Grid, role: str, wanted: str) -> int:
    exact = [at for at, name in enumerate(grid.names) if wanted in (".".join(name), name[-1])]
    plain = [
        at
        for at, name in enumerate(grid.names)
        if _plain(wanted) in (_plain("_".join(name)), _plain(name[-1]))
    ]
    for found in (exact, plain):
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(one_line(".".join(grid.names[at])) for at in found)
            msg = f"{grid.place}: {role}={wanted} may be one of {names}. Give the whole name: --columns"
            raise CatalogueError(msg)
    msg = f"{grid.place}: no column {one_line(wanted)!r} for the {role}; it has {columns_text(grid)}."
    raise CatalogueError(msg)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def _flags(grid: Grid, taken: set[int]) -> dict[int, str]:
    """Return columns of zeros and ones with at least one of these, and the label of each."""
    found = {}
    for at, name in enumerate(grid.names):
        if at in taken:
            continue
        values = {_lower(cell) for cell in dict.fromkeys(map(str, grid.cells[at]))}
        if values <= _ZERO_OR_ONE and values & _ONE:
            found[at] = name[-1].strip()
    return found if len(found) > 1 else {}


def _n_audio(cells: Sequence[Any]) -> int:
    return sum(str(cell).strip().lower().endswith(AUDIO_SUFFIXES) for cell in cells[:_SAMPLE])


def _lower(cell: Any) -> str:  # noqa: ANN401 - text, or what prints as such
    return str(cell).strip().lower()
