from __future__ import annotations

import dataclasses
import importlib
import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.load import load
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import spectrograms
from gtzan_features.prediction.explain import Explainer
from gtzan_features.prediction.predict import predict
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.prediction.uploaded import EXPLAINED_S, UploadClassifier
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
    spectrograms(root / "music", root / "f", n_jobs=1)
    return root


def fitted(place, model, *settings, **more):
    config = FitConfig(model=model, settings=settings, split=SplitConfig(folds=2), final=True, **more)
    return fit_run(place / "f", place / "runs", config, n_jobs=1).folder


def serving(run, tables):
    return UploadClassifier(explainer=Explainer(load_predictor(run), tables), max_s=90.0)


@pytest.fixture(scope="module")
def classifier(place):
    return serving(fitted(place, "xgboost", "n_estimators=10"), place / "f")


def put(folder, y, name="upload.wav", sr=SR):
    soundfile.write(folder / name, y, sr)
    return folder / name


def test_the_answer_is_that_of_predict(classifier, place, tmp_path):
    song = place / "music" / "loud" / "loud.1.wav"
    (expected,) = predict([song], classifier.explainer.predictor, n_jobs=1)
    upload = tmp_path / "upload.wav"
    upload.write_bytes(song.read_bytes())
    found = classifier.answer(upload)
    assert dataclasses.replace(found.prediction, path=expected.path) == expected
    assert found.prediction.path == "recording"
    assert found.reasons.method.startswith("TreeSHAP")
    assert found.reasons.genre == expected.genre == "loud"
    assert found.reasons.seconds == pytest.approx(7.0)
    assert (found.reasons.picture, found.without, found.error) == (b"", "", "")


def test_of_a_long_recording_the_start_is_explained(classifier, tmp_path):
    found = classifier.answer(put(tmp_path, tone(70.0, 220.0)))
    assert found.reasons.seconds == EXPLAINED_S
    assert len(found.prediction.segments) == 23


def test_what_cannot_be_found_is_said_without_a_path(classifier, tmp_path):
    text = tmp_path / "upload.wav"
    text.write_text("no music")
    faults = {
        "no audio that can be read": classifier.answer(text),
        "100 s long, and at most 90 s are taken": classifier.answer(
            put(tmp_path, tone(100.0, 220.0, sr=800), sr=800)
        ),
        "every sample is 0": classifier.answer(put(tmp_path, np.zeros(5 * SR))),
        "too short to tell a genre": classifier.answer(put(tmp_path, tone(0.5, 220.0))),
        "not finite": classifier.answer(nan(tmp_path)),
    }
    for reason, found in faults.items():
        assert reason in found.error
        assert str(tmp_path) not in found.error
        assert found.prediction is None


def nan(folder):
    y = tone(4.0, 220.0)
    y[100] = np.nan
    soundfile.write(folder / "upload.wav", y, SR, subtype="FLOAT")
    return folder / "upload.wav"


def test_a_short_recording_has_a_genre_and_an_explanation(classifier, tmp_path):
    found = classifier.answer(put(tmp_path, tone(2.0, 220.0)))
    assert found.prediction.warnings[0].startswith("short: 2.0 s")
    assert found.reasons.genre == found.prediction.genre
    assert found.reasons.seconds == 2.0


def test_models_without_their_table_say_what_they_lack(place, tmp_path):
    run = fitted(place, "logistic-regression")
    (tmp_path / "up").mkdir()
    song = put(tmp_path / "up", tone(7.0, 220.0))
    lacking = serving(run, tmp_path).answer(song)
    assert lacking.reasons is None
    assert "gtzan serve --tables" in lacking.without
    assert str(tmp_path) not in lacking.without
    # The model folder itself is as good as its run.
    found = serving(run / "model", place / "f")
    assert found.answer(song).reasons.table.header == ("family", "fall of the probability")
    assert found.facts().accuracy


def test_networks_give_a_picture(place, tmp_path):
    run = fitted(place, "mlp", "epochs=2", scale="mel")
    found = serving(run, tmp_path).answer(put(tmp_path, tone(7.0, 220.0)))
    assert found.without == ""
    assert found.reasons.picture.startswith(b"\x89PNG")
    assert len(found.reasons.table.header) == 4
    assert str(tmp_path) not in found.reasons.table.title


class Counted:
    """A function that is counted, in a list that all share."""

    def __init__(self, monkeypatch, counts, name):
        module, _, attribute = name.rpartition(".")
        self.real = getattr(importlib.import_module(module), attribute)
        self.counts, self.name = counts, attribute
        monkeypatch.setattr(name, self)

    def __call__(self, *args, **kwargs):
        self.counts[self.name] += 1
        return self.real(*args, **kwargs)


