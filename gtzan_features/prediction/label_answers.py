"""What a model of several labels says of the rows of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.evaluation.label_aggregate import aggregate_labels

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.evaluation.aggregate import Method
    from gtzan_features.models.applying.kept_model import KeptModel

    FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelAnswer:
    """The labels of a recording.

    Attributes
    ----------
    segments : ndarray of shape (n_rows, n_labels)
        Probabilities of each segment; rows sum to anything.
    probabilities : tuple of float
        Of the recording, in the order of the model's labels.
    ranking : tuple of str
        The labels, the most probable first; ties in their order.
    labels : tuple of str
        Those that it gets, the most probable first; empty where none reaches its threshold.
    """

    segments: FloatArray
    probabilities: tuple[float, ...]
    ranking: tuple[str, ...]
    labels: tuple[str, ...]


def answer_of_labels(kept: KeptModel, rows: npt.NDArray[np.floating], method: Method) -> LabelAnswer:
    """Apply a model of several labels to the rows of one recording."""
    names = kept.card.genres
    p = np.clip(np.asarray(kept.estimator.predict_proba(rows), dtype=np.float64), 0.0, 1.0)
    found = aggregate_labels(p, np.zeros(len(p), dtype=np.int64), method, kept.card.thresholds)
    order = np.argsort(-found.probabilities[0], kind="stable")
    return LabelAnswer(
        segments=p,
        probabilities=tuple(float(v) for v in found.probabilities[0]),
        ranking=tuple(names[i] for i in order),
        labels=tuple(names[i] for i in order if found.given[0, i]),
    )
