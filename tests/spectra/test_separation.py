import librosa
import numpy as np
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.spectra import Spectra, kernels


def reference(signal, kernel_size=31):
    parts = librosa.decompose.hpss(librosa.stft(signal, pad_mode="reflect"), kernel_size=kernel_size)
    return [librosa.util.fix_length(librosa.istft(part), size=len(signal)) for part in parts]


def test_waveforms_equal_librosa(signal, spectra):
    tolerance = 3e-6 * max(np.abs(signal).max(), 1e-9)
    for found, expected in zip(spectra.waveforms, reference(signal), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("width", [17, 31, 45])
def test_other_widths_equal_librosa(width):
    signal = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    found = Spectra(signal, FeatureConfig(hpss_kernel=width)).waveforms
    for waveform, expected in zip(found, reference(signal, width), strict=True):
        np.testing.assert_allclose(waveform, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("n_samples", [1025, 4096, 4097, 66_149])
def test_the_end_that_no_frame_reaches_is_zero(config, n_samples):
    signal = np.random.default_rng(0).standard_normal(n_samples).astype(np.float32)
    for waveform in Spectra(signal, config).waveforms:
        assert len(waveform) == n_samples
        assert not waveform[n_samples // 512 * 512 :].any()


def test_a_steady_tone_is_harmonic_and_a_click_percussive(config):
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(44_100) / 22_050).astype(np.float32)
    click = np.zeros(44_100, np.float32)
    click[22_050] = 1
    for signal, kept in ((tone, 0), (click, 1)):
        energies = [float(np.sum(part[4096:-4096] ** 2)) for part in Spectra(signal, config).waveforms]
        assert energies[kept] > 100 * energies[1 - kept]


def test_soft_mask_equals_librosa():
    rng = np.random.default_rng(0)
    h, p = (rng.random((40, 33), np.float32) * 10.0 ** rng.integers(-44, 3, (40, 33)) for _ in range(2))
    h, p = h.astype(np.float32), p.astype(np.float32)
    h[0], p[0], h[1], p[2] = 0, 0, 0, 0
    result = np.empty((40, 33), np.float32)
    kernels.soft_mask(h, p, result)
    expected = librosa.util.softmask(h, p, power=2, split_zeros=True)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-37)
