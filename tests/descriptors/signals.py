"""Signals whose descriptors are known, and their spectra."""

import librosa
import numpy as np

from gtzan_features.config import FeatureConfig
from gtzan_features.spectra import Spectra

CONFIG = FeatureConfig(feature_set="full")
SR = CONFIG.sr
NOISE = (0.1 * np.random.default_rng(0).standard_normal(4 * SR)).astype(np.float32)


def times(seconds):
    return np.arange(round(seconds * SR)) / SR


def sine(hz, seconds=4.0, amplitude=0.3):
    return (amplitude * np.sin(2 * np.pi * hz * times(seconds))).astype(np.float32)


def clicks(bpm, seconds=12.0):
    signal = 1e-4 * np.random.default_rng(2).standard_normal(round(seconds * SR))
    burst = np.random.default_rng(1).standard_normal(800) * np.geomspace(0.5, 0.001, 800)
    for start in np.arange(0.1, seconds - 0.1, 60 / bpm):
        first = round(start * SR)
        signal[first : first + 800] += burst
    return signal.astype(np.float32)


def chord(*semitones, seconds=4.0):
    """Notes above middle C."""
    return sum(sine(261.6256 * 2 ** (s / 12), seconds, 0.1) for s in semitones)


def spectra(signal):
    return Spectra(signal, CONFIG)


def magnitude(signal):
    return np.abs(librosa.stft(signal.astype(np.float64), pad_mode="reflect"))
