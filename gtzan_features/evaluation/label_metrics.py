"""Figures of merit where a track has several labels: by label, and over all labels.

Conventions, so that a figure can be recomputed elsewhere (all by scikit-learn's functions):

- Average precision (AP) is the area under the steps of precision over recall, without interpolation. A
  label that is given by chance has an AP of about its base rate, the share of rows that have it.
- A label that no row has: precision, recall, F1, AP and ROC AUC are None, and no mean counts it.
- A label that every row has: AP is 1 and ROC AUC None; means of AP count it.
- Precision of a label that is never given is 0 (``zero_division=0``).
- Macro means run over labels, each counted once; micro figures over all pairs of a row and a label.
- Hamming loss: share of pairs that are wrong. Exact: share of rows whose labels are all right.
- Label-ranking average precision: of each label that a row has, the share of those ranked above or at it
  that the row has too, averaged over them and over rows; 1 for a row with none or all of the labels.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    hamming_loss,
    label_ranking_average_precision_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

from gtzan_features.evaluation.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_label_probabilities,
    as_truth,
    unit_of_row,
)
from gtzan_features.evaluation.bootstrap import BootstrapConfig, bootstrap_name, weighted_interval
from gtzan_features.evaluation.intervals import Interval
from gtzan_features.evaluation.label_aggregate import HALF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import ArrayLike

RESAMPLES = BootstrapConfig(n_resamples=1_000)
_CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    """Figures of one label; shares lie within [0, 1].

    Attributes
    ----------
    label : str
    support : int
        Rows that have it.
    base_rate : float
        Their share: the average precision of chance.
    n_given : int
        Rows that got it.
    precision, recall, f1 : float or None
        Of the decisions; None where no row has it.
    average_precision : float or None
        None where no row has it.
    roc_auc : float or None
        None where no row or every row has it.
    """

    label: str
    support: int
    base_rate: float
    n_given: int
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    roc_auc: float | None


@dataclass(frozen=True, slots=True)
class SeveralMetrics:
    """Figures over all labels; shares lie within [0, 1].

    Attributes
    ----------
    n : int
        Rows: tracks or segments.
    macro_average_precision, micro_average_precision : float
    base_rate : float
        Mean base rate of the labels that any row has: the macro average precision of chance.
    macro_roc_auc : float or None
        None where no label has one.
    macro_precision, macro_recall, macro_f1, micro_precision, micro_recall, micro_f1 : float
        Of the decisions.
    hamming_loss : float
        0 is perfect.
    exact : float
        Share of rows whose labels are all right.
    ranking_average_precision : float
        See the module.
    labels : tuple of str
    per_label : tuple of LabelMetrics
        In the order of `labels`.
    """

    n: int
    macro_average_precision: float
    micro_average_precision: float
    base_rate: float
    macro_roc_auc: float | None
    macro_precision: float
    macro_recall: float
    macro_f1: float
    micro_precision: float
    micro_recall: float
    micro_f1: float
    hamming_loss: float
    exact: float
    ranking_average_precision: float
    labels: tuple[str, ...]
    per_label: tuple[LabelMetrics, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as lists, mappings and numbers that JSON can hold as they are."""
        plain = asdict(self)
        return {**plain, "labels": list(self.labels), "per_label": list(plain["per_label"])}


