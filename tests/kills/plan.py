"""Which command is stopped when, and by what."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tests.kills.commands import Command
from tests.kills.harness import Stop, Undisturbed

if TYPE_CHECKING:
    from tests.kills.harness import Harness

PARENT = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GROUP = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
WORKER = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def all_changes(usual: Undisturbed, signals: Sequence[signal.Signals] = ()) -> Iterator[Stop]:
    """Yield a stop before every change to files, by SIGKILL and by one of the others in turn."""
    for role in ("parent", "worker"):
        for k in range(1, usual.changes[role] + 1):
            yield Stop(number=signal.SIGKILL, target=role, at=k)
            others = signals or (PARENT if role == "parent" else WORKER)[1:]
            yield Stop(number=others[k % len(others)], target=role, at=k)


def random_stops(
    commands: Sequence[Command], made: Harness, count: int, rng: random.Random
) -> list[tuple[Command, Stop]]:
    """Return stops that are drawn by chance: half at a moment in time, half before a change to files."""
    drawn = []
    for i in range(count):
        command = commands[i % len(commands)]
        usual = made.measure(command)
        drawn.append((command, _drawn(command, usual, rng)))
    return drawn


def _drawn(command: Command, usual: Undisturbed, rng: random.Random) -> Stop:
    targets = ["parent", "parent", "group"] + ["worker"] * 2 * command.has_workers
    target = rng.choice(targets)
    number = rng.choice({"parent": PARENT, "group": GROUP, "worker": WORKER}[target])
    n_changes = usual.changes["worker" if target == "worker" else "parent"]
    if n_changes and rng.random() < 0.5:
        return Stop(number=number, target=target, at=rng.randint(1, n_changes))
    fresh = target != "worker" and rng.random() < 0.5
    return Stop(number=number, target=target, at=rng.uniform(0, 1.02), fresh=fresh)
