"""Which files of a folder are tracks, and where their labels come from: a part of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which files of a folder of music are taken for tracks.

    Attributes
    ----------
    genres : tuple of str
        Only these genre folders; all where empty.
    prefer : tuple of str
        Endings, best first: which file is taken where a track is there in several formats.
    as_genres : bool
        Whether folders are genres although they are called like parts of a split, or by numbers.
    labels : str or table
        Where genres come from: "folders", "tags" or "tags:NAME", "none", or a table: its path, or rows as
        `datasets.label_table.read_label_table` takes them.
    artist_from : str
        Where artists come from: "tags", "folders" or "table"; where genres do, if None.
    columns : tuple of (str, str)
        Role and name of columns of the table, where their names do not tell it: ("label", "genre_top").
    first_label : bool
        Whether a track of several genres has the first of them only.
    """

    genres: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    as_genres: bool = False
    labels: Any = "folders"
    artist_from: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    first_label: bool = False

    def words(self) -> list[str]:
        """Return the options of a command line that say this."""
        chosen = [word for genre in self.genres for word in ("--genre", genre)]
        chosen += ["--prefer", ",".join(self.prefer)] if self.prefer else []
        chosen += ["--as-genres"] * self.as_genres
        chosen += ["--labels", str(self.labels)] if str(self.labels) != "folders" else []
        chosen += ["--artist-from", self.artist_from] if self.artist_from else []
        chosen += (
            ["--columns", ",".join(f"{role}={name}" for role, name in self.columns)] if self.columns else []
        )
        return chosen + ["--first-label"] * self.first_label
