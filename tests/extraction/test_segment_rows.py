from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.audio.load import load_into
from gtzan_features.audio.segments import Segment, segment_bounds
from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.descriptors import sets
from gtzan_features.extraction import segment_rows
from gtzan_features.extraction.segment_rows import SegmentRows
from tests.conftest import SR, tone

LOW_SR = 100  # rows that only tell where their piece lies need no more


def place(pieces, _):
    """A row that names its samples: the signal counts up, so first, last and number tell all."""
    rows = [(piece[0], piece[-1], piece.size) for piece in pieces]
    return np.array(rows, dtype=np.float32).reshape(-1, 3)


@settings(max_examples=150, deadline=None)
@given(
    n_samples=st.integers(0, 12_000),
    first=st.sampled_from([0, 7, 299, 300, 3500]),
    block=st.integers(1, 3000),
    batch_s=st.sampled_from([0.01, 1.0, 7.0, 45.0, 120.0]),
    lengths=st.lists(st.sampled_from([0.5, 1.0, 2.5, 3.0, 7.0, 30.0, 60.0]), min_size=1, unique=True),
)
def test_any_blocks_give_the_segments_of_the_whole(n_samples, first, block, batch_s, lengths):
    configs = tuple(SegmentConfig(length) for length in lengths)
    signal = np.arange(first, first + n_samples, dtype=np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment_rows, "BATCH_S", batch_s)
        rows = SegmentRows(place, configs, LOW_SR, first)
        for start in range(0, n_samples, block):
            rows.add(signal[start : start + block])
        rows.finish()
    for config in configs:
        expected = segment_bounds(first + n_samples, config, LOW_SR, first)
        assert tuple(rows.rows[config].cuts) == expected
        pieces = [signal[cut.start - first : cut.stop - first] for cut in expected]
        np.testing.assert_array_equal(rows.values(config), place(pieces, config))
        assert len(rows.rows[config].keys) == len(expected)


def test_a_short_recording_has_one_row_over_all_of_it_where_that_is_asked_for():
    lengths = (SegmentConfig(3.0), SegmentConfig(30.0))
    rows = SegmentRows(place, lengths, LOW_SR)
    rows.add(np.arange(250, dtype=np.float32))
    rows.finish(whole=True)
    for length in lengths:
        assert rows.rows[length].cuts == [Segment(0, 0, 250)]
        assert rows.values(length).tolist() == [[0, 249, 250]]


def test_features_of_blocks_are_those_of_the_whole_to_the_last_bit(tmp_path, monkeypatch):
    import soundfile

    y = np.concatenate([tone(25.0, 200.0 + 90 * k, seed=k, sr=44_100) for k in range(2)])
    soundfile.write(tmp_path / "a.wav", np.stack([y, 0.5 * y], axis=1), 44_100)
    monkeypatch.setattr(segment_rows, "BATCH_S", 11.0)
    config, lengths = FeatureConfig(), (SegmentConfig(5.0), SegmentConfig(30.0))

    def compute(pieces, _):
        return sets.compute(pieces, config)

    _, rows = load_into(tmp_path / "a.wav", SR, lambda first: SegmentRows(compute, lengths, SR, first))
    rows.finish()
    import librosa

    assert len(rows.rows[lengths[0]].batches) > 1
    whole, _ = librosa.load(tmp_path / "a.wav", sr=SR)
    for length in lengths:
        cuts = segment_bounds(whole.size, length, SR)
        expected = sets.compute([whole[cut.start : cut.stop] for cut in cuts], config)
        np.testing.assert_array_equal(rows.values(length), expected)


_MEASURE = """
import sys
from pathlib import Path
import numpy as np
from gtzan_features.audio.load import load_into
from gtzan_features.config import SegmentConfig
from gtzan_features.extraction.segment_rows import SegmentRows
def mean(pieces, _):
    return np.array([[piece.mean()] for piece in pieces]).reshape(-1, 1)
lengths = (SegmentConfig(3.0), SegmentConfig(30.0))
_, rows = load_into(Path(sys.argv[1]), 22_050, lambda first: SegmentRows(mean, lengths, 22_050, first))
rows.finish()
# getrusage would count what the parent had when it started this process.
lines = Path("/proc/self/status").read_text().splitlines()
(peak,) = (int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
print(peak, len(rows.values(lengths[0])))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the most memory of a process is read in /proc")
def test_memory_does_not_grow_with_the_length(tmp_path):
    import soundfile

    peaks = {}
    for minutes in (3, 20):
        path = tmp_path / f"{minutes}.flac"
        with soundfile.SoundFile(path, "w", 8000, 2, format="FLAC") as file:
            minute = np.random.default_rng(0).integers(-99, 99, (60 * 8000, 2)).astype(np.int16)
            for _ in range(minutes):
                file.write(minute)
        command = [sys.executable, "-c", _MEASURE, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks[minutes], n_rows = (int(word) for word in done.stdout.split())
        assert n_rows == minutes * 20 - 1
    # 17 minutes more are 90 MB at 22050 Hz.
    assert peaks[20] - peaks[3] < 30
