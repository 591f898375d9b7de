"""Music unlike the training music, from audio to what is printed."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from gtzan_cli.main import run as gtzan

import gtzan_features as gf
from gtzan_features.config import SegmentConfig, SpectrogramConfig, SplitConfig
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms
from gtzan_features.prediction.answers import answered_by
from gtzan_features.prediction.predict import FilePrediction, predict
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.prediction.timeline_files import draw_prediction
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import SR, tone

N_TRACKS = 20
MODELS = {"lda": (), "xgboost": ("n_estimators=5",), "mlp": ("epochs=4", "hidden=4")}


def song(genre: int, seed: int, seconds: float = 4.0) -> np.ndarray:
    rng = np.random.default_rng([genre, seed])
    return rng.uniform(0.3, 0.9) * tone(seconds, rng.uniform(180, 320) * (1 + 2 * genre), seed=seed)


def foreign() -> dict[str, np.ndarray]:
    """Sounds that are none of the tones with clicks that the models learn from."""
    rng, t = np.random.default_rng(0), np.arange(4 * SR) / SR
    clicks = np.zeros(4 * SR)
    clicks[rng.integers(0, 4 * SR, 12)] = 0.9
    syllables = np.maximum(np.sin(2 * np.pi * 4 * t), 0) * np.sign(np.sin(2 * np.pi * 120 * t))
    return {
        "noise": 0.3 * rng.standard_normal(4 * SR).clip(-3, 3),
        "clicks": clicks + 1e-4 * rng.standard_normal(4 * SR),
        "sine": 0.5 * np.sin(2 * np.pi * 3000 * t),
        "syllables": 0.3 * syllables + 0.03 * rng.standard_normal(4 * SR),
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Models of forty tracks, new songs of the same kind, and foreign sounds."""
    root = tmp_path_factory.mktemp("unlike")
    for g, genre in enumerate(("calm", "high")):
        (root / "music" / genre).mkdir(parents=True)
        for i in range(N_TRACKS):
            soundfile.write(root / "music" / genre / f"{i}.wav", song(g, i), SR)
    for folder, sounds in (
        ("new", {f"{g}-{i}": song(g, 100 + i) for g in range(2) for i in range(8)}),
        ("foreign", foreign()),
    ):
        (root / folder).mkdir()
        for name, y in sounds.items():
            soundfile.write(root / folder / f"{name}.wav", y, SR)
    rows, tables = SegmentConfig(3.0), root / "tables"
    extract(root / "music", tables, ExtractConfig(segments=(rows,)), n_jobs=1)
    recipe = SpectrogramRecipe(spectrograms=SpectrogramConfig(), segments=(rows,))
    spectrograms(root / "music", tables, recipe, n_jobs=1)
    split = SplitConfig(protocol="track", holdout=0.5)
    for model, settings in MODELS.items():
        config = FitConfig(model=model, settings=settings, split=split, final=True)
        (root / model).symlink_to(fit_run(tables, root / "runs", config, n_jobs=1).folder)
    return root


@pytest.mark.parametrize("model", MODELS)
def test_foreign_sounds_are_none_of_these_and_new_songs_are_not(world, model):
    predictor = load_predictor(world / model)
    found = list(predict(sorted((world / "foreign").glob("*")), predictor, n_jobs=1))
    assert [one.genre for one in found] == ["none of these"] * 4
    assert all(one.none_of_these and one.nearest == one.ranking[0] in one.genres for one in found)
    assert all("unlike the training music: " in one.warnings[0] for one in found)
    assert not any("in part" in warning for one in found for warning in one.warnings)
    new = list(predict(sorted((world / "new").glob("*")), predictor, n_jobs=1))
    # Of 16 new songs, 5 % each is rejected: more than 4 once in a thousand times.
    assert sum(one.none_of_these for one in new) <= 4
    assert all(one.genre == one.nearest for one in new if not one.none_of_these)


@pytest.mark.parametrize("model", MODELS)
def test_without_rejection_the_rest_of_an_answer_is_the_same(world, model):
    predictor, files = load_predictor(world / model), sorted((world / "foreign").glob("*"))
    for one, plain in zip(
        predict(files, predictor, n_jobs=1),
        predict(files, predictor.never_rejecting(), n_jobs=1),
        strict=True,
    ):
        assert (plain.genre, plain.nearest, plain.none_of_these) == (one.nearest, one.nearest, False)
        assert (plain.probabilities, plain.segments) == (one.probabilities, one.segments)
    assert answered_by(predictor, "mean") != answered_by(predictor.never_rejecting(), "mean")


