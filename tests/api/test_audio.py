"""Audio to a frame: the numbers of the command line, from files and from samples."""

from __future__ import annotations

import json

import librosa
import numpy as np
import pandas as pd
import pytest
import soundfile
from click.testing import CliRunner
from gtzan_cli.main import cli

import gtzan_features as gf
from gtzan_features.errors import AudioError, AudioTooShortError, ConfigError, SignalError
from tests.conftest import SR, tone


def by_the_command(folder, out, *words: str) -> None:
    done = CliRunner().invoke(cli, ["features", "extract", str(folder), "--out", str(out), "-j", "1", *words])
    assert done.exit_code == 0, done.output


def test_numbers_are_those_of_the_command_on_real_tracks_to_the_bit(real_material, tmp_path):
    picked = ("blues/blues.00000.wav", "hiphop/hiphop.00000.wav", "rock/rock.00000.wav")
    files = []
    for name in picked:
        source, copy = real_material / "audio" / name, tmp_path / "music" / name
        copy.parent.mkdir(parents=True)
        copy.symlink_to(source)
        files.append(source)
    by_the_command(tmp_path / "music", tmp_path / "tables", "--segments", "3s", "--segments", "30s")
    for length in ("3s", "30s"):
        stored = pd.read_parquet(tmp_path / "tables" / f"kaggle-{length}.parquet")
        frame = gf.features(files, segments=length)
        assert list(frame.columns) == list(stored.columns[5:])
        assert frame.to_numpy().dtype == np.float32
        assert np.array_equal(frame.to_numpy(), stored.iloc[:, 5:].to_numpy())
        assert frame.index.get_level_values("start_s").to_numpy().tolist() == stored["start_s"].tolist()
        assert frame.attrs["status"] == []


def test_samples_give_the_numbers_of_their_file(music):
    path = music / "calm" / "calm.1.wav"
    samples, sr = soundfile.read(path, dtype="float32")
    whole, _ = soundfile.read(path, dtype="int16")
    expected = gf.features(path).to_numpy()
    for given in (samples, whole, np.stack([samples, samples])):
        assert np.array_equal(gf.features(given, sr).to_numpy(), expected)
    assert np.array_equal(gf.features((samples, sr)).to_numpy(), expected)
    assert np.array_equal(gf.features([(samples, sr), path]).to_numpy(), np.vstack([expected, expected]))


def test_samples_of_another_rate_and_several_channels_are_treated_as_a_file(tmp_path):
    left = tone(4.0, 330.0, sr=44_100)
    stereo = np.stack([left, 0.5 * left[::-1]])
    soundfile.write(tmp_path / "stereo.wav", stereo.T, 44_100, subtype="FLOAT")
    from_file = gf.features(tmp_path / "stereo.wav")
    assert np.array_equal(gf.features(stereo, sr=44_100).to_numpy(), from_file.to_numpy())
    mono = librosa.to_mono(stereo)
    at_our_rate = librosa.resample(mono, orig_sr=44_100, target_sr=SR)[: 3 * SR - 1]
    centroid = librosa.feature.spectral_centroid(y=at_our_rate, sr=SR, pad_mode="reflect")
    assert from_file["spectral_centroid_mean"].iloc[0] == pytest.approx(centroid.mean(), rel=1e-4)