@pytest.mark.parametrize("model", ["xgboost", "svm", "lda", "mlp"])
@pytest.mark.parametrize("name", ["plain.wav", "plain.m4a"])
def test_an_upload_is_decoded_once_its_rows_computed_once_and_nothing_is_written(
    place, sounds, tmp_path, monkeypatch, model, name
):
    """Also with an explanation; and of a table, only the first upload reads."""
    settings = {"xgboost": ("n_estimators=10",), "mlp": ("epochs=2",)}.get(model, ())
    run = fitted(place, model, *settings, **({"scale": "mel"} if model == "mlp" else {}))
    classifier = serving(run, place / "f")
    folder, elsewhere = tmp_path / "up", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "upload").write_bytes((sounds / name).read_bytes())
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    counts = Counter()
    for counted in (
        "gtzan_features.audio.load.open_system_stream",
        "gtzan_features.audio.stream._Sequential",
        "gtzan_features.descriptors.sets.compute",
        "gtzan_features.extraction.row_kinds.spectrogram",
        "gtzan_features.prediction.explain.open_fittable",
    ):
        Counted(monkeypatch, counts, counted)
    made = []
    sys.addaudithook(lambda event, args: made.append(args) if _creates(event, args, tmp_path) else None)
    found = [classifier.answer(folder / "upload") for _ in range(2)]
    assert [one.error + one.without for one in found] == ["", ""]
    assert found[0] == found[1]
    n_rows = len(found[0].prediction.segments)
    decoders = {"plain.wav": {"_Sequential": 2}, "plain.m4a": {"_Sequential": 2, "open_system_stream": 2}}
    rows = {"spectrogram": 2 * n_rows} if model == "mlp" else {"compute": 2}
    table = {"open_fittable": 1} if model in ("svm", "lda") else {}
    assert counts == decoders[name] | rows | table
    assert made == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["elsewhere", "up", "upload"]


def _creates(event, args, folder):
    """Whether an event of Python makes a file below a folder; one without a name, for messages, is none."""
    if event != "open" or not isinstance(args[0], (str, bytes)) or Path(os.fsdecode(args[0])).is_dir():
        return False
    return os.fsdecode(args[0]).startswith(str(folder)) and bool(
        args[2] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)
    )


def test_a_table_that_comes_later_is_found(place, tmp_path):
    classifier = serving(fitted(place, "svm"), tmp_path / "tables")
    song = put(tmp_path, tone(7.0, 220.0))
    assert classifier.answer(song).reasons is None
    shutil.copytree(place / "f", tmp_path / "tables")
    assert classifier.answer(song).reasons.genre == "calm"


@pytest.mark.parametrize("name", ["vbr-bare.mp3", "pipe.flac", "plain.m4a", "zero.wav", "cut-plain.flac"])
def test_a_strangers_file_is_read_whole_or_what_is_missing_is_said(classifier, sounds, tmp_path, name):
    upload = tmp_path / "upload"
    upload.write_bytes((sounds / name).read_bytes())
    found = classifier.answer(upload)
    expected = load(sounds / name, SR)
    assert found.error == ""
    assert found.prediction.duration_s == expected.duration_s
    said = [warning for warning in found.prediction.warnings if warning.startswith("incomplete: ")]
    assert said == ([f"incomplete: {expected.repair}"] if expected.repair else [])


def test_ffmpeg_is_as_bounded_for_strangers_as_libsndfile(classifier, sounds, tmp_path, monkeypatch):
    upload = tmp_path / "upload"
    upload.write_bytes((sounds / "plain.m4a").read_bytes())
    short = dataclasses.replace(classifier, max_s=5.0)
    assert "8 s long, and at most 5 s are taken" in short.answer(upload).error
    upload.write_bytes((sounds / "pipe.mka").read_bytes())  # its header says no length
    assert "at most 5 s are taken" in short.answer(upload).error
    for text in ("#EXTM3U\n#EXTINF:8,\nplain.m4a\n", "ffconcat version 1.0\nfile plain.m4a\n"):
        upload.write_text(text)
        (tmp_path / "plain.m4a").write_bytes((sounds / "plain.m4a").read_bytes())
        assert classifier.answer(upload).error.startswith("no audio that can be read here")
    monkeypatch.setattr("gtzan_features.audio.system.shutil.which", lambda _: None)
    upload.write_bytes((sounds / "plain.m4a").read_bytes())
    assert classifier.answer(upload).error.startswith("no audio that can be read here")


@pytest.mark.parametrize("model", ["xgboost", "svm", "lda", "mlp"])
def test_a_recording_has_the_same_genre_and_probability_predicted_uploaded_and_explained(
    place, sounds, tmp_path, model
):
    settings = {"xgboost": ("n_estimators=10",), "mlp": ("epochs=2",)}.get(model, ())
    run = fitted(place, model, *settings, **({"scale": "mel"} if model == "mlp" else {}))
    predictor = load_predictor(run)
    soundfile.write(tmp_path / "short.wav", tone(2.8, 220.0), SR)
    soundfile.write(tmp_path / "long.flac", tone(70.0, 900.0, sr=8_000), 8_000)
    paths = [*(sounds / name for name in ("plain.m4a", "vbr-bare.mp3", "cut-plain.flac"))]
    paths += [tmp_path / "short.wav", tmp_path / "long.flac"]
    for path, predicted in zip(paths, predict(paths, predictor, n_jobs=1), strict=True):
        assert predicted.error == ""
        explained = Explainer(predictor, place / "f").explain(path)
        assert (explained.genre, explained.probability) == predicted.top(1)[0]
        uploaded = serving(run, place / "f").answer(path)
        assert dataclasses.replace(uploaded.prediction, path=predicted.path) == predicted
        assert uploaded.reasons.genre == predicted.genre
        if predicted.duration_s < EXPLAINED_S:
            assert uploaded.reasons.table.rows == explained.table.rows
