from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import pytest

from gtzan_features.errors import AudioDecodeError, ConfigError, PoolError, WorkerError
from gtzan_features.parallel.engines import engine, is_elsewhere
from gtzan_features.parallel.futures import FuturesExecutor
from gtzan_features.parallel.local import ProcessExecutor, SerialExecutor
from tests.parallel.tasks import blas_threads, die, fail_at_three, leave_a_mark, square

POOLS = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}


@pytest.fixture(scope="module", params=POOLS)
def pool(request):
    with POOLS[request.param](2) as made:
        yield made


class TestPools:
    def test_results_come_in_order(self, pool):
        with engine(pool) as executor:
            assert is_elsewhere(executor)
            assert list(executor.map(square, range(200))) == [x * x for x in range(200)]
            assert list(executor.map(square, [])) == []

    def test_blas_has_one_thread_whatever_overlaps(self, pool):
        with engine(pool) as executor:
            assert list(executor.map(blas_threads, range(30))) == [{1}] * 30

    def test_errors_keep_their_arguments_and_the_pool_stays_open(self, pool):
        with engine(pool) as executor:
            with pytest.raises(AudioDecodeError, match="item 3") as caught:
                list(executor.map(fail_at_three, range(100)))
            assert caught.value.reason == "item 3"
            assert list(executor.map(square, [2])) == [4]

    def test_what_waits_for_a_long_item_is_bounded(self, pool, tmp_path):
        with engine(pool) as executor:
            found = list(executor.map(partial(leave_a_mark, folder=tmp_path), range(300)))
        assert found == [32 * 2 - 1, *range(1, 300)]


def test_limits_are_lifted_at_the_end():
    before = blas_threads(0)
    with ThreadPoolExecutor(3) as threads, engine(threads) as executor:
        list(executor.map(blas_threads, range(9)))
    assert blas_threads(0) == before


def test_a_pool_that_breaks_is_one_line():
    found = []
    with ProcessPoolExecutor(2) as processes, engine(processes) as executor:
        results = executor.map(partial(die, at={40}), range(100), lost=lambda x, how: (x, how))
        with pytest.raises(
            PoolError, match=r"no more work.*What is finished is kept\. Do the same"
        ) as caught:
            found.extend(results)
    assert found == [x * x for x in range(len(found))]
    assert "\n" not in str(caught.value)


def test_a_pool_that_was_shut_down_is_one_line():
    threads = ThreadPoolExecutor(1)
    threads.shutdown()
    with (
        engine(threads) as executor,
        pytest.raises(PoolError, match="cannot schedule new futures after shutdown"),
    ):
        list(executor.map(square, range(3)))


class Killed(Exception):  # noqa: N818
    """As Dask's, which is known by its name."""

    def __init__(self, allowed_failures):
        super().__init__("the workers died")
        self.allowed_failures = allowed_failures


Killed.__name__ = "KilledWorker"


class Losing(Executor):
    """A cluster that gives two items to a worker; some items end it, and so the other's work, too.

    It tries both again by itself, as often as `allowed` says.
    """

    def __init__(self, deaths, last, allowed=0):
        self.deaths, self.last, self.allowed = Counter(deaths), last, allowed
        self.waiting, self.runs = [], Counter()

    def submit(self, function, /, wrapped, item):
        future = Future()
        self.waiting.append((future, function, wrapped, item))
        if len(self.waiting) == 2 or item == self.last or self.runs[item]:
            self.work()
        return future

    def work(self):
        both, self.waiting = self.waiting, []
        self.runs.update(item for *_, item in both)
        for _ in range(self.allowed + 1):
            fatal = [item for *_, item in both if self.deaths[item]]
            self.deaths.subtract(fatal)
            if not fatal:
                break
        for future, function, wrapped, item in both:
            if fatal:
                future.set_exception(Killed(self.allowed))
            else:
                future.set_result(function(wrapped, item))


LOSSES = {
    "by chance": ({5: 1}, ()),
    "by chance, twice": ({5: 2}, ()),
    "always": ({5: 99}, (5,)),
    "the first and the last": ({0: 99, 19: 99}, (0, 19)),
    "neighbours": ({6: 99, 7: 99}, (6, 7)),
    "all": (dict.fromkeys(range(20), 99), range(20)),
}


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("allowed", [0, 3])
def test_what_ends_workers_costs_itself_alone(kind, allowed):
    deaths, gone = LOSSES[kind]
    pool = Losing(deaths, last=19, allowed=allowed)
    found = list(FuturesExecutor(pool, 2).map(square, range(20), lost=lambda x, how: (x, how)))
    assert found == [(x, "worker lost") if x in gone else x * x for x in range(20)]
    assert max(pool.runs.values()) <= (2 if allowed else 3)


def test_without_a_stand_in_a_lost_item_ends_the_run():
    with pytest.raises(WorkerError, match="worker lost"):
        list(FuturesExecutor(Losing({1: 99}, last=3), 2).map(square, range(4)))


class Cancelling(Executor):
    def submit(self, *_):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_a_cluster_that_cancels_is_told_as_such():
    with pytest.raises(PoolError, match="no more work"):
        list(FuturesExecutor(Cancelling(), 2).map(square, range(4), lost=lambda *_: None))


def test_what_is_not_begun_is_cancelled_when_nobody_waits():
    begun, go_on = [], threading.Event()

    def wait(x):
        begun.append(x)
        return x if x == 0 else go_on.wait(30)

    with ThreadPoolExecutor(1) as one, engine(one) as executor:
        results = executor.map(wait, range(50))
        assert next(results) == 0
        results.close()
        go_on.set()
    assert len(begun) <= 2


def test_a_pool_may_grow():
    sizes = iter([1, 1, 5] + [5] * 100)
    most, lock, waiting = [0], threading.Lock(), set()

    class Counting(ThreadPoolExecutor):
        def submit(self, *args):
            future = super().submit(*args)
            with lock:
                waiting.add(future)
                most[0] = max(most[0], len(waiting))
            future.add_done_callback(waiting.discard)
            return future

    with Counting(5) as many:
        executor = FuturesExecutor(many, lambda: next(sizes, 5))
        assert list(executor.map(square, range(60))) == [x * x for x in range(60)]
    assert most[0] <= 10


def test_which_executor_stands_for_what():
    for given, n_jobs, kind in ((None, 1, SerialExecutor), ("local", 3, ProcessExecutor)):
        with engine(given, n_jobs) as made:
            assert isinstance(made, kind)
            with engine(made) as same:
                assert same is made
    with ThreadPoolExecutor(3) as threads, engine(threads) as three, engine(threads, 7) as seven:
        assert (three.n_workers, seven.n_workers) == (3, 7)
    for wrong in ("spark", 3, object()):
        with pytest.raises(ConfigError, match="nothing that work can be given to"):
            engine(wrong)
    with pytest.raises(ConfigError, match="no number of workers"):
        engine(None, 0)


def test_a_broken_future_is_no_broken_pool():
    class Once(ThreadPoolExecutor):
        broke = False

        def submit(self, *args):
            if args[-1] == 2 and not self.broke:
                self.broke = True
                future = Future()
                future.set_exception(BrokenExecutor("gone"))
                return future
            return super().submit(*args)

    with Once(2) as pool, engine(pool) as executor:
        assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]
