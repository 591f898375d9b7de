"""What ``gtzan predict`` prints on stdout: lines, CSV, JSON or JSON lines, as the answers come."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from gtzan_cli.progress import json_text, notice, show, show_text
from gtzan_features.rounding import percent
from gtzan_features.text import plain_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.prediction.predict import FilePrediction
    from gtzan_features.prediction.predictor import Predictor

JSON_VERSION = 1
"""Raised when a field of ``gtzan predict --json`` goes or means something else."""

FORMATS = ("csv", "json", "json-lines")


class Output(Protocol):
    """A form of the results."""

    def begin(self) -> None:
        """Print what stands before them."""
        ...

    def add(self, one: FilePrediction) -> None:
        """Print one."""
        ...

    def end(self) -> None:
        """Print what stands after them."""
        ...


def _best(top: list[tuple[str, float]]) -> str:
    return ", ".join(f"{genre} {percent(p)} %" for genre, p in top)


def _labels(one: FilePrediction) -> str:
    """Return the labels of a file; where it gets none, the most probable one."""
    given = [(name, p) for name, p in one.top(len(one.genres)) if name in one.labels]
    return _best(given) if given else f"no label (the most probable: {_best(one.top(1))})"


class _Lines:
    """A line for each file with the most probable genres; what is wrong with a file goes to stderr."""

    def __init__(self, top: int, *, warn: bool) -> None:
        self._top, self._warn = top, warn

    def begin(self) -> None:
        """Print nothing."""

    def add(self, one: FilePrediction) -> None:
        """Print the line of one file, or what is wrong with it."""
        if one.error:
            notice(f"Error: {one.error}")
            return
        path = plain_path(one.path)
        listed = _labels(one) if one.several else _best(one.top(self._top))
        if one.none_of_these:
            listed = f"{one.genre} (nearest: {listed})"
        plural = "s" if len(one.segments) > 1 else ""
        show(f"{path}: {listed}  ({len(one.segments)} segment{plural}, {one.duration_s:.1f} s)")
        for warning in one.warnings if self._warn else ():
            notice(f"  Warning: {path}: {warning}")

    def end(self) -> None:
        """Print nothing."""


class _Rows:
    """A record for each file, with a header or without."""

    def __init__(self, header: str, record: Callable[[FilePrediction], str]) -> None:
        self._header, self._record = header, record

    def begin(self) -> None:
        """Print the header, where there is one."""
        if self._header:
            show_text(self._header.removesuffix("\n"))

    def add(self, one: FilePrediction) -> None:
        """Print one record."""
        show_text(self._record(one).removesuffix("\n"))

    def end(self) -> None:
        """Print nothing."""


class _Json:
    """One JSON document, printed as it grows, so that nothing is held."""

    def __init__(self, predictor: Predictor) -> None:
        card = predictor.card
        self._model: dict[str, Any] = {
            "folder": str(predictor.folder),
            "name": card.model,
            "synthetic": card.synthetic,
            "leaked": card.leaked,
        }
        if predictor.kept.figures is not None:
            self._model["figures"] = asdict(predictor.kept.figures)
        self._is_first = True

    def begin(self) -> None:
        """Print the document as far as its list of files."""
        head = json_text({"version": JSON_VERSION, "model": self._model, "files": []})
        show_text(head.removesuffix("[]\n}") + "[")

    def add(self, one: FilePrediction) -> None:
        """Print one element of the list."""
        indented = json_text(one.to_dict()).replace("\n", "\n  ")  # no string of JSON holds a line break
        show_text(f"{'' if self._is_first else ' ,'}\n  {indented}".strip("\n"))
        self._is_first = False

    def end(self) -> None:
        """Close the list and the document."""
        show_text(" ]\n}")


def output_for(form: str, predictor: Predictor, top: int, *, warn: bool = True) -> Output:
    """Return the form that was asked for: one of `FORMATS`, or "" for lines.

    Of lines, `top` is the number of genres, and `warn` says whether warnings are printed with each file.
    """
    if not form:
        return _Lines(top, warn=warn)
    if form == "json":
        return _Json(predictor)
    from gtzan_features.prediction.answers import bare_row
    from gtzan_features.prediction.answers_text import csv_cells, csv_line, json_line
    from gtzan_features.prediction.predict import FilePrediction

    if form == "json-lines":
        return _Rows("", lambda one: json_line(bare_row(one), ascii_only=True))
    empty = FilePrediction(path="", genres=predictor.genres, several=predictor.card.several_labels)
    header = csv_line(list(empty.to_record()))
    return _Rows(header, lambda one: csv_line(csv_cells(one.to_record())))


class Shown:
    """Prints each answer that it is called with, and draws it where that is wanted.

    Parameters
    ----------
    output : Output, optional
        Where answers are printed; its beginning and end are when the object is entered and left.
    timeline : Path, optional
        A picture, or a folder for one of each file.
    by : str
        Which model the answers are of; stands in pictures.
    """

    def __init__(self, output: Output | None, timeline: Path | None, by: str = "") -> None:
        self._output, self._writer = output, None
        if timeline is not None:
            from gtzan_features.prediction.timeline_files import TimelineWriter

            self._writer = TimelineWriter(timeline, by)

    def __enter__(self) -> Shown:
        if self._output is not None:
            self._output.begin()
        return self

    def __call__(self, one: FilePrediction) -> None:
        """Draw and print one."""
        path = self._writer.write(one) if self._writer is not None else None
        if path is not None:
            notice(f"Timeline: {path}")
        if self._output is not None:
            self._output.add(one)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._output is not None and kind is None:
            self._output.end()
