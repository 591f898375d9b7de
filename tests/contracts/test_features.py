"""The contracts of features over every one of the registry, and on features that break them."""

from __future__ import annotations

import numpy as np
import pytest

import gtzan_features as gf
from gtzan_features import plugins
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.descriptors.ranges import read_range
from gtzan_features.descriptors.registry import KAGGLE
from gtzan_features.descriptors.words import columns_in_words
from gtzan_features.parallel.local import local_executor
from gtzan_features.testing import check_feature
from gtzan_features.testing.features import _noise, _row, silence_value

CONFIG = FeatureConfig()
KAGGLE_NAMES = {spec.name for spec in KAGGLE}
EACH = [(name, spec) for name, specs in sets.SETS.items() for spec in specs]

IN_WORDS = {
    "-100 sqrt(n_mels) for mfcc1_mean, 0 for the others": lambda column: (
        -100 * np.sqrt(CONFIG.n_mels) if column.name == "mfcc1_mean" else 0.0
    ),
    "log 0.001": lambda _: np.log(0.001),
    "one over the seconds": lambda _: 1 / 3,
}
"""What `silence` says in words, as a formula."""


@pytest.mark.parametrize(("name", "spec"), EACH, ids=[f"{name}-{spec.name}" for name, spec in EACH])
def test_every_feature_keeps_the_contracts(name, spec):
    check_feature(spec, gain_changes=name == "kaggle", n_jobs=1)


@pytest.mark.parametrize("spec", [spec for _, spec in EACH], ids=[f"{n}-{s.name}" for n, s in EACH])
def test_silence_has_the_value_that_is_written_in_words(spec):
    columns = spec.columns(CONFIG)
    if spec.silence in IN_WORDS:
        found = _row(np.zeros(3 * CONFIG.sr, np.float32), spec, CONFIG)
        expected = [IN_WORDS[spec.silence](column) for column in columns]
        np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)
    elif spec.silence.endswith(" or less"):
        found = _row(np.zeros(3 * CONFIG.sr, np.float32), spec, CONFIG)
        assert found.max() <= read_range(spec.silence, CONFIG.sr).high
    else:
        assert all(silence_value(spec, column) is not None for column in columns), spec.silence


@pytest.mark.parametrize("name", sets.SETS)
def test_every_column_is_the_same_in_one_process_and_in_two(name):
    config = FeatureConfig(feature_set=name)
    signals = [_noise(config), np.float32(0.5) * _noise(config)[::-1].copy()]
    by_one, by_two = (
        list(local_executor(n_jobs).map(_row_of_set, [(signal, config) for signal in signals]))
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(by_one, by_two)
    assert np.isfinite(by_one).all()


def _row_of_set(work):
    signal, config = work
    return sets.compute([signal], config)[0]


@pytest.mark.parametrize("name", sets.SETS)
def test_every_column_is_in_words_what_it_is_in_the_registry(name):
    config = FeatureConfig(feature_set=name)
    assert columns_in_words(config) == sets.columns(config)


def broken(**changed):
    """Register a feature that is right but for what is changed, and return its name."""
    words = {"unit": "1", "description": "a test", "source": "mine"}
    function = changed.pop("function", lambda spectra: spectra.magnitude.max(axis=1))
    gf.feature(name="under_test", **{**words, **changed})(function)
    return "under_test"


@pytest.fixture
def registry():
    with plugins.temporary():
        yield


@pytest.mark.usefixtures("registry")
def test_a_plugins_feature_keeps_them_in_workers_too():
    check_feature(broken())
    check_feature(broken(function=lambda spectra: spectra.magnitude[:, :4], indices=4, statistics=("p50",)))


def counted(spectra, calls=[]):  # noqa: B006 - a feature that remembers
    calls.append(0)
    return spectra.magnitude.max(axis=1) + len(calls)


def doubled(spectra):
    spectra.magnitude[:] *= 2
    return spectra.magnitude.max(axis=1)


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"function": counted}, "two calls give other values"),
        ({"function": doubled}, "changes magnitude of the spectra"),
        (
            {"function": lambda s: 1 + s.magnitude.max(axis=1), "silence": "0"},
            "of silence is",
        ),
        (
            {"silence": "3 for mean, 0 for the others"},
            "under_test_mean of silence is 0, and `silence` says 3",
        ),
    ],
)
def test_what_a_feature_breaks_is_named(changed, reason):
    with pytest.raises(AssertionError, match=f"feature under_test: .*{reason}"):
        check_feature(broken(**changed), n_jobs=1)


@pytest.mark.usefixtures("registry")
def test_a_level_that_changes_a_feature_is_named():
    with pytest.raises(AssertionError, match="changes with the level"):
        check_feature(broken(), n_jobs=1, gain_changes=False)
    check_feature(broken(function=lambda s: s.magnitude.argmax(axis=1)), n_jobs=1, gain_changes=False)
