"""The page of ``peers.py``: tables, what each computes, and where one is ahead of us."""

from __future__ import annotations

import os
import statistics
from typing import TYPE_CHECKING

from measuring import machine, ratio, table
from peer_list import ENVIRONMENTS, LEFT_OUT, Environment

if TYPE_CHECKING:
    from peers import Result

LEVEL = 0.05  # of a ratio: less is no difference
_VERSIONS = {one.name: one for one in ENVIRONMENTS}


_PAGE = """\
# Other extractors, measured beside ours

Written by `python benchmarks/peers.py AUDIO_DIR --envs FOLDER --python312 PYTHON`; do not edit.

- Machine: {machine}
- {n_files} tracks of 30 s, mono at 22050 Hz: WAV, and mp3 of 128 kbit/s made of them.
- Each peer runs in an environment of its own, in a process that takes turns with ours on every file.
  Milliseconds are medians over files, of several turns each; of rows of more than
  half a second one turn, and from mp3 and on all cores of every second file;
  ratios are medians of the ratios on single files. One thread: one core, by affinity, and `OMP_NUM_THREADS`
  and its like at 1.
- Ours: the file is hashed, examined, decoded and checked as in every command, then the features are
  computed, with mean and variance of each series. Where a feature is of `full` alone, all of the row are
  those of `full`.
- Features of one name are not always of one definition: equal values are tested against librosa alone.

## One thread

Processor milliseconds a row of 30 s, reading the file included. Ours has just the features that the peer
has too. A ratio says how many times as fast ours is; below 1, the peer is faster.

{one_thread}

## All cores, and the first row

*A process a core*: the files are dealt to {cores} processes of one thread; milliseconds of wall clock a
file. *Its own threads*: one process that may use all cores, one file after the other; empty where a peer
uses one core, as ours does. *First row*: seconds from the start of a new process to its first row, from
WAV, modules and kernels compiled before.

{all_cores}

## Where one is ahead of us

By more than 5 %.

{ahead}

## What each computes

{computes}

## Not measured

{left_out}
"""


def page(results: list[Result], n_files: int) -> str:
    """Return the whole page."""
    measured = [result for result in results if not result.failure]
    failed = [_failed(result) for result in results if result.failure]
    return _PAGE.format(
        machine=machine("gtzan", "numpy", "scipy", "numba", "soundfile"),
        n_files=n_files,
        cores=len(os.sched_getaffinity(0)),
        one_thread=table(_ONE_THREAD, [_one_thread(result) for result in measured]),
        all_cores=table(_ALL_CORES, [_all_cores(result) for result in measured]),
        ahead=_ahead(measured),
        computes=table(_COMPUTES, [_computes(result) for result in measured]),
        left_out=table(("what", "why"), [*failed, *LEFT_OUT]),
    )


def _version(environment: Environment) -> str:
    return f"{environment.package} {environment.version}"


def _name(result: Result) -> str:
    return _version(_VERSIONS[result.peer.environment])


def _ms(seconds: list[float]) -> str:
    value = 1e3 * statistics.median(seconds)
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


_COMPUTES = ("peer", "of it", "numbers", "in common with ours", "beyond, or otherwise")
_ONE_THREAD = ("peer", "of it", "WAV: theirs", "ours", "ratio", "mp3: theirs", "ours", "ratio")
_ALL_CORES = (
    "peer", "of it", "a process a core: theirs", "ours", "ratio", "its own threads",
    "first row: theirs, s", "ours, s",
)  # fmt: skip


def _one_thread(result: Result) -> tuple[str, ...]:
    theirs, ours = result.theirs, result.ours
    mp3 = (f"no: {theirs.refusal}", "", "")
    if theirs.mp3:
        mp3 = (_ms(theirs.mp3), _ms(ours.mp3), f"{ratio(theirs.mp3, ours.mp3):.2f}")
    wav = (_ms(theirs.wav), _ms(ours.wav), f"{ratio(theirs.wav, ours.wav):.2f}")
    return _name(result), result.peer.of, *wav, *mp3


def _all_cores(result: Result) -> tuple[str, ...]:
    theirs, ours = result.theirs, result.ours
    return (
        _name(result),
        result.peer.of,
        _ms(theirs.cores),
        _ms(ours.cores),
        f"{ratio(theirs.cores, ours.cores):.2f}",
        _ms(theirs.threads) if theirs.threads else "",
        f"{statistics.median(theirs.first):.2f}",
        f"{statistics.median(ours.first):.2f}",
    )


def _computes(result: Result) -> tuple[str, ...]:
    values = str(result.theirs.values) if result.theirs.values else ""
    return _name(result), result.peer.of, values, ", ".join(result.peer.shared), result.peer.beyond


def _failed(result: Result) -> tuple[str, str]:
    return f"{_name(result)}, {result.peer.of}", result.failure.replace("|", "/")


def _ahead(results: list[Result]) -> str:
    """Say for each peer that is faster in something by how much, and why."""
    lines = []
    for result in results:
        theirs, ours = result.theirs, result.ours
        found: list[str] = []
        for label, a, b in (
            ("from WAV", theirs.wav, ours.wav),
            ("from mp3", theirs.mp3, ours.mp3),
            ("with a process a core", theirs.cores, ours.cores),
            ("on one file with its own threads", theirs.threads, ours.threads),
        ):
            if a and ratio(a, b) < 1 - LEVEL:
                found.append(f"{1 / ratio(a, b):.2f} times as fast {label} ({_ms(a)} against {_ms(b)} ms)")
        if found:
            reason = f": {result.peer.reason}" if result.peer.reason else ""
            lines.append(f"- **{_name(result)}, {result.peer.of}**: {'; '.join(found)}{reason}.")
    if not lines:
        lines.append("- With the features in common, none is faster by more than 5 % once it runs.")
    return "\n".join([*lines, *_starts(results)])


def _starts(results: list[Result]) -> list[str]:
    """Say who gives its first row sooner."""
    sooner = [
        (statistics.median(result.theirs.first), statistics.median(result.ours.first), result)
        for result in results
        if statistics.median(result.theirs.first) < (1 - LEVEL) * statistics.median(result.ours.first)
    ]
    if not sooner:
        return ["- No peer gives the first row of a new process sooner."]
    named = ", ".join(
        f"{_name(one)} ({one.peer.of}) {theirs:.2f} s against {ours:.2f} s" for theirs, ours, one in sooner
    )
    reason = "ours imports numba and loads its kernels before it"
    return [f"- **The first row of a new process** comes sooner from {named}: {reason}."]
