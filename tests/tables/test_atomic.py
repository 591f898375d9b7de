"""Files that are whole or not there, whatever happens and whoever writes beside."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading

import pytest

from gtzan_features.tables import atomic
from gtzan_features.tables.atomic import atomic_path, remove_leftovers, write_text


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_are_as_readable_as_any_new_one(tmp_path, mask):
    code = (
        "import os, sys; from pathlib import Path; from gtzan_features.tables.atomic import write_text; "
        "os.umask(int(sys.argv[1])); write_text(Path(sys.argv[2]), 'x')"
    )
    subprocess.run([sys.executable, "-c", code, str(mask), str(tmp_path / "x")], check=True)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o666 & ~mask


def test_the_mask_of_the_process_is_left_alone(tmp_path, monkeypatch):
    """It is one for all threads: to set it, even for a moment, opens what another thread writes."""
    monkeypatch.setattr(os, "umask", None)
    write_text(tmp_path / "x", "x")


def test_threads_that_write_one_file_leave_it_whole(tmp_path):
    texts = [str(i) * 50_000 for i in range(8)]
    threads = [threading.Thread(target=write_text, args=(tmp_path / "x", text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "x").read_text() in texts
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_what_is_being_written_is_no_leftover(tmp_path):
    with atomic_path(tmp_path / "x") as temporary:
        remove_leftovers(tmp_path)
        temporary.write_text("x")
    assert (tmp_path / "x").read_text() == "x"


def test_other_hidden_files_are_left(tmp_path):
    names = [".part", "x.part", ".git", ".x.01234567.part.wav", ".x.abc.part"]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / ".y.01234567.part").symlink_to(tmp_path / "x.part")
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*names, ".y.01234567.part"}


def test_bytes_are_on_the_disk_before_they_take_the_name(tmp_path, monkeypatch):
    order = []
    replace = type(tmp_path).replace
    flush = atomic.flush
    monkeypatch.setattr(atomic, "flush", lambda path: (order.append(path.name), flush(path)))
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda self, to: (order.append("replace"), replace(self, to))
    )
    write_text(tmp_path / "x", "x")
    assert order == [order[0], "replace", tmp_path.name]
    assert order[0].endswith(".part")


def test_a_full_disk_is_told_of_with_the_file_that_had_no_room(tmp_path):
    def write_without_room():
        with atomic_path(tmp_path / "table.txt"):
            raise OSError(errno.ENOSPC, "No space left on device")  # as write(2) has it: of no file

    with pytest.raises(OSError, match=r"No space left on device: .*table\.txt"):
        write_without_room()
    assert not list(tmp_path.iterdir())
