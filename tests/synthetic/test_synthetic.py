"""The synthetic data set: deterministic, music-like, and each track with a sound of its own."""

from __future__ import annotations

import json
import pickle

import librosa
import numpy as np
import pytest
import soundfile

from gtzan_features.errors import ConfigError, GtzanError
from gtzan_features.synthetic import (
    MARKER,
    SYNTHETIC_GENRES,
    SyntheticConfig,
    iter_tracks,
    render_track,
    track_path,
    track_style,
    write_marker,
    write_track,
)
from gtzan_features.synthetic import patterns as tables
from gtzan_features.synthetic.drums import KITS
from gtzan_features.synthetic.instruments import PATCHES, Patch, render_note
from gtzan_features.synthetic.recipes import RECIPES

SHORT = SyntheticConfig(seconds=6.0)
SR = SHORT.sr


@pytest.fixture(scope="module")
def disco() -> list[np.ndarray]:
    """Six whole tracks of one genre."""
    return [render_track("disco", index, SyntheticConfig()) for index in range(6)]


class TestRecipes:
    def test_genres_are_those_of_gtzan(self):
        names = "blues, classical, country, disco, hiphop, jazz, metal, pop, reggae, rock"
        assert ", ".join(SYNTHETIC_GENRES) == names

    @pytest.mark.parametrize("genre", SYNTHETIC_GENRES)
    def test_every_name_is_in_its_table(self, genre):
        recipe = RECIPES[genre]
        assert set(recipe.drums) <= set(tables.DRUMS)
        assert set(recipe.kits) <= set(KITS)
        assert set(recipe.progressions) <= set(tables.PROGRESSIONS)
        assert set(recipe.scales) <= set(tables.SCALES)
        assert {*recipe.comps, *recipe.basses, *recipe.leads} <= set(PATCHES)
        assert set(recipe.comp_rhythms) <= set(tables.COMPS)
        assert set(recipe.bass_lines) <= set(tables.BASSES)
        assert set(recipe.neighbours) <= set(RECIPES) - {genre}

    def test_every_bar_has_sixteen_steps_and_every_chord_a_name(self):
        drums = [strokes for pattern in tables.DRUMS.values() for strokes in pattern.values()]
        assert {len(bar) for bar in [*drums, *tables.COMPS.values(), *tables.BASSES.values()]} == {
            tables.STEPS
        }
        qualities = {quality for chords in tables.PROGRESSIONS.values() for _, quality in chords}
        assert qualities <= set(tables.CHORDS)

    def test_every_genre_shares_tempi_with_another(self):
        for genre, recipe in RECIPES.items():
            low, high = recipe.bpm
            assert any(r.bpm[0] < high and low < r.bpm[1] for g, r in RECIPES.items() if g != genre)


class TestDeterminism:
    def test_equal_on_every_call(self):
        np.testing.assert_array_equal(render_track("jazz", 3, SHORT), render_track("jazz", 3, SHORT))

    def test_does_not_depend_on_the_size_of_the_set(self):
        small = SyntheticConfig(seconds=6.0, tracks_per_genre=1, genres=("pop",))
        np.testing.assert_array_equal(render_track("pop", 7, small), render_track("pop", 7, SHORT))

    @pytest.mark.parametrize(
        ("genre", "index", "seed"),
        [("rock", 1, 0), ("rock", 0, 1), ("metal", 0, 0)],
        ids=["index", "seed", "genre"],
    )
    def test_depends_on_genre_index_and_seed(self, genre, index, seed):
        other = render_track(genre, index, SyntheticConfig(seconds=6.0, seed=seed))
        assert not np.array_equal(other, render_track("rock", 0, SHORT))

    def test_files_have_equal_bytes(self, tmp_path):
        first = write_track(tmp_path / "a", "blues", 2, SHORT)
        second = write_track(tmp_path / "b", "blues", 2, SHORT)
        assert first.read_bytes() == second.read_bytes()
        write_track(tmp_path / "a", "blues", 2, SHORT)  # over the first
        assert first.read_bytes() == second.read_bytes()


class TestSamples:
    @pytest.mark.parametrize("genre", SYNTHETIC_GENRES)
    def test_is_finite_in_range_and_not_silent(self, genre):
        y = render_track(genre, 0, SHORT)
        assert y.dtype == np.float32
        assert y.shape == (6 * SR,)
        assert np.all(np.isfinite(y))
        assert np.abs(y).max() < 1
        level_db = 10 * np.log10(np.mean(np.square(y, dtype=np.float64)))
        assert -35 < level_db < -8
        seconds = y[: 6 * SR].reshape(6, SR)
        assert np.all(np.abs(seconds).max(axis=1) > 1e-3)

    @pytest.mark.parametrize("sr", [8_000, 44_100])
    def test_other_sample_rates(self, sr):
        y = render_track("metal", 0, SyntheticConfig(seconds=1.5, sr=sr))
        assert y.shape == (round(1.5 * sr),)
        assert 0 < np.abs(y).max() < 1

    def test_default_track_lasts_thirty_seconds(self, disco):
        assert SyntheticConfig().n_samples == 661_500
        assert {y.size for y in disco} == {661_500}


