"""Python looks for garbage seldom while a command loads, and as usual from the second item on."""

from __future__ import annotations

import gc

import pytest

from gtzan_features.garbage import seldom_looked_for
from gtzan_features.parallel.local import local_executor


def test_it_looks_as_usual_from_the_second_item_on():
    usual, seen = gc.get_threshold(), []
    with seldom_looked_for():
        list(local_executor(1).map(lambda _: seen.append(gc.get_threshold()), range(3)))
    assert seen[0][0] > usual[0]
    assert seen[1:] == [usual, usual]
    assert gc.get_threshold() == usual


def test_it_looks_as_usual_after_an_error():
    usual = gc.get_threshold()

    @seldom_looked_for()
    def fails():
        raise KeyError(gc.get_threshold())

    with pytest.raises(KeyError) as error:
        fails()
    assert error.value.args[0] != usual
    assert gc.get_threshold() == usual
