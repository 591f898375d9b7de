"""Signals and spectra on which every kernel is tried."""

import numpy as np
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.spectra import Spectra

N_SAMPLES = 30_000


def _signals():
    rng = np.random.default_rng(0)
    t = np.arange(N_SAMPLES) / 22_050
    noise = rng.standard_normal(N_SAMPLES)
    click = np.zeros(N_SAMPLES)
    click[N_SAMPLES // 2] = 1
    half_silent = noise * 0.1
    half_silent[: N_SAMPLES // 2] = 0
    return {
        "silence": np.zeros(N_SAMPLES),
        "constant": np.full(N_SAMPLES, 0.25),
        "click": click,
        "clipping": np.clip(20 * np.sin(2 * np.pi * 220 * t), -1, 1),
        "sine": 0.5 * np.sin(2 * np.pi * 1000 * t),
        "noise": 0.1 * noise,
        "half silent": half_silent,
        "quiet": 1e-6 * noise,
    }


SIGNALS = {name: signal.astype(np.float32) for name, signal in _signals().items()}


@pytest.fixture(params=list(SIGNALS))
def signal(request):
    return SIGNALS[request.param]


@pytest.fixture
def config():
    return FeatureConfig()


@pytest.fixture
def spectra(signal, config):
    return Spectra(signal, config)
