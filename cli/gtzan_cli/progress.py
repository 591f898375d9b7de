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

from gtzan_cli import streams, verbosity
from gtzan_cli.advice import fitting
from gtzan_features.progress import stopped_by
from gtzan_features.rounding import clock
from gtzan_features.text import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd
    from rich.progress import Progress as Bar

    from gtzan_features.progress import Progress

DRAW_S = 0.2
"""Seconds between two pictures of the bar."""

LINE_S = 30.0
"""Seconds between two lines where no bar can be drawn: in a log, a pipe, a notebook."""

_BAR = 30
_ALIKE = ("files", "tracks", "MB")
_MOMENT_S = 1e-3  # a clock may show no time at all between two steps
_DUMB = ("dumb", "unknown")


class Meter:
    """How far a command is, in words."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start = self._since = time.monotonic()
        self._done, self._total, self._what = 0, 0, ""
        self._first = (self._start, 0)

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note of a step; see `progress.Progress`."""
        now = time.monotonic()
        with self._lock:
            if what != self._what or done < self._done:
                # Many steps at once were found done from an earlier run, and say nothing of the rest.
                self._first = (self._since, 0) if done == 1 else (now, done)
            self._done, self._total, self._what, self._since = done, total, what, now

    def __str__(self) -> str:
        """Say how far it is, how fast, and what is left: ``files 30/100, 0.6 files/s, 1:57 left``."""
        now = time.monotonic()
        with self._lock:
            done, total, what, (since, first) = self._done, self._total, self._what, self._first
        if not total:
            return f"at work for {clock(now - self._start)}"
        counted = f"{one_line(what)} {done}/{total}"
        if done == first or done >= total:
            return f"{counted}, {clock(now - self._start)} so far"
        per_s = (done - first) / max(now - since, _MOMENT_S)
        return f"{counted}, {_rate(per_s, what)}{clock((total - done) / per_s)} left"


def _rate(per_s: float, what: str) -> str:
    """Say how many steps a second takes, where what is counted is many and alike.

    Examples
    --------
    >>> _rate(12.34, "files"), _rate(345.6, "files"), _rate(0.012, "files"), _rate(0.1, "lda")
    ('12.3 files/s, ', '346 files/s, ', '0.012 files/s, ', '')
    """
    if what not in _ALIKE:
        return ""
    figure = f"{per_s:.0f}" if per_s >= 100 else f"{per_s:.1f}" if per_s >= 1 else f"{per_s:.2g}"
    return f"{figure} {what}/s, "


_bar: Bar | None = None
"""The one that is drawn now, which everything else that is written must wipe away."""

_writing = threading.RLock()


def progress_bar() -> AbstractContextManager[Progress]:
    """Give a progress callback that shows on stderr how far it is.

    A bar, where stderr is a terminal that can draw one; elsewhere a line every `LINE_S`. A thread shows it,
    for a step may take longer than a person wants to wait for a word.
    """
    if verbosity.is_quiet():
        shown: AbstractContextManager[Progress] = nullcontext(Meter())
    else:
        shown = _drawn(Meter()) if can_draw() else _told(Meter())
    return _recorded(shown) if verbosity.has_log() else shown


@contextmanager
def _recorded(shown: AbstractContextManager[Progress]) -> Iterator[Progress]:
    """Write the steps that are shown to the log, too."""
    steps = verbosity.Steps()
    with shown as tell:

        def told(done: int, total: int, what: str) -> None:
            steps(done, total, what)
            tell(done, total, what)

        yield told


@contextmanager
def _told(meter: Meter) -> Iterator[Progress]:
    """Write a line from time to time."""
    teller = _Teller(meter)
    teller.begin()
    try:
        with stopped_by(teller.away):
            yield meter
    finally:
        teller.end()


class _Teller:
    """A thread that writes a line every `LINE_S`."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start the thread."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End the thread, and wait for that."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Be without the thread while the block runs."""
        self.end()
        try:
            yield
        finally:
            self.begin()

    def _tell(self) -> None:
        while not self._ended.wait(LINE_S):
            streams.write_err(f"{self._meter}\n")


