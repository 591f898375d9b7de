import librosa
import numpy as np
import pytest

from gtzan_features.spectra.lanes import LANES, n_blocks, shape_of_spectrum, to_lanes


@pytest.mark.parametrize("n_frames", [1, LANES - 1, LANES, LANES + 1, 3 * LANES])
def test_lanes_hold_every_frame_and_zeros_elsewhere(n_frames):
    x = np.random.default_rng(0).random((n_frames, 37), np.float32)
    lanes = np.full((n_blocks(n_frames), 37, LANES), np.nan, np.float32)
    to_lanes(x, lanes)
    back = lanes.transpose(0, 2, 1).reshape(-1, 37)
    np.testing.assert_array_equal(back[:n_frames], x)
    assert not back[n_frames:].any()


def test_shape_of_spectrum_equals_librosa(spectra):
    S = spectra.magnitude.T
    expected = [
        librosa.feature.spectral_centroid(S=S)[0],
        librosa.feature.spectral_bandwidth(S=S)[0],
        librosa.feature.spectral_rolloff(S=S)[0],
    ]
    np.testing.assert_allclose(spectra.shape[:, :2].T, expected[:2], rtol=1e-5, atol=0.02)
    np.testing.assert_array_equal(spectra.shape[:, 2], expected[2])  # the same float32 running sum


def test_shape_of_single_bins():
    lanes, result = np.zeros((1, 1025, LANES), np.float32), np.empty((5, 3))
    bins = [0, 1, 512, 1023, 1024]
    for lane, k in enumerate(bins):
        lanes[0, k, lane] = 3
    shape_of_spectrum(lanes, 10.0, 0.85, np.empty((1025, LANES), np.float32), result)
    np.testing.assert_allclose(result[:, 0], np.multiply(bins, 10))
    np.testing.assert_allclose(result[:, 1], 0, atol=1e-3)
    np.testing.assert_allclose(result[:, 2], np.multiply(bins, 10))


def test_mel_power_equals_librosa(spectra):
    expected = librosa.feature.melspectrogram(S=spectra.magnitude.T**2, sr=22_050).T
    np.testing.assert_allclose(spectra.mel_power, expected, rtol=5e-6, atol=1e-30)


def test_decibels_equal_librosa(spectra):
    np.testing.assert_allclose(spectra.mel_db, librosa.power_to_db(spectra.mel_power), rtol=1e-6, atol=1e-5)
