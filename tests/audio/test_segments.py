from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtzan_features.audio.segments import Segment, segment_bounds
from gtzan_features.config import SegmentConfig
from gtzan_features.datasets import gtzan

SR = 22_050
THREE, THIRTY, TEN = SegmentConfig(3.0), SegmentConfig(30.0), SegmentConfig(10.0)


def test_counts_are_those_of_the_kaggle_csvs():
    lengths = gtzan.facts()["n_samples"]
    assert sum(len(segment_bounds(n, THREE, SR)) for n in lengths) == 9_990
    assert sum(len(segment_bounds(n, THIRTY, SR)) for n in lengths) == 1_000
    assert sum(len(segment_bounds(n, TEN, SR)) for n in lengths) == 2_990
    short = sorted(lengths.index[[len(segment_bounds(n, THREE, SR)) == 9 for n in lengths]])
    assert short == [
        *("classical.00049", "classical.00051", "country.00003", "country.00004", "country.00007"),
        *("disco.00014", "hiphop.00031", "hiphop.00032", "rock.00027", "rock.00038"),
    ]


def test_a_segment_needs_one_sample_more_than_its_step():
    assert segment_bounds(66_150, THREE, SR) == ()
    assert segment_bounds(66_151, THREE, SR) == (Segment(0, 0, 66_149),)


def test_lost_samples_cost_the_segments_that_need_them():
    cuts = segment_bounds(662_112, THREE, SR, first_sample=58_316)
    assert [c.index for c in cuts] == list(range(1, 10))
    assert cuts[0].start == 66_150
    assert segment_bounds(662_112, THIRTY, SR, first_sample=58_316) == (Segment(0, 58_316, 662_112),)


@pytest.mark.parametrize(
    ("seconds", "count"), [(26.9, 0), (27.1, 1), (30.0, 1), (44.9, 1), (45.1, 1), (61.0, 2), (240.0, 7)]
)
def test_track_rows_of_other_music(seconds, count):
    assert len(segment_bounds(round(seconds * SR), THIRTY, SR)) == count


@given(st.integers(0, 10**7), st.floats(0.5, 60), st.integers(0, 10**6))
def test_segments_lie_within_the_signal_and_do_not_overlap(n, seconds, first):
    segment = SegmentConfig(seconds)
    cuts = segment_bounds(n, segment, SR, first)
    for cut in cuts:
        assert first <= cut.start < cut.stop <= n
    for a, b in itertools.pairwise(cuts):
        assert a.stop <= b.start
        assert b.index == a.index + 1
