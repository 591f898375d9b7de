"""A table of text, whatever it is printed as."""

from __future__ import annotations

from dataclasses import dataclass

from gtzan_features.markdown import table_cell


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table of text: a title, column names, and rows of as many cells."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table in Markdown, without its title; what is markup in a cell is escaped."""
        header, *rows = ([table_cell(cell) for cell in row] for row in (self.header, *self.rows))
        lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
        return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
