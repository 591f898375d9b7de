from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from gtzan_features.evaluation.projection import neighbours, neighbours_alike, principal_components

RNG = np.random.default_rng(0)
GROUPS = np.repeat([0, 1, 2], 15)
CENTRES = RNG.normal(0, 10, (3, 6))
X = CENTRES[GROUPS] + RNG.normal(0, 0.3, (45, 6))


def test_principal_components_are_those_of_the_singular_values():
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    values = np.linalg.svd(standard, compute_uv=False) ** 2
    points, shares = principal_components(X)
    assert shares == pytest.approx(tuple(values[:2] / values.sum()))
    assert points.std(axis=0) ** 2 * 45 == pytest.approx(values[:2])


def test_neighbours_stay_together_and_repeat():
    points = neighbours(X)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(45, np.inf))
    assert (GROUPS[distance.argmin(axis=1)] == GROUPS).all()
    np.testing.assert_array_equal(points, neighbours(X))
    assert neighbours(X[:5]) is None


def test_equal_rows_are_one_point():
    points, shares = principal_components(np.ones((4, 3)))
    assert np.ptp(points) == 0
    assert shares == (0.0, 0.0)


@pytest.mark.parametrize("n_rows", [2, 7, 45, 1_203])
def test_neighbours_alike_are_those_of_scikit_learn(n_rows):
    rng = np.random.default_rng(n_rows)
    rows, labels = rng.normal(size=(n_rows, 4)), rng.choice(["a", "b", "c"], n_rows)
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    count = min(5, n_rows - 1)
    nearest = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(standard).kneighbors(standard)[1]
    wanted = [(labels[near[1:]] == labels[i]).mean() for i, near in enumerate(nearest)]
    assert neighbours_alike(rows, labels.tolist()) == pytest.approx(wanted)
