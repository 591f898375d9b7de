"""What a signal leaves half made says nothing when it is thrown away; faults without a signal are told."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from gtzan_cli.signals import ended_by_signals

from gtzan_features.system_calls import ENDING


class HalfMade:
    """As objects of libraries in C: a signal comes before all attributes are there that its end asks for."""

    def __init__(self, number):
        if number is not None:
            os.kill(os.getpid(), number)
        self.handle = None

    def __del__(self):
        if self.handle is None:
            del self.handle
        self.missing.close()


@pytest.fixture
def told(monkeypatch):
    """Types of the exceptions that Python would print and pass over."""
    found = []
    monkeypatch.setattr(sys, "__unraisablehook__", lambda lost: found.append(lost.exc_type))
    return found


@pytest.mark.parametrize("number", ENDING)
def test_half_made_objects_say_nothing_after_a_signal(number, told):
    usual = signal.signal(number, signal.default_int_handler)
    try:
        with ended_by_signals():
            try:
                HalfMade(number)
            except KeyboardInterrupt:
                ended = True
    finally:
        signal.signal(number, usual)
    assert ended
    assert told == []


def test_a_fault_at_the_end_of_an_object_is_told_where_no_signal_came(told):
    with ended_by_signals():
        HalfMade(None)
    assert told == [AttributeError]
