import librosa
import numpy as np
import pytest
from scipy.ndimage import median_filter

from gtzan_features.config import FeatureConfig
from gtzan_features.spectra import Scratch, Spectra, separation
from gtzan_features.spectra.lanes import LANES, n_blocks, to_lanes


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


@pytest.mark.parametrize("width", [31, 17])
def test_soft_masks_equal_librosas_over_all_of_float32(width):
    """Also of pauses, of numbers whose squares are none of float32's, and of bins that are left over."""
    rng = np.random.default_rng(0)
    x = (rng.random((130, 129)) * 10.0 ** rng.integers(-44, 15, (130, 129))).astype(np.float32)
    x[40:90], x[100:] = 0, x[100:] * np.float32(1e-30)
    lanes, scratch = np.empty((n_blocks(len(x)), 129, LANES), np.float32), Scratch()
    to_lanes(x, lanes)
    found = separation.soft_mask(x, lambda: lanes, width, scratch)
    smooth, spiky = (median_filter(x, size, mode="reflect") for size in ((width, 1), (1, width)))
    expected = librosa.util.softmask(smooth, spiky, power=2, split_zeros=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-37)
    at, blocks = zip(*separation.blocks_of_mask(x, lambda: lanes, width, Scratch()), strict=True)
    assert sum(len(x[one]) for one in at) == len(x)
    assert all(len(x[one]) == len(block) for one, block in zip(at, blocks, strict=True))
