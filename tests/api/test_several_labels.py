"""Several labels a track in Python: tables, results, models and what they say of a recording."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from gtzan_cli.main import run
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier

import gtzan_features as gf
from gtzan_features.training.load_rows import in_memory
from tests.conftest import make_several_table, tone

SR = 22_050
LABELS = ["fast", "genre0", "genre1", "genre2"]


@pytest.fixture(scope="module")
def table():
    return gf.Table(in_memory(make_several_table(artists=True)))


@pytest.fixture(scope="module")
def result(table):
    return gf.evaluate("logistic-regression", table, folds=3, n_jobs=1, label_threshold=0.4)


def test_a_frame_is_read_as_it_is_wanted():
    frame = pd.DataFrame({"track_id": list("abcd"), "genre": ["rock; blues", "rock", "blues;;rock", "jazz"]})
    frame["tempo"] = [1.0, 2.0, 3.0, 4.0]
    several = gf.read_table(frame, segments="30s", several_labels=True)
    assert several.frame["genre"].tolist() == ["blues;rock", "rock", "blues;rock", "jazz"]
    assert repr(several) == "Table(DataFrame: 4 rows of 30s, 1 column (own), 4 tracks, 3 labels)"
    assert several.y.columns.tolist() == ["blues", "jazz", "rock"]
    assert several.y["rock"].tolist() == [True, True, True, False]
    plain = gf.read_table(frame, segments="30s")
    assert plain.y.tolist() == frame["genre"].tolist()
    assert several.of_genres("rock", "jazz").frame["genre"].tolist() == ["rock", "rock", "rock", "jazz"]


def test_a_file_keeps_its_labels_and_can_be_read_as_one_name_each(table, tmp_path):
    table.to_parquet(tmp_path / "several.parquet")
    again = gf.read_table(tmp_path / "several.parquet")
    pd.testing.assert_frame_equal(again.y, table.y)
    as_names = gf.read_table(tmp_path / "several.parquet", several_labels=False)
    assert set(as_names.y) == set(table.frame["genre"])
    assert repr(as_names).endswith("genres)")


def test_scikit_learn_takes_the_indicator(table):
    model = OneVsRestClassifier(LogisticRegression(max_iter=500))
    p = cross_val_predict(
        model, table.X, table.y, groups=table.artists, cv=GroupKFold(3), method="predict_proba"
    )
    assert p.shape == table.y.shape
    with pytest.raises(gf.GtzanError, match="GroupKFold with groups=table.groups"):
        next(gf.TrackKFold(3).split(table.X, table.y, table.groups))


def test_the_result_has_labels_and_reads_well(result, table):
    assert isinstance(result, gf.LabelsResult)
    assert result.labels.index.tolist() == LABELS
    assert result.labels["support"].tolist() == table.y.groupby(table.groups).first().sum().tolist()
    mean = result.scores.loc["mean"]
    assert mean["macro_average_precision"] == pytest.approx(result.labels["average_precision"].mean())
    assert result.average_precision == mean["macro_average_precision"]
    assert result.base_rate == pytest.approx(result.labels["base_rate"].mean())
    assert result.interval.low < result.average_precision < result.interval.high
    assert list(result.scores.index) == ["segment", "vote", "mean", "log-mean"]
    text, page = repr(result), result._repr_html_()
    assert "average precision" in text
    assert "chance" in text
    assert "accuracy" not in text + page
    assert all(label in page for label in LABELS)
    for name in ("accuracy", "confusion"):
        assert not hasattr(result, name)


def test_an_estimator_is_fitted_as_one_model_a_label(table, result):
    found = gf.evaluate(LogisticRegression(max_iter=500), table, folds=3, n_jobs=1)
    assert found.labels.index.tolist() == LABELS
    floor = gf.evaluate("majority", table, folds=3, n_jobs=1)
    said = result.compare(floor)
    assert said.shown
    assert said.interval[0] > 0
    assert repr(said).startswith("logistic-regression on kaggle, 3s rows by mean, artist 3-fold is better")
    frame = gf.compare(result, floor, found)
    assert len(frame) == 3
    assert frame.loc[0, "shown"]
    assert frame["p_value"].isna().all()


def test_results_of_two_kinds_are_not_compared(table, result):
    plain = gf.evaluate("majority", gf.Table(in_memory(one_genre(table))), folds=3, n_jobs=1)
    for first, second in ((plain, result), (result, plain)):
        with pytest.raises(gf.GtzanError, match="one genre a track, and the other run several labels"):
            first.compare(second)


def one_genre(table):
    from dataclasses import replace

    found = table.opened.table
    frame = found.frame.assign(genre=found.frame["genre"].str.replace("fast;", ""))
    return replace(found, frame=frame, meta=replace(found.meta, several_labels=False))


def test_saving_writes_the_run_of_the_command(result, tmp_path):
    folder = result.save(tmp_path, n_jobs=1)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert len(metrics["label_thresholds"]) == 4
    model = gf.load_model(folder)
    assert model.genres == tuple(LABELS)
    assert repr(model).endswith("4 labels)")
    assert "given from" in model._repr_html_()


@pytest.fixture(scope="module")
def on_audio(tmp_path_factory):
    """Tones of two pitches, soft or loud: labels high, loud, and low; a model in a folder, and two files."""
    root = tmp_path_factory.mktemp("labels")
    rows = []
    for i in range(12):
        high, loud = i % 2, i // 2 % 2
        y = (0.05 + 0.9 * loud) * tone(3.1, 220.0 * (1 + 3 * high) + 5 * i, seed=i)
        frame = gf.features(y, sr=SR, segments="3s").reset_index()
        names = ["high" if high else "low"] + ["loud"] * loud
        rows.append(frame.assign(track_id=f"track {i}", genre=";".join(names)))
    frame = pd.concat(rows, ignore_index=True)
    table = gf.read_table(frame, recipe="kaggle", segments="3s", several_labels=True)
    model = gf.fit("lda", table)
    model.save(root / "model")
    for name, gain in (("loud", 0.95), ("soft", 0.05)):
        y = gain * tone(7.0, 900.0, seed=40)
        import soundfile

        soundfile.write(root / f"{name}.wav", y, SR, subtype="FLOAT")
    return root


def test_a_recording_gets_the_labels_above_their_thresholds(on_audio):
    model = gf.load_model(on_audio / "model")
    said = model.predict(on_audio / "loud.wav")
    thresholds = dict(zip(model.genres, model.card.thresholds, strict=True))
    assert set(said.labels) == {name for name, p in said.probabilities.items() if p >= thresholds[name]}
    assert said.labels[0] == said.ranking[0] == said.genre
    assert "high" in said.labels
    assert "low" not in said.labels
    assert all(name in repr(said) for name in said.labels)
    assert said.segments.shape[0] == 2
    frame = model.predict([on_audio / "loud.wav", on_audio / "soft.wav"])
    assert frame["labels"].iloc[0] == ";".join(said.labels)
    assert "genre" not in frame
    p = frame[["p_high", "p_loud", "p_low"]].to_numpy()
    assert np.abs(p.sum(axis=1) - 1).max() > 0.01


def test_the_command_prints_labels_and_never_shares_of_one(on_audio, capsys):
    words = ["predict", str(on_audio / "loud.wav"), str(on_audio / "soft.wav"), "-m", str(on_audio / "model")]
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert files[0]["several"]
    assert "high" in files[0]["labels"]
    assert run([*words, "--csv"]) == 0
    header, first, _ = capsys.readouterr().out.splitlines()
    assert header.startswith("file,labels,p_high,p_loud,p_low,")
    assert f",{';'.join(files[0]['labels'])}," in first
    assert run(words) == 0
    assert "loud.wav: high 1" in capsys.readouterr().out
    answers = on_audio / "answers.csv"
    assert run([*words, "--out", str(answers)]) == 0
    header, *rows = answers.read_text(encoding="utf-8").splitlines()
    assert header.startswith("file,labels,p_high,p_loud,p_low,")
    assert any(f",{';'.join(files[0]['labels'])}," in row for row in rows)


def test_the_explanation_is_of_the_most_probable_label(on_audio):
    model = gf.load_model(on_audio / "model")
    with pytest.raises(gf.GtzanError, match="no such feature table"):
        model.explain(on_audio / "loud.wav", table=on_audio)
