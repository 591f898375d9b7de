"""Every public estimator passes scikit-learn's own checks, and works where scikit-learn's tools use it."""

from __future__ import annotations

from sklearn.naive_bayes import GaussianNB
from sklearn.utils.estimator_checks import parametrize_with_checks

from gtzan_features.models.calibration import Tempered
from gtzan_features.models.choosing.ensemble import Ensemble
from gtzan_features.models.estimators.discriminant import ShrinkageLDA
from gtzan_features.models.estimators.kernel_svm import KernelSVM
from gtzan_features.models.estimators.preprocessing import FamilyBalance, RankNormal
from gtzan_features.models.networks.cnn import ConvolutionalClassifier
from gtzan_features.models.networks.mlp import PlainNetwork

ESTIMATORS = [
    RankNormal(),
    FamilyBalance(),
    ShrinkageLDA(),
    KernelSVM(),
    Tempered(GaussianNB()),
    Tempered(ShrinkageLDA(), response_method="decision_function"),
    Ensemble([("lda", ShrinkageLDA()), ("bayes", GaussianNB())]),
    Ensemble([("lda", ShrinkageLDA()), ("bayes", GaussianNB())], kind="stack"),
    PlainNetwork(hidden=(16,), epochs=30, learning_rate=0.03),
    # Filters of one frame and one band, so that rows of any width are spectrograms.
    ConvolutionalClassifier(1, patch=1, filters=8, head=(16,), epochs=30, relative=False),
]


def expected_failures(estimator):
    if not isinstance(estimator, ConvolutionalClassifier):
        return {}
    # The check allows 1e-7 where probabilities are float64.
    why = "layers are float32, and their sums depend in the last bits on where a row stands in its block"
    return {"check_methods_sample_order_invariance": why}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
