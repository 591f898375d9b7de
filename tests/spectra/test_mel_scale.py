import warnings

import librosa
import numpy as np
import pytest

from gtzan_features.spectra.mel_scale import mel_filters, mel_frequencies


@pytest.mark.parametrize(("sr", "n_fft"), [(22_050, 2048), (44_100, 4096), (16_000, 512), (1_600, 256)])
@pytest.mark.parametrize("n_mels", [1, 20, 64, 128, 200])
def test_filters_are_those_of_librosa_to_the_last_bit(sr, n_fft, n_mels):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty bands
        expected = librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels)
    found = mel_filters(sr, n_fft, n_mels)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("highest", [500.0, 1000.0, 11_025.0])
def test_frequencies_are_those_of_librosa(highest):
    expected = librosa.mel_frequencies(66, fmin=0.0, fmax=highest)
    np.testing.assert_array_equal(mel_frequencies(66, highest), expected)
