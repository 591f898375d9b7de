from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.errors import ModelError
from gtzan_features.models.applying.usual_level import LEVEL, level_rule, load_level, save_level, with_gain
from gtzan_features.tables.checked import file_record
from tests.conftest import tone

KAGGLE = [column.name for column in sets.columns(FeatureConfig())]
HEARD = ["rms_mean", "rms_var", "harmony_mean", "harmony_var", "perceptr_mean", "perceptr_var", "mfcc1_mean"]


@pytest.mark.parametrize("gain_db", [-26.0, -12.0, 6.0])
def test_a_gain_in_closed_form_is_that_of_the_samples(gain_db):
    y = tone(3.0, 220.0)
    quiet = (y * 10 ** (gain_db / 20)).astype(np.float32)
    plain, moved = (sets.compute([one], FeatureConfig()) for one in (y, quiet))
    found = with_gain(plain, KAGGLE, gain_db)
    np.testing.assert_allclose(found, moved, rtol=2e-3, atol=1e-6)
    changed = {
        name for name, a, b in zip(KAGGLE, plain[0], moved[0], strict=True) if abs(a - b) > 1e-3 * abs(a)
    }
    assert changed <= set(HEARD)
    assert {"rms_mean", "rms_var", "mfcc1_mean"} <= changed


def music(n_tracks=120, n_rows=4, seed=0):
    """Rows whose loudness, within 2 dB, is 6 dB a unit of their first column."""
    rng = np.random.default_rng(seed)
    tracks = np.repeat(np.arange(n_tracks), n_rows)
    sound = rng.normal(size=n_tracks)[tracks] + 0.1 * rng.normal(size=len(tracks))
    level = -20 + 6 * sound + rng.normal(0, 2, n_tracks)[tracks]
    X = np.stack([sound, 10 ** (level / 20), rng.normal(size=len(tracks))], axis=1)
    return X, ["rolloff_mean", "rms_mean", "tempo"], tracks


def test_the_deviation_is_the_gain_that_was_given():
    X, names, tracks = music()
    rule = level_rule(X, names, tracks)
    assert -6 < rule.low < -2
    assert 2 < rule.high < 6
    for track in range(20):
        rows = X[tracks == track]
        own = rule.deviation(rows)
        for gain_db in (-26.0, -12.0, 12.0):
            assert rule.deviation(rule.moved(rows, gain_db)) == pytest.approx(own + gain_db)
    unseen, _, of = music(seed=1)
    usual = [rule.is_usual(rule.deviation(unseen[of == track])) for track in range(120)]
    assert np.mean(usual) > 0.8
    quiet = [rule.is_usual(rule.deviation(rule.moved(unseen[of == track], -12.0))) for track in range(120)]
    assert np.mean(quiet) < 0.05


def test_rows_beside_move_with_their_own():
    names = ["rms_mean", "track_rms_mean", "track_tempo"]
    np.testing.assert_allclose(with_gain(np.ones((1, 3)), names, 20.0), [[10.0, 10.0, 1.0]])


@pytest.mark.parametrize("feature_set", ["full", "kaggle:spectral"])
def test_columns_that_no_gain_changes_need_no_rule(feature_set):
    names = [column.name for column in sets.columns(FeatureConfig(feature_set=feature_set))]
    X = np.random.default_rng(0).random((200, len(names)))
    assert level_rule(X, names, np.arange(200)) is None


@pytest.mark.parametrize("feature_set", ["kaggle", "kaggle:-energy", "kaggle:-timbre", "kaggle:energy"])
def test_every_part_of_the_kaggle_set_that_hears_level_has_a_rule(feature_set):
    names = [column.name for column in sets.columns(FeatureConfig(feature_set=feature_set))]
    X = np.random.default_rng(0).random((200, len(names)))
    assert level_rule(X, names, np.arange(200)) is not None


def test_few_tracks_tell_nothing_of_what_is_usual():
    X, names, tracks = music(n_tracks=20)
    assert level_rule(X, names, tracks) is None


def test_silence_and_constant_columns_have_a_level_too():
    X, names, tracks = music()
    X[:4, 1], X[:, 2] = 0.0, 3.0
    assert np.isfinite(level_rule(X, names, tracks).deviation(np.zeros((2, 3))))


def test_it_is_stored_and_checked(tmp_path):
    X, names, tracks = music()
    rule = level_rule(X, names, tracks)
    save_level(tmp_path, rule)
    path = tmp_path / LEVEL
    assert load_level(tmp_path, names, file_record(path)) == rule
    assert load_level(tmp_path, names, None) is None
    with pytest.raises(ModelError, match="belongs to another model"):
        load_level(tmp_path, names[::-1], file_record(path))
    path.write_text(json.dumps({**dataclasses.asdict(rule), "means": [1.0]}))
    with pytest.raises(ModelError, match="belongs to another model"):
        load_level(tmp_path, names, file_record(path))
