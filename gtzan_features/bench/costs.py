"""What a fit is expected to cost, so that a plan can be cut to an hour before it starts.

Seconds of one core of an AMD EPYC of 2020, by rows n, columns p and genres k, fitted by hand to the models'
own times on 389 tracks, 57 to 7338 columns, and on Gaussian tables of 300 to 9000 rows. Good to a factor of
two or so: the choice of fits rests on them, no figure does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.models.estimators.boosted_trees import MANY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

_OVERHEAD_S = 0.3  # opening the table, scoring, writing the run folder
_TRACK_S = 0.06  # decoding and the transforms that all features share
_COLUMN_S = 4e-5  # of one track, 30 s row and 3 s rows together

_FITS: dict[str, Callable[[int, int, int], float]] = {
    "xgboost": lambda n, p, k: _boosted_s(n, p, k),
    "svm": lambda n, p, _: 0.1 + n * p * (6e-11 * n + 4e-7) + 1.1e-7 * n * n,
    "linear-svm": lambda n, p, k: 8e-7 * n * p * k,
    "random-forest": lambda n, p, _: 2e-4 * n * p**0.5,
    "extra-trees": lambda n, p, _: 1e-4 * n * p**0.5,
    "logistic-regression": lambda n, p, _: 3e-7 * n * p,
    "lda": lambda n, p, _: 1.5e-10 * (n + p) * min(n, p) ** 2 + 5e-7 * n * p,
    "knn": lambda n, p, _: 1e-10 * n * n * p,
    "mlp": lambda n, p, _: 0.3 + 1.2e-6 * n * p,
    "majority": lambda _n, _p, _k: 0.0,
}
_PARTS = {"ensemble": ("lda", "svm", "xgboost")}
_INNER = {"ensemble": 3}  # every member is fitted on inner folds too


def fit_s(model: str, n_rows: int, n_columns: int, n_genres: int) -> float:
    """Return the seconds that one fit of a model takes on one core.

    A model that nobody has timed counts as one that looks at every value a few thousand times.

    Examples
    --------
    >>> fit_s("xgboost", 900, 500, 10) > fit_s("random-forest", 900, 500, 10) > fit_s("knn", 900, 500, 10)
    True
    """
    names = _PARTS.get(model, (model,))
    once = sum(_FITS.get(name, _unknown)(n_rows, n_columns, n_genres) for name in names)
    return _INNER.get(model, 1) * once


def run_s(model: str, train_rows: list[int], n_columns: int, n_genres: int) -> float:
    """Return the seconds of a run that fits on parts of so many rows, one after the other."""
    return _OVERHEAD_S + sum(fit_s(model, n, n_columns, n_genres) for n in train_rows)


def extract_s(n_tracks: int, n_columns: int) -> float:
    """Return the seconds that one core takes to compute the rows of tracks of 30 s."""
    return n_tracks * (_TRACK_S + _COLUMN_S * n_columns)


def _boosted_s(n_rows: int, n_columns: int, n_genres: int) -> float:
    """Return the seconds of 500 rounds: fine histograms cost much whatever the rows, coarse ones little."""
    if n_columns > MANY_COLUMNS:
        return 3e-6 * n_rows * n_columns * n_genres
    return n_genres * n_columns * (1.7e-5 * min(n_rows, 700) + 1.2e-6 * n_rows)


def about(seconds: float) -> str:
    """Return an estimate in words.

    Examples
    --------
    >>> about(31), about(91), about(600)
    ('about a minute', 'about 2 minutes', 'about 10 minutes')
    """
    minutes = max(round(seconds / 60), 1)
    return "about a minute" if minutes == 1 else f"about {minutes} minutes"


def _unknown(n_rows: int, n_columns: int, n_genres: int) -> float:  # noqa: ARG001 - as its neighbours
    return 5e-5 * n_rows * n_columns
