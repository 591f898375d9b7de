"""Nothing that runs: what mypy and editors know of the public names. ``make lint`` checks it."""

from __future__ import annotations

from typing import assert_type

import numpy as np
import numpy.typing as npt
import pandas as pd

import gtzan_features as gf


def typed(samples: npt.NDArray[np.float32]) -> None:
    """Use the names as a person does."""
    assert_type(gf.__version__, str)
    assert_type(gf.features("song.mp3", features="full", segments="30s"), pd.DataFrame)
    assert_type(gf.features(samples, sr=44_100), pd.DataFrame)
    assert_type(gf.features(["a.wav", (samples, 44_100)], n_jobs=-1), pd.DataFrame)
    assert_type(gf.describe("full"), pd.DataFrame)
    table = gf.extract("genres/", features="full", segments="30s", progress=False)
    assert_type(table, gf.Table)
    assert_type(gf.read_table("features_3_sec.csv"), gf.Table)
    assert_type(table.take(table.y == "rock").select("-rhythm").of_genres("rock", "jazz"), gf.Table)
    assert_type(table.columns, tuple[str, ...])
    assert_type(table.frame, pd.DataFrame)
    assert_type(len(table), int)
    model = gf.load_model("runs")
    found = model.predict(samples, sr=44_100)
    assert_type(found, gf.Prediction | pd.DataFrame)
    assert_type(gf.explain(model, (samples, 44_100)).frame, pd.DataFrame)
    assert_type(gf.evaluate("lda", table, protocol="track", folds=5), gf.EvaluationResult)
    model = gf.fit("svm", table, C=10)
    assert_type(model, gf.Model)
    assert_type(gf.load_model("runs/one").predict("song.mp3"), gf.Prediction | pd.DataFrame)
    assert_type(gf.explain(model, samples, 44_100), gf.Explanation)
    answers = model.predict_to("genres.csv", ["music/", "song.mp3"], n_jobs=-1)
    assert_type(answers, gf.LibraryAnswers)
    assert_type(answers.write_playlists("playlists"), dict[str, int])
    assert_type(answers.write_tags(apply=True, min_probability=0.8), pd.DataFrame)
    assert_type(gf.restore_tags("genres.csv.old-tags.jsonl"), pd.DataFrame)
    # What is wrong is seen before it runs.
    gf.features(3)  # type: ignore[arg-type]
    gf.featurse  # type: ignore[attr-defined]  # noqa: B018
