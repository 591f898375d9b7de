"""A file whose decoder never comes back costs itself, and nothing else."""

from __future__ import annotations

import signal
import time

from gtzan_features import stall
from gtzan_features.parallel.local import ProcessExecutor


def read(item: int) -> int:
    """Read one file of three; the second one gives a block, and then nothing."""
    stall.LIMIT_S = 0.3
    with stall.watched():
        stall.going_on()
        end = time.process_time() + 10 * (item == 1)
        while time.process_time() < end:
            pass
    return item


def test_a_worker_that_does_not_come_back_costs_its_file():
    found = list(ProcessExecutor(2).map(read, [0, 1, 2], lost=lambda item, how: f"{item}: {how}"))
    assert found == [0, "1: its decoder gave nothing for 300 s of the processor", 2]


def test_nothing_is_watched_in_a_process_that_is_no_worker_and_after_a_file():
    with stall.watched():
        stall.going_on()
        assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