@contextmanager
def _drawn(meter: Meter) -> Iterator[Progress]:
    """Draw a bar in its place again and again, and wipe it away in the end."""
    global _bar
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    bar = Bars(
        BarColumn(_BAR),
        TextColumn("{task.fields[meter]}", markup=False),
        console=Console(file=streams.stderr(), force_terminal=True, force_jupyter=False),
        transient=True,
        refresh_per_second=1 / DRAW_S,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    task = bar.add_task("", total=None, meter=meter)

    def tell(done: int, total: int, what: str) -> None:
        meter(done, total, what)
        bar.update(task, completed=done, total=total)

    outer, _bar = _bar, bar
    try:
        with bar, stopped_by(_undrawn):
            yield tell
    finally:
        _bar = outer


def can_draw() -> bool:
    """Whether stderr is a terminal on which a line can be drawn again; the cell of a notebook is none."""
    return sys.stderr.isatty() and not _is_dumb()


def _is_dumb() -> bool:
    return "JPY_PARENT_PID" in os.environ or os.environ.get("TERM", "") in _DUMB


@contextmanager
def _away() -> Iterator[None]:
    """Wipe the bar away while something else is written."""
    if _bar is None:
        yield
        return
    with _writing:
        _bar.stop()
        yield
        _bar.start()


@contextmanager
def _undrawn() -> Iterator[None]:
    """Wipe the bar away, and be without the thread that draws it, while the block runs."""
    drawing = [one for one in threading.enumerate() if type(one).__module__ == "rich.live"]
    with _away():
        for thread in drawing:  # it was told to end, but not waited for
            thread.join()
        yield


def show(line: str = "") -> None:
    """Print a line of the result on stdout; whatever names hold, it stays one line, but for a terminal's."""
    show_text(wrapped(one_line(line), sys.stdout))


def show_text(text: str) -> None:
    """Print lines on stdout as they are, past a bar that may be drawn."""
    verbosity.record_in_log("out", text)
    with _away():
        streams.write_out(f"{printable(text)}\n")


def notice(text: str) -> None:
    """Print a line on stderr, with such advice only as the command that runs can follow."""
    line = one_line(fitting(text))
    verbosity.record_in_log("note", line)
    if verbosity.is_shown(line):
        aside(line)


def aside(text: str) -> None:
    """Print lines on stderr, past a bar that may be drawn."""
    lines = (wrapped(one_line(line), sys.stderr) for line in text.split("\n"))
    with _away():
        streams.write_err("\n".join(lines) + "\n")


def wrapped(line: str, stream: TextIO) -> str:
    """Return a line broken at blanks, where `stream` is a terminal, which would break it anywhere."""
    if not stream.isatty():
        return line
    from gtzan_cli.tables import console_of, wrap

    return "\n".join(wrap(line, console_of(stream, bold=False)))


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout, with columns aligned, in the width of the terminal."""
    from gtzan_cli.tables import console_of, laid_out

    names, *seen = (
        [streams.encodable(one_line(cell), sys.stdout) for cell in row] for row in (header, *rows)
    )
    rule = "─" if streams.encodable("─", sys.stdout) == "─" else "-"
    # Headings are set off where stdout is a terminal and nobody asked for plain text.
    bold = sys.stdout.isatty() and not _is_dumb() and not os.environ.get("NO_COLOR")
    show_text(laid_out(one_line(title), names, seen, console_of(sys.stdout, bold=bold), rule))


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever a pipeline returns
    """Print a dataclass, or any JSON-able value, as JSON on stdout."""
    show_text(json_text(value))


def records(frame: pd.DataFrame) -> Any:  # noqa: ANN401 - as JSON has it
    """Return the rows of a frame for `print_json`."""
    return json.loads(frame.to_json(orient="records"))


def json_text(value: Any) -> str:  # noqa: ANN401
    """Return a dataclass, or any JSON-able value, as JSON: ASCII, so that every stream takes it."""
    is_record = dataclasses.is_dataclass(value) and not isinstance(value, type)
    plain = dataclasses.asdict(value) if is_record else value
    return json.dumps(_strict(plain), indent=1, default=_plain, allow_nan=False)


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
