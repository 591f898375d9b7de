"""Paired tests of a report: which pairs, with which correction, named in full."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binomtest

from gtzan_features.evaluation.comparison import PairedComparison, verdict
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.paired import best_tests, length_tests
from tests.reports.html.test_parts import run


def shuffled(share, seed, **changes):
    """A run whose right tracks are others than those of another seed."""
    one = run(share, **changes)
    frame = one.predictions.frame
    order = np.random.default_rng(seed).permutation(len(frame))
    right = (frame["p_jazz"] > 0.5).to_numpy() == (frame["genre"] == "jazz").to_numpy()
    p_jazz = np.where(right[order] == (frame["genre"] == "jazz").to_numpy(), 0.9, 0.1)
    frame["p_jazz"], frame["p_rock"] = p_jazz, 1 - p_jazz
    return one


def by_hand(a, b):
    """McNemar's exact p of two scored runs, by scipy."""
    x, y = a.best.correct, b.best.correct
    only_a, only_b = int((x & ~y).sum()), int((y & ~x).sum())
    return binomtest(only_a, only_a + only_b).pvalue


def test_the_best_is_tested_with_p_corrected_for_every_pair_that_might_have_been_looked_at():
    models = ("svm", "knn", "lda", "xgboost", "mlp")
    scored = score_runs(
        shuffled(share, i, model=name)
        for i, (share, name) in enumerate(zip((0.8, 0.62, 0.68, 0.7, 0.55), models, strict=True))
    )
    found = best_tests(scored)
    pairs = {(a.label, b.label): by_hand(a, b) for a, b in combinations(scored, 2)}
    ordered = sorted(pairs.items(), key=lambda item: item[1])
    corrected, highest = {}, 0.0
    for rank, (pair, p) in enumerate(ordered):  # Holm's steps, over all ten pairs
        highest = max(highest, min(1.0, p * (len(ordered) - rank)))
        corrected[pair] = highest
    assert [test.second.label for test in found] == ["knn", "lda", "xgboost", "mlp"]
    for test in found:
        assert test.comparison.p_value == pytest.approx(corrected["svm", test.second.label])
        assert "corrected by Holm for 10 pairs" in test.sentence
        assert ("can be shown" in test.sentence) == (test.comparison.p_value >= 0.05)


def test_every_side_of_a_test_names_model_features_rows_and_what_differs():
    scored = score_runs(
        [
            run(0.9, segment="30s", feature_set="full", model="lda"),
            run(0.6, n=100, per_track=3, segment="3s", feature_set="kaggle", model="xgboost"),
        ]
    )
    (test,) = best_tests(scored)
    assert test.sentence.startswith("track 5-fold, 100 tracks: lda on full, 30s rows is 30.0 points better ")
    assert "than xgboost on kaggle, 3s rows by mean (" in test.sentence
    assert test.sentence.endswith("They differ in rows, features and model.")
    assert length_tests(scored) == []


@pytest.mark.parametrize(
    "other",
    [
        {"feature_set": "full"},
        {"feature_fingerprint": "of another version"},
        {"settings": {"C": 1.0}},
        {"seed": 1},
        {"model": "knn"},
        {"dataset": "another"},
        {"synthetic": True},
        {"n": 99},
        {"table_origin": "csv features.csv"},
    ],
)
def test_lengths_are_tested_where_nothing_else_differs(other):
    short = run(0.6, per_track=3)
    assert len(length_tests(score_runs([short, run(0.7, segment="30s")]))) == 1
    assert length_tests(score_runs([short, run(0.7, segment="30s", **other)])) == []


def test_the_same_run_with_and_without_final_is_tested_once():
    runs = [run(0.6, per_track=3), run(0.6, per_track=3, final=True), run(0.7, segment="30s")]
    assert len(length_tests(score_runs(runs))) == 1


@pytest.mark.parametrize("p", [0.001, 0.049, 0.051, 0.11, 1.0])
@pytest.mark.parametrize("interval", [(0.014, 0.171), (-0.02, 0.09)])
def test_the_test_decides_and_the_sentence_says_so_where_the_interval_looks_otherwise(p, interval):
    found = PairedComparison(70, 70, 9, 3, 0.6, 0.514, 0.086, *interval, p, 0.95, "exact McNemar")
    text = verdict(found, "svm", "knn")
    assert text.startswith("No difference" if p >= 0.05 else "svm is 8.6 points better")
    excludes = interval[0] > 0
    assert ("the test decides" in text) == (excludes != (p < 0.05))
    assert re.search(r"95 % interval -?\d+\.\d to \d+\.\d", text)


def test_tables_of_other_copies_of_the_music_are_named_as_a_difference():
    scored = score_runs([run(0.9), run(0.6, table_sha256="1" * 64)])
    (test,) = best_tests(scored)
    assert test.sentence.endswith("They differ in table.")
    assert {one.label for one in scored} == {"svm (table 000000)", "svm (table 111111)"}
