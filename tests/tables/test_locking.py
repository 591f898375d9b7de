import contextlib
import errno
import json
import multiprocessing
import os
import pickle
import signal
import socket
from pathlib import Path

import pytest

from gtzan_features.errors import OutputLockedError
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.locking import output_lock
from tests import nasty


def _hold(target: Path, ready, done) -> None:
    with output_lock(target):
        ready.set()
        done.wait(60)


def _holder(target: Path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(target, ready, done))
    process.start()
    assert ready.wait(60)
    return process, done


def test_a_second_process_is_refused_and_told_who_writes(tmp_path):
    process, done = _holder(tmp_path / "out")
    try:
        refused = pytest.raises(OutputLockedError, match=rf"process {process.pid} on .*Wait for it")
        with refused, output_lock(tmp_path / "out"):
            pass
    finally:
        done.set()
        process.join()
    with output_lock(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_holder_locks_nobody_out(tmp_path):
    process, _ = _holder(tmp_path / "out")
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with output_lock(tmp_path / "out"):
        pass


def test_outputs_beside_one_another_are_locked_apart(tmp_path):
    with output_lock(tmp_path / "a"), output_lock(tmp_path / "b"):
        pass


def test_the_error_survives_the_trip_out_of_a_worker():
    error = OutputLockedError(Path("out"), "process 1 on host")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("name", [*nasty.NAMES.values(), "x" * 255, "日" * 85], ids=[*nasty.NAMES, "x", "日"])
def test_an_output_of_any_name_can_be_locked(tmp_path, name):
    with output_lock(tmp_path / name):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_one_that_cannot_be_written_to_is_locked_from_within(tmp_path, monkeypatch):
    folder = tmp_path / "mounted"
    folder.mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path and access(path, mode))
    with output_lock(folder):
        assert [path.name for path in folder.iterdir()] == [".lock"]
        with pytest.raises(OutputLockedError), output_lock(folder):
            pass
    assert list(tmp_path.iterdir()) == [folder]


def test_names_as_long_as_names_can_be_are_locked_apart(tmp_path):
    with output_lock(tmp_path / ("a" * 255)), output_lock(tmp_path / ("a" * 254 + "b")):
        pass


def test_file_systems_without_locks_are_written_to(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    with output_lock(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


HOLDERS = {
    "nothing": "",
    "half a line": '{"pid": 1',
    "a process that is gone": json.dumps(
        {"pid": 2**22 + 1, "host": socket.gethostname(), "what": "gtzan fit"}
    ),
    "a process of another host": json.dumps({"pid": 1, "host": "elsewhere", "what": "gtzan fit"}),
    "a process that runs": json.dumps(
        {"pid": os.getppid(), "host": socket.gethostname(), "what": "gtzan fit"}
    ),
}


def no_locks(*_):
    raise OSError(errno.ENOLCK, "No locks available")


@pytest.mark.parametrize("has_locks", [True, False])
@pytest.mark.parametrize("holder", HOLDERS)
def test_a_lock_file_that_was_left_blocks_nobody(tmp_path, monkeypatch, holder, has_locks):
    """Without the system's locks, a running process of this host is believed; no other is."""
    (tmp_path / ".out.lock").write_text(HOLDERS[holder])
    if not has_locks:
        monkeypatch.setattr("fcntl.flock", no_locks)
    refused = holder == "a process that runs" and not has_locks
    with pytest.raises(OutputLockedError, match="gtzan fit") if refused else contextlib.nullcontext():  # noqa: SIM117
        with output_lock(tmp_path / "out"):
            pass


def test_what_killed_writers_left_in_an_output_goes_when_it_is_locked(tmp_path):
    (tmp_path / "out").mkdir()
    inside, beside = (folder / ".rows.0a1b2c3d.part" for folder in (tmp_path / "out", tmp_path))
    for path in (inside, beside):
        path.write_bytes(b"half")
    with output_lock(tmp_path / "out"):
        assert [inside.exists(), beside.exists()] == [False, True]
    with output_lock(tmp_path / "file.csv"), atomic_path(tmp_path / "b.csv"):
        assert not beside.exists()
        with output_lock(tmp_path / "c.csv"):  # what is being written stays
            assert len(list(tmp_path.glob(".b.csv.*.part"))) == 1


def test_a_lock_that_cannot_be_removed_is_released_all_the_same(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: no_locks())
        with pytest.raises(OSError, match="No locks"), output_lock(tmp_path / "out"):
            pass
    with output_lock(tmp_path / "out"):
        pass
