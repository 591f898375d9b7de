"""Reads inputs in a process of its own, and says of each what came of it.

The number of an input is written down before it is read, so that of a process that ends, whoever started it
knows by which. A watch ends the process at an input that takes too long, and says where it was.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.reader import Reader

STALLED_S = 120.0
"""Of the clock, for one input: the machine may have other work."""

NO_INPUT = 2**64 - 1
"""In the journal: none of the inputs was read yet, but seeds were made."""

_ADDRESS_SPACE = 6 << 30


@dataclass(kw_only=True)
class Tally:
    """What came of the inputs of one reader."""

    reader: str
    n_inputs: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    slowest_input: int = -1
    peak_bytes: int = 0


class Watch:
    """Notes what a reader does beside reading: files that it writes elsewhere, programs, sockets, pickle.

    It listens to Python's audit events; what libraries in C write is seen in the folders afterwards.
    """

    _WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    _PATHS = (
        "os.remove",
        "os.mkdir",
        "os.rmdir",
        "os.truncate",
        "os.chmod",
        "os.chown",
        "os.symlink",
        "os.link",
        "os.rename",
    )
    _NEVER = (
        "socket.connect",
        "socket.getaddrinfo",
        "os.system",
        "os.exec",
        "pickle.find_class",
        "exec_by_name",
    )

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed, self.children, self.seen, self.on = allowed, (), [], False
        sys.addaudithook(self._event)

    def _event(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open" and isinstance(args[2], int) and args[2] & self._WRITES:
            self._path(event, args[0])
        elif event in self._PATHS:
            for one in args[: 2 if event in ("os.rename", "os.link") else 1]:
                # What is named below an open folder (shutil.rmtree does so) was named as a whole before.
                if (
                    not any(isinstance(handle, int) and handle >= 0 for handle in args[1:])
                    or event == "os.mkdir"
                ):
                    self._path(event, one)
        elif event == "pickle.find_class" and _is_kernel():
            return
        elif event in self._NEVER:
            self.seen.append(f"{event} {args!r}"[:200])
        elif event == "subprocess.Popen" and os.path.basename(str(args[0])) not in self.children:  # noqa: PTH119
            self.seen.append(f"{event} {args[0]}")

    def _path(self, event: str, path: Any) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
            if not full.startswith(self.allowed):
                self.seen.append(f"{event} {full}")


def _is_kernel() -> bool:
    """Whether numba reads a compiled kernel from its cache, which is pickled, and the package's own."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == "numba.core.caching":
            return True
        frame = frame.f_back
    return False


