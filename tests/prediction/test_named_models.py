"""Models by name: the packaged one, one's own, and which stands in where there is no run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from gtzan_cli.main import cli, run

import gtzan_features as gf
from gtzan_features.errors import ModelError
from gtzan_features.prediction.model_names import model_folder, stand_in
from gtzan_features.prediction.model_summary import model_facts
from gtzan_features.prediction.named_models import (
    PACKAGED,
    model_names,
    named_model,
    own_models,
    pretrained_folder,
    standing_in,
)
from gtzan_features.prediction.predict import TRAINED_ON_IT
from gtzan_features.prediction.predictor import load_predictor
from tests.conftest import SR, tone

HEAVY = ("pandas", "pyarrow", "sklearn", "xgboost", "skops", "matplotlib", "librosa")
TEN = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder to work in, and no model of the person's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def song(place):
    soundfile.write(place / "song.wav", tone(7.0, 220.0), SR, subtype="PCM_16")
    return "song.wav"


def asked(*words):
    found = CliRunner().invoke(cli, [str(word) for word in words])
    return found.exit_code, found.stdout, found.stderr


def test_names_are_found_and_ones_own_model_goes_before_the_packaged():
    assert model_names() == ("gtzan10",)
    assert named_model("gtzan10") == pretrained_folder("gtzan10") == standing_in() == PACKAGED / "gtzan10"
    for name in ("", "gtzan11", "../pretrained/gtzan10", ".", ".."):
        assert named_model(name) is None
    with pytest.raises(ModelError, match="no model is called 'gtzan11'; there are gtzan10$"):
        pretrained_folder("gtzan11")
    with pytest.raises(ModelError, match="Make it: gtzan pretrain gtzan10-full AUDIO_DIR"):
        pretrained_folder("gtzan10-full")
    full = shutil.copytree(PACKAGED / "gtzan10", own_models() / "gtzan10-full")
    own = shutil.copytree(PACKAGED / "gtzan10", own_models() / "gtzan10")
    assert named_model("gtzan10") == own
    assert standing_in() == full
    assert model_names() == ("gtzan10", "gtzan10-full")


def test_a_folder_with_a_model_goes_before_a_name_and_a_name_before_runs(place):
    assert model_folder("gtzan10") == PACKAGED / "gtzan10"
    (place / "gtzan10").mkdir()  # of music, perhaps
    assert model_folder("gtzan10") == PACKAGED / "gtzan10"
    for name in ("manifest.json", "model.json"):
        (place / "gtzan10" / name).touch()
        assert str(model_folder("gtzan10")) == "gtzan10"
        (place / "gtzan10" / name).unlink()
    with pytest.raises(ModelError, match="gtzan-10: no such folder.*Models with a name: gtzan10"):
        model_folder("gtzan-10")


def test_it_stands_in_only_where_no_run_has_a_model(place):
    assert stand_in() == PACKAGED / "gtzan10"
    (place / "runs" / ".hidden" / "model").mkdir(parents=True)
    (place / "runs" / "without").mkdir()
    assert stand_in() == PACKAGED / "gtzan10"
    (place / "runs" / "one" / "model").mkdir(parents=True)  # whether it can be loaded is not asked
    assert stand_in() is None


def test_predict_without_a_run_says_which_model_and_how_good(song):
    code, out, err = asked("predict", song)
    assert code == 0
    assert out.startswith("song.wav: ")
    figures = gf.pretrained().figures
    first, good, own = err.splitlines()[:3]
    assert first.startswith("Model: gtzan10, ")
    assert f"Of {figures.n_tracks} tracks by artists that it had not heard, " in good
    assert f"{100 * figures.accuracy:.1f} % (" in good
    assert "gtzan fit lda" in own
    assert asked("predict", song, "--model", "gtzan10")[1] == out
    found = json.loads(asked("predict", song, "--json")[1])
    assert found["model"]["figures"]["protocol"] == figures.protocol
    assert found["files"][0]["genres"] == list(TEN)


def test_a_folder_of_runs_that_was_named_gets_no_stand_in(song, place):
    assert run(["predict", song, "--runs", str(place / "elsewhere")]) == 1
    code, _, _ = asked("predict", song, "--runs", str(place / "elsewhere"))
    assert code == 1


def test_a_missing_file_is_said_to_be_missing(capsys):
    assert run(["predict", "nothere.mp3"]) == 1
    assert capsys.readouterr().err.strip() == "Error: nothere.mp3: no such file. Check the name."


def test_no_gain_moves_the_packaged_model():
    y = tone(7.0, 220.0)
    model, p = gf.pretrained("gtzan10"), []
    for gain in (1.0, 0.1, 2.0):
        p.append(np.array(model.predict(gain * 0.4 * y, sr=SR).segments[list(TEN)]))
    np.testing.assert_allclose(p[1], p[0], atol=1e-3)
    np.testing.assert_allclose(p[2], p[0], atol=1e-3)


def test_it_explains_itself_without_a_table(song):
    model = gf.pretrained("gtzan10")
    why = model.explain(song)
    assert why.frame is not None
    code, out, _ = asked("explain", song, "--out", "why.png")
    assert code == 0
    assert "family timbre" in out
    assert run(["explain"]) == 1


def test_the_page_says_how_good_it_is_and_what_it_was_tested_on():
    predictor = load_predictor(PACKAGED / "gtzan10")
    facts = model_facts(predictor.folder.parent, predictor.card, predictor.kept.figures)
    assert facts.title.startswith("gtzan10, ")
    assert facts.accuracy
    assert facts.top2
    assert facts.protocol == "artist"
    assert facts.deformations == predictor.kept.figures.tested_on


def test_it_can_be_saved_and_loaded_again_as_it_is(tmp_path):
    model = gf.pretrained("gtzan10")
    model.save(tmp_path / "copy")
    again = gf.load_model(tmp_path / "copy")
    assert again.card == model.card
    assert again.figures == model.figures
    rows = np.random.default_rng(0).normal(size=(5, 57))
    np.testing.assert_array_equal(again.predict_proba(rows), model.predict_proba(rows))


def test_damaged_figures_are_refused(tmp_path):
    shutil.copytree(PACKAGED / "gtzan10", tmp_path / "copy")
    path = tmp_path / "copy" / "figures.json"
    path.write_text(path.read_text().replace("gtzan10", "gtzan99"))
    with pytest.raises(ModelError, match="figures.json: damaged or replaced"):
        gf.load_model(tmp_path / "copy")
    path.unlink()
    with pytest.raises(ModelError, match="figures.json: is missing"):
        gf.load_model(tmp_path / "copy")


def test_a_prediction_with_it_imports_no_scikit_learn_and_no_tables(song):
    words = ["predict", song, "--csv"]
    code = (
        "import json, sys\nfrom gtzan_cli.main import run\n"
        f"assert run({words!r}) == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.real
def test_it_knows_the_files_that_it_was_trained_on(real_material):
    (path, *_) = sorted((real_material / "audio" / "jazz").glob("*.wav"))
    assert TRAINED_ON_IT in gf.pretrained("gtzan10").predict(path).warnings
