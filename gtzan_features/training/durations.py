"""How long fits take that take minutes: measured once, and said before they begin. No model of costs.

Of one fit on nine tenths of Kaggle's GTZAN rows of 3 s (8991 rows of 57 columns) the time of one processor
was taken (``gtzan fit MODEL --fold 1 -j 1``, user and system time less that of ``majority``; AMD EPYC). Ten
folds and the model of all tracks are eleven such fits, shared by two processors.
"""

from __future__ import annotations

FIT_S = {"ensemble": 97, "random-forest": 32, "xgboost": 27, "extra-trees": 22, "svm": 9}
"""Seconds of one processor for one fit; models that are not named take less than 3."""

BY_SQUARE = ("svm", "ensemble")
"""Models whose time grows with the square of the rows: twice the rows, four times the pairs."""

_LONG_H = 5

ROWS, COLUMNS = 9990, 57
"""Of the table that was measured."""

_FITS, _PROCESSORS = 11, 2


def usual_minutes(model: str) -> float:
    """Return the minutes that a model takes for ten folds of `ROWS` rows on two processors, to the half.

    Examples
    --------
    >>> usual_minutes("xgboost"), usual_minutes("lda")
    (2.5, 0.0)
    """
    return round(2 * FIT_S.get(model, 0) * _FITS / _PROCESSORS / 60) / 2


def duration_words(model: str, n_rows: int, n_columns: int) -> str:
    """Say that a fit is expected to take minutes; empty where it is not, or nothing is known.

    Parameters
    ----------
    model : str
    n_rows, n_columns : int
        Of the table that is fitted.

    Examples
    --------
    >>> duration_words("svm", 8 * ROWS, COLUMNS).partition("; ")[2]
    'these are 79920 of 57, and time grows with the square of the rows: about 1.1 hours'
    """
    minutes = usual_minutes(model)
    share = n_rows * n_columns / (ROWS * COLUMNS)
    if not minutes or minutes * share < 1:
        return ""
    here = "" if share < 2 else f"; these are {n_rows} of {n_columns}"
    if model in BY_SQUARE and n_rows >= 2 * ROWS:
        hours = minutes * share * n_rows / ROWS / 60
        here += f", and time grows with the square of the rows: about {hours:.{hours < 10:d}f} hours"
        if hours > _LONG_H:
            here += ". lda, logistic-regression and linear-svm take minutes"
    return f"minutes: {ROWS} rows of {COLUMNS} columns took about {minutes:g} on two processors{here}"
