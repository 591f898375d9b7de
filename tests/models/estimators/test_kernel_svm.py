from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from gtzan_features.models.estimators import kernel_svm
from gtzan_features.models.estimators.kernel_svm import KernelSVM, kernel_of_pairs, whole_kernel_bytes


def rows(n_classes, n=240, p=30, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    X = rng.normal(size=(n, p)) + rng.normal(size=(n_classes, p))[y]
    return X[: n // 2], y[: n // 2], X[n // 2 :]


@pytest.mark.parametrize("n_classes", [2, 6])
@pytest.mark.parametrize(
    "settings",
    [{"C": 10.0}, {"gamma": "auto"}, {"gamma": 0.003, "class_weight": "balanced"}, {"C": 0.1, "tol": 1e-5}],
)
def test_values_are_those_of_svc(n_classes, settings):
    X, y, others = rows(n_classes)
    ours, reference = KernelSVM(**settings).fit(X, y), SVC(**settings).fit(X, y)
    np.testing.assert_array_equal(ours.machine_.support_, reference.support_)
    np.testing.assert_allclose(ours.support_vectors_, reference.support_vectors_)
    for some in (X, others):
        np.testing.assert_allclose(
            ours.decision_function(some), reference.decision_function(some), rtol=1e-9, atol=1e-9
        )
        np.testing.assert_array_equal(ours.predict(some), reference.predict(some))


def test_rows_without_variance_are_taken_as_svc_takes_them():
    X, y = np.ones((8, 3)), np.arange(8) % 2
    reference = SVC().fit(X, y).decision_function(X)
    np.testing.assert_allclose(KernelSVM().fit(X, y).decision_function(X), reference, atol=1e-12)


@pytest.mark.parametrize("gamma", ["wide", -1.0])
def test_a_gamma_that_svc_does_not_know_is_refused(gamma):
    X, y, _ = rows(2)
    with pytest.raises(ValueError, match=f"gamma={gamma} is neither"):
        KernelSVM(gamma=gamma).fit(X, y)


@pytest.mark.parametrize("n_genres", [2, 4])
def test_without_the_kernel_of_all_pairs_it_is_the_same_machine(n_genres, monkeypatch):
    X, y, _ = rows(n_genres)
    whole = KernelSVM(C=10.0).fit(X, y)
    monkeypatch.setattr(kernel_svm, "_CHEAP", 0)
    pairs = KernelSVM(C=10.0).fit(X, y)
    assert (whole.whole_kernel_, pairs.whole_kernel_) == (True, False)
    np.testing.assert_allclose(pairs.decision_function(X), whole.decision_function(X), atol=1e-2)
    np.testing.assert_array_equal(pairs.predict(X), whole.predict(X))


def test_memory_stays_bounded_whatever_the_number_of_rows():
    for n_rows in (10_000, 80_000, 1_000_000):
        assert whole_kernel_bytes(n_rows, 57) <= 2**28
        assert whole_kernel_bytes(n_rows, 3660) <= 2**31
    assert whole_kernel_bytes(5_000, 57) >= 8 * 5_000**2
    assert whole_kernel_bytes(10_000, 3660) >= 8 * 10_000**2


@pytest.mark.parametrize("block", [1, 7, 64, 1024])
def test_blocks_of_the_kernel_are_that_of_scikit_learn(block, monkeypatch):
    monkeypatch.setattr(kernel_svm, "_BLOCK", block)
    monkeypatch.setattr(kernel_svm, "_CACHED", 3 * block)
    X, y, others = rows(3, n=130)
    X = np.concatenate([X, X[:5]])  # a distance of 0 beside the diagonal
    np.testing.assert_allclose(kernel_of_pairs(X, 0.02), rbf_kernel(X, gamma=0.02), rtol=1e-12)
    y = np.concatenate([y, y[:5]])
    ours, reference = KernelSVM(gamma=0.02).fit(X, y), SVC(gamma=0.02).fit(X, y)
    np.testing.assert_allclose(ours.decision_function(others), reference.decision_function(others), atol=1e-9)
    np.testing.assert_array_equal(ours.predict(others), reference.predict(others))
