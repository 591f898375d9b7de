from __future__ import annotations

import os

import pytest
from threadpoolctl import threadpool_info

from gtzan_features.errors import AudioDecodeError, ConfigError
from gtzan_features.parallel.local import (
    ProcessExecutor,
    SerialExecutor,
    available_processors,
    local_executor,
)

EXECUTORS = [SerialExecutor(), ProcessExecutor(2)]


def threads(_):
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    counts = {pool["num_threads"] for pool in threadpool_info()}
    return counts, os.environ.get("NUMBA_NUM_THREADS"), os.getpid()


def square(x):
    return x * x


def fail(x):
    raise AudioDecodeError("a.wav", f"item {x}")


@pytest.mark.parametrize("executor", EXECUTORS, ids=["serial", "processes"])
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
