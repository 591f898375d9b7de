"""Stop commands at random moments and at each change that they make to files, and give them again.

    python benchmarks/kills.py --kills 1000 --seed 0

Prints a line for each promise that was not kept, and in the end a table: trials for each command and signal.
RELIABILITY.md says what is promised.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.kills.commands import COMMANDS, Command
from tests.kills.harness import Harness, Outcome, Stop, harness
from tests.kills.plan import all_changes, random_stops


def main() -> None:
    """Run the trials that were asked for; exits with 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000, help="number of stops at random moments")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--changes", action="store_true", help="stop before every single change to files, too"
    )
    parser.add_argument("--only", default="", help="names of commands, with commas")
    parser.add_argument("--minutes", type=float, default=0, help="begin no trial later")
    asked = parser.parse_args()
    names = [name for name in asked.only.split(",") if name]
    commands = [c for c in COMMANDS if not names or c.name in names]
    outcomes = []
    until = time.monotonic() + 60 * asked.minutes if asked.minutes else float("inf")
    with harness(commands) as made:
        for command, stop in _plan(made, commands, asked):
            if time.monotonic() > until:
                break
            outcome = made.trial(command, stop)
            outcomes.append(outcome)
            if sys.stderr.isatty() or len(outcomes) % 20 == 0:
                print(f"{len(outcomes)} stops", file=sys.stderr, flush=True)
            for fault in outcome.faults:
                print(f"{command.name}: {stop}: {fault}", flush=True)
    print(_table(outcomes))
    sys.exit(any(outcome.faults for outcome in outcomes))


def _plan(made: Harness, commands: list[Command], asked: argparse.Namespace) -> list[tuple[Command, Stop]]:
    rng = random.Random(asked.seed)
    plan = []
    for command in commands:
        usual = made.measure(command)
        print(f"{command.name}: {usual.seconds:.1f} s, changes to files: {usual.changes}", flush=True)
        if asked.changes:
            plan += [(command, stop) for stop in all_changes(usual)]
    plan += random_stops(commands, made, asked.kills, rng)
    return plan


def _table(outcomes: list[Outcome]) -> str:
    """Return the number of trials for each command and signal, and of those with faults."""
    columns = [
        (target, number)
        for target in ("parent", "worker", "group")
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    ]
    counts = Counter((o.command, o.stop.target, o.stop.number) for o in outcomes)
    columns = [c for c in columns if any((o.stop.target, o.stop.number) == c for o in outcomes)]
    lines = ["| command | " + " | ".join(f"{t} {n.name}" for t, n in columns) + " | not in time | faults |"]
    lines.append("|---" * (len(columns) + 3) + "|")
    for name in dict.fromkeys(o.command for o in outcomes):
        mine = [o for o in outcomes if o.command == name]
        cells = [str(counts[name, *column]) for column in columns]
        late, bad = sum(not o.in_time for o in mine), sum(bool(o.faults) for o in mine)
        lines.append(f"| {name} | {' | '.join(cells)} | {late} | {bad} |")
    bad = sum(bool(o.faults) for o in outcomes)
    outlived = max((o.outlived_s for o in outcomes), default=0.0)
    lines += [
        "",
        f"{len(outcomes)} stops, {bad} with faults; a worker outlived its command by {outlived:.1f} s",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