class Tensor:
    """Samples of another library: an array by NumPy's protocol alone."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)


def test_recordings_come_in_whatever_a_person_has(music, monkeypatch):
    paths = sorted(music.rglob("*.wav"))[:2]
    expected = gf.features(paths).to_numpy()
    texts = [str(path) for path in paths]
    for given in (tuple(paths), texts, np.array(texts), pd.Series(texts), (path for path in paths)):
        assert np.array_equal(gf.features(given).to_numpy(), expected)
    samples, sr = soundfile.read(paths[0])
    for given in (Tensor(samples), pd.Series(samples), samples.tolist(), (Tensor(samples), sr)):
        rate = None if isinstance(given, tuple) else sr
        assert np.array_equal(gf.features(given, rate).to_numpy(), expected[:2])
    assert np.array_equal(gf.features([samples, samples], sr).to_numpy(), expected[[0, 1, 0, 1]])
    monkeypatch.setenv("HOME", str(music))
    at_home = gf.features("~/calm/calm.0.wav", segments=3)
    assert np.array_equal(at_home.to_numpy(), expected[:2])
    assert gf.features([]).shape == (0, 57)


def test_some_families_are_columns_of_the_whole_set(music):
    path = music / "loud" / "loud.0.wav"
    whole = gf.features(path)
    some = gf.features(path, features="kaggle:-rhythm,-tonal")
    table = gf.describe("kaggle")
    assert list(some.columns) == list(table.loc[~table.family.isin(["rhythm", "tonal"]), "column"])
    pd.testing.assert_frame_equal(some, whole[some.columns], check_exact=True)


def test_a_folder_is_the_files_below_it_sorted(music):
    frame = gf.features(music, segments="5s")
    files = sorted(str(path) for path in music.rglob("*.wav"))
    assert frame.index.get_level_values("file").tolist() == files
    workers = gf.features(music, segments="5s", n_jobs=2)
    pd.testing.assert_frame_equal(workers, frame, check_exact=True)


def test_bad_files_among_several_are_rows_of_the_status(music, tmp_path):
    (tmp_path / "text.wav").write_text("no audio")
    soundfile.write(tmp_path / "short.wav", tone(2.0, 220.0), SR)
    soundfile.write(tmp_path / "silent.wav", np.zeros(4 * SR), SR)
    good = music / "calm" / "calm.0.wav"
    bad = [tmp_path / name for name in ("text.wav", "short.wav", "silent.wav", "missing.wav")]
    with pytest.warns(gf.GtzanWarning, match="4 of 5 files gave no row") as caught:
        frame = gf.features([*bad, good])
    assert caught[0].filename == __file__
    assert set(frame.index.get_level_values("file")) == {str(good)}
    status = pd.DataFrame(frame.attrs["status"]).set_index("file")["status"]
    assert status.to_dict() == {
        str(path): kind for path, kind in zip(bad, ("corrupt", "short", "silent", "corrupt"), strict=True)
    }


def test_the_status_survives_pandas_and_parquet(music, tmp_path):
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.warns(gf.GtzanWarning):
        frame = gf.features([music / "calm" / "calm.0.wav", tmp_path / "text.wav"])
    json.dumps(frame.attrs)
    status = frame.attrs["status"]
    for changed in (frame.iloc[:1], frame * 2, frame.reset_index(), pd.concat([frame, frame])):
        assert changed.attrs["status"] == status
    frame.to_parquet(tmp_path / "frame.parquet")
    again = pd.read_parquet(tmp_path / "frame.parquet")
    pd.testing.assert_frame_equal(again, frame, check_exact=True)
    assert again.attrs == frame.attrs


def test_nothing_but_bad_files_is_an_empty_frame_with_all_columns(tmp_path):
    with pytest.warns(gf.GtzanWarning):
        frame = gf.features([tmp_path / "missing.wav"])
    assert frame.shape == (0, 57)
    assert frame.index.names == ["file", "start_s", "end_s"]


def test_a_single_bad_recording_is_one_line(tmp_path):
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(AudioError, match=r"missing\.wav: no such file$"):
        gf.features(tmp_path / "missing.wav")
    with pytest.raises(AudioError, match=r"text\.wav: cannot decode .*Replace the file, or leave it out"):
        gf.features(str(tmp_path / "text.wav"))
    with pytest.raises(AudioTooShortError, match="2.00 s of sound: too short for a row of 3s"):
        gf.features(tone(2.0, 220.0), sr=SR)
    with pytest.raises(SignalError, match="not finite"):
        gf.features(np.full(4 * SR, np.nan), sr=SR)


@pytest.mark.parametrize(
    ("wrong", "options", "message"),
    [
        (tone(4.0, 220.0), {}, "samples without their rate. Give it in Hz: sr=44100"),
        ("song.wav", {"sr": 22_050}, "no such file"),
        (["song.wav"], {"sr": 22_050}, "sr=22050 goes with samples"),
        (3, {}, "a int is no recording"),
        ([3.5, "a.wav"], {"sr": SR}, "float"),
        (["song.wav"], {"features": "kagle"}, "feature set 'kagle' does not exist"),
        (["song.wav"], {"features": "kaggle:-rythm"}, "no feature family 'rythm'"),
        (["song.wav"], {"features": None}, "features=None is no feature set"),
        (["song.wav"], {"segments": None}, "segment length 'None' is not a number of seconds"),
        (["song.wav"], {"n_jobs": "two"}, "^n_jobs='two' is no number of workers"),
        (["song.wav"], {"segments": "three"}, "is not a number of seconds"),
        (["song.wav"], {"n_jobs": 0}, r"^n_jobs=0 is no number of workers"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_the_words_of_python(wrong, options, message):
    with pytest.raises((ConfigError, AudioError, SignalError), match=message):
        gf.features(wrong, **options)


def test_progress_calls_what_is_given(music):
    calls = []
    gf.features(
        list(music.rglob("*.wav"))[:2], progress=lambda done, total, what: calls.append((done, total, what))
    )
    assert calls == [(1, 2, "files"), (2, 2, "files")]


@pytest.mark.parametrize("name", ["kaggle", "full", "full:-rhythm,-blocks"])
def test_describe_says_what_the_columns_of_features_are(name):
    table = gf.describe(name)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 4 * SR)
    assert table["column"].tolist() == gf.features(noise, SR, features=name).columns.tolist()
    assert list(table.columns) == ["column", "family", "unit", "range", "silence", "definition", "source"]
    assert (table != "").all(axis=None)
