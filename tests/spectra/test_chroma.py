import warnings

import librosa
import numpy as np
import pytest

from gtzan_features.spectra import Spectra, chroma, kernels


def librosa_tuning(power):
    with warnings.catch_warnings():  # librosa warns where there is no peak
        warnings.simplefilter("ignore")
        return librosa.estimate_tuning(S=power, sr=22_050)


def test_tuning_equals_librosa(spectra):
    power = np.abs(librosa.stft(spectra.signal, pad_mode="reflect")) ** 2
    assert spectra.tuning == librosa_tuning(power)


@pytest.mark.parametrize("off", [-0.4, -0.13, 0.0, 0.25, 0.48])
def test_tuning_of_a_detuned_chord(config, off):
    t = np.arange(44_100) / 22_050
    notes = 440 * 2 ** ((np.array([0, 4, 7, 12]) + off + 0.005) / 12)
    signal = np.sin(2 * np.pi * np.outer(notes, t)).sum(axis=0).astype(np.float32) / 8
    assert Spectra(signal, config).tuning == pytest.approx(off, abs=0.021)


def test_doubtful_votes_are_counted_again_from_precise_magnitudes(config, monkeypatch):
    """With every vote in doubt, the answer still is librosa's."""
    monkeypatch.setattr(chroma, "_DOUBT", 1.0)
    signal = np.random.default_rng(3).standard_normal(66_149).astype(np.float32)
    power = np.abs(librosa.stft(signal, pad_mode="reflect")) ** 2
    assert Spectra(signal, config).tuning == librosa_tuning(power)


def test_votes_within_doubt_of_an_edge_count_on_both_sides():
    off = np.array([-0.5, 0.4999999, 0.0, 0.005, 0.123], np.float32)
    certain = np.array([True, True, True, True, False])
    votes, doubtful = np.zeros(100, np.int64), np.zeros(100, np.int64)
    kernels.tuning_votes(off, certain, 1e-5, votes, doubtful)
    assert votes.nonzero()[0].tolist() == [50]
    assert dict(zip(doubtful.nonzero()[0].tolist(), doubtful[doubtful > 0].tolist(), strict=True)) == {
        0: 2,
        49: 1,
        50: 1,
        62: 1,
        99: 2,
    }


def test_chroma_equals_librosa(spectra):
    expected = librosa.feature.chroma_stft(S=spectra.magnitude.T**2, tuning=spectra.tuning)
    np.testing.assert_allclose(spectra.chroma, expected.T, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("hz", "pitch_class"), [(261.6256, 0), (440.0, 9), (493.8833, 11)])
def test_chroma_of_a_note(config, hz, pitch_class):
    signal = np.sin(2 * np.pi * hz * np.arange(22_050) / 22_050).astype(np.float32)
    found = Spectra(signal, config).chroma
    assert (found[5:-5].argmax(axis=1) == pitch_class).all()
    assert found.max() == 1


def test_a_frame_without_energy_stays_zero():
    x = np.array([[0, 0, 0], [1, 2, 4], [0, 1e-39, 0]], np.float32)
    kernels.scaled_to_peak(x)
    np.testing.assert_array_equal(x, np.array([[0, 0, 0], [0.25, 0.5, 1], [0, 1e-39, 0]], np.float32))


@pytest.mark.parametrize("tuned", [-0.5, -0.13, 0.0, 0.49])
@pytest.mark.parametrize(("sr", "n_fft"), [(22_050, 2048), (44_100, 4096), (16_000, 1024)])
def test_filters_equal_librosa(sr, n_fft, tuned):
    expected = librosa.filters.chroma(sr=sr, n_fft=n_fft, tuning=tuned)
    np.testing.assert_allclose(chroma.filters(sr, n_fft, tuned), expected, rtol=1e-6, atol=1e-12)
