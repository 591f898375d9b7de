"""Bins of confidence, on their own."""

from __future__ import annotations

import numpy as np
import pytest

from gtzan_features.evaluation.calibration import calibration_error, reliability


def test_bins_cover_the_unit_interval_and_hold_every_row():
    confidence = np.random.default_rng(0).random(500)
    bins = reliability(confidence, confidence > 0.5)
    assert [one.low for one in bins[1:]] == [one.high for one in bins[:-1]]
    assert (bins[0].low, bins[-1].high, len(bins)) == (0.0, 1.0, 10)
    assert sum(one.n for one in bins) == 500
    for one in bins:
        assert one.confidence is not None
        assert one.low < one.confidence <= one.high


def test_the_ends_belong_to_the_first_and_the_last_bin():
    counts = [one.n for one in reliability([0.0, 0.1, 1.0, 1.0 + 1e-7], [True] * 4, n_bins=5)]
    assert counts == [2, 0, 0, 0, 2]


def test_error_of_one_bin_is_the_gap():
    bins = reliability([0.75] * 4, [True, False, False, False])
    assert calibration_error(bins) == pytest.approx(0.5)


def test_a_perfect_and_confident_run_has_no_error():
    assert calibration_error(reliability([1.0, 1.0], [True, True])) == 0.0


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="confidence"):
        reliability([0.5], [True, False])
    with pytest.raises(ValueError, match="booleans"):
        reliability([0.5], [1])
