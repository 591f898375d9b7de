from __future__ import annotations

import ast
import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from gtzan_features.errors import AudioDecodeError, ConfigError, WorkerError
from gtzan_features.parallel import local
from gtzan_features.parallel.local import (
    ProcessExecutor,
    SerialExecutor,
    available_processors,
    local_executor,
)

EXECUTORS = [SerialExecutor(), ProcessExecutor(2), ProcessExecutor(2)]


@pytest.fixture
def new_processes(request, monkeypatch):
    """Begin workers as where a process cannot be copied: on other systems, or beside threads."""
    if request.node.callspec.id.startswith("new"):
        monkeypatch.setattr(local, "copies", lambda *_: None)


def threads(_):
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    counts = {pool["num_threads"] for pool in threadpool_info()}
    return counts, os.environ.get("NUMBA_NUM_THREADS"), os.getpid()


def square(x):
    return x * x


def fail(x):
    raise AudioDecodeError("a.wav", f"item {x}")


@pytest.mark.usefixtures("new_processes")
@pytest.mark.parametrize("executor", EXECUTORS, ids=["serial", "processes", "new processes"])
class TestExecutors:
    def test_results_come_in_order(self, executor):
        assert list(executor.map(square, list(range(50)))) == [x * x for x in range(50)]

    def test_nothing_gives_nothing(self, executor):
        assert list(executor.map(square, [])) == []

    def test_blas_has_one_thread(self, executor):
        for counts, *_ in executor.map(threads, range(4)):
            assert counts == {1}

    def test_errors_keep_their_arguments(self, executor):
        with pytest.raises(AudioDecodeError, match="item 3") as caught:
            list(executor.map(fail, [3]))
        assert caught.value.reason == "item 3"


def test_workers_are_other_processes_with_one_numba_thread():
    found = list(ProcessExecutor(2).map(threads, range(8)))
    assert {numba for _, numba, _ in found} == {"1"}
    assert os.getpid() not in {pid for *_, pid in found}


def test_the_number_of_workers():
    assert isinstance(local_executor(1), SerialExecutor)
    assert local_executor(3).n_jobs == 3
    assert 1 <= available_processors() <= os.cpu_count()
    for wrong in (0, -2):
        with pytest.raises(ConfigError, match="no number of workers"):
            local_executor(wrong)


def end_process(x, how):
    """Square, but for items that end the process that has them."""
    if x in how:
        if how[x] < 0:
            os.kill(os.getpid(), -how[x])
        os._exit(how[x])
    return x * x


DEATHS = {
    "signals": {1: -signal.SIGKILL, 2: -signal.SIGSEGV, 7: -signal.SIGABRT},
    "exits": {0: 1, 9: 0},
}


@pytest.mark.usefixtures("new_processes")
@pytest.mark.parametrize("kind", [*DEATHS, *(f"new processes, {kind}" for kind in DEATHS)])
def test_an_item_that_ends_its_process_costs_itself(kind):
    how = DEATHS[kind.split()[-1]]
    told = {x: f"signal {-code}" if code < 0 else f"exit code {code}" for x, code in how.items()}
    task = partial(end_process, how=how)
    found = list(ProcessExecutor(2).map(task, range(10), lost=lambda x, how: (x, how)))
    assert found == [(x, told[x]) if x in told else x * x for x in range(10)]


def test_items_that_all_end_their_process_come_to_an_end():
    how = dict.fromkeys(range(5), -signal.SIGKILL)
    found = list(ProcessExecutor(2).map(partial(end_process, how=how), range(5), lost=lambda x, _: -x))
    assert found == [0, -1, -2, -3, -4]


def die_once(x, folder):
    """End the process that has item 2, the first time only: as memory does that is short for a moment."""
    if x == 2 and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x


def test_an_item_whose_process_was_killed_by_chance_keeps_its_result(tmp_path):
    found = list(ProcessExecutor(2).map(partial(die_once, folder=tmp_path), range(9), lost=lambda *_: None))
    assert found == [x * x for x in range(9)]


def count_the_others(x, folder):
    """Item 0 goes on until no more can begin beside it; the others leave a file each."""
    if x:
        (folder / str(x)).touch()
        return x
    wait_for(lambda: len(list(folder.iterdir())) >= MOST_WAITING)
    time.sleep(0.3)  # for one more, which must not come
    return len(list(folder.iterdir()))


MOST_WAITING = 32 * 2 - 1


