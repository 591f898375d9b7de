"""Spectrograms as pictures: few frames, few bands, levels in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.config import FeatureConfig
from gtzan_features.errors import ConfigError
from gtzan_features.spectra.buffers import Scratch
from gtzan_features.spectra.mel_scale import mel_frequencies
from gtzan_features.spectra.shared import Spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.config import SpectrogramConfig


def spectrogram(
    signal: NDArray[np.float32], config: SpectrogramConfig, n_frames: int, scratch: Scratch | None = None
) -> NDArray[np.uint8]:
    """Levels of a signal in frames and bands, as codes of one byte.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Mono samples at ``config.sr``.
    config : SpectrogramConfig
        Scale, bands, pooling and quantisation.
    n_frames : int
        Frames of the result: what a longer signal has more is dropped, a shorter one is continued from
        its start.
    scratch : Scratch, optional
        Memory to work in.

    Returns
    -------
    ndarray of shape (n_frames, n_bands), uint8
        Code c means ``floor_db + step_db * c`` dB; 0 for silence.

    Raises
    ------
    GtzanError
        If the signal is shorter than a frame or than `pool` frames, or not finite.
    """
    power = band_power(signal, config, scratch or Scratch())
    count = len(power) // config.pool
    if not count:
        msg = (
            f"{len(power)} STFT frames are fewer than the {config.pool} of one row frame: use longer segments"
        )
        raise ConfigError(msg)
    pooled = power[: count * config.pool].reshape(count, config.pool, -1).mean(axis=1)
    return encode(np.take(pooled, np.arange(n_frames), axis=0, mode="wrap"), config)


def band_power(
    signal: NDArray[np.float32], config: SpectrogramConfig, scratch: Scratch
) -> NDArray[np.float32]:
    """Power of every STFT frame in every band, shape (n_stft_frames, n_bands), before pooling.

    Mel bands are those of ``librosa.feature.melspectrogram``. On the decibel scale band b is the mean
    power of the bins ``b * w + 1`` to ``(b + 1) * w`` with ``w = n_fft / 2 / n_bands``: bin 0 is left out.
    """
    settings = FeatureConfig(
        sr=config.sr,
        n_fft=config.n_fft,
        hop=config.hop,
        pad_mode=config.pad_mode,
        n_mels=config.n_bands,
        n_mfcc=1,  # not used, but must not exceed the bands
    )
    spectra = Spectra(signal, settings, scratch)
    if config.scale == "mel":
        return spectra.mel_power
    magnitude = spectra.magnitude[:, 1:]
    power: NDArray[np.float32] = np.square(magnitude).reshape(len(magnitude), config.n_bands, -1).mean(axis=2)
    return power


def band_hz(config: SpectrogramConfig) -> NDArray[np.float64]:
    """Centre frequency of each band in Hz, low to high, shape (n_bands,)."""
    if config.scale == "mel":
        return mel_frequencies(config.n_bands + 2, config.sr / 2)[1:-1]
    width = config.n_fft // 2 // config.n_bands
    first_bins = width * np.arange(config.n_bands) + 1
    return (first_bins + (width - 1) / 2) * config.sr / config.n_fft


def encode(power: NDArray[np.float32], config: SpectrogramConfig) -> NDArray[np.uint8]:
    """Round levels of `power` to codes; what lies outside the range of a byte takes its nearest end."""
    level = 10 * np.log10(np.maximum(power, np.float32(1e-12)))
    codes = np.rint((level - config.floor_db) / config.step_db)
    return np.clip(codes, 0, 255).astype(np.uint8)


def decode(codes: NDArray[np.uint8], config: SpectrogramConfig) -> NDArray[np.float32]:
    """Levels in dB over a power of 1, float32, of codes of any shape."""
    table = config.floor_db + config.step_db * np.arange(256)
    return table.astype(np.float32)[codes]