def evaluate_labels(
    truth: ArrayLike,
    probabilities: ArrayLike,
    labels: Sequence[str],
    given: ArrayLike | None = None,
) -> SeveralMetrics:
    """Compute every figure of merit of label probabilities and decisions.

    Parameters
    ----------
    truth : array_like of bool of shape (n_rows, n_labels)
        Which labels each row has; at least one row has one.
    probabilities : array_like of shape (n_rows, n_labels)
        Each within [0, 1].
    labels : sequence of str
        Distinct names of the columns.
    given : array_like of bool of shape (n_rows, n_labels), optional
        The decisions; where not given, probabilities of at least a half.

    Raises
    ------
    ModelError
        If the probabilities are none.
    ValueError
        If shapes or names do not fit, or no row has any label.

    Examples
    --------
    >>> truth = [[True, False], [False, True], [True, True]]
    >>> found = evaluate_labels(truth, [[0.9, 0.2], [0.4, 0.7], [0.3, 0.6]], ["blues", "rock"])
    >>> [round(one.average_precision, 3) for one in found.per_label], round(found.hamming_loss, 3)
    ([0.833, 1.0], 0.167)
    """
    p = as_label_probabilities(probabilities)
    names = tuple(labels)
    if len(set(names)) != p.shape[1] or len(names) != p.shape[1]:
        msg = f"labels must name the {p.shape[1]} columns of the probabilities, each once; got {names}"
        raise ValueError(msg)
    y = as_truth(truth, p.shape)
    chosen = p >= HALF if given is None else as_truth(given, p.shape)
    if not y.any():
        msg = "no row has any label: there is nothing to measure"
        raise ValueError(msg)
    per_label = _per_label(y, p, chosen, names)
    true = [one for one in per_label if one.support]
    micro = precision_recall_fscore_support(y.ravel(), chosen.ravel(), average="binary", zero_division=0.0)
    aucs = [one.roc_auc for one in true if one.roc_auc is not None]
    return SeveralMetrics(
        n=len(p),
        macro_average_precision=_mean(one.average_precision for one in true),
        micro_average_precision=float(average_precision_score(y.ravel(), p.ravel())),
        base_rate=_mean(one.base_rate for one in true),
        macro_roc_auc=_mean(aucs) if aucs else None,
        macro_precision=_mean(one.precision for one in true),
        macro_recall=_mean(one.recall for one in true),
        macro_f1=_mean(one.f1 for one in true),
        micro_precision=float(micro[0]),
        micro_recall=float(micro[1]),
        micro_f1=float(micro[2]),
        hamming_loss=float(hamming_loss(y, chosen)),
        exact=float((y == chosen).all(axis=1).mean()),
        ranking_average_precision=float(label_ranking_average_precision_score(y, p)),
        labels=names,
        per_label=per_label,
    )


def _per_label(
    y: BoolArray, p: FloatArray, chosen: BoolArray, names: tuple[str, ...]
) -> tuple[LabelMetrics, ...]:
    found = []
    for i, name in enumerate(names):
        of, got = y[:, i], chosen[:, i]
        support = int(of.sum())
        scores: tuple[Any, ...] = (None, None, None)
        if support:
            scores = precision_recall_fscore_support(of, got, average="binary", zero_division=0.0)[:3]
        found.append(
            LabelMetrics(
                label=name,
                support=support,
                base_rate=support / len(of),
                n_given=int(got.sum()),
                precision=_float(scores[0]),
                recall=_float(scores[1]),
                f1=_float(scores[2]),
                average_precision=float(average_precision_score(of, p[:, i])) if support else None,
                roc_auc=float(roc_auc_score(of, p[:, i])) if 0 < support < len(of) else None,
            )
        )
    return tuple(found)


def average_precision_interval(
    truth: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike | None = None,
    config: BootstrapConfig = RESAMPLES,
) -> Interval:
    """Find the interval of the macro average precision, by drawing independent units.

    A label that no drawn row has is left out of that resample's mean.

    Parameters
    ----------
    truth, probabilities : array_like of shape (n_rows, n_labels)
        As for `evaluate_labels`.
    groups : array_like of shape (n_rows,), optional
        Rows with equal labels are drawn together: the segments of a track, the tracks of an artist. Every
        row is a unit where not given.
    config : BootstrapConfig
        Resamples, seed and confidence.
    """
    p = as_label_probabilities(probabilities)
    y = as_truth(truth, p.shape)
    unit = unit_of_row(groups, len(p))
    n_units = int(unit.max()) + 1
    statistic = _of_units(weighted_average_precision(y, p), unit)
    low, high = weighted_interval(n_units, statistic, (0.0, 1.0), config)
    estimate = float(statistic(np.ones((1, n_units)))[0])
    return Interval(estimate, low, high, config.confidence, len(p), n_units, bootstrap_name(n_units))


