"""Commands on a machine in a bad state: one clear line, no traceback, and nothing lost.

Full disks of streams, closed streams, encodings: `test_streams`. Killed commands: `tests/kills`. Read-only
packages and home folder, no cache of kernels: `tests/test_kernel_folder.py`. Two commands at once:
`tests/reporting/test_joint_runs.py`. A folder that changes: `tests/extraction/test_changing_folder.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from gtzan_cli import main as entry

from tests.conftest import SR, make_table, save_table, tone

WRITERS = ("extract", "fit", "report", "synth")


class Machine:
    """One process that forks a child for each command, and the folder where all lies."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.music, self.tables, self.runs = root / "music", root / "tables", root / "runs"
        command = [sys.executable, "-W", "ignore", "-m", "tests.cli.states"]
        repository = Path(__file__).resolve().parents[2]
        paths = os.pathsep.join([str(repository), *filter(None, sys.path)])
        environ = os.environ | {"PYTHONPATH": paths}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=repository, env=environ
        )

    def words(self, name: str, out: Path) -> list[str]:
        """A command line that writes into `out`, if it writes."""
        known = {
            "extract": ["features", "extract", self.music, "-s", "1s", "-j", 1, "-o", out],
            "fit": ["fit", "lda", "--tables", self.tables, "--holdout", 0.34, "-j", 1, "--runs", out],
            "report": ["report", "--runs", self.runs, "-o", out],
            "synth": ["data", "synth", out, "--tracks", 1, "--seconds", 3, "-j", 1],
            "verify": ["data", "verify", self.music, "-j", 1],
            "relative": ["data", "verify", "music", "-j", 1],
        }
        return [str(word) for word in known[name]]

    def run(self, name: str, out: Path, state: str = "", value: object = None) -> dict:
        """Run a command in a state; check that it is done, or ends with one line that says why.

        Where a word of the command line is at fault (code 2), its usage stands above that line.
        """
        task = {"words": self.words(name, out), "state": state, "value": value}
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        assert said["code"] in (0, 1, 2), said
        for word in ("Traceback", "fault of this program", "Exception ignored"):
            assert word not in said["err"], said
        complaints = [line for line in said["err"].splitlines() if line.startswith("Error: ")]
        assert len(complaints) == bool(said["code"]), said
        said["line"] = "".join(complaints)
        return said

    def end(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    root = tmp_path_factory.mktemp("states")
    for g, genre in enumerate(("calm", "loud")):
        (root / "music" / genre).mkdir(parents=True)
        for i in range(2):
            y = tone(1.3, 220.0 * (g + 1) + 20 * i, seed=10 * g + i)
            soundfile.write(root / "music" / genre / f"{genre}.{i}.wav", y, SR)
    save_table(root / "tables", make_table(2, 4, 2))
    made = Machine(root)
    assert made.run("fit", made.runs)["code"] == 0
    yield made
    made.end()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 16 kB where this user may mount one; else None."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options):
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        return subprocess.run(words, capture_output=True, check=False).returncode

    if os.geteuid() or not shutil.which("mount") or mount("size=16k"):
        yield None, lambda: None
        return
    try:
        yield place, lambda: mount("remount,size=64m")
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_loses_nothing_and_the_same_command_goes_on_with_more_room(
    name, machine, small_disk, tmp_path
):
    disk, make_room = small_disk
    out = (disk or tmp_path) / "out"
    said = machine.run(name, out, "" if disk else "size", 1_500)
    assert said["code"] == 1
    assert ("No space left on device. Make room there" if disk else "File too large") in said["line"]
    assert str(out) in said["line"]
    make_room()
    assert machine.run(name, out)["code"] == 0
    assert not [path for path in out.rglob("*") if path.name.endswith(".part")]


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_cannot_be_written_to(name, machine, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(stat.S_IRUSR | stat.S_IXUSR)
    said = machine.run(name, out, "permissions")
    assert said["code"] == 1
    assert "Permission denied" in said["line"]
    assert str(out) in said["line"]
    assert list(out.iterdir()) == []


def test_a_file_and_a_folder_that_cannot_be_read_cost_their_own_rows(machine, tmp_path):
    song, folder = machine.music / "calm" / "calm.1.wav", machine.music / "loud"
    song.chmod(0)
    try:
        said = machine.run("extract", tmp_path / "f", "permissions")
        assert said["code"] == 0
        assert "Skipped: calm/calm.1.wav: corrupt: Permission denied" in said["err"]
        assert "calm.1.wav" in machine.run("verify", tmp_path, "permissions")["out"]
    finally:
        song.chmod(0o644)
    folder.chmod(0)
    try:
        said = machine.run("extract", tmp_path / "g", "permissions")
        assert "loud" in said["err"]
        assert "Permission denied" in said["err"] or "cannot be read" in said["err"]
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["tables", "runs"])
def test_tables_and_runs_that_cannot_be_read(name, machine, tmp_path):
    place = machine.root / name
    place.chmod(0)
    try:
        said = machine.run({"tables": "fit", "runs": "report"}[name], tmp_path / "out", "permissions")
    finally:
        place.chmod(0o755)
    assert said["code"] in (1, 2)
    assert str(place) in said["line"]


BARE = dict.fromkeys(("LANG", "LC_ALL", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME"))


@pytest.mark.parametrize("home", [None, "/proc/none"])
@pytest.mark.parametrize("name", ["extract", "fit", "report"])
def test_without_a_home_a_language_and_a_place_for_temporary_files(name, home, machine, tmp_path):
    value = {**BARE, "HOME": home, "TMPDIR": "/nonexistent"}
    assert machine.run(name, tmp_path / "out", "environment", value)["code"] == 0


@pytest.mark.parametrize("name", ["extract", "fit", "report"])
@pytest.mark.parametrize("more", [0, 1, 2, 3])
def test_too_few_open_files_are_told_and_lose_nothing(name, more, machine, tmp_path):
    said = machine.run(name, tmp_path / "out", "descriptors", more)
    if said["code"]:
        assert "Too many open files. Raise the limit of open files (ulimit -n" in said["line"]
    assert "corrupt" not in said["err"]


@pytest.mark.parametrize("seconds", [-1.6e9, 3e9])
def test_a_clock_that_is_set_changes_no_result(seconds, machine, tmp_path):
    out = tmp_path / "out"
    machine.run("extract", out)
    before = {path.name: path.read_bytes() for path in out.glob("*.parquet")}
    for path in out.rglob("*"):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - seconds))
    again = machine.run("extract", out, "clock", seconds)
    assert "0 files computed, 4 found done" in again["out"]
    assert {path.name: path.read_bytes() for path in out.glob("*.parquet")} == before
    assert machine.run("fit", tmp_path / "runs", "clock", seconds)["code"] == 0


@pytest.mark.parametrize("name", ["verify", "relative", "report"])
def test_a_working_folder_that_was_removed(name, machine, tmp_path):
    said = machine.run(name, tmp_path / "out", "no folder")
    assert said["code"] == (name == "relative")


@pytest.mark.parametrize("name", WRITERS)
def test_an_output_may_be_a_link_to_a_folder_and_nothing_else_is_replaced(name, machine, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert machine.run(name, tmp_path / "link")["code"] == 0
    assert (tmp_path / "link").is_symlink()
    assert list((tmp_path / "real").iterdir())
    (tmp_path / "dangling").symlink_to("nowhere")
    said = machine.run(name, tmp_path / "dangling")
    assert (tmp_path / "dangling").is_symlink()
    assert "dangling" in said["line"] if said["code"] else list((tmp_path / "nowhere").iterdir())
    os.mkfifo(tmp_path / "pipe")
    said = machine.run(name, tmp_path / "pipe")
    assert said["code"] in (1, 2)
    assert "pipe" in said["line"]
    assert stat.S_ISFIFO((tmp_path / "pipe").lstat().st_mode)


def test_memory_that_does_not_suffice_is_told(monkeypatch, capsys):
    def short(*_, **__):
        raise MemoryError

    monkeypatch.setattr(entry.cli, "main", short)
    assert entry.run(["fit", "knn"]) == 1
    told = capsys.readouterr().err
    assert told == (
        "Error: memory is short. Close other programs, or give --n-jobs 1, and give the command once more.\n"
    )
