"""Whether a confidence of 80 % is right 80 % of the time.

References
----------
.. [1] Guo et al., "On calibration of modern neural networks", ICML 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.evaluation.arrays import as_correct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

N_BINS = 10
"""Bins of equal width over the confidence in the predicted genre."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions whose confidence lies within (low, high]; zero belongs to the first bin.

    Attributes
    ----------
    low, high : float
        Edges, within [0, 1].
    n : int
        Predictions in the bin.
    confidence, accuracy : float or None
        Their mean confidence, and the share that is correct; None for an empty bin.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


def reliability(
    confidence: ArrayLike, correct: ArrayLike, n_bins: int = N_BINS
) -> tuple[ReliabilityBin, ...]:
    """Sort predictions into bins of confidence.

    Parameters
    ----------
    confidence : array_like of shape (n_rows,)
        Probability of the predicted genre, within [0, 1].
    correct : array_like of bool, shape (n_rows,)
        Whether the prediction is right.
    n_bins : int
        Bins of equal width over [0, 1].

    Returns
    -------
    tuple of ReliabilityBin
        `n_bins` of them, ascending.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no row.

    Examples
    --------
    >>> reliability([0.9, 0.8, 0.3], [True, False, True], n_bins=2)[0]
    ReliabilityBin(low=0.0, high=0.5, n=1, confidence=0.3, accuracy=1.0)
    """
    right = as_correct(correct)
    trust = np.asarray(confidence, dtype=np.float64)
    if trust.shape != right.shape:
        msg = f"confidence must have the shape {right.shape} of correct; got {trust.shape}"
        raise ValueError(msg)
    # Division, not linspace: 3 votes of 10 must meet the edge 3/10 exactly.
    edges = np.arange(n_bins + 1) / n_bins
    of_row = np.searchsorted(edges[1:-1], trust, side="left")
    bins = []
    for number in range(n_bins):
        inside = of_row == number
        n = int(inside.sum())
        bins.append(
            ReliabilityBin(
                low=float(edges[number]),
                high=float(edges[number + 1]),
                n=n,
                confidence=math.fsum(trust[inside]) / n if n else None,
                accuracy=int(right[inside].sum()) / n if n else None,
            )
        )
    return tuple(bins)


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean distance of accuracy from confidence: the expected calibration error.

    Parameters
    ----------
    bins : sequence of ReliabilityBin
        From `reliability`.

    Returns
    -------
    float
        Within [0, 1]; 0 is perfect. Empty bins do not count. The figure is biased upwards on few
        predictions: 200 perfectly calibrated ones still give about 0.06.

    Examples
    --------
    >>> round(calibration_error(reliability([0.9, 0.9], [True, False])), 6)
    0.4
    """
    n = sum(one.n for one in bins)
    gaps = (
        one.n * abs(one.accuracy - one.confidence)
        for one in bins
        if one.accuracy is not None and one.confidence is not None
    )
    return math.fsum(gaps) / n