def weighted_average_precision(y: BoolArray, p: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return what gives the macro average precision for weights of rows, of shape (n_resamples, n_rows)."""
    prepared = []
    for i in np.flatnonzero(y.any(axis=0)):
        order = np.argsort(-p[:, i], kind="stable")
        # Equal probabilities make one step: precision counts where the last of them is reached.
        last = np.flatnonzero(np.append(np.diff(p[order, i]) != 0, True))
        prepared.append((order, y[order, i].astype(np.float64), last))

    def of_weights(weights: FloatArray) -> FloatArray:
        total, count = np.zeros(len(weights)), np.zeros(len(weights))
        for order, true, last in prepared:
            sorted_weights = weights[:, order]
            seen = np.cumsum(sorted_weights, axis=1)[:, last]
            hits = np.cumsum(sorted_weights * true, axis=1)[:, last]
            gained = np.diff(hits, axis=1, prepend=0.0)
            area = (gained * hits / np.maximum(seen, 1.0)).sum(axis=1)
            has = hits[:, -1] > 0
            total += np.where(has, area / np.maximum(hits[:, -1], 1.0), 0.0)
            count += has
        return np.asarray(total / np.maximum(count, 1.0))

    return of_weights


def _of_units(
    of_rows: Callable[[FloatArray], FloatArray], unit: IntArray
) -> Callable[[FloatArray], FloatArray]:
    """Take weights of units for those of their rows, some resamples at a time to bound the memory."""
    at_once = max(1, _CELLS_AT_ONCE // unit.size)

    def of_weights(weights: FloatArray) -> FloatArray:
        parts = [of_rows(weights[i : i + at_once][:, unit]) for i in range(0, len(weights), at_once)]
        return np.concatenate(parts)

    return of_weights


def average_precision_difference(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    groups: ArrayLike | None = None,
    config: BootstrapConfig = RESAMPLES,
) -> Interval:
    """Find the macro average precision of one model less that of another on the same rows, with its interval.

    Units are drawn for both at once, so that what is hard for both does not widen the interval. The interval
    is the test: a difference is shown where it excludes zero.

    Parameters
    ----------
    truth : array_like of bool of shape (n_rows, n_labels)
    first, second : array_like of shape (n_rows, n_labels)
        Label probabilities of the two models.
    groups, config
        As for `average_precision_interval`.
    """
    a, b = as_label_probabilities(first), as_label_probabilities(second)
    y = as_truth(truth, a.shape)
    if a.shape != b.shape:
        msg = f"both must have the shape {a.shape}; got {b.shape}"
        raise ValueError(msg)
    unit = unit_of_row(groups, len(a))
    n_units = int(unit.max()) + 1
    of_a, of_b = (_of_units(weighted_average_precision(y, p), unit) for p in (a, b))

    def difference(weights: FloatArray) -> FloatArray:
        return of_a(weights) - of_b(weights)

    estimate = float(difference(np.ones((1, n_units)))[0])
    if np.array_equal(a, b):
        return Interval(estimate, 0.0, 0.0, config.confidence, len(a), n_units, "the same probabilities")
    low, high = weighted_interval(n_units, difference, (-1.0, 1.0), config)
    return Interval(estimate, low, high, config.confidence, len(a), n_units, bootstrap_name(n_units))


def _float(value: Any) -> float | None:  # noqa: ANN401 - a number of numpy, or None
    return None if value is None else float(value)


def _mean(values: Iterable[float | None]) -> float:
    held = [value for value in values if value is not None]
    return math.fsum(held) / len(held)
