from __future__ import annotations

import tempfile
import threading
import time

import pytest

from gtzan_features.parallel.node import node_lock


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def together(patience_s):
    """How many were inside at once, and how many came in, of four that work for a moment."""
    inside, most, came = [], [], []

    def work():
        with node_lock("test", patience_s):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()
        came.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return max(most), len(came)


def test_one_is_inside_at_a_time():
    assert together(300) == (1, 4)


def test_nobody_waits_for_ever():
    with node_lock("test"):
        started = time.monotonic()
        with node_lock("test", 0.2):
            pass
        assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("kind", ["no folder", "a link"])
def test_where_no_lock_can_be_made_work_goes_on(kind, tmp_path, monkeypatch):
    if kind == "no folder":
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    else:
        with node_lock("test"):
            pass
        (path,) = tmp_path.glob("gtzan-test-*.lock")
        path.unlink()
        path.symlink_to(tmp_path / "elsewhere")
    assert together(300)[1] == 4
    assert not (tmp_path / "elsewhere").exists()


def test_an_error_lets_go_of_it():
    with pytest.raises(ZeroDivisionError), node_lock("test"):
        raise ZeroDivisionError
    assert together(300) == (1, 4)
