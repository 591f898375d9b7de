import librosa
import numpy as np
import pytest
import scipy.signal

from gtzan_features.spectra import Scratch, Spectra
from gtzan_features.spectra.stft import filtered, hann, pad, periodic_hann, precise_magnitude


def reference(signal):
    return librosa.stft(signal, pad_mode="reflect").T


def test_stft_equals_librosa(signal, spectra):
    expected = reference(signal)
    tolerance = 1e-6 * np.abs(expected).max()
    assert spectra.stft.shape == expected.shape == (spectra.n_frames, 1025)
    np.testing.assert_allclose(spectra.stft, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(spectra.magnitude, np.abs(expected), rtol=0, atol=tolerance)


def test_precise_magnitude_is_librosa_to_the_last_bit_or_two(signal, spectra):
    expected = np.abs(reference(signal))
    found = precise_magnitude(spectra.padded, 2048, 512)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=3e-7, atol=1e-13)


@pytest.mark.parametrize("n_samples", [16, 344, 345, 2048])
def test_the_window_is_that_of_scipy_to_the_last_bit(n_samples):
    expected = scipy.signal.get_window("hann", n_samples)
    np.testing.assert_array_equal(periodic_hann(n_samples), expected)
    np.testing.assert_array_equal(hann(n_samples), expected.astype(np.float32))


def test_a_sine_of_whole_bins_fills_three_bins(config):
    frequency = 100 * 22_050 / 2048
    signal = np.sin(2 * np.pi * frequency * np.arange(22_050) / 22_050).astype(np.float32)
    middle = Spectra(signal, config).magnitude[20]
    np.testing.assert_allclose(middle[99:102], [256, 512, 256], rtol=1e-4)  # a Hann window's own spectrum
    assert np.delete(middle, [99, 100, 101]).max() < 1e-3


@pytest.mark.parametrize("mode", ["reflect", "constant", "edge", "symmetric"])
@pytest.mark.parametrize("n_samples", [1025, 1026, 5000])
def test_padding_equals_numpy(mode, n_samples):
    signal = np.random.default_rng(0).random(n_samples, np.float32)
    np.testing.assert_array_equal(pad(signal, 1024, mode, Scratch()), np.pad(signal, 1024, mode=mode))


@pytest.mark.parametrize("n_samples", [1025, 2048, 30_000, 66_149])
def test_a_mask_of_ones_gives_the_signal_back(config, n_samples):
    signal = np.random.default_rng(0).standard_normal(n_samples).astype(np.float32)
    spectra = Spectra(signal, config)
    inner = 512 * (spectra.n_frames - 1)
    mask = np.ones_like(spectra.magnitude)
    found = filtered(spectra.padded, mask, 2048, 512, Scratch())[1024 : 1024 + inner]
    np.testing.assert_allclose(found, signal[:inner], atol=5e-6)


@pytest.mark.parametrize(("n_fft", "hop"), [(2048, 512), (1024, 512), (512, 64), (384, 96)])
@pytest.mark.parametrize("n_samples", [5000, 66_149])
def test_a_filtered_signal_equals_librosas_inverse(n_samples, n_fft, hop):
    rng = np.random.default_rng(0)
    signal = rng.standard_normal(n_samples).astype(np.float32)
    spectrum = librosa.stft(signal, n_fft=n_fft, hop_length=hop, pad_mode="reflect")
    mask = rng.random(spectrum.shape, np.float32)
    expected = librosa.istft(spectrum * mask, hop_length=hop, n_fft=n_fft)
    padded = pad(signal, n_fft // 2, "reflect", Scratch())
    found = filtered(padded, np.ascontiguousarray(mask.T), n_fft, hop, Scratch())[n_fft // 2 :]
    np.testing.assert_allclose(found[: len(expected)], expected, atol=5e-6)


def test_window_is_periodic_hann_and_read_only():
    np.testing.assert_array_equal(hann(2048), librosa.filters.get_window("hann", 2048).astype(np.float32))
    with pytest.raises(ValueError, match="read-only"):
        hann(2048)[0] = 1
