from __future__ import annotations

import pytest

from gtzan_features.bench.finished_fits import add_seconds


@pytest.mark.parametrize("seconds", [3.4967, 2.5, 0.004999, 1e-9, 0.1 + 0.2])
def test_a_run_that_computes_nothing_gives_the_sum_of_the_one_before(tmp_path, seconds):
    first = add_seconds(tmp_path, "extract-kaggle", seconds)
    assert first == pytest.approx(seconds, abs=0.005)
    assert [add_seconds(tmp_path, "extract-kaggle", 0.0) for _ in range(2)] == [first, first]


def test_steps_have_sums_of_their_own(tmp_path):
    assert [add_seconds(tmp_path, step, 1.25) for step in ("a", "b", "a")] == [1.25, 1.25, 2.5]