def test_a_gain_changes_no_answer(world, tmp_path):
    predictor = load_predictor(world / "lda")
    for name in ("new/0-0", "foreign/syllables"):
        y, _ = soundfile.read(world / f"{name}.wav")
        plain = next(predict([world / f"{name}.wav"], predictor, n_jobs=1))
        for gain in (0.05, 0.3):
            soundfile.write(tmp_path / "moved.wav", gain * y, SR, subtype="FLOAT")
            (moved,) = predict([tmp_path / "moved.wav"], predictor, n_jobs=1)
            assert moved.none_of_these == plain.none_of_these


@pytest.fixture
def run(capsys):
    """Run the command in this process; give exit code, stdout and stderr."""

    def command(*words):
        code = gtzan([str(word) for word in words])
        return code, *capsys.readouterr()

    return command


def test_what_is_printed(world, run):
    noise = world / "foreign" / "noise.wav"
    words = ["predict", noise, "--model", world / "lda"]
    _, out, err = run(*words)
    (line,) = out.splitlines()
    assert line.startswith(f"{noise}: none of these (nearest: ")
    assert line.endswith(" %)  (1 segment, 4.0 s)")
    (warned,) = [one for one in err.splitlines() if "from the nearest of it" in one]
    assert warned.startswith(f"  Warning: {noise}: unlike the training music: ")
    (plain,) = run(*words, "--no-reject")[1].splitlines()
    assert "none of these" not in plain
    assert plain.split(": ")[1].split(" ")[0] == line.split("nearest: ")[1].split(" ")[0]

    (row,) = csv.DictReader(io.StringIO(run(*words, "--csv")[1]))
    assert (row["genre"], row["none_of_these"]) == ("none of these", "true")
    assert row["nearest"] in ("calm", "high")
    (one,) = json.loads(run(*words, "--json")[1])["files"]
    assert (one["genre"], one["none_of_these"], one["nearest"]) == ("none of these", True, row["nearest"])


def test_answers_in_a_file_say_whether_music_was_rejected(world, run, tmp_path):
    out, words = tmp_path / "all.csv", ["predict", world / "foreign", "--model", world / "lda", "--out"]
    assert "none of these 4" in run(*words, out)[2]
    assert run(*words, out, "--no-reject")[0] == 1  # answers of another kind are not mixed
    assert run(*words, out, "--no-reject", "--overwrite")[0] == 0
    assert not pd.read_csv(out)["none_of_these"].any()


def test_in_python(world):
    model, noise = gf.load_model(world / "lda"), world / "foreign" / "noise.wav"
    found, plain = model.predict(noise), model.predict(noise, reject=False)
    assert (found.genre, found.none_of_these, found.nearest) == ("none of these", True, plain.genre)
    assert not plain.none_of_these
    assert repr(found).startswith("Prediction: none of these, nearest: ")
    assert "none of these (nearest: " in found._repr_html_()
    assert "none of these" not in plain._repr_html_()
    assert "none of these (nearest: " in draw_prediction(found.found).get_suptitle()
    frame = model.predict([noise, world / "new" / "0-0.wav"])
    assert frame["none_of_these"].tolist() == [True, False]
    assert frame["nearest"].tolist()[0] == plain.genre
    assert model.predict([noise], reject=False)["genre"].tolist() == [plain.genre]


def test_what_is_explained_is_the_nearest_genre(world):
    why = gf.load_model(world / "xgboost").explain(world / "foreign" / "noise.wav")
    assert why.genre in ("calm", "high")
    assert "none of these, nearest " in why.found.title


def test_a_model_that_was_saved_again_rejects_as_before(world, tmp_path):
    model = gf.load_model(world / "lda")
    model.save(tmp_path / "again")
    for name in ("unlike.json", "unlike.npz"):
        assert (tmp_path / "again" / name).read_bytes() == (world / "lda" / "model" / name).read_bytes()


def test_without_an_answer_there_is_no_nearest():
    assert FilePrediction(path="a", error="no").nearest == ""
    assert FilePrediction(path="a", genre="rock").nearest == "rock"
    gone = FilePrediction(path="a", genres=("jazz", "rock"), error="no").to_record()
    assert (gone["none_of_these"], gone["nearest"]) == (False, "")
