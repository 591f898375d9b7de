"""Figures of merit of one set of predictions: of tracks, or of segments.

Conventions, so that a figure can be recomputed elsewhere:

- The prediction of a row is the first genre of its ranking, top-2 the first two.
- Macro means run over the *tested* genres: those with at least one row in the test set. A genre
  without any has no recall; it is left out, while rows wrongly given to it still count as errors of
  their own genre.
- Precision and F1 of a tested genre that is never predicted are 0 (scikit-learn: ``zero_division=0``).
- Log-loss is the mean of ``-log(max(p, 1e-12))``, p the probability of the true genre: natural
  logarithm, at most 27.6.
- Calibration error: ten bins of equal width over the probability of the predicted genre.

All of them are the same whatever the order of the rows.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from gtzan_features.evaluation.aggregate import PROBABILITY_FLOOR, rank
from gtzan_features.evaluation.arrays import FloatArray, IntArray, as_labels, as_probabilities
from gtzan_features.evaluation.calibration import ReliabilityBin, calibration_error, reliability

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class GenreMetrics:
    """Figures of one genre.

    Attributes
    ----------
    genre : str
    support : int
        Rows of this genre in the test set.
    n_predicted : int
        Rows predicted as this genre.
    precision, recall, f1 : float or None
        Within [0, 1]; None where `support` is 0.
    confused_with : tuple of (str, int)
        Every other genre, and how many rows of this genre were taken for it: most first, ties in
        genre order, zeros last.
    """

    genre: str
    support: int
    n_predicted: int
    precision: float | None
    recall: float | None
    f1: float | None
    confused_with: tuple[tuple[str, int], ...]

    def confusion_line(self) -> str:
        """One line for a reader: what the rows of this genre were taken for.

        Examples
        --------
        >>> GenreMetrics("country", 12, 1, 1.0, 1 / 12, 2 / 13, (("blues", 7), ("rock", 4))).confusion_line()
        "Genres confused with 'country': blues 7, rock 4"
        """
        listed = ", ".join(f"{genre} {count}" for genre, count in self.confused_with)
        return f"Genres confused with {self.genre!r}: {listed or 'none'}"


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one set of predictions; shares lie within [0, 1].

    Attributes
    ----------
    n : int
        Rows: tracks or segments.
    n_correct : int
        Rows whose predicted genre is the true one.
    accuracy, top2_accuracy : float
        Share of rows whose true genre is predicted, or among the first two.
    macro_precision, macro_recall, macro_f1 : float
        Unweighted means over the tested genres.
    log_loss : float
        Of the true genre, in nats; 0 is perfect.
    calibration_error : float
        Expected calibration error; 0 is perfect.
    most_confused : str or None
        Tested genre with the lowest recall; ties: more errors, then genre order. None without error.
    least_confused : str
        Tested genre with the highest recall; ties: fewer errors, then genre order.
    genres : tuple of str
        In the order of the matrix.
    per_genre : tuple of GenreMetrics
        In genre order, genres without test rows among them.
    confusion : tuple of tuple of int
        Rows are true genres, columns predicted ones.
    reliability : tuple of ReliabilityBin
        What the calibration error is computed from.
    """

    n: int
    n_correct: int
    accuracy: float
    top2_accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    log_loss: float
    calibration_error: float
    most_confused: str | None
    least_confused: str
    genres: tuple[str, ...]
    per_genre: tuple[GenreMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as lists, mappings and numbers that JSON can hold as they are."""
        plain: dict[str, Any] = _listed(asdict(self))
        return plain


def evaluate(
    y_true: ArrayLike,
    probabilities: ArrayLike,
    genres: Sequence[str],
    ranking: ArrayLike | None = None,
) -> Metrics:
    """Compute every figure of merit of a set of predictions.

    Parameters
    ----------
    y_true : array_like of shape (n_rows,)
        Index of the true genre of each row, within [0, n_genres).
    probabilities : array_like of shape (n_rows, n_genres)
        Rows sum to one; columns are in the order of `genres`.
    genres : sequence of str
        Distinct names.
    ranking : array_like of shape (n_rows, n_genres), optional
        Genre indices, best first, as in `TrackScores.ranking`; needed for votes, whose ties are
        broken by more than the votes. Default: by probability, ties in genre order.

    Returns
    -------
    Metrics
        See the module for the conventions.

    Raises
    ------
    ModelError
        If the probabilities hold NaN or are no probabilities.
    ValueError
        If shapes, names or indices do not fit.

    Examples
    --------
    >>> found = evaluate([0, 1], [[0.9, 0.1], [0.6, 0.4]], ["jazz", "rock"])
    >>> found.accuracy, found.most_confused, found.per_genre[1].confusion_line()
    (0.5, 'rock', "Genres confused with 'rock': jazz 1")
    """
    rows = as_probabilities(probabilities)
    names = _checked_names(genres, rows.shape[1])
    truth = as_labels(y_true, "y_true", len(names), rows.shape[0])
    order = rank(rows) if ranking is None else _checked_ranking(ranking, rows.shape)
    predicted = order[:, 0]
    correct = predicted == truth
    bins = reliability(rows[np.arange(truth.size), predicted], correct)
    matrix = _confusion(truth, predicted, len(names))
    per_genre = _per_genre(truth, predicted, matrix, names)
    tested = [one for one in per_genre if one.support]
    return Metrics(
        n=truth.size,
        n_correct=int(correct.sum()),
        accuracy=int(correct.sum()) / truth.size,
        top2_accuracy=int((order[:, :2] == truth[:, None]).sum()) / truth.size,
        macro_precision=_mean(one.precision for one in tested),
        macro_recall=_mean(one.recall for one in tested),
        macro_f1=_mean(one.f1 for one in tested),
        log_loss=log_loss(truth, rows),
        calibration_error=calibration_error(bins),
        most_confused=_most_confused(tested),
        least_confused=_least_confused(tested),
        genres=names,
        per_genre=per_genre,
        confusion=tuple(tuple(line) for line in matrix.tolist()),
        reliability=bins,
    )


def log_loss(y_true: IntArray, probabilities: FloatArray) -> float:
    """Mean negative natural logarithm of the true genre's probability, clipped at 1e-12.

    Parameters
    ----------
    y_true : ndarray of shape (n_rows,)
        Index of the true genre.
    probabilities : ndarray of shape (n_rows, n_genres)
        Rows sum to one.

    Returns
    -------
    float
        Within [0, 27.6].

    Examples
    --------
    >>> round(log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]])), 4)
    0.6931
    """
    of_truth = probabilities[np.arange(y_true.size), y_true]
    # A float32 model may give 1 + 1e-7: a loss below zero would be absurd.
    return math.fsum(-np.log(np.clip(of_truth, PROBABILITY_FLOOR, 1.0))) / y_true.size


def _confusion(truth: IntArray, predicted: IntArray, n_genres: int) -> IntArray:
    """Count rows by true and predicted genre; scikit-learn's own warns where there is one genre."""
    matrix: IntArray = np.bincount(truth * n_genres + predicted, minlength=n_genres**2).astype(np.int64)
    return matrix.reshape(n_genres, n_genres)


