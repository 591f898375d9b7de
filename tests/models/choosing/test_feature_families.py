from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gtzan_features.errors import ModelError
from gtzan_features.models.choosing.feature_families import chosen_families
from gtzan_features.models.choosing.wrappers import OnFamilies, kept_families
from gtzan_features.models.registry import MODELS, model_spec, parse_settings
from gtzan_features.models.spec import TrainingData


def families_data(n_tracks=90, n_segments=3, seed=0):
    """Two families that tell the genre, each by itself only in part, and one of 40 columns of noise."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_tracks) % 3, n_segments)
    groups = np.repeat(np.arange(n_tracks), n_segments)

    def family(n_columns, strength):
        centres = rng.normal(0, strength, (3, n_columns))
        tracks = rng.normal(0, 1, (n_tracks, n_columns))
        return centres[y] + tracks[groups] + rng.normal(0, 0.3, (len(y), n_columns))

    X = np.hstack([family(6, 0.8), family(40, 0.0), family(6, 0.8)])
    return TrainingData(X=X, y=y, groups=groups, families=("timbre",) * 6 + ("noise",) * 40 + ("tonal",) * 6)


def test_a_family_of_noise_is_dropped_and_those_that_tell_stay():
    assert chosen_families(families_data(), 0) == ("timbre", "tonal")


def test_the_model_is_that_of_the_families_that_stay():
    data = families_data()
    spec = model_spec("svm")
    model = spec.fit(data, parse_settings(spec, ["families=auto"]), 0)
    assert kept_families(model) == ("timbre", "tonal")
    columns = [i for i, family in enumerate(data.families) if family != "noise"]
    alone = spec.fit(dataclasses.replace(data, X=data.X[:, columns], families=()), spec.defaults, 0)
    np.testing.assert_array_equal(model.predict_proba(data.X), alone.predict_proba(data.X[:, columns]))
    bent = data.X.copy()
    bent[:, 6:46] = 1e9
    np.testing.assert_array_equal(model.predict_proba(bent), model.predict_proba(data.X))


def test_the_choice_repeats_whatever_the_order_of_the_families():
    data = families_data()
    turned = dataclasses.replace(data, X=data.X[:, ::-1].copy(), families=data.families[::-1])
    assert set(chosen_families(turned, 0)) == set(chosen_families(data, 0))


def test_one_family_always_stays():
    rng = np.random.default_rng(0)
    data = families_data()
    noise = dataclasses.replace(data, X=rng.normal(size=data.X.shape))
    assert len(chosen_families(noise, 0)) >= 1


def test_where_there_is_nothing_to_choose_from_it_says_so():
    spec = model_spec("lda")
    data = dataclasses.replace(families_data(), families=("timbre",) * 52)
    with pytest.raises(ModelError, match="two families at least"):
        spec.fit(data, parse_settings(spec, ["families=auto"]), 0)
    with pytest.raises(ModelError, match="families=tonal is not known; it is auto, or all"):
        spec.fit(families_data(), parse_settings(spec, ["families=tonal"]), 0)
    assert "families" not in MODELS["cnn"].settable()


def test_without_the_setting_nothing_is_chosen():
    spec = model_spec("lda")
    model = spec.fit(families_data(), spec.defaults, 0)
    assert not isinstance(model, OnFamilies)
    assert kept_families(model) == ()
