from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss, top_k_accuracy_score

from gtzan_features.reports.scores import score
from gtzan_features.tables.predictions import PROBABILITY, Predictions, read_predictions, write_predictions

GENRES = ("blues", "jazz", "rock")


def predictions(n_tracks=30, n_segments=4, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([1, 1, 1], n_tracks * n_segments)
    frame = pd.DataFrame(
        {
            "track_id": [f"t{i:02d}" for i in range(n_tracks) for _ in range(n_segments)],
            "segment": list(range(n_segments)) * n_tracks,
            "fold": 0,
            "genre": [GENRES[i % 3] for i in range(n_tracks) for _ in range(n_segments)],
        }
    )
    for i, genre in enumerate(GENRES):
        frame[PROBABILITY + genre] = p[:, i]
    return Predictions(frame=frame, genres=GENRES)


def test_levels_agree_with_scikit_learn_on_pandas_means():
    one = predictions()
    found = score(one)
    y, p = one.y_true, one.probabilities
    assert found["segment"].metrics.accuracy == accuracy_score(y, p.argmax(1))
    assert found["segment"].metrics.log_loss == pytest.approx(log_loss(y, p))
    assert found["segment"].metrics.top2_accuracy == top_k_accuracy_score(y, p, k=2)
    means = one.frame.groupby("track_id")[[PROBABILITY + g for g in GENRES]].mean().to_numpy()
    of_track = y.reshape(30, 4)[:, 0]
    assert found["mean"].metrics.accuracy == accuracy_score(of_track, means.argmax(1))
    assert found["mean"].metrics.macro_f1 == pytest.approx(
        f1_score(of_track, means.argmax(1), average="macro")
    )
    votes = np.apply_along_axis(np.bincount, 1, p.argmax(1).reshape(30, 4), minlength=3)
    clear = (votes == votes.max(1, keepdims=True)).sum(1) == 1
    agreed = found["vote"].correct[clear] == (votes.argmax(1) == of_track)[clear]
    assert agreed.all()


def test_one_row_per_track_is_one_level():
    found = score(predictions(n_segments=1))
    assert list(found) == ["track"]
    assert found["track"].interval.method.lower().startswith("wilson")


def test_intervals_of_segments_are_over_tracks():
    one = predictions()
    assert score(one)["segment"].interval.n_units == 30
    assert score(one)["segment"].interval.n_rows == 120


def test_predictions_make_the_round_trip(tmp_path):
    one = predictions()
    write_predictions(tmp_path / "p.parquet", one)
    back = read_predictions(tmp_path / "p.parquet")
    assert back.genres == GENRES
    np.testing.assert_array_equal(back.probabilities, one.probabilities)
    assert back.tracks == one.tracks