class TestMusic:
    def test_tempo_is_found_by_a_beat_tracker(self, disco):
        low, high = RECIPES["disco"].bpm
        for index, y in enumerate(disco):
            bpm = track_style("disco", index, SyntheticConfig()).bpm
            assert low <= bpm <= high
            estimate = librosa.feature.tempo(y=y, sr=SR)[0]
            # Neighbouring lags of librosa's tempogram stand 5 % apart at 120 bpm.
            assert estimate == pytest.approx(bpm, rel=0.04)

    @pytest.mark.parametrize("index", range(4))
    def test_tuning_is_found(self, index):
        y = render_track("classical", index, SyntheticConfig(seconds=15.0))
        cents = track_style("classical", index, SHORT).tuning_cents
        assert 100 * librosa.estimate_tuning(y=y, sr=SR) == pytest.approx(cents, abs=12)

    def test_note_has_its_fundamental_and_harmonics(self):
        patch = Patch(partials=3, tilt=1.0)
        note = render_note(patch, 440.0, 1.0, SR, np.random.default_rng(0))[:SR]
        spectrum = np.abs(np.fft.rfft(note * np.hanning(SR)))
        peaks = spectrum[[440, 880, 1320]]
        np.testing.assert_allclose(peaks / peaks[0], [1, 1 / 2, 1 / 3], rtol=0.02)
        assert spectrum[1760] < 1e-3 * peaks[0]

    def test_note_above_the_band_does_not_alias(self):
        note = render_note(Patch(partials=20, tilt=0.0), 5_000.0, 0.5, 22_050, np.random.default_rng(0))
        spectrum = np.abs(np.fft.rfft(note * np.hanning(note.size)))
        freqs = np.fft.rfftfreq(note.size, 1 / 22_050)
        assert freqs[spectrum.argmax()] == pytest.approx(5_000, abs=3)
        assert spectrum[np.abs(freqs - 5_000) > 500].max() < 1e-2 * spectrum.max()


def test_segments_of_a_track_are_alike(disco):
    """The leak that the data set is there to show."""
    points = np.array([[_timbre(y[k * 3 * SR :][: 3 * SR]) for k in range(10)] for y in disco])
    points /= points.std(axis=(0, 1))
    points = points.reshape(-1, points.shape[-1])
    track = np.arange(len(points)) // 10
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distance, np.nan)
    same = track[:, None] == track[None]
    within = np.nanmean(np.where(same, distance, np.nan), axis=1)
    between = np.nanmean(np.where(same, np.nan, distance), axis=1)
    assert np.mean(within < between) > 0.95
    assert np.mean(track[np.nanargmin(distance, axis=1)] == track) > 0.8


def _timbre(segment: np.ndarray) -> np.ndarray:
    return librosa.feature.mfcc(y=segment, sr=SR, n_mfcc=13).mean(axis=1)


class TestFiles:
    def test_track_is_16_bit_mono_wav(self, tmp_path):
        path = write_track(tmp_path, "reggae", 0, SHORT)
        info = soundfile.info(path)
        assert (info.format, info.subtype, info.channels, info.samplerate) == ("WAV", "PCM_16", 1, SR)
        assert info.frames == SHORT.n_samples
        samples, _ = soundfile.read(path, dtype="float32")
        np.testing.assert_allclose(samples, render_track("reggae", 0, SHORT), atol=1 / 32_768)
        assert [p.name for p in path.parent.iterdir()] == ["reggae.synth00.wav"]

    def test_interrupted_write_leaves_nothing(self, tmp_path, monkeypatch):
        def fail(*_args: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(KeyboardInterrupt):
            write_track(tmp_path, "rock", 0, SyntheticConfig(seconds=1.0))
        assert not list((tmp_path / "rock").iterdir())

    def test_marker_says_synthetic(self, tmp_path):
        path = write_marker(tmp_path, SyntheticConfig(seed=5, tracks_per_genre=3))
        assert path == tmp_path / MARKER
        marker = json.loads(path.read_text())
        assert marker["name"] == "mini GTZAN (synthetic)"
        assert marker["synthetic"] is True
        assert (marker["version"], marker["seed"], marker["tracks_per_genre"]) == (1, 5, 3)
        assert "not recorded" in marker["note"]

    def test_tracks_of_a_set(self):
        tracks = list(iter_tracks(SyntheticConfig()))
        assert len(tracks) == len({track_path(*track) for track in tracks}) == 200
        assert all("synth" in track_path(*track).name for track in tracks)


class TestBadConfig:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"genres": ()}, "empty or repeat one"),
            ({"genres": ("pop", "pop")}, "empty or repeat one"),
            ({"genres": ("polka",)}, "'polka' has no synthetic recipe: choose from blues, "),
            ({"tracks_per_genre": 0}, "tracks_per_genre 0 is out of range: choose 1 to 1000"),
            ({"seconds": 0.2}, "seconds 0.2 is out of range"),
            ({"seconds": float("nan")}, "seconds nan is out of range"),
            ({"sr": 0}, "sr 0 is out of range"),
            ({"seed": -1}, "seed -1 is out of range"),
            ({"version": 99}, "version 99 cannot be rendered"),
        ],
    )
    def test_is_refused_in_one_line(self, settings, message):
        with pytest.raises(ConfigError, match=message) as caught:
            SyntheticConfig(**settings)
        assert "\n" not in str(caught.value)
        assert isinstance(pickle.loads(pickle.dumps(caught.value)), GtzanError)

    def test_unknown_track_is_refused(self):
        with pytest.raises(ConfigError, match="no synthetic recipe"):
            render_track("polka", 0, SHORT)
        with pytest.raises(ConfigError, match="number tracks from 0"):
            track_path("pop", -1)
