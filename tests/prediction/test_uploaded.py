from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.load import load
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import spectrograms
from gtzan_features.prediction.explain import explain_file
from gtzan_features.prediction.predict import load_predictor, predict
from gtzan_features.prediction.uploaded import EXPLAINED_S, Listener, give_reasons
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import SR, tone


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two genres of tones, their tables, and a model on features."""
    root = tmp_path_factory.mktemp("listen")
    for g, genre in enumerate(("calm", "loud")):
        (root / "music" / genre).mkdir(parents=True)
        for i in range(4):
            y = tone(7.0, 220.0 * (1 + 4 * g) + 20 * i, seed=10 * g + i)
            soundfile.write(root / "music" / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    extract(root / "music", root / "f", ExtractConfig(segments=(SegmentConfig(3.0),)), n_jobs=1)
    return root


def fitted(place, model, *settings, **more):
    config = FitConfig(model=model, settings=settings, split=SplitConfig(folds=2), final=True, **more)
    return fit_run(place / "f", place / "runs", config, n_jobs=1).folder


@pytest.fixture(scope="module")
def listener(place):
    run = fitted(place, "xgboost", "n_estimators=10")
    return Listener(predictor=load_predictor(run), tables=place / "f", max_s=90.0)


def put(folder, y, name="upload.wav", sr=SR):
    soundfile.write(folder / name, y, sr)
    return folder / name


def test_the_answer_is_that_of_predict(listener, place, tmp_path):
    song = place / "music" / "loud" / "loud.1.wav"
    (expected,) = predict([song], listener.predictor, n_jobs=1)
    upload = tmp_path / "upload.wav"
    upload.write_bytes(song.read_bytes())
    heard = listener.hear(upload)
    assert dataclasses.replace(heard.prediction, path=expected.path) == expected
    assert heard.reasons.method.startswith("TreeSHAP")
    assert heard.reasons.genre == expected.genre == "loud"
    assert heard.reasons.seconds == pytest.approx(7.0)
    assert (heard.reasons.picture, heard.without, heard.error) == (b"", "", "")


def test_of_a_long_recording_the_start_is_explained(listener, tmp_path):
    heard = listener.hear(put(tmp_path, tone(70.0, 220.0)))
    assert heard.reasons.seconds == EXPLAINED_S
    assert len(heard.prediction.segments) == 23


def test_what_cannot_be_heard_is_said_without_a_path(listener, tmp_path):
    text = tmp_path / "upload.wav"
    text.write_text("no music")
    faults = {
        "no audio that can be read": listener.hear(text),
        "100 s long, and at most 90 s are taken": listener.hear(
            put(tmp_path, tone(100.0, 220.0, sr=800), sr=800)
        ),
        "every sample is 0": listener.hear(put(tmp_path, np.zeros(5 * SR))),
        "too short to tell a genre": listener.hear(put(tmp_path, tone(0.5, 220.0))),
        "not finite": listener.hear(nan(tmp_path)),
    }
    for reason, heard in faults.items():
        assert reason in heard.error
        assert str(tmp_path) not in heard.error
        assert heard.prediction is None


def nan(folder):
    y = tone(4.0, 220.0)
    y[100] = np.nan
    soundfile.write(folder / "upload.wav", y, SR, subtype="FLOAT")
    return folder / "upload.wav"


def test_a_short_recording_has_a_genre_and_an_explanation(listener, tmp_path):
    heard = listener.hear(put(tmp_path, tone(2.0, 220.0)))
    assert heard.prediction.warnings[0].startswith("short: 2.0 s")
    assert heard.reasons.genre == heard.prediction.genre
    assert heard.reasons.seconds == 2.0


def test_models_without_their_table_say_what_they_lack(place, tmp_path):
    run = fitted(place, "logistic-regression")
    (tmp_path / "up").mkdir()
    song = put(tmp_path / "up", tone(7.0, 220.0))
    lacking = Listener(predictor=load_predictor(run), tables=tmp_path, max_s=90.0).hear(song)
    assert lacking.reasons is None
    assert "gtzan serve --tables" in lacking.without
    assert str(tmp_path) not in lacking.without
    # The model folder itself is as good as its run.
    found = Listener(predictor=load_predictor(run / "model"), tables=place / "f", max_s=90.0)
    assert found.hear(song).reasons.table.header == ("family", "fall of the probability")
    assert found.facts().accuracy
    assert give_reasons(song, tmp_path, tmp_path, 7.0) == (
        None,
        "There is no explanation: this model cannot be explained for a recording.",
    )


def test_networks_give_a_picture(place, tmp_path):
    spectrograms(place / "music", place / "f", n_jobs=1)
    run = fitted(place, "mlp", "epochs=2", scale="mel")
    reasons, without = give_reasons(put(tmp_path, tone(7.0, 220.0)), run, tmp_path, 7.0)
    assert without == ""
    assert reasons.picture.startswith(b"\x89PNG")
    assert len(reasons.table.header) == 4


def test_nothing_is_written_but_beside_the_upload(listener, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "up"
    folder.mkdir()
    listener.hear(put(folder, tone(4.0, 220.0)))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert {p.name for p in folder.iterdir()} == {"upload.wav", "whole.wav", "recording.wav", "reasons.png"}


@pytest.mark.parametrize("name", ["vbr-bare.mp3", "pipe.flac", "plain.m4a", "zero.wav", "cut-plain.flac"])
def test_a_strangers_file_is_read_whole_or_what_is_missing_is_said(listener, sounds, tmp_path, name):
    upload = tmp_path / "upload"
    upload.write_bytes((sounds / name).read_bytes())
    heard = listener.hear(upload)
    expected = load(sounds / name, SR)
    assert heard.error == ""
    assert heard.prediction.duration_s == expected.duration_s
    said = [warning for warning in heard.prediction.warnings if warning.startswith("incomplete: ")]
    assert said == ([f"incomplete: {expected.repair}"] if expected.repair else [])


def test_ffmpeg_is_as_bounded_for_strangers_as_libsndfile(listener, sounds, tmp_path, monkeypatch):
    upload = tmp_path / "upload"
    upload.write_bytes((sounds / "plain.m4a").read_bytes())
    short = dataclasses.replace(listener, max_s=5.0)
    assert "8 s long, and at most 5 s are taken" in short.hear(upload).error
    upload.write_bytes((sounds / "pipe.mka").read_bytes())  # its header says no length
    assert "at most 5 s are taken" in short.hear(upload).error
    for text in ("#EXTM3U\n#EXTINF:8,\nplain.m4a\n", "ffconcat version 1.0\nfile plain.m4a\n"):
        upload.write_text(text)
        (tmp_path / "plain.m4a").write_bytes((sounds / "plain.m4a").read_bytes())
        assert listener.hear(upload).error.startswith("no audio that can be read here")
    monkeypatch.setattr("gtzan_features.audio.system.shutil.which", lambda _: None)
    upload.write_bytes((sounds / "plain.m4a").read_bytes())
    assert listener.hear(upload).error.startswith("no audio that can be read here")


def test_what_is_predicted_is_explained(listener, place, sounds, tmp_path):
    soundfile.write(tmp_path / "short.wav", tone(2.0, 220.0), SR)
    for path in (sounds / "plain.m4a", sounds / "cut-plain.flac", tmp_path / "short.wav"):
        found = explain_file(path, listener.run, tmp_path / "picture.png", place / "f")
        (predicted,) = predict([path], listener.predictor, n_jobs=1)
        assert found.genre == predicted.genre