class Child:
    """Runs jobs: ``(reader, seed, start, stop)``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "journal").open("r+b") as file:
            self.journal = mmap.mmap(file.fileno(), 16)
        self.report = (folder / "report.jsonl").open("a", encoding="utf-8")
        self.trace = (folder / "trace.txt").open("w")
        for name in ("tmp", "cwd", "home", "worlds"):
            (folder / name).mkdir(exist_ok=True)
        tempfile.tempdir = str(folder / "tmp")
        os.environ |= {
            "TMPDIR": tempfile.tempdir,
            "HOME": str(folder / "home"),
            "XDG_DATA_HOME": str(folder / "home" / "data"),
            "MPLCONFIGDIR": tempfile.tempdir,
        }
        self.programs = os.environ.get("PATH", "")
        os.chdir(folder / "cwd")
        self.watch = Watch(
            (f"{folder}/tmp", f"{folder}/worlds", "/dev/null", os.environ.get("NUMBA_CACHE_DIR", "/nowhere"))
        )
        faulthandler.enable(self.trace)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        faulthandler.register(signal.SIGALRM, self.trace, all_threads=False, chain=True)
        self.warned: list[str] = []
        warnings.simplefilter("always")
        warnings.showwarning = self._warned  # type: ignore[assignment]

    def _warned(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any
    ) -> None:
        from gtzan_features.errors import GtzanWarning

        if not issubclass(category, GtzanWarning | ImportWarning | ResourceWarning | DeprecationWarning):
            self.warned.append(f"{category.__name__}: {message} ({Path(filename).name}:{lineno})")

    def _note(self, number: int, index: int) -> None:
        self.journal[:16] = number.to_bytes(8, "little") + index.to_bytes(8, "little")

    def say(self, kind: str, content: dict[str, Any]) -> None:
        self.report.write(json.dumps({"kind": kind, **content}) + "\n")
        self.report.flush()

    def run(self, number: int, name: str, seed: int, start: int, stop: int) -> None:
        """Read the inputs of one job."""
        reader = _reader(name)
        self._note(number, NO_INPUT)
        os.environ["PATH"] = self.programs if reader.children else "/nowhere"
        world = self.folder / "worlds" / name.replace("/", "-")
        fresh = not world.exists()
        world.mkdir(exist_ok=True)
        seeds = reader.seeds(world / "seeds")
        place = world / "input"
        if reader.around is not None and (fresh or not place.exists()):
            reader.around(place)
        path = place / reader.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seeds[0])
        try:  # what is imported, compiled and cached by the first input
            reader.read(path)
        except Exception as error:
            self.say("fault", _fault(name, seed, 0, f"seed: {error!r}", traceback.format_exc()))
        self._limit()
        tally, counts = Tally(reader=name), Counter[str]()
        self.watch.children = reader.children
        peak = _peak_bytes()
        for index in range(start, stop):
            self._note(number, index)
            path.write_bytes(reader.input(seed, index, seeds))
            outcome, spent = self._one(reader, path, seed, index)
            counts[outcome] += 1
            tally.n_inputs += 1
            if spent > tally.slowest_s:
                tally.slowest_s, tally.slowest_input = spent, index
            if _peak_bytes() > peak + reader.memory:
                self.say("fault", _fault(name, seed, index, "memory", f"{_peak_bytes() - peak} bytes more"))
                peak = _peak_bytes()
            if tally.n_inputs % 500 == 0 or index == stop - 1:
                tally.outcomes, tally.peak_bytes = dict(counts), _peak_bytes()
                self.say("tally", asdict(tally))
                tally.n_inputs, counts = 0, Counter()
        left = [
            str(one) for where in ("cwd", "home") for one in (self.folder / where).rglob("*") if one.is_file()
        ]
        if left:
            self.say("fault", _fault(name, seed, start, "left behind", ", ".join(left[:5])))

    def _one(self, reader: Reader, path: Path, seed: int, index: int) -> tuple[str, float]:
        from gtzan_features.errors import GtzanError

        what = where = ""
        signal.setitimer(signal.ITIMER_REAL, STALLED_S)
        started = time.process_time()
        self.watch.on = True
        try:
            outcome = _called(reader.read(path))
        except GtzanError as error:
            outcome = type(error).__name__
            what = message_fault(error, path if reader.path_named else None)
        except BaseException as error:  # the oracle: nothing else may come out
            what, where = (
                f"{type(error).__name__}: {error}"[:300],
                "".join(traceback.format_exception(error)[-6:]),
            )
            outcome = "fault"
        self.watch.on = False
        spent = time.process_time() - started
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self.warned:
            what, self.warned = what or f"warning {self.warned[0]}", []
        if self.watch.seen:
            what, self.watch.seen = what or f"did {self.watch.seen[0]}", []
        if spent > reader.seconds:
            what = what or f"took {spent:.1f} s of the processor"
        if what:
            self.say("fault", _fault(reader.name, seed, index, what, where))
        return outcome, spent

    def _limit(self) -> None:
        """Bound what this process may address: an input that asks for more gets an error, not the machine."""
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + _ADDRESS_SPACE, hard))


def message_fault(error: Exception, path: Path | None) -> str:
    """Say what is wrong with an error's message: it must be one printable line that names the file."""
    from gtzan_features.text import one_line

    text = str(error)
    if one_line(text) != text or not text.strip():
        return f"message is no printable line: {text[:200]!r}"
    if len(text) > 2_100:
        return f"message of {len(text)} characters: {text[:100]!r}"
    if path is not None and path.name not in text and path.parent.name not in text:
        return f"message does not say where: {text[:200]!r}"
    return ""


def _reader(name: str) -> Reader:
    if name == "on/purpose":  # of the harness's own test
        from tests.fuzz.test_harness import ON_PURPOSE

        return ON_PURPOSE
    from tests.fuzz.readers import READERS

    return READERS[name]


def _fault(reader: str, seed: int, index: int, what: str, where: str) -> dict[str, Any]:
    return {"reader": reader, "seed": seed, "index": index, "what": what, "where": where}


def _called(result: object) -> str:
    return result if isinstance(result, str) else "read"


def _peak_bytes() -> int:
    """Return the most memory that this program has had; getrusage would count that of its parent, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Run the jobs of a file, from one on."""
    folder, first = Path(sys.argv[1]), int(sys.argv[2])
    jobs = json.loads((folder / "jobs.json").read_text())
    child = Child(folder)
    for number, (name, seed, start, stop) in enumerate(jobs):
        if number >= first and start < stop:
            child.run(number, name, seed, start, stop)


if __name__ == "__main__":
    main()
