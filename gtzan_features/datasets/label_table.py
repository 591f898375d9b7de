"""What a person's table says of files: path, labels, artist, part of a split and group, a row each."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.datasets.label_columns import ROLES, Columns, LabelRow, find_columns, flagged
from gtzan_features.datasets.names import genre_name, label
from gtzan_features.datasets.parts import PARTS, part_of
from gtzan_features.errors import CatalogueError, ConfigError
from gtzan_features.storage import location, told
from gtzan_features.tables.label_grid import Grid, frame_grid, mapping_grid, read_grid
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_APART = re.compile(r"[;|]")
"""Between the labels of a cell. No slash and no comma: "R&B/Soul" and "Folk, World, & Country" are genres."""

_MOST_PATHS = 8
"""So many columns are looked into for paths."""

_SURE = "split"
"""The one name of a column that must hold parts of a split; others may mean something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelTable:
    """A table of labels.

    Attributes
    ----------
    name : str
        What messages call it.
    place : Path
        Where it was read.
    paths : tuple of tuple of str
        Columns that may hold paths, the likeliest first, each with the name of the column and its cells.
    rows : tuple of LabelRow
        In the table's order.
    where : tuple of str
        Where each row stands: ``line 7``.
    has : tuple of str
        Which of label, artist, group and split it tells.
    notes : tuple of str
        What was assumed in reading it.
    """

    name: str
    place: Path
    paths: tuple[tuple[str, tuple[str, ...]], ...]
    rows: tuple[LabelRow, ...]
    where: tuple[str, ...]
    has: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_label_table(source: Any, named: Mapping[str, str] | None = None) -> LabelTable:  # noqa: ANN401
    """Read labels from a file, a frame or a mapping of paths.

    Parameters
    ----------
    source : path, DataFrame or mapping
        A CSV or Parquet file; a frame (of pandas or polars); labels by path, several as a list.
    named : mapping, optional
        Names of columns by role (path, label, artist, split, group), where they are not found by the names
        that people give them; see `label_columns.find_columns`.

    Raises
    ------
    TableError
        If a file is missing, damaged or no table.
    CatalogueError
        If a column is missing, or a cell of the split names no part of one.
    ConfigError
        If there is no such role.
    """
    named = dict(named or {})
    unknown = sorted(named.keys() - ROLES.keys())
    if unknown:
        msg = f"--columns {unknown[0]}=...: there are {', '.join(ROLES)}"
        raise ConfigError(msg)
    grid = _grid(source)
    columns = find_columns(grid, named)
    parts, part_notes = _parts(grid, columns)
    rows = _rows(grid, columns, parts)
    has = {role for role in columns.others if role != "split" or parts is not None}
    has |= {"label"} if columns.flags or columns.label is not None else set()
    return LabelTable(
        name=one_line(grid.place.name),
        place=grid.place,
        paths=tuple((".".join(grid.names[at]), _texts(grid.cells[at])) for at in columns.path[:_MOST_PATHS]),
        rows=rows,
        where=tuple(map(grid.at, range(len(rows)))),
        has=tuple(role for role in ("label", "artist", "group", "split") if role in has),
        notes=(*grid.notes, *_flag_notes(columns), *part_notes),
    )


def _grid(source: Any) -> Grid:  # noqa: ANN401
    if isinstance(source, str | os.PathLike):
        place = location(source)
        with told(place):
            return read_grid(place)
    if isinstance(source, Mapping):
        return mapping_grid(source)
    frame = source.to_pandas() if hasattr(source, "to_pandas") else source
    if isinstance(frame, pd.Series):
        return mapping_grid(frame.to_dict())
    if isinstance(frame, pd.DataFrame):
        return frame_grid(frame)
    msg = f"{type(source).__name__} says no labels: give a path, a DataFrame, or a dict of labels by path"
    raise ConfigError(msg)


def _rows(grid: Grid, columns: Columns, parts: Sequence[str] | None) -> tuple[LabelRow, ...]:
    others = {role: _texts(grid.cells[at]) for role, at in columns.others.items() if role != "split"}
    artists, groups = others.get("artist"), others.get("group")
    cells = None if columns.label is None else grid.cells[columns.label]
    found = []
    for row in range(len(grid.lines)):
        labels = flagged(grid, columns, row) if cells is None else labels_of(cells[row])
        found.append(
            LabelRow(
                labels=tuple(dict.fromkeys(genre_name(_APART.sub(",", one)) for one in labels)),
                artist=label(artists[row]) if artists else "",
                group=label(groups[row]) if groups else "",
                split=parts[row] if parts else "",
            )
        )
    return tuple(found)


def labels_of(cell: Any) -> tuple[str, ...]:  # noqa: ANN401 - text, or a list of it
    """Return the labels of a cell: a list, text that prints as one, or names with ; or | between.

    Examples
    --------
    >>> labels_of("R&B/Soul; jazz"), labels_of("['rock', 'pop']"), labels_of(["a", "b"]), labels_of(" ")
    (('R&B/Soul', 'jazz'), ('rock', 'pop'), ('a', 'b'), ())
    """
    values: Iterable[Any] = cell if isinstance(cell, list | tuple) else _listed(str(cell))
    return tuple(text for text in (str(value).strip() for value in values) if text)


def _listed(cell: str) -> Iterable[Any]:
    if cell.lstrip().startswith("[") and cell.rstrip().endswith("]"):
        try:
            found = ast.literal_eval(cell.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            pass
        else:
            return found if isinstance(found, list) else [cell]
    return _APART.split(cell)


def _parts(grid: Grid, columns: Columns) -> tuple[Sequence[str] | None, tuple[str, ...]]:
    """Return the part of each row, empty for none; None, and why, where the column means something else."""
    at = columns.others.get("split")
    if at is None:
        return None, ()
    cells = _texts(grid.cells[at])
    meant = {cell: part_of(cell) if cell else "" for cell in dict.fromkeys(cells)}
    unknown = [cell for cell, part in meant.items() if cell and not part]
    if not unknown:
        return [meant[cell] for cell in cells], ()
    name = ".".join(grid.names[at])
    words = f"{one_line(unknown[0])!r} in its column {one_line(name)} is no part of a split"
    if "split" in columns.named or grid.names[at][-1].strip().casefold() == _SURE:
        msg = (
            f"{grid.place}: {words}; there are {', '.join(PARTS)}, and words like validation. Correct "
            "it, name another column (--columns split=NAME), or say that there is none: --columns split="
        )
        raise CatalogueError(msg)
    return None, (f"{words}: the column is passed over",)


def _flag_notes(columns: Columns) -> tuple[str, ...]:
    if not columns.flags:
        return ()
    some = ", ".join(one_line(name) for name in list(columns.flags.values())[:3])
    return (f"labels are its {len(columns.flags)} columns of zeros and ones: {some}, ...",)


def _texts(cells: Sequence[Any]) -> tuple[str, ...]:
    return tuple(one.strip() if isinstance(one, str) else "; ".join(map(str, one)) for one in cells)
