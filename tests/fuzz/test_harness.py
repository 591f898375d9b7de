"""That the harness sees what it looks for: each fault on purpose, and named by its input."""

from __future__ import annotations

import ctypes
import time
import warnings
from pathlib import Path

from gtzan_features.errors import TableError
from tests.fuzz import readers
from tests.fuzz.parent import run_jobs
from tests.fuzz.reader import Reader

KINDS = (
    b"fine",
    b"other",
    b"warning",
    b"elsewhere",
    b"memory",
    b"slow",
    b"crash",
    b"two lines",
    b"nowhere",
    b"program",
)


def on_purpose(path: Path) -> str:
    """Do what the content of a file says."""
    kind = path.read_bytes()
    if kind == b"other":
        msg = "no error of ours"
        raise KeyError(msg)
    if kind == b"warning":
        warnings.warn("of numpy", RuntimeWarning, stacklevel=1)
    if kind == b"elsewhere":
        Path("here").write_text("no place for it")
        Path("here").unlink()
    if kind == b"memory":
        bytearray(900 << 20)[-1] = 1
    if kind == b"slow":
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
    if kind == b"crash":
        ctypes.string_at(0)
    if kind == b"two lines":
        raise TableError(path, "x" * 10_000)
    if kind == b"nowhere":
        raise TableError("elsewhere", "is wrong")
    if kind == b"program":
        import subprocess

        subprocess.run(["/bin/true"], check=True)
    return "read"


def test_each_fault_is_seen_and_named_by_its_input(tmp_path):
    found = run_jobs([("on/purpose", 0, 0, len(KINDS))], tmp_path)
    told = {KINDS[one["index"]]: one["what"] for one in found.faults if "left behind" not in one["what"]}
    assert told.keys() == set(KINDS) - {b"fine", b"two lines"}
    assert "KeyError" in told[b"other"]
    assert "of numpy" in told[b"warning"]
    assert "here" in told[b"elsewhere"]
    assert "memory" in told[b"memory"]
    assert "processor" in told[b"slow"]
    assert "signal 11" in told[b"crash"]
    assert "does not say where" in told[b"nowhere"]
    assert "Popen" in told[b"program"]


def test_inputs_are_the_same_for_the_same_seed():
    reader = readers.READERS["json/any"]
    seeds = reader.seeds(Path())
    assert [reader.input(3, i, seeds) for i in range(50)] == [reader.input(3, i, seeds) for i in range(50)]
    assert reader.input(3, 20, seeds) != reader.input(4, 20, seeds)


ON_PURPOSE = Reader(name="on/purpose", seeds=lambda _: KINDS, read=on_purpose, file="a", seconds=0.2)
