"""A real cluster of two processes, one for this module: `--dist loadfile` keeps it in one process."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from gtzan_features.config import SegmentConfig
from gtzan_features.errors import AudioDecodeError, ConfigError, PoolError
from gtzan_features.extraction import any_machine
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.parallel import dask as clusters
from gtzan_features.parallel.engines import engine
from gtzan_features.storage import location
from tests.parallel.tasks import blas_threads, die, fail_at_three, pid, square
from tests.parallel.test_local import is_running, wait_for

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def cluster():
    with ExitStack() as stack:
        executor = stack.enter_context(engine("dask", 2))
        yield executor
        pids = set(executor.map(pid, range(20)))
        stack.close()
    wait_for(lambda: not any(is_running(one) for one in pids))


def test_results_come_in_order_with_one_thread(cluster):
    assert cluster.n_workers == 2
    assert list(cluster.map(square, range(60))) == [x * x for x in range(60)]
    assert list(cluster.map(blas_threads, range(4))) == [{1}] * 4


def test_equal_items_are_computed_each(cluster):
    assert list(cluster.map(square, [3] * 5)) == [9] * 5


def test_errors_keep_their_arguments(cluster):
    with pytest.raises(AudioDecodeError, match="item 3") as caught:
        list(cluster.map(fail_at_three, range(30)))
    assert caught.value.reason == "item 3"


def test_what_ends_workers(cluster, tmp_path):
    once = partial(die, at={4}, folder=str(tmp_path))
    assert list(cluster.map(once, range(9), lost=lambda *_: None)) == [x * x for x in range(9)]
    always = partial(die, at={2})
    found = list(cluster.map(always, range(8), lost=lambda x, how: (x, how)))
    assert found[2] == (2, "worker lost")
    # Dask itself ends a worker that is being begun again 15 s after it was lost before: on a slow machine.
    others = [one for one in found if one not in {x * x for x in range(8)}]
    assert len(others) <= 2


def test_tables_are_the_same_bytes(cluster, music, tmp_path, monkeypatch):
    (music / "calm" / "bad.wav").write_bytes(b"RIFF")
    config = ExtractConfig(segments=(SegmentConfig(3.0),))
    monkeypatch.chdir(tmp_path)  # relative paths: workers are in another folder
    for name, executor in (("one", None), ("two", cluster)):
        extract(music.relative_to(tmp_path), tmp_path / name, config, n_jobs=1, executor=executor)
    names = [path.name for path in sorted((tmp_path / "one").glob("*.parquet"))]
    assert names == ["kaggle-3s.parquet", "status.parquet"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_worker_with_another_program_is_refused(cluster, music, tmp_path, monkeypatch):
    ours = any_machine._program()
    monkeypatch.setattr(any_machine, "_program", lambda: {**ours, "code": "0123456789ab", "numpy": "9.9"})
    with pytest.raises(
        PoolError, match="a worker on .* has numpy .* and not 9.9, code .* and not 0123"
    ) as caught:
        extract(music, tmp_path / "out", n_jobs=1, executor=cluster)
    assert "\n" not in str(caught.value)


def test_a_worker_without_this_package_is_told_as_such(cluster, monkeypatch):
    monkeypatch.setattr(clusters, "pickled", lambda _: b"cgtzan_features.nowhere\nf\n.")
    with pytest.raises(PoolError, match="cannot read its work .*nowhere.*Install the same version of gtzan"):
        list(cluster.map(square, range(3), lost=lambda *_: None))
    with pytest.raises(pickle.PicklingError, match="gtzan_task"):  # so that Dask sends it by value
        pickle.dumps(clusters._UNSEAL)


def test_an_interrupt_cancels_what_waits(cluster, tmp_path):
    results = cluster.map(partial(sleep_and_mark, folder=str(tmp_path)), range(400))
    assert next(results) == 0
    results.close()
    assert list(cluster.map(square, range(3))) == [0, 1, 4]
    assert len(list(tmp_path.iterdir())) < 200


def sleep_and_mark(x, folder):
    Path(folder, str(x)).touch()
    time.sleep(0.05)
    return x


FAMILY = """
import os, sys, time
from pathlib import Path
from gtzan_features.parallel.engines import engine

def work(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(0.2)

if __name__ == "__main__":
    with engine("dask", 1) as executor:
        list(executor.map(work, [sys.argv[1]] * 1000))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_cluster_ends_with_its_parent(how, tmp_path):
    script, seen = tmp_path / "family.py", tmp_path / "seen"
    script.write_text(FAMILY)
    seen.mkdir()
    words = [sys.executable, str(script), str(seen)]
    with (tmp_path / "log").open("w") as log:
        parent = subprocess.Popen(words, start_new_session=True, stderr=log)
        try:
            wait_for(lambda: any(seen.iterdir()))
            # As a terminal does it: to all of them.
            os.killpg(parent.pid, how) if how == signal.SIGINT else parent.kill()
            parent.wait(300)
        finally:
            parent.kill()
            parent.wait()
    (worker,) = (int(path.name) for path in seen.iterdir())
    wait_for(lambda: not is_running(worker))
    assert "Dask Worker process" not in (tmp_path / "log").read_text()


def test_a_scheduler_that_does_not_answer_is_one_line(monkeypatch):
    monkeypatch.setattr(clusters, "ANSWERS_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(PoolError, match=f"no Dask scheduler answers at {address}") as caught:
            engine(address).__enter__()
    assert "\n" not in str(caught.value)
    for wrong in ("tcp://", "mail://here:1"):
        with pytest.raises(ConfigError, match=r"--scheduler .*no address"):
            engine(wrong).__enter__()


def test_an_address_a_client_and_no_worker_yet(caplog):
    with distributed.LocalCluster(
        n_workers=0, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp", silence_logs=50
    ) as empty:
        with engine(empty.scheduler_address) as executor:
            assert "has no worker yet" in caplog.text
            threading.Timer(0.2, empty.scale, [1]).start()
            assert list(executor.map(square, range(3))) == [0, 1, 4]
        with distributed.Client(empty) as client:
            with engine(client) as executor:
                assert list(executor.map(square, range(3))) == [0, 1, 4]
            assert client.status == "running"


def test_tables_of_a_cluster_go_to_a_shared_folder(music):
    pytest.importorskip("upath")
    with pytest.raises(ConfigError, match="in a folder that all share"):
        extract(music, location("memory://tables"), executor="tcp://127.0.0.1:1")


def test_without_dask_there_is_one_line():
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from gtzan_features.parallel.engines import engine\n"
        "try:\n    engine('dask').__enter__()\n"
        "except Exception as error:\n    print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ConfigError Dask is not installed (pip install 'gtzan[cluster]')")
