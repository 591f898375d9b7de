"""Some commands, stopped at moments drawn by a seed and given again; ``benchmarks/kills.py`` stops many.

``GTZAN_KILLS_SEED=7 pytest tests/kills`` draws others; a failure says what to give to repeat it.
"""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from tests.kills.commands import COMMANDS
from tests.kills.harness import harness
from tests.kills.plan import random_stops

N_STOPS = 21
LONGEST_S = 80.0
"""No trial begins later: the machine may be busy."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]


def test_what_a_kill_leaves_is_whole_and_the_same_command_ends_as_if_nothing_had_been():
    seed = int(os.environ.get("GTZAN_KILLS_SEED", "0"))
    commands = [command for command in COMMANDS if command.in_ci]
    faults, n_done = [], 0
    with harness(commands) as made:
        plan = random_stops(commands, made, N_STOPS, random.Random(seed))
        until = time.monotonic() + LONGEST_S
        for command, stop in plan:
            if time.monotonic() > until:
                break
            faults += [f"{command.name}: {stop}: {fault}" for fault in made.trial(command, stop).faults]
            n_done += 1
    assert not faults, "\n".join([f"GTZAN_KILLS_SEED={seed}, {n_done} stops", *faults])
    assert n_done
