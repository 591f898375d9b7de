"""How many tempo estimates agree with annotated tempos, by the two usual accuracies.

References
----------
.. [1] Gouyon et al., "An experimental comparison of audio tempo induction algorithms", IEEE TASLP 14(5),
   2006: accuracy 1 within 4 %, accuracy 2 allowing factors of 2 and 3.
.. [2] Raffel et al., "mir_eval: a transparent implementation of common MIR metrics", ISMIR 2014: an
   estimate is right within a relative deviation from the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from gtzan_features.evaluation.arrays import BoolArray, FloatArray

TOLERANCE = 0.04
FACTORS = (1.0, 2.0, 3.0, 1 / 2, 1 / 3)


@dataclass(frozen=True, slots=True)
class TempoScore:
    """Accuracies of tempo estimates.

    Attributes
    ----------
    n : int
        Tracks compared.
    right, right_with_factor : ndarray of bool, shape (n,)
        Whether each estimate is within `TOLERANCE` of the annotated tempo, or of it times one of
        `FACTORS`.
    """

    n: int
    right: BoolArray
    right_with_factor: BoolArray

    @property
    def accuracy1(self) -> float:
        """Share of estimates within 4 %."""
        return float(self.right.mean())

    @property
    def accuracy2(self) -> float:
        """Share of estimates within 4 % where double, triple, half and a third count too."""
        return float(self.right_with_factor.mean())


def tempo_score(annotated_bpm: ArrayLike, estimated_bpm: ArrayLike) -> TempoScore:
    """Compare estimated with annotated tempos.

    Parameters
    ----------
    annotated_bpm, estimated_bpm : array_like of shape (n_tracks,)
        In beats per minute; annotated ones positive. An estimate of 0 (none found) is wrong.

    Raises
    ------
    ValueError
        If shapes differ, there is no track, or an annotated tempo is not positive.

    Examples
    --------
    >>> score = tempo_score([100.0, 100.0, 100.0], [104.0, 51.0, 70.0])
    >>> round(score.accuracy1, 3), round(score.accuracy2, 3)
    (0.333, 0.667)
    """
    reference: FloatArray = np.asarray(annotated_bpm, dtype=np.float64)
    estimate: FloatArray = np.asarray(estimated_bpm, dtype=np.float64)
    if reference.ndim != 1 or reference.size == 0 or reference.shape != estimate.shape:
        msg = f"tempos need one shape (n_tracks,) and a track; got {reference.shape} and {estimate.shape}"
        raise ValueError(msg)
    if not (reference > 0).all():
        msg = "annotated tempos must be positive"
        raise ValueError(msg)
    hits = np.stack([_within(reference * factor, estimate) for factor in FACTORS])
    return TempoScore(reference.size, np.asarray(hits[0]), np.asarray(hits.any(axis=0)))


def _within(reference: FloatArray, estimate: FloatArray) -> BoolArray:
    return np.asarray(np.abs(estimate - reference) <= TOLERANCE * reference)
