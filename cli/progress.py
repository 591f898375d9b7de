"""What a person sees: how far a command is, on stderr, and its results, on stdout."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cli import streams
from cli.advice import fitting
from cli.tables import Grid, cell_width, wrap
from gtzan_features.text import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from gtzan_features.pipelines.progress import Progress

DRAW_S = 0.2
"""Seconds between two pictures of the bar."""

LINE_S = 30.0
"""Seconds between two lines where no bar can be drawn: in a log, a pipe, a notebook."""

_PIPE_WIDTH = 240
_BAR = 30
_DUMB = ("dumb", "unknown")


class Meter:
    """How far a command is: a bar that is drawn again in its place, or a line from time to time.

    A thread shows it, for a step may take longer than a person wants to wait for a word.
    """

    def __init__(self, *, bar: bool, every_s: float) -> None:
        self._bar, self._every_s = bar, every_s
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._start = self._since = time.monotonic()
        self._done, self._total, self._what = 0, 0, ""
        self._first = (self._start, 0)
        self._drawn, self._drawn_at = "", self._start
        self._thread = threading.Thread(target=self._show_until_the_end, daemon=True)

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note of a step; see `pipelines.progress.Progress`."""
        now = time.monotonic()
        with self._lock:
            if what != self._what or done < self._done:
                # Many steps at once were found done from an earlier run, and tell nothing of the rest.
                self._first = (self._since, 0) if done == 1 else (now, done)
            self._done, self._total, self._what, self._since = done, total, what, now
            if self._bar and (done == total or now - self._drawn_at >= DRAW_S):
                self._draw()

    def start(self) -> None:
        """Begin to show it."""
        self._thread.start()

    def end(self) -> None:
        """Show it no more; a bar is wiped away."""
        self._ended.set()
        self._thread.join()
        self._wipe()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Wipe the bar away while something else is written; it comes again by itself."""
        with self._lock:
            self._wipe()
            yield

    def text(self) -> str:
        """Say how far it is: ``files 30/100, about 2 min left``."""
        now = time.monotonic()
        if not self._total:
            return f"at work for {_duration(now - self._start)}"
        counted = f"{self._what} {self._done}/{self._total}"
        since, first = self._first
        steps, seconds = self._done - first, now - since
        if not steps or self._done >= self._total:
            return f"{counted}, {_duration(now - self._start)} so far"
        return f"{counted}, about {_duration(seconds / steps * (self._total - self._done))} left"

    def _show_until_the_end(self) -> None:
        while not self._ended.wait(self._every_s):
            with self._lock:
                if self._ended.is_set():
                    return
                self._draw() if self._bar else streams.write_err(f"{one_line(self.text())}\n")

    def _draw(self) -> None:
        share = self._done / self._total if self._total else 0.0
        full = min(_BAR, round(_BAR * share))
        marks = ("━", "─") if streams.encodable("━─", sys.stderr) == "━─" else ("#", "-")
        line = f"{marks[0] * full}{marks[1] * (_BAR - full)} {one_line(self.text())}"
        width = _columns(sys.stderr) - 1  # the last column would begin a new line
        while cell_width(line) > width:
            line = line[:-1]
        if line != self._drawn:
            streams.write_err(f"\r\x1b[2K{line}")
        self._drawn, self._drawn_at = line, time.monotonic()

    def _wipe(self) -> None:
        if self._drawn:
            streams.write_err("\r\x1b[2K")
            self._drawn = ""


def _duration(seconds: float) -> str:
    """Return a duration in words that are as exact as a person needs.

    Examples
    --------
    >>> _duration(8.4), _duration(125), _duration(7_300)
    ('8 s', '2 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


_meter: Meter | None = None
"""The one that is shown now, which everything else that is written must wipe away."""


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a progress callback that shows on stderr how far it is.

    A bar, where stderr is a terminal that can draw one; elsewhere a line every `LINE_S`.
    """
    global _meter
    bar = can_draw()
    meter = Meter(bar=bar, every_s=DRAW_S if bar else LINE_S)
    outer, _meter = _meter, meter
    meter.start()
    try:
        yield meter
    finally:
        meter.end()
        _meter = outer


def can_draw() -> bool:
    """Whether stderr is a terminal on which a line can be drawn again; the cell of a notebook is none."""
    return sys.stderr.isatty() and not _is_dumb()


def _is_dumb() -> bool:
    return "JPY_PARENT_PID" in os.environ or os.environ.get("TERM", "") in _DUMB


def _columns(stream: TextIO) -> int:
    """Return the width of the terminal behind a stream; 80 where it has none."""
    if os.environ.get("COLUMNS", "").isdigit():
        return max(1, int(os.environ["COLUMNS"]))
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _away() -> AbstractContextManager[None]:
    return _meter.away() if _meter is not None else nullcontext()


def show(line: str = "") -> None:
    """Print a line of the result on stdout; whatever names hold, it stays one line, but for a terminal's."""
    show_text(_wrapped(one_line(line), sys.stdout))


def show_text(text: str) -> None:
    """Print lines on stdout as they are, past a bar that may be drawn."""
    with _away():
        streams.write_out(f"{printable(text)}\n")


def notice(text: str) -> None:
    """Print a line on stderr, with such advice only as the command that runs can follow."""
    with _away():
        streams.write_err(f"{_wrapped(one_line(fitting(text)), sys.stderr)}\n")


def _wrapped(line: str, stream: TextIO) -> str:
    """Break a line at blanks where a terminal would break it anywhere; what follows is set in."""
    width = _columns(stream)
    if not stream.isatty() or cell_width(line) <= width:
        return line
    indent = line[: len(line) - len(line.lstrip())] + "  "
    first, *rest = wrap(line.strip(), max(20, width - len(indent)))
    return "\n".join([indent[2:] + first, *(indent + one for one in rest)])


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout, with columns aligned, in the width of the terminal."""
    if title:
        show_text(_bold(one_line(title)))
    seen = tuple(tuple(streams.encodable(one_line(cell), sys.stdout) for cell in row) for row in rows)
    rule = "─" if streams.encodable("─", sys.stdout) == "─" else "-"
    head, *rest = Grid(tuple(header), seen, rule).lines(_width())
    show_text("\n".join([_bold(head), *rest, ""]))


def _width() -> int:
    in_a_pipe = not sys.stdout.isatty() and not os.environ.get("COLUMNS")
    return _PIPE_WIDTH if in_a_pipe else _columns(sys.stdout)


def _bold(text: str) -> str:
    """Set a heading off, where stdout is a terminal and nobody asked for plain text."""
    plain = bool(os.environ.get("NO_COLOR")) or _is_dumb()
    return text if plain or not sys.stdout.isatty() else f"\x1b[1m{text}\x1b[0m"


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever a pipeline returns
    """Print a dataclass, or any JSON-able value, as JSON on stdout: ASCII, so that every stream takes it."""
    is_record = dataclasses.is_dataclass(value) and not isinstance(value, type)
    plain = dataclasses.asdict(value) if is_record else value
    show_text(json.dumps(_strict(plain), indent=1, default=_plain, allow_nan=False))


def _strict(value: Any) -> Any:  # noqa: ANN401
    """Return a value as strict JSON has it: no NaN, and names without lone surrogates."""
    if isinstance(value, dict):
        return {printable(str(k)) if isinstance(k, (str, Path)) else k: _strict(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(one) for one in value]
    if isinstance(value, (str, Path)):
        return printable(str(value))
    if isinstance(value, float):
        return value if value - value == 0 else None
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401
    return _strict(value.item())
