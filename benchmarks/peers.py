"""Measure other extractors beside ours on the same files, and write ``benchmarks/PEERS.md``.

    python benchmarks/peers.py AUDIO_DIR [--envs FOLDER] [--python312 PYTHON] [--only NAME ...]

Each peer is installed by name and version in an environment of its own (with pip; in FOLDER they are kept).
What cannot be installed or does not run is named with the reason. Ours is timed with just those features
that the peer has too, each in a process of its own that takes turns with the peer's on every file, so that
a busy machine slows both. The files are WAV and mp3 made of them by lame or ffmpeg; reading them is included.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peer_report
from measuring import THREADS, compiled_modules, one_thread
from peer_list import ENVIRONMENTS, PEERS, Environment, Peer

HERE = Path(__file__).resolve().parent
EXTRACTORS = HERE / "peer_extractors.py"
THREADED = 1.15  # processor seconds a second from which on a peer has threads of its own
STARTS = 3
COMPILED = Path(tempfile.gettempdir()) / "gtzan-benchmarks"  # our compiled modules; kept


@dataclass
class Side:
    """Seconds of one side, a peer's or ours."""

    wav: list[float] = field(default_factory=list)  # of each file
    mp3: list[float] = field(default_factory=list)
    threads: list[float] = field(default_factory=list)  # of each file, from WAV, on all cores
    cores: list[float] = field(
        default_factory=list
    )  # per file, with as many processes as cores; of each turn
    first: list[float] = field(default_factory=list)  # from the start of the process to the first row
    refusal: str = ""  # why there are none from mp3
    values: int = 0


@dataclass
class Result:
    """What came of a peer: both sides, or why it was not measured."""

    peer: Peer
    theirs: Side = field(default_factory=Side)
    ours: Side = field(default_factory=Side)
    failure: str = ""


class PeerError(Exception):
    """A peer ended, or said that it cannot."""


