from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gtzan_features.errors import OutputLockedError, RunError
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.run_folder import list_runs
from gtzan_features.tables.run_storage import new_run_folder, restore_runs


def write(folder: Path, text: str) -> None:
    with new_run_folder(folder) as new:
        (new / "a").write_text(text)
        (new / "b").write_text(text)


def content(folder: Path) -> set[str]:
    return {(folder / name).read_text() for name in ("a", "b")}


def test_a_new_folder_replaces_the_old_one_and_leaves_nothing_else(tmp_path):
    write(tmp_path / "run", "old")
    write(tmp_path / "run", "new")
    assert content(tmp_path / "run") == {"new"}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


class _Steps:
    """Stands for the calls that change names or remove folders; raises or kills at one of them."""

    def __init__(self, at: int, error: type[BaseException] | None) -> None:
        self.at, self.error, self.count = at, error, 0
        self.replace, self.rmtree = Path.replace, shutil.rmtree

    def step(self) -> None:
        self.count += 1
        if self.count == self.at:
            if self.error is None:
                os.kill(os.getpid(), signal.SIGKILL)
            else:
                raise self.error

    def install(self, patch) -> None:
        def replace(path, target):
            self.step()
            return self.replace(path, target)

        def rmtree(path, **options):
            self.step()
            return self.rmtree(path, **options)

        patch(Path, "replace", replace)
        patch(shutil, "rmtree", rmtree)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("at", range(1, 8))
def test_an_error_at_any_step_leaves_the_old_folder_or_the_new_one(at, error, tmp_path, monkeypatch):
    run = tmp_path / "run"
    write(run, "old")
    with monkeypatch.context() as patched:
        _Steps(at, error).install(patched.setattr)
        try:
            write(run, "new")
        except error:
            # Ctrl-C puts the old folder back at once, unless it comes while that is done.
            assert not run.exists() or content(run) in ({"old"}, {"new"})
    restore_runs(tmp_path)
    assert content(run) in ({"old"}, {"new"})
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


KILLED = """
import sys
from pathlib import Path
from tests.tables.test_run_storage import _Steps, write
_Steps(int(sys.argv[2]), None).install(setattr)
write(Path(sys.argv[1]), "new")
"""


@pytest.mark.parametrize("at", range(1, 6))
def test_after_a_kill_at_any_step_the_next_command_finds_one_of_both(at, tmp_path):
    run = tmp_path / "run"
    write(run, "old")
    found = subprocess.run([sys.executable, "-c", KILLED, str(run), str(at)], check=False)
    assert found.returncode in (-signal.SIGKILL, 0)
    try:
        list_runs(tmp_path)
    except RunError:  # these runs hold no manifest
        assert content(run) in ({"old"}, {"new"})
        assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_kill_while_the_new_folder_is_written_leaves_the_old_one(tmp_path):
    run = tmp_path / "run"
    write(run, "old")
    code = KILLED.replace(
        "write(Path",
        "import os\nwith new_run_folder(Path(sys.argv[1])):\n  os.kill(os.getpid(), 9)\nwrite(Path",
    )
    code = "from gtzan_features.tables.run_storage import new_run_folder\n" + code
    subprocess.run([sys.executable, "-c", code, str(run), "99"], check=False)
    assert (tmp_path / ".run.new-run").is_dir()
    write(tmp_path / "other", "another run cleans up as well")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other", "run"]
    assert content(run) == {"old"}


def test_what_earlier_versions_left_is_put_right(tmp_path):
    write(tmp_path / "a-012abc", "old")
    (tmp_path / "a-012abc").rename(tmp_path / ".a-012abc.x1y2_3z4.old")
    (tmp_path / ".a-012abc.x1y2_3z4").mkdir()
    (tmp_path / ".b-012abc.x1y2_3z4").mkdir()
    others = [".parts", ".git", ".mine.old", ".my.download"]  # never made by this program
    for name in others:
        (tmp_path / name).mkdir()
    restore_runs(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*others, "a-012abc"])
    assert content(tmp_path / "a-012abc") == {"old"}


def test_a_second_writer_is_refused_with_a_sentence_and_disturbs_nothing(tmp_path):
    run = tmp_path / "run"
    with new_run_folder(run) as new:
        with pytest.raises(OutputLockedError, match="run: is being written by process"), new_run_folder(run):
            pass
        restore_runs(tmp_path)
        (new / "a").write_text("x")
    assert (run / "a").read_text() == "x"


def test_what_another_command_writes_is_left_alone(tmp_path):
    with output_lock(tmp_path / "run"):
        (tmp_path / ".run.old-run").mkdir()
        restore_runs(tmp_path)
        assert (tmp_path / ".run.old-run").is_dir()
    restore_runs(tmp_path)
    assert (tmp_path / "run").is_dir()


def test_folders_without_runs_stay_as_they_are(tmp_path):
    restore_runs(tmp_path / "none")
    assert not (tmp_path / "none").exists()
