import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.descriptors.registry import KAGGLE
from gtzan_features.errors import ConfigError, GtzanError

CONFIG = FeatureConfig()
NOISE = np.random.default_rng(0).standard_normal(60_000).astype(np.float32)

FRAMEWISE = (
    "chroma_stft",
    "rms",
    "spectral_centroid",
    "spectral_bandwidth",
    "rolloff",
    "zero_crossing_rate",
    "harmony",
    "perceptr",
)
MFCCS = tuple(f"mfcc{i}" for i in range(1, 21))


def with_statistics(names):
    return [f"{name}_{statistic}" for name in names for statistic in ("mean", "var")]


KAGGLE_COLUMNS = [*with_statistics(FRAMEWISE), "tempo", *with_statistics(MFCCS)]


def test_columns_are_those_of_the_kaggle_csv_in_its_order():
    assert [column.name for column in sets.columns(CONFIG)] == KAGGLE_COLUMNS


def test_columns_know_unit_family_and_statistic():
    columns = {column.name: column for column in sets.columns(CONFIG)}
    assert columns["rolloff_var"].unit == "Hz^2"
    assert columns["rms_var"].unit == "1"
    assert (columns["tempo"].unit, columns["tempo"].statistic) == ("BPM", "value")
    assert columns["mfcc7_mean"].family == "timbre"
    assert all(column.description for column in columns.values())
    with pytest.raises(dataclasses.FrozenInstanceError):
        columns["tempo"].unit = "Hz"


def test_the_number_of_mfccs_follows_the_configuration():
    config = FeatureConfig(n_mfcc=13)
    assert len(sets.columns(config)) == 17 + 26
    assert sets.compute([NOISE], config).shape == (1, 43)


@pytest.mark.parametrize("call", [sets.columns, sets.warm_up, lambda config: sets.compute([NOISE], config)])
def test_an_unknown_set_is_refused_with_those_that_exist(call):
    with pytest.raises(ConfigError, match=r"'best' does not exist: choose one of .*kaggle"):
        call(FeatureConfig(feature_set="best"))


def test_no_signals_give_no_rows():
    assert sets.compute([], CONFIG).shape == (0, 57)


def test_every_spec_names_its_source_and_its_value_for_silence():
    assert all(spec.source and spec.silence and spec.description for spec in KAGGLE)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(value):
    signal = NOISE.copy()
    signal[7] = value
    with pytest.raises(GtzanError, match="NaN or infinity"):
        sets.compute([NOISE, signal], CONFIG)


def test_a_signal_shorter_than_a_frame_is_refused():
    with pytest.raises(GtzanError, match="too short"):
        sets.compute([NOISE[:1000]], CONFIG)


@given(
    lengths=st.lists(st.integers(1025, 50_000), min_size=1, max_size=5),
    seed=st.integers(0, 1000),
    data=st.data(),
)
@settings(max_examples=25, deadline=None)
def test_a_row_has_the_same_bits_whatever_else_is_in_the_call(lengths, seed, data):
    rng = np.random.default_rng(seed)
    signals = [rng.standard_normal(n).astype(np.float32) * 10.0 ** rng.integers(-6, 1) for n in lengths]
    signals = [signal.astype(np.float32) for signal in signals]
    alone = np.concatenate([sets.compute([signal], CONFIG) for signal in signals])
    order = data.draw(st.permutations(range(len(signals))))
    together = sets.compute([signals[i] for i in order], CONFIG)
    np.testing.assert_array_equal(together, alone[order])
    assert np.isfinite(alone).all()


@given(shift=st.integers(0, 40))
@settings(max_examples=20, deadline=None)
def test_a_row_does_not_depend_on_where_the_samples_lie_in_memory(shift):
    room = np.zeros(len(NOISE) + 40, np.float32)
    room[shift : shift + len(NOISE)] = NOISE
    np.testing.assert_array_equal(
        sets.compute([room[shift : shift + len(NOISE)]], CONFIG), sets.compute([NOISE], CONFIG)
    )


def test_a_read_only_signal_gives_the_same_bits():
    signal = NOISE.copy()
    signal.flags.writeable = False
    np.testing.assert_array_equal(sets.compute([signal], CONFIG), sets.compute([NOISE], CONFIG))


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1, 1e5])
def test_rows_are_finite_at_any_level(scale):
    assert np.isfinite(sets.compute([NOISE * np.float32(scale)], CONFIG)).all()


def test_kernels_are_compiled_after_the_warm_up():
    sets.warm_up(CONFIG)
    assert sets.is_compiled(CONFIG)


def test_families_can_be_left_out_or_chosen_and_their_columns_keep_their_values():
    whole = {c.name: v for c, v in zip(sets.columns(CONFIG), sets.compute([NOISE], CONFIG)[0], strict=True)}
    without = FeatureConfig(feature_set="kaggle:-tonal,-rhythm")
    names = [c.name for c in sets.columns(without)]
    assert names == [c.name for c in sets.columns(CONFIG) if c.family not in ("tonal", "rhythm")]
    np.testing.assert_array_equal(sets.compute([NOISE], without)[0], [whole[n] for n in names])
    kept = FeatureConfig(feature_set="kaggle:energy,spectral,timbre")
    assert [c.name for c in sets.columns(kept)] == names


def test_one_choice_of_families_has_one_name_and_one_fingerprint():
    a = FeatureConfig(feature_set="kaggle:-tonal,-rhythm")
    b = FeatureConfig(feature_set="kaggle: -rhythm,-tonal,-tonal")
    assert a == b
    assert a.fingerprint() == b.fingerprint() != CONFIG.fingerprint()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kaggle:melody", "no feature family 'melody'"),
        ("kaggle:-rhythm,tonal", "name those to keep, or"),
        ("kaggle:-energy,-rhythm,-spectral,-timbre,-tonal", "none is left"),
        ("mfcc", "does not exist"),
    ],
)
def test_families_that_cannot_be_chosen_are_refused(name, told):
    with pytest.raises(ConfigError, match=told):
        sets.columns(FeatureConfig(feature_set=name))
