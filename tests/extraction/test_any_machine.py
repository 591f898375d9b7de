from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest

from gtzan_features.errors import PoolError
from gtzan_features.extraction import any_machine
from gtzan_features.extraction.any_machine import OnAnyMachine

PREPARED = []


@dataclass(frozen=True)
class Recipe:
    """Stands for a recipe whose kernels are compiled once they were prepared."""

    name: str

    @property
    def is_compiled(self):
        return False

    def prepare(self, _):
        PREPARED.append(self.name)


def add(x, y):
    return x + y


@pytest.fixture(autouse=True)
def fresh():
    PREPARED.clear()
    any_machine._ready.clear()


def arrived(task):
    return pickle.loads(pickle.dumps(task))


def test_a_process_is_prepared_once_whatever_comes():
    task = OnAnyMachine(partial(add, 1), Recipe("one"))
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda x: arrived(task)(x), range(20))) == list(range(1, 21))
    assert PREPARED == ["one"]
    assert arrived(OnAnyMachine(partial(add, 2), Recipe("two")))(0) == 2
    assert PREPARED == ["one", "two"]


def test_another_program_is_refused_before_its_task_is_read(monkeypatch):
    task = OnAnyMachine(partial(add, 1), Recipe("one"))
    task._pickled = b"what another version cannot read"
    here = any_machine._program()
    monkeypatch.setattr(any_machine, "_program", lambda: {**here, "code": "0" * 12, "numba": "0.1"})
    with pytest.raises(
        PoolError, match=r"has numba 0\.1 and not .*, code 000000000000 and not .*same versions"
    ) as caught:
        arrived(task)(0)
    assert "\n" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert not PREPARED
