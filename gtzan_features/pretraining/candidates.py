"""The linear models among which a pretrained one is chosen, and how one is fitted as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from gtzan_features.evaluation.aggregate import PROBABILITY_FLOOR
from gtzan_features.models.estimators.discriminant import ShrinkageLDA, as_rule
from gtzan_features.models.estimators.linear import logistic_rule
from gtzan_features.models.estimators.preprocessing import FamilyBalance, scaler
from gtzan_features.models.spec import TrainingData, inner_splits
from gtzan_features.parallel.one_thread import one_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.models.applying.linear_rule import StoredRule

    FloatArray = npt.NDArray[np.float64]
    IntArray = npt.NDArray[np.int64]

LEVEL_COLUMNS = frozenset(
    f"{name}_{kind}" for name in ("rms", "harmony", "perceptr", "mfcc1") for kind in ("mean", "var")
)
"""Columns of the Kaggle set that a gain changes; see `models.applying.usual_level`."""

SEED = 0
SMALLEST = 1e-300
"""Of a probability before its logarithm is taken."""

CALIBRATION_FOLDS = 3
LENGTHS = ("3s", "30s")
"""Lengths of the rows; the first, of which a snippet and a long song have as many as they have, is kept."""

_MAX_ITER = 5_000
_LOG_RANGE = (-4.0, 4.0)  # of the inverse temperature


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A linear model with its settings, the length of its rows and the columns that it looks at.

    Attributes
    ----------
    model : str
        ``lda`` or ``logistic-regression``.
    settings : dict
        Of the model; ``scaling`` as in `gtzan fit`.
    segment : str
        ``3s`` or ``30s``; rows of a track are gathered by mean.
    level : bool
        Whether it looks at the columns that a gain changes: how loud a file is says who mastered it.
    """

    model: str
    segment: str
    settings: dict[str, Any] = field(default_factory=dict)
    level: bool = True

    @property
    def eligible(self) -> bool:
        """Whether it may be chosen: the others are there to be compared with."""
        return self.segment == LENGTHS[0] and not self.level

    def words(self) -> str:
        """Return model and settings, for a table."""
        return ", ".join([self.model, *(f"{name} {value}" for name, value in self.settings.items())])

    def columns(self, names: Sequence[str]) -> IntArray:
        """Return the positions of the columns that it looks at."""
        return np.array([i for i, name in enumerate(names) if self.level or name not in LEVEL_COLUMNS])


def kaggle_candidates() -> tuple[Candidate, ...]:
    """Return the candidates on the Kaggle columns: two lengths of rows, with and without level."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("logistic-regression", {"scaling": scaling, "C": C})
        for scaling, C in product(("standard", "rank"), (0.1, 0.3, 1.0))
    ]
    kinds += [("lda", {"scaling": scaling}) for scaling in ("standard", "rank")]
    return tuple(
        Candidate(model=model, settings=settings, segment=segment, level=level)
        for segment, level, (model, settings) in product(LENGTHS, (False, True), kinds)
    )


def full_candidates() -> tuple[Candidate, ...]:
    """Return the candidates on the full set, none of whose columns a gain changes."""
    return tuple(
        Candidate(model="lda", settings={"scaling": scaling}, segment=segment, level=False)
        for segment, scaling in product(LENGTHS, ("standard", "rank"))
    )


def fit_rule(candidate: Candidate, data: TrainingData, names: Sequence[str]) -> StoredRule:
    """Fit a candidate on rows of all columns; the rule that is returned takes rows of all columns, too."""
    # The sums are small: on a machine with other work, threads would wait for one another most of the time.
    with one_thread():
        return _fitted(candidate, data, names)


def _fitted(candidate: Candidate, data: TrainingData, names: Sequence[str]) -> StoredRule:
    used = candidate.columns(names)
    settings = dict(candidate.settings)
    scaling = scaler(settings.pop("scaling"), candidate.model)
    if candidate.model == "lda":
        balance = FamilyBalance(tuple(data.families[i] for i in used))
        pipeline = make_pipeline(scaling, balance, ShrinkageLDA(**settings))
        rule = as_rule(pipeline.fit(data.X[:, used], data.y, shrinkagelda__groups=data.groups))
    else:
        pipeline = make_pipeline(scaling, LogisticRegression(max_iter=_MAX_ITER, **settings))
        rule = logistic_rule(pipeline.fit(data.X[:, used], data.y))
    return rule.among(used, len(names))


def fit_calibrated(candidate: Candidate, data: TrainingData, names: Sequence[str]) -> StoredRule:
    """Fit a candidate, with one temperature by which the probabilities of whole tracks mean what they say.

    It is the one with the smallest log-loss of tracks, whose rows are gathered by mean, on inner folds that
    keep artists together.
    """
    rule = fit_rule(candidate, data, names)
    splits = inner_splits(data, CALIBRATION_FOLDS, SEED)
    if not splits:
        return rule
    unseen = np.empty((len(data.y), int(data.y.max()) + 1))
    for train, valid in splits:
        fold = fit_rule(candidate, data.take(train), names)
        unseen[valid] = _logits(fold, data.X[valid])
    return rule.tempered(track_temperature(unseen, data.y, data.groups))


def track_temperature(logits: FloatArray, y: IntArray, tracks: IntArray) -> float:
    """Return the factor of the rows' logits that gives whole tracks the smallest log-loss.

    Parameters
    ----------
    logits : ndarray of shape (n_rows, n_genres)
    y, tracks : ndarray of shape (n_rows,)
        Genre and track of each row; a track's probability is the mean over its rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> logits = rng.normal(0, 1, (20_000, 3))
    >>> y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    >>> round(track_temperature(4 * logits, y, np.arange(20_000)), 2)
    0.25
    """
    found = minimize_scalar(
        lambda log_factor: track_loss(np.exp(log_factor) * logits, y, tracks),
        bounds=_LOG_RANGE,
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(found.x))


def track_loss(logits: FloatArray, y: IntArray, tracks: IntArray) -> float:
    """Return the log-loss of whole tracks, whose probabilities are the mean over their rows, in nats."""
    of = np.unique(tracks, return_inverse=True)[1]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    of_truth = (powers / powers.sum(axis=1, keepdims=True))[np.arange(len(of)), y]
    gathered = np.bincount(of, weights=of_truth) / np.bincount(of)
    return float(-np.log(np.maximum(gathered, PROBABILITY_FLOOR)).mean())


def _logits(rule: StoredRule, X: npt.NDArray[np.floating]) -> FloatArray:
    """Return what the softmax is taken of, up to a number for each row."""
    return np.log(np.maximum(rule.predict_proba(X), SMALLEST))