class Extractor:
    """A process that computes rows; on one core with one thread unless it is `free`."""

    def __init__(self, python: Path, words: list[str], *, free: bool = False, pinned: bool = True) -> None:
        is_ours = words[0] == "ours"
        environment = compiled_modules(COMPILED) if is_ours else dict(os.environ)
        for name in () if is_ours else ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "NUMBA_CACHE_DIR"):
            environment.pop(name, None)
        for name in THREADS:
            environment.pop(f"{name}_NUM_THREADS", None)
        environment |= {} if free else one_thread()
        self._clock = "seconds" if free else "cpu"
        if is_ours:
            environment["PYTHONPATH"] = str(HERE.parent)
        command = [str(python), str(EXTRACTORS), *words]
        core = max(os.sched_getaffinity(0))
        pin = (lambda: os.sched_setaffinity(0, {core})) if pinned and not free else None
        pipe = subprocess.PIPE
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, stderr=self._errors, text=True, preexec_fn=pin
        )

    def row(self, path: Path) -> dict[str, Any]:
        """Compute a row; return seconds, processor seconds and the number of values."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{path}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerError(self._end())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def seconds(self, path: Path) -> float:
        """Return the seconds of a row: of the processor on one core, of the clock on all."""
        return float(self.row(path)[self._clock])

    def _end(self) -> str:
        """Say how the process ended."""
        code = self._process.wait()
        if code < 0:
            return f"ended by signal {-code}"
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else f"ended with {code}"

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        self._errors.close()


# --------------------------------------------------------------------------- environments


def install(environment: Environment, folder: Path, python: Path) -> tuple[Path, str]:
    """Make an environment unless it is there; return its interpreter and why that failed, if it did."""
    home = folder / environment.name
    found, mark = home / "bin" / "python", home / "installed.txt"
    wanted = "\n".join(environment.requirements)
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return found, ""
    print(f"installing {', '.join(environment.requirements)}", file=sys.stderr)
    steps = [[str(python), "-m", "venv", str(home)]] if not found.exists() else []
    pip = [str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for step in (*steps, [*pip, *environment.requirements]):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            return found, lines[-1] if lines else f"{step[1:3]} ended with {done.returncode}"
    mark.write_text(wanted, encoding="utf-8")
    return found, ""


def interpreter(environment: Environment, python312: Path | None) -> Path | None:
    """Return which Python an environment is made with; None where none is new enough."""
    return Path(sys.executable) if sys.version_info >= environment.least else python312


def mp3_of(wav: Path, folder: Path) -> Path:
    """Encode a file at 128 kbit/s."""
    out = folder / f"{wav.stem}.mp3"
    if shutil.which("lame"):
        command = ["lame", "--quiet", "-b", "128", str(wav), str(out)]
    else:
        command = ["ffmpeg", "-v", "error", "-i", str(wav), "-b:a", "128k", str(out)]
    subprocess.run(command, check=True)
    return out


# --------------------------------------------------------------------------- measuring


def measure(peer: Peer, python: Path, wavs: list[Path], mp3s: list[Path]) -> Result:
    """Measure a peer and, in turns with it, ours."""
    result = Result(peer)
    mine = ["ours", *peer.shared]
    both = ((result.theirs, python, [peer.extractor]), (result.ours, Path(sys.executable), mine))
    for _ in range(STARTS - 1):
        for side, maker, words in both:
            first_row(side, maker, words, wavs[0]).close()
    theirs, ours = (first_row(side, maker, words, wavs[0]) for side, maker, words in both)
    with contextlib.closing(theirs), contextlib.closing(ours):
        repeats = turns(theirs.seconds(wavs[0]))
        some = slice(None, None, 1 if repeats > 1 else 2)
        for path in wavs:
            take_turns(path, repeats, (theirs, result.theirs.wav), (ours, result.ours.wav))
        try:
            theirs.row(mp3s[0])
        except PeerError as refusal:
            result.theirs.refusal = str(refusal)
        else:
            ours.row(mp3s[0])
            for path in mp3s[some]:
                take_turns(path, repeats, (theirs, result.theirs.mp3), (ours, result.ours.mp3))
    with contextlib.closing(Extractor(python, [peer.extractor], free=True)) as free:
        free.row(wavs[0])
        tried = [free.row(wavs[0]) for _ in range(min(3, repeats))]
        if max(one["cpu"] / one["seconds"] for one in tried) > THREADED:
            with contextlib.closing(Extractor(Path(sys.executable), mine, free=True)) as ours:
                ours.row(wavs[0])
                for path in wavs:
                    take_turns(path, repeats, (free, result.theirs.threads), (ours, result.ours.threads))
    on_all_cores(both, wavs[some], repeats)
    return result


def first_row(side: Side, python: Path, words: list[str], path: Path) -> Extractor:
    """Start a process, and time it until its first row is there."""
    start = time.perf_counter()
    extractor = Extractor(python, words)
    side.values = extractor.row(path)["values"]
    side.first.append(time.perf_counter() - start)
    return extractor


def turns(seconds: float) -> int:
    """Return how often each file is taken: rows of seconds differ less from one time to the next."""
    return 5 if seconds < 0.1 else 3 if seconds < 0.5 else 1


def take_turns(path: Path, repeats: int, *sides: tuple[Extractor, list[float]]) -> None:
    """Time a file on each side in turn; of several turns, keep the median."""
    spent: list[list[float]] = [[] for _ in sides]
    for _ in range(repeats):
        for (extractor, _), seconds in zip(sides, spent, strict=True):
            seconds.append(extractor.seconds(path))
    for (_, kept), seconds in zip(sides, spent, strict=True):
        kept.append(statistics.median(seconds))


def on_all_cores(both: tuple[tuple[Side, Path, list[str]], ...], wavs: list[Path], repeats: int) -> None:
    """Time all files with as many processes of one thread as there are cores."""
    count = len(os.sched_getaffinity(0))
    teams = [[Extractor(python, words, pinned=False) for _ in range(count)] for _, python, words in both]
    try:
        with ThreadPoolExecutor(count) as pool:
            for team in teams:
                list(pool.map(lambda extractor: extractor.row(wavs[0]), team))
            for _ in range(repeats):
                for (side, _, _), team in zip(both, teams, strict=True):
                    left = iter(wavs)  # taken by whoever is free
                    start = time.perf_counter()
                    list(pool.map(lambda extractor, left=left: [extractor.row(path) for path in left], team))
                    side.cores.append((time.perf_counter() - start) / len(wavs))
    finally:
        for team in teams:
            for extractor in team:
                extractor.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path, metavar="AUDIO_DIR")
    parser.add_argument("--envs", type=Path, help="folder in which the environments are kept")
    parser.add_argument("--python312", type=Path, help="Python 3.12 or later, for librosa 1.0")
    parser.add_argument("--files", type=int, default=10, help="how many tracks (default 10)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="environments; the page is only printed")
    parser.add_argument("--out", type=Path, default=HERE / "PEERS.md")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    found = sorted(options.audio.rglob("*.wav"))
    if not found:
        sys.exit(f"{options.audio}: no .wav file in this folder")
    wavs = found[:: max(1, len(found) // options.files)][: options.files]
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        envs = options.envs or Path(folder) / "envs"
        envs.mkdir(parents=True, exist_ok=True)
        mp3s = [mp3_of(path, Path(folder)) for path in wavs]
        for environment in ENVIRONMENTS:
            if options.only and environment.name not in options.only:
                continue
            results += measured(environment, envs.resolve(), options.python312, wavs, mp3s)
    text = peer_report.page(results, len(wavs))
    if not options.only:
        options.out.write_text(text, encoding="utf-8")
    print(text)


def measured(
    environment: Environment, envs: Path, python312: Path | None, wavs: list[Path], mp3s: list[Path]
) -> list[Result]:
    """Install a peer and measure each way to use it."""
    peers = [peer for peer in PEERS if peer.environment == environment.name]
    maker = interpreter(environment, python312)
    python, failure = Path(), f"needs Python {'.'.join(map(str, environment.least))}: give --python312"
    if maker is not None:
        python, failure = install(environment, envs, maker)
    results = []
    for peer in peers:
        start = time.perf_counter()
        try:
            result = Result(peer, failure=failure) if failure else measure(peer, python, wavs, mp3s)
        except PeerError as error:
            result = Result(peer, failure=str(error))
        print(f"{environment.name}, {peer.of}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
        results.append(result)
    return results


if __name__ == "__main__":
    main()