def _per_genre(
    truth: IntArray, predicted: IntArray, matrix: IntArray, names: tuple[str, ...]
) -> tuple[GenreMetrics, ...]:
    labels = np.arange(len(names))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=labels, average=None, zero_division=0.0
    )
    return tuple(
        GenreMetrics(
            genre=name,
            support=int(support[i]),
            n_predicted=int(matrix[:, i].sum()),
            precision=float(precision[i]) if support[i] else None,
            recall=float(recall[i]) if support[i] else None,
            f1=float(f1[i]) if support[i] else None,
            confused_with=_confused_with(matrix[i], i, names),
        )
        for i, name in enumerate(names)
    )


def _confused_with(counts: IntArray, own: int, names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    others = [(name, int(counts[i])) for i, name in enumerate(names) if i != own]
    return tuple(sorted(others, key=lambda pair: -pair[1]))


def _most_confused(tested: list[GenreMetrics]) -> str | None:
    worst = min(tested, key=lambda one: (one.recall, -_errors(one)))
    return worst.genre if _errors(worst) else None


def _least_confused(tested: list[GenreMetrics]) -> str:
    return min(tested, key=lambda one: (-(one.recall or 0.0), _errors(one))).genre


def _errors(one: GenreMetrics) -> int:
    return sum(count for _, count in one.confused_with)


def _mean(values: Iterable[float | None]) -> float:
    held = [value for value in values if value is not None]
    return math.fsum(held) / len(held)


def _checked_names(genres: Sequence[str], n_genres: int) -> tuple[str, ...]:
    names = tuple(genres)
    if len(names) != n_genres or len(set(names)) != n_genres:
        msg = f"genres must name the {n_genres} columns of the probabilities, each once; got {names}"
        raise ValueError(msg)
    return names


def _checked_ranking(ranking: ArrayLike, shape: tuple[int, ...]) -> IntArray:
    order = np.asarray(ranking)
    if order.shape != shape or (np.sort(order, axis=1) != np.arange(shape[1])).any():
        msg = f"ranking must have the shape {shape} and hold every genre index once in each row"
        raise ValueError(msg)
    return order.astype(np.int64)


def _listed(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Tuples as lists, all the way down, so that a value equals itself read back from JSON."""
    if isinstance(value, dict):
        return {key: _listed(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_listed(held) for held in value]
    return value
