"""What ends a command from outside: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from gtzan_features.system_calls import ENDING, send_to_self

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGAIN_S = 0.05

_came: list[int] = []


class EndedError(KeyboardInterrupt):
    """A signal asks for the end of the command.

    Not KeyboardInterrupt itself: where that passes through an ``exec`` of text, Python notes it, and in the
    end kills itself by SIGINT whatever exit code it was to have.
    """


def exit_code() -> int:
    """Return the code of a command that a signal ended, as a shell has it: 130 for Ctrl-C."""
    return 128 + (_came[0] if _came else signal.SIGINT)


def has_come() -> bool:
    """Whether a signal came that ends the command."""
    return bool(_came)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt in the block when a signal asks for the end, so that nothing half done stays.

    What the caller of the program ignores stays ignored, as in ``nohup`` or in the background of a script.
    """
    _came.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual_hook = sys.unraisablehook
    before = {}
    try:
        sys.unraisablehook = _heard_again
        for number in ENDING:
            usual = signal.getsignal(number)
            if usual not in (signal.SIG_IGN, None):
                before[number] = usual
                signal.signal(number, _end)
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
        sys.unraisablehook = usual_hook


def _end(number: int, _frame: object) -> NoReturn:
    _came.append(number)
    raise EndedError


def _heard_again(lost: sys.UnraisableHookArgs) -> None:
    """Send the signal once more where its exception was lost: in a callback or at the end of an object.

    Of what a library had only half made when the signal came, nothing is told: its end fails for that.
    """
    if not _came:
        sys.__unraisablehook__(lost)
        return
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        return
    timer = threading.Timer(_AGAIN_S, send_to_self, (_came[-1],))
    timer.daemon = True
    timer.start()
