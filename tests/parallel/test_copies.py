"""Workers that are copies of their process: what they have of it and have not, and when there are none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from gtzan_features.errors import OutputLockedError
from gtzan_features.parallel import local
from gtzan_features.parallel.copies import can_be_copied
from gtzan_features.parallel.local import ProcessExecutor
from gtzan_features.progress import still, stopped_by
from gtzan_features.tables.locking import output_lock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")

SCRIPT = """
import gc, json, logging, os, signal, sys
from gtzan_features.parallel import local
from gtzan_features.parallel.copies import can_be_copied

def end(number, frame):
    raise SystemExit(7)

def seen(_):
    return {
        "value": VALUE[0],
        "parent": os.getppid(),
        "signals": [signal.getsignal(number) is signal.SIG_DFL for number in CAUGHT],
        "interrupt": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        "handlers": [len(logging.getLogger(name).handlers) for name in LOGS],
        "threads": os.environ["OMP_NUM_THREADS"],
        "thresholds": gc.get_threshold(),
    }

VALUE = ["as written"]
CAUGHT = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
LOGS = (None, "gtzan_features")
for number in CAUGHT:
    signal.signal(number, end)
for name in LOGS:
    logging.getLogger(name).addHandler(logging.NullHandler())
VALUE[0] = "as changed"
found = list(local.ProcessExecutor(2).map(seen, range(6)))
print(json.dumps([found, os.getpid(), "joblib" in sys.modules, can_be_copied(), gc.get_threshold()]))
"""


def run(script, *words, **options):
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, **options)


def test_a_copy_has_what_was_loaded_and_is_a_worker_as_any_other():
    """In a script without ``if __name__``, whose functions no other process could import."""
    done = run(SCRIPT)
    found, parent, has_loky, again, thresholds = json.loads(done.stdout)
    expected = {
        "value": "as changed",
        "parent": parent,
        "signals": [True] * 3,
        "interrupt": True,
        "handlers": [0, 0],
        "threads": "1",
        "thresholds": thresholds,
    }
    assert found == [expected] * 6
    assert again  # nothing of the first pool is left
    assert not has_loky
    assert done.stderr == ""


def test_beside_a_thread_there_is_no_copy():
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert not can_be_copied()
        assert type(local._workers(abs, 2)).__name__ == "_New"
    finally:
        ended.set()
        thread.join()


def test_in_a_thread_there_is_no_copy():
    found = []
    thread = threading.Thread(target=lambda: found.append(can_be_copied()))
    thread.start()
    thread.join()
    assert found == [False]


THREAD = """
import threading
from contextlib import contextmanager
from gtzan_features.parallel.copies import can_be_copied
from gtzan_features.progress import stopped_by

def begin():
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    return ended, thread

@contextmanager
def stop():
    running[0].set()
    running[1].join()
    yield
    running[:] = begin()

running = [*begin()]
print(can_be_copied())
with stopped_by(stop):
    print(can_be_copied(), running[1].is_alive())
print(can_be_copied())
running[0].set()
"""


def test_what_shows_progress_is_stopped_for_a_copy_and_goes_on():
    assert run(THREAD).stdout.split() == ["False", "True", "True", "False"]


def test_stops_hold_for_their_block():
    told = []

    @contextmanager
    def stop():
        told.append("away")
        yield
        told.append("back")

    with stopped_by(stop), still():
        assert told == ["away"]
    with still():
        pass
    assert told == ["away", "back"]


HOLDER = """
import os, sys, time
from pathlib import Path
from gtzan_features.parallel.local import ProcessExecutor
from gtzan_features.tables.locking import output_lock

def work(n):
    os.write(1, f"{os.getpid()}\\n".encode())
    time.sleep(600)

with output_lock(Path(sys.argv[1])):
    list(ProcessExecutor(2).map(work, range(2)))
"""


def test_a_copy_does_not_hold_the_lock_of_a_command_that_was_killed(tmp_path):
    out = tmp_path / "features"
    parent = subprocess.Popen([sys.executable, "-c", HOLDER, str(out)], stdout=subprocess.PIPE, text=True)
    with parent:
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        with pytest.raises(OutputLockedError), output_lock(out):
            pass
        for pid in workers:  # so that they do not notice that their parent is gone
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
        parent.wait()
        try:
            with output_lock(out):
                assert all(Path(f"/proc/{pid}").exists() for pid in workers)
        finally:
            for pid in workers:
                os.kill(pid, signal.SIGKILL)


def test_items_that_a_function_of_any_kind_is_called_with_come_back(monkeypatch):
    add = 3
    assert list(ProcessExecutor(2).map(lambda x: x + add, range(5))) == [3, 4, 5, 6, 7]
    monkeypatch.setattr(local, "copies", lambda *_: None)
    assert list(ProcessExecutor(2).map(lambda x: x + add, range(5))) == [3, 4, 5, 6, 7]
