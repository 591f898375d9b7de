"""`Model.predict` and `Model.explain`: the numbers of the commands, whatever a recording is given as."""

from __future__ import annotations

import io
import json

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import soundfile
from gtzan_cli.main import run

import gtzan_features as gf
from gtzan_features.errors import (
    AudioDecodeError,
    AudioError,
    AudioTooShortError,
    ConfigError,
    ModelError,
    SignalError,
    TableError,
)
from tests.api.fragments import NASTY, check_fragment
from tests.conftest import SR, tone

MODELS = {"xgboost": "--set n_estimators=5", "lda": "", "mlp": "--scale mel --set epochs=2"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two genres of tones, tables of them, and a run of each kind of model, made by the commands."""
    root = tmp_path_factory.mktemp("face")
    for g, genre in enumerate(("calm", "loud")):
        (root / "music" / genre).mkdir(parents=True)
        for i in range(4):
            y = tone(7.0, 220.0 * (1 + 4 * g) + 20 * i, seed=10 * g + i)
            soundfile.write(root / "music" / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    lines = [
        f"features extract {root}/music -o {root}/tables -s 3s -j 1",
        f"features spectrograms {root}/music -o {root}/tables -s 3s -j 1",
        *(
            f"fit {model} {words} --folds 2 --final --tables {root}/tables --runs {root}/{model} -j 1"
            for model, words in MODELS.items()
        ),
    ]
    assert [run(line.split()) for line in lines] == [0] * len(lines)
    return root


def said(capsys, *words):
    """Return what a command prints."""
    capsys.readouterr()
    run([str(word) for word in words])
    return capsys.readouterr().out


@pytest.mark.parametrize("model", MODELS)
def test_a_prediction_is_that_of_the_command(place, capsys, model):
    path = place / "music" / "loud" / "loud.2.wav"
    found = gf.load_model(place / model).predict(path)
    (theirs,) = json.loads(said(capsys, "predict", path, "--runs", place / model, "--json"))["files"]
    assert json.loads(json.dumps(found.found.to_dict())) == theirs
    assert found.genre == theirs["genre"]
    assert list(found.ranking) == theirs["ranking"] == found.probabilities.index.tolist()
    assert dict(zip(theirs["genres"], theirs["probabilities"], strict=True)) == found.probabilities.to_dict()
    assert found.probabilities.is_monotonic_decreasing
    assert found.segments[list(theirs["genres"])].to_numpy().tolist() == theirs["segments"]
    assert found.segments["start_s"].tolist() == theirs["starts_s"]
    assert found.segments["end_s"].tolist() == theirs["ends_s"]
    assert found.segments["genre"].tolist() == [theirs["genres"][np.argmax(p)] for p in theirs["segments"]]
    assert list(found.warnings) == theirs["warnings"]


@pytest.mark.real
@pytest.mark.parametrize("features", ["kaggle", "full"])
def test_real_tracks_have_the_rows_of_the_commands_csv(real_material, tmp_path, capsys, features):
    paths = sorted((real_material / "audio").rglob("*.wav"))[::12]
    (tmp_path / "music").mkdir()
    for path in sorted((real_material / "audio").rglob("*.wav"))[::5]:
        genre = path.name.partition(".")[0]
        (tmp_path / "music" / genre).mkdir(exist_ok=True)
        (tmp_path / "music" / genre / path.name).symlink_to(path)
    table = gf.extract(tmp_path / "music", features=features, segments="30s", out=tmp_path / "t", n_jobs=2)
    model = gf.fit("lda" if features == "full" else "xgboost", table)
    model.save(tmp_path / "model")
    ours = gf.load_model(tmp_path / "model").predict(paths)
    text = said(capsys, "predict", *paths, "--model", tmp_path / "model", "--csv", "-j", 1)
    theirs = pd.read_csv(io.StringIO(text), index_col="file", keep_default_na=False)
    assert ours.columns.tolist() == theirs.columns.tolist()
    assert ours.index.tolist() == theirs.index.tolist() == [str(path) for path in paths]
    for name in ("genre", "n_segments", "warnings", "error"):
        assert ours[name].tolist() == theirs[name].tolist()
    numbers = [name for name in ours if name.startswith("p_")] + ["duration_s"]
    np.testing.assert_allclose(ours[numbers].astype(float), theirs[numbers].astype(float), atol=5.1e-4)
    np.testing.assert_allclose(ours[numbers[:-1]].sum(axis=1), 1.0)
    samples, sr = soundfile.read(paths[0], dtype="int16")
    by_samples = model.predict(samples, sr=sr)
    assert by_samples.genre == ours["genre"].iloc[0]
    assert by_samples.probabilities.tolist() == sorted(ours[numbers[:-1]].iloc[0], reverse=True)


@pytest.mark.parametrize("model", MODELS)
def test_samples_have_the_prediction_and_the_explanation_of_their_file(place, tmp_path, model):
    loaded = gf.load_model(place / model)
    y = np.stack([tone(7.0, 230.0, sr=44_100), tone(7.0, 500.0, sr=44_100)])
    soundfile.write(tmp_path / "song.flac", y.T, 44_100, subtype="PCM_16")
    of_file = loaded.predict(tmp_path / "song.flac")
    whole, sr = soundfile.read(tmp_path / "song.flac", dtype="int16")
    given = [loaded.predict(whole, sr=sr), loaded.predict((whole.T, sr))]
    assert [one.probabilities.to_dict() for one in given] == [of_file.probabilities.to_dict()] * 2
    assert given[0].name == "samples"
    assert given[0].warnings == of_file.warnings
    why = loaded.explain(tmp_path / "song.flac", table=place / "tables")
    by_samples = gf.explain(place / model, whole, sr=sr, table=gf_table(place, model))
    assert (why.genre, why.probability) == (of_file.genre, of_file.probabilities.iloc[0])
    pd.testing.assert_frame_equal(why.frame, by_samples.frame)


def gf_table(place, model):
    name = "spectrogram-mel-3s" if model == "mlp" else "kaggle-3s"
    return gf.read_table(place / "tables" / f"{name}.parquet")


@pytest.mark.parametrize("model", MODELS)
def test_an_explanation_is_that_of_the_command(place, capsys, tmp_path, model):
    path = place / "music" / "calm" / "calm.1.wav"
    why = gf.load_model(place / model).explain(path, table=place / "tables")
    words = ["explain", path, "--runs", place / model, "--tables", place / "tables", "-o", tmp_path / "a.png"]
    theirs = json.loads(said(capsys, *words, "--json"))
    for name in ("genre", "method", "probability", "agreement"):
        assert getattr(why, name) == theirs[name]
    assert [list(row) for row in why.found.table.rows] == theirs["table"]["rows"]
    why.save(tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    if model == "mlp":
        assert why.frame.columns.tolist() == ["start_s", "end_s", "low_hz", "high_hz", "fall", "gradient"]
        assert why.frame["fall"].is_monotonic_decreasing
    else:
        families = why.frame[why.frame["kind"] == "family"].set_index("name")["value"]
        shown = dict(row for row in theirs["table"]["rows"] if not row[0].startswith("mfcc"))
        assert {f"{value:+.3f}" for value in families} <= set(shown.values())
        if model == "xgboost":  # TreeSHAP: what features add is what their families add
            single = why.frame[why.frame["kind"] == "feature"].groupby("family")["value"].sum()
            pd.testing.assert_series_equal(
                single.sort_index(), families.sort_index(), check_names=False, atol=1e-9
            )


def test_a_bad_recording_is_a_row_with_its_error_and_workers_change_nothing(place, tmp_path):
    model = gf.load_model(place / "xgboost")
    (tmp_path / "text.wav").write_text("no music")
    good = place / "music" / "calm" / "calm.0.wav"
    given = [good, tmp_path / "text.wav", "nothere.mp3", (np.zeros(SR * 3), SR), (tone(0.5, 220.0), SR)]
    found = model.predict(given)
    names = [str(good), str(tmp_path / "text.wav"), "nothere.mp3", "samples 3", "samples 4"]
    assert found.index.tolist() == names
    assert found["genre"].isna().tolist() == [False, True, True, True, True]
    assert found["genre"].iloc[0] == "calm"
    words = ("", "cannot decode", "No such file", "every sample", "too short")
    assert all(word in error for word, error in zip(words, found["error"], strict=True))
    assert found["p_calm"].isna().tolist() == [False, True, True, True, True]
    pd.testing.assert_frame_equal(model.predict(given, n_jobs=2), found)


def test_a_folder_is_a_frame_and_an_empty_list_too(place):
    model = gf.load_model(place / "xgboost")
    assert model.predict(place / "music")["genre"].tolist() == ["calm"] * 4 + ["loud"] * 4
    assert model.predict([]).columns.tolist() == model.predict(place / "music").columns.tolist()


def test_what_is_wrong_with_one_recording_is_raised_in_one_line(place, tmp_path):
    model = gf.load_model(place / "xgboost")
    (tmp_path / "text.wav").write_text("no music")
    (tmp_path / "empty").mkdir()
    y = tone(3.5, 220.0)
    for error, match, call in (
        (AudioDecodeError, r"text.wav: cannot decode", lambda: model.predict(tmp_path / "text.wav")),
        (AudioError, "nothere.wav: no such file", lambda: model.predict("nothere.wav")),
        (AudioError, "holds no audio file", lambda: model.predict(tmp_path / "empty")),
        (AudioTooShortError, "samples: 0.50 s long: too short", lambda: model.predict(y[: SR // 2], sr=SR)),
        (
            SignalError,
            "the signal holds values that are not finite",
            lambda: model.predict(y * np.nan, sr=SR),
        ),
        (ConfigError, "samples without their rate", lambda: model.predict(y)),
        (ConfigError, "aggregation 'max' is unknown", lambda: model.predict(y, sr=SR, aggregation="max")),
        (ConfigError, "one recording is explained at a time", lambda: model.explain([y], sr=SR)),
        (ModelError, "holds no", lambda: gf.load_model(tmp_path)),
        (ModelError, "nothere", lambda: gf.load_model("nothere")),
        (TableError, "table=", lambda: gf.load_model(place / "lda").explain(y, sr=SR, table=tmp_path)),
    ):
        with pytest.raises(error, match=match) as caught:
            call()
        assert "\n" not in str(caught.value)
        assert "--" not in str(caught.value)


def test_a_model_of_this_session_explains_by_its_own_table(place):
    table = gf_table(place, "lda")
    y = tone(7.0, 1100.0, seed=77)
    kept = gf.fit("lda", table)
    kept.save(place / "saved")
    loaded = gf.load_model(place / "saved")
    here, there = kept.explain(y, sr=SR), loaded.explain(y, sr=SR, table=table)
    pd.testing.assert_frame_equal(here.frame, there.frame, atol=1e-9)
    assert kept.predict(y, sr=SR).probabilities.to_numpy() == pytest.approx(
        loaded.predict(y, sr=SR).probabilities.to_numpy()
    )


def test_a_model_on_columns_of_ones_own_says_that_no_audio_gives_them():
    frame = pd.DataFrame({"track_id": list("abcd"), "genre": ["a", "b"] * 2, "own": [1.0, 2.0, 1.1, 2.1]})
    model = gf.fit("knn", gf.read_table(frame, segments="3s"), n_neighbors=1)
    with pytest.raises(ModelError, match="model: trained on a CSV of unknown recipe"):
        model.predict(tone(4.0, 220.0), sr=SR)


@pytest.mark.parametrize("model", MODELS)
def test_a_prediction_and_an_explanation_show_themselves(place, tmp_path, model):
    loaded = gf.load_model(place / model)
    (tmp_path / "odd").mkdir()
    path = tmp_path / "odd" / NASTY.replace("/", "∕")
    soundfile.write(tmp_path / "a.wav", tone(7.0, 220.0), SR)
    (tmp_path / "a.wav").rename(path)
    found, why = loaded.predict(path), loaded.explain(path, table=place / "tables")
    assert repr(found).startswith(f"Prediction: {found.genre} ")
    assert "2 segments, 7.0 s" in repr(found)
    assert f"{found.genre}, " in repr(why)
    for one in (found, why):
        text = check_fragment(one._repr_html_())
        assert found.genre in text
        assert "<b>a&\"'</b>".replace("/", "∕") in text
        assert r"\u202e$x$\n.wav" in repr(one)


def test_a_model_shows_what_it_was_trained_on(place):
    text = check_fragment(gf.load_model(place / "xgboost")._repr_html_())
    for word in ("xgboost on kaggle, 3s rows of music", "calm, loud", "n_estimators 5", "columns57"):
        assert word in text


def test_doubts_stand_in_what_is_shown(place):
    found = gf.load_model(place / "xgboost").predict(tone(2.0, 220.0), sr=SR)
    assert found.warnings[0].startswith("short: 2.0 s")
    assert "warning: short: 2.0 s" in repr(found)
    assert "short: 2.0 s" in check_fragment(found._repr_html_())


def test_pictures_are_figures_of_pyplot(place):
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plt.close("all")
    loaded = gf.load_model(place / "xgboost")
    y = tone(7.0, 220.0)
    axes = [loaded.predict(y, sr=SR).plot(), loaded.explain(y, sr=SR).plot()]
    assert [ax.figure.number for ax in axes] == plt.get_fignums()
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["calm", "loud"]
    plt.close("all")


def test_the_folder_of_all_runs_gives_the_one_that_was_fitted_last(place):
    model = gf.load_model(place / "xgboost")
    (folder,) = [path for path in (place / "xgboost").iterdir() if path.is_dir()]
    assert model.origin == str(folder)
    for path in (folder, folder / "model"):
        assert gf.load_model(path).card == model.card