def test_what_waits_for_a_long_item_is_bounded(tmp_path):
    found = list(ProcessExecutor(2).map(partial(count_the_others, folder=tmp_path), range(300)))
    assert found[1:] == list(range(1, 300))
    assert found[0] == MOST_WAITING


def begin(x, folder):
    """Leave a file; after the first item, go on only when the test says so."""
    (folder / str(x)).touch()
    if x:
        wait_for((folder / "go").exists)
    return x


def test_nothing_is_begun_until_the_next_result_is_asked_for(tmp_path):
    """Two items for each process are on their way; none overtakes the first, so none has made room."""
    results = ProcessExecutor(2).map(partial(begin, folder=tmp_path), range(300))
    assert next(results) == 0
    (tmp_path / "go").touch()
    begun = {"go", "0", "1", "2", "3"}
    wait_for(lambda: begun <= {path.name for path in tmp_path.iterdir()})
    time.sleep(0.2)  # for one more, which must not come
    assert {path.name for path in tmp_path.iterdir()} == begun
    results.close()


def be_interrupted(x):
    """Get what a terminal sends to all processes on Ctrl-C, which the command alone answers."""
    os.kill(os.getpid(), signal.SIGINT)
    return x * x


def test_an_interrupt_of_a_worker_is_none():
    assert list(ProcessExecutor(2).map(be_interrupted, range(4))) == [0, 1, 4, 9]


FIRST_POOL = """
import os, signal
from gtzan_features.parallel.local import ProcessExecutor

def seen(_):
    os.kill(os.getpid(), signal.SIGINT)
    lines = open("/proc/self/status").read().splitlines()
    masks = {line[:6]: int(line.split()[1], 16) for line in lines if line[:6] in ("SigBlk", "SigIgn")}
    return [bool(masks[name] >> number - 1 & 1) for name in masks for number in (2, 15, 1)]

if __name__ == "__main__":
    print([one for one in ProcessExecutor(2).map(seen, range(3))])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_the_first_pool_of_a_command_takes_no_interrupts_but_what_ends_it(tmp_path):
    """Python's own tracker of semaphores, which the first pool starts, lifts every hold on interrupts."""
    script = tmp_path / "first.py"
    script.write_text(FIRST_POOL)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    blocked, ignored = [False, False, False], [True, False, False]
    assert ast.literal_eval(done.stdout) == [blocked + ignored] * 3
    assert done.stderr == ""


def where_it_works(_: int) -> str:
    return str(Path.cwd())


def test_workers_follow_their_parent_to_another_folder(tmp_path, monkeypatch):
    executor = local_executor(2)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert set(executor.map(where_it_works, range(4))) == {str(Path.cwd())}


def test_work_that_cannot_be_left_out_ends_with_one_line():
    with pytest.raises(WorkerError, match="ended .signal 9. .*--n-jobs") as caught:
        list(ProcessExecutor(2).map(partial(end_process, how={1: -9}), range(4)))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def fail_beside(x):
    if x == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    raise AudioDecodeError("a.wav", f"item {x}")


def test_errors_of_the_function_are_raised_from_a_broken_pool_too():
    with pytest.raises(AudioDecodeError, match="item 0"):
        list(ProcessExecutor(2).map(fail_beside, range(4), lost=lambda *_: None))


FAMILY = """
import sys, time, os
from pathlib import Path
from gtzan_features.parallel.local import ProcessExecutor

def work(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)

if __name__ == "__main__":
    list(ProcessExecutor(2).map(work, [sys.argv[1]] * 4))
"""


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    script, seen = tmp_path / "family.py", tmp_path / "seen"
    script.write_text(FAMILY)
    seen.mkdir()
    parent = subprocess.Popen([sys.executable, str(script), str(seen)])
    try:
        wait_for(lambda: len(list(seen.iterdir())) == 2)
    finally:
        parent.kill()
        parent.wait()
    workers = [int(path.name) for path in seen.iterdir()]
    wait_for(lambda: not any(is_running(pid) for pid in workers))


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds=300):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


HELD = []


def grow(_: int) -> int:
    if not HELD:
        HELD.append(None)
    elif HELD[0] is None:
        HELD[0] = b"x" * (400 << 20)
    time.sleep(0.4)
    return os.getpid()


def test_a_worker_that_grows_is_not_replaced():
    pytest.importorskip("psutil", reason="without it loky does not ask for the memory of workers")
    assert len(set(ProcessExecutor(2).map(grow, range(12)))) <= 2
