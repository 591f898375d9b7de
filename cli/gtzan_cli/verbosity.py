"""How much a command says: ``--quiet``, ``--verbose`` and ``--log-file``, for as long as it runs."""

from __future__ import annotations

import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from gtzan_cli import streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gtzan_cli.library_log import Listener
    from gtzan_cli.log_file import LogFile

_URGENT = ("Error", "LEAKED")
"""Lines on stderr that begin so are shown in any case."""

STEP_S = 10.0
"""Seconds between two steps of a long work in the log; of a short one each is there."""

_FEW = 200
_WARNING, _ERROR = 30, 40  # of the standard library's logging, which is imported when it is needed


class _Verbosity:
    """What was asked for, and the files that were opened for it."""

    def __init__(self) -> None:
        self.quiet = self.verbose = False
        self.log: LogFile | None = None
        self.listener: Listener | None = None
        self.started = time.monotonic()
        self.words: list[str] | None = None


_now = _Verbosity()


@contextmanager
def session(words: Sequence[str]) -> Iterator[None]:
    """Forget in the end what the command of these words was asked for, and close its log."""
    _now.words = list(words)
    try:
        yield
    finally:
        reset()


def end(code: int) -> None:
    """Say in the log, and where more is said than usual, how a command ended."""
    line = f"exit code {code} after {time.monotonic() - _now.started:.1f} s"
    record_in_log("end", line)
    if _now.verbose and _now.listener is not None:
        _now.listener.shown(line)


def reset() -> None:
    """Say as much as usual again, and close the log."""
    global _now
    if _now.listener is not None:
        _now.listener.end()
    if _now.log is not None:
        _now.log.close()
        warnings.showwarning = _showwarning
    _now = _Verbosity()


def words_of_session() -> list[str] | None:
    """Return the words of the command that runs; None where nobody will end its session."""
    return _now.words


def be_quiet() -> None:
    """Show results and errors only."""
    _now.quiet = True


def be_verbose(shown: Callable[[str], None]) -> None:
    """Show what the library logs, by `shown`."""
    _now.verbose = True
    _listen(shown)


def write_log(path: Path, shown: Callable[[str], None], first: str) -> None:
    """Write all that is said to the end of a file, from a first line on; errors as `LogFile`."""
    from gtzan_cli.log_file import LogFile

    log = LogFile(path)
    if _now.log is not None:
        _now.log.close()
    _now.log = log
    warnings.showwarning = _warned
    _listen(shown)
    record_in_log("start", first)


def is_quiet() -> bool:
    """Whether only results and errors are shown."""
    return _now.quiet


def is_verbose() -> bool:
    """Whether more than usual is shown."""
    return _now.verbose


def has_log() -> bool:
    """Whether a log is written."""
    return _now.log is not None


def is_shown(line: str) -> bool:
    """Whether a line on stderr is one that is shown."""
    return not _now.quiet or line.lstrip().startswith(_URGENT)


def record_in_log(kind: str, text: str) -> None:
    """Write to the log, where there is one; where it cannot be written any more, that is said once."""
    log = _now.log
    if log is not None and not log.fault and not log.write(kind, text):
        streams.write_err(f"{log.path}: the log ends here ({log.fault}).\n")


class Steps:
    """Writes the steps of a work to the log: each of a short one, of a long one some."""

    def __init__(self) -> None:
        self._what, self._since = "", 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note of a step; see `progress.Progress`."""
        now = time.monotonic()
        if total <= _FEW or what != self._what or done >= total or now - self._since >= STEP_S:
            self._what, self._since = what, now
            record_in_log("step", f"{what} {done}/{total}")


def _listen(shown: Callable[[str], None]) -> None:
    if _now.listener is None:
        from gtzan_cli.library_log import Listener

        _now.listener = Listener(_heard, shown)


def _heard(kind: str, text: str, urgency: int) -> bool:
    """Write what the library logs to the log; return whether it is shown, too."""
    record_in_log(kind, text)
    return _now.verbose or urgency >= (_ERROR if _now.quiet else _WARNING)


_showwarning = warnings.showwarning


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Take a warning of Python or a library into the log."""
    record_in_log("warning", f"{filename}:{lineno}: {category.__name__}: {message}")
    if not _now.quiet:
        _showwarning(message, category, filename, lineno, file, line)
