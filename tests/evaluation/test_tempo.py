from __future__ import annotations

import numpy as np
import pytest

from gtzan_features.evaluation.tempo import FACTORS, TOLERANCE, tempo_score


def test_against_mir_eval_on_many_pairs():
    mir_eval = pytest.importorskip("mir_eval.tempo", reason="mir_eval is not installed")
    rng = np.random.default_rng(0)
    annotated = rng.uniform(40, 220, 400)
    estimated = annotated * rng.choice(FACTORS, 400) * rng.uniform(0.9, 1.1, 400)
    score = tempo_score(annotated, estimated)

    def hit(reference, estimate):
        pair = np.array([reference, 0.0])
        return mir_eval.detection(pair, 1.0, np.array([estimate, estimate]), tol=TOLERANCE)[1]

    ones = [hit(a, e) for a, e in zip(annotated, estimated, strict=True)]
    any_factor = [any(hit(a * f, e) for f in FACTORS) for a, e in zip(annotated, estimated, strict=True)]
    assert score.right.tolist() == ones
    assert score.right_with_factor.tolist() == any_factor
    assert score.accuracy1 == pytest.approx(np.mean(ones))


@pytest.mark.parametrize(
    ("estimate", "first", "second"),
    [(100, 1, 1), (104, 1, 1), (104.1, 0, 0), (200, 0, 1), (306, 0, 1), (50, 0, 1), (33, 0, 1), (0, 0, 0)],
)
def test_tolerance_and_factors(estimate, first, second):
    score = tempo_score([100.0], [estimate])
    assert (score.accuracy1, score.accuracy2) == (first, second)


def test_shapes_and_signs_are_checked():
    with pytest.raises(ValueError, match="need one shape"):
        tempo_score([100.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="must be positive"):
        tempo_score([0.0], [1.0])
