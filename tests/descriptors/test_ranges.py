"""Values lie between the numbers that the registry says, and statistics between those that follow."""

from __future__ import annotations

import numpy as np
import pytest

import gtzan_features as gf
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.descriptors.ranges import Range, read_range
from gtzan_features.descriptors.spec import STATISTICS
from gtzan_features.descriptors.summary import statistics
from gtzan_features.errors import ConfigError, PluginError
from gtzan_features.spectra import Spectra
from gtzan_features.testing import check_feature, temporary_plugins
from tests.descriptors.signals import NOISE, SR, chord, clicks, sine, times

ROUNDING = 1e-5
"""Of float32, in the size of a value."""

SWEEP = np.geomspace(50, 10_000, 4 * SR)
SIGNALS = {
    "silence": np.zeros(3 * SR, np.float32),
    "noise": NOISE,
    "loud": 30 * NOISE,
    "faint": np.float32(1e-5) * NOISE,
    "shortest": NOISE[:1025].copy(),
    "low": sine(60),
    "high": sine(10_900),
    "square": np.sign(sine(110)),
    "alternating": np.tile(np.float32([0.5, -0.5]), SR),
    "constant": np.full(SR, 0.5, np.float32),
    "click": np.eye(1, 3 * SR, SR, dtype=np.float32)[0],
    "chord": chord(0, 4, 7),
    "cluster": chord(0, 1, 2, 3),
    "slow clicks": clicks(120, 8.0),
    "fast clicks": clicks(300, 6.0),
    "clicks that end": np.concatenate([clicks(150, 8.0), np.full(4 * SR, 1e-4, np.float32)]),
    "glide": np.sin(2 * np.pi * np.cumsum(SWEEP) / SR).astype(np.float32),
    "bursts": np.where(times(4.0) * 10 % 2 < 1, NOISE, 0).astype(np.float32),
}


@pytest.fixture(scope="module", params=sets.SETS)
def values(request):
    """What every feature of a set returns for each signal."""
    config = FeatureConfig(feature_set=request.param)
    found = {}
    for name, signal in SIGNALS.items():
        spectra = Spectra(signal, config)
        for spec in sets.specs(config):
            found[spec, name] = np.asarray(spec.compute(spectra), np.float64)
    return found


def test_all_values_lie_in_the_range_of_their_feature(values):
    outside = [
        f"{spec.name} of {name}: {series.min():g} to {series.max():g}, range {spec.range}"
        for (spec, name), series in values.items()
        if series.min() < read_range(spec.range, SR).low - ROUNDING * max(1, abs(series.min()))
        or series.max() > read_range(spec.range, SR).high + ROUNDING * max(1, abs(series.max()))
    ]
    assert not outside


def test_no_range_is_wider_than_it_need_be(values):
    """The signals fill a tenth of one with two ends, and are on both sides of 0 where there is none."""
    narrow = []
    for spec in dict.fromkeys(spec for spec, _ in values):
        own = [series for (one, _), series in values.items() if one is spec]
        low, high = min(s.min() for s in own), max(s.max() for s in own)
        said = read_range(spec.range, SR)
        both_ends = np.isfinite(said.high - said.low)
        if both_ends and high - low < (said.high - said.low) / 10:
            narrow.append((spec.name, low, high))
        if spec.range == "any" and not low < -ROUNDING < ROUNDING < high:
            narrow.append((spec.name, low, high))
    assert not narrow


@pytest.mark.parametrize("size", [0.0, 1e-6, 1.0, 100.0])
def test_statistics_lie_in_the_range_that_follows(size):
    rng = np.random.default_rng(0)
    names = [name for name in STATISTICS if name != "value"]
    for n_frames in np.repeat(np.arange(1, 41), 5):
        low, high = np.sort(size * rng.standard_normal(2))
        # At the ends as often as between them.
        series = rng.choice([low, high, low + (high - low) * rng.random()], (n_frames, 1))
        for name, (found,) in zip(names, statistics(series, names), strict=True):
            said = Range(low, high).of_statistic(name)
            slack = 1e-9 * max(1, abs(low), abs(high)) ** 2
            assert said.low - slack <= found <= said.high + slack, (name, series)


@pytest.mark.parametrize("name", ["min", "max", "mean", "std", "var", "dmean", "dstd"])
def test_ends_of_these_ranges_are_reached(name):
    series = np.tile([-1.0, 3.0], 500)[:, None]
    alike = [np.full((5, 1), end) for end in (-1.0, 3.0)]
    said = Range(-1.0, 3.0).of_statistic(name)
    found = [float(statistics(one, [name])[0][0]) for one in (series, *alike)]
    assert min(found) == pytest.approx(said.low, abs=1e-3)
    assert max(found) == pytest.approx(said.high, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("any", -np.inf, np.inf),
        ("0 to sr/2", 0, 11025),
        ("log 0.001 or more", np.log(0.001), np.inf),
        ("-1.5 or less", -np.inf, -1.5),
        ("0 to sqrt 2", 0, np.sqrt(2)),
        ("0 to 3.03877e+07", 0, 3.03877e7),
    ],
)
def test_words_are_read(text, low, high):
    found = read_range(text, 22_050)
    assert (found.low, found.high) == (low, high)
    if "sr" not in text:
        again = read_range(str(found), 22_050)
        assert (again.low, again.high) == pytest.approx((low, high), rel=1e-5)


@pytest.mark.parametrize("text", ["", "positive", "0-1", "1 to 0", "0 or", "sr/2", "log 1 to x", "[0, 1]"])
def test_what_says_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="say any, 0 to 1"):
        read_range(text, 22_050)


def test_a_feature_of_ones_own_has_a_range_and_keeps_it():
    words = {"unit": "1", "description": "largest magnitude", "source": "mine"}
    with temporary_plugins():
        gf.feature(**words, name="largest", range="0 or more")(lambda s: s.magnitude.max(axis=1))
        told = gf.describe("largest").set_index("column")
        assert told.loc["largest_mean", "range"] == told.loc["largest_var", "range"] == "0 or more"
        check_feature("largest", n_jobs=1)
        gf.feature(**words, name="wrong", range="0 to 1")(lambda s: s.magnitude.max(axis=1))
        with pytest.raises(AssertionError, match="wrong_mean of noise is .*, and `range` says 0 to 1"):
            check_feature("wrong", n_jobs=1)
        with pytest.raises(PluginError, match="feature 'odd': range 'positive': say any"):
            gf.feature(**words, name="odd", range="positive")(len)
