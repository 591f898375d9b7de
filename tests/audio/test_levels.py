from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtzan_features.audio.levels import CLIP_RUN, Levels


def clipped_share(samples: np.ndarray) -> float:
    """Sample by sample, as it is defined."""
    runs, length = 0, 0
    for full in [*(np.abs(samples) >= 0.999), False]:
        if full:
            length += 1
        else:
            runs += length if length >= CLIP_RUN else 0
            length = 0
    return runs / len(samples)


@given(
    samples=st.lists(st.sampled_from([0.0, 0.5, 1.0, -1.0]), min_size=1, max_size=60),
    block=st.integers(1, 20),
)
def test_blocks_of_any_length_give_what_the_whole_gives(samples, block):
    signal, levels = np.array(samples, dtype=np.float32), Levels()
    for start in range(0, len(signal), block):
        levels.add(signal[start : start + block])
        levels.add(signal[:0])
    assert levels.clipped == pytest.approx(clipped_share(signal))
    assert (levels.low, levels.high, levels.n_samples) == (signal.min(), signal.max(), len(signal))
    peak = np.abs(signal).max()
    assert levels.peak_db == (pytest.approx(20 * np.log10(peak)) if peak else float("-inf"))
