"""Scaling of features inside a model: by mean and deviation, or by rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import StandardScaler

from gtzan_features.errors import InputError, ModelError
from gtzan_features.models.checked_input import checked_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

STANDARD, RANK = "standard", "rank"

_COLUMNS, _ROWS = 128, 256
"""Columns that are taken out of the rows at a time, and rows of them at once: a tile stays in the processor's
cache. One by one, each value would be a cache line to read."""

_LOW_BITS = 2**29 - 1
"""Bits of the mantissa that double precision has and single precision has not."""

_NARROW = 1e-300
"""Smallest distance of quantiles by which a score is divided."""

ROUNDING = 1e-6
"""Deviation over mean under which a column says nothing but how float32 was rounded."""


class SteadyScaler(StandardScaler):  # type: ignore[misc]  # untyped base
    """scikit-learn's `StandardScaler`, to which a column that moves within float32's rounding is constant.

    That one divides by any deviation but zero. A correlation of two bands that hold nothing but a floor is 1
    in all training music that was low-passed, but for rounding; then other music would stand a million
    deviations away, and one column would decide.

    Examples
    --------
    >>> rows = 1 + 1e-9 * np.arange(6.0).reshape(-1, 1)
    >>> [float(abs(kind().fit(rows).transform([[0.5]])[0, 0])) < 1 for kind in (StandardScaler, SteadyScaler)]
    [False, True]
    """

    def fit(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> SteadyScaler:
        """Take mean and deviation of each column; as in scikit-learn."""
        super().fit(X, y, sample_weight)
        still = np.sqrt(self.var_) <= ROUNDING * np.abs(self.mean_)
        self.scale_[still] = 1.0
        return self


class RankNormal(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Normal scores of each column's ranks among the training rows.

    What `sklearn.preprocessing.QuantileTransformer` does towards a normal distribution, with two
    differences: scores end at ±`limit`, where that transformer puts whatever lies beyond the training rows
    at ±5.2 and so lets a single odd column decide; and few quantiles are kept, so that a model of
    thousands of columns stays small. Equal values share their mean score.

    Parameters
    ----------
    n_quantiles : int
        Quantiles that are kept of each column, at least 2; between them scores are interpolated.
    limit : float
        Largest absolute score, in standard deviations; above 0.

    Attributes
    ----------
    quantiles_, scores_ : ndarray of shape (n_columns, n_kept)
        Values of each column, ascending, and the score of each.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        Where it was fitted on a DataFrame.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> skewed = np.exp(np.random.default_rng(0).normal(size=(500, 1)))
    >>> scores = gf.RankNormal().fit_transform(skewed)
    >>> round(float(scores.std()), 1), float(scores.min()), float(scores.max())
    (1.0, -3.0, 3.0)

    With names of columns, from and to pandas or polars:

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"rms_mean": [0.1, 0.2, 0.9], "tempo": [90.0, 120.0, 121.0]})
    >>> gf.RankNormal().set_output(transform="pandas").fit_transform(frame)
       rms_mean  tempo
    0      -3.0   -3.0
    1       0.0    0.0
    2       3.0    3.0
    """

    def __init__(self, n_quantiles: int = 200, limit: float = 3.0) -> None:
        self.n_quantiles = n_quantiles
        self.limit = limit

    def fit(self, X: npt.ArrayLike, y: object = None) -> RankNormal:  # noqa: ARG002 - as in scikit-learn
        """Take the quantiles of each column.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Finite numbers.
        y : ignored

        Raises
        ------
        InputError
            If `n_quantiles` or `limit` is too small.
        ValueError
            If `X` is no matrix of finite numbers.
        """
        self._learn(self._checked(X))
        return self

    def fit_transform(self, X: npt.ArrayLike, y: object = None) -> FloatArray:  # noqa: ARG002
        """Take the quantiles of each column and return the scores of `X`.

        They are what `fit` and `transform` give, but for rounding. Each column is sorted once for both:
        values in order are found among the quantiles without a search.
        """
        rows = self._checked(X)
        scored = np.empty(rows.shape)
        self._learn(rows, scored)
        return scored

    def _checked(self, X: npt.ArrayLike) -> FloatArray:
        if self.n_quantiles < 2 or not self.limit > 0:
            given = f"n_quantiles={self.n_quantiles}, limit={self.limit}"
            msg = f"{given}: give at least 2 quantiles, and a limit above 0"
            raise InputError(msg)
        return checked_rows(self, X, reset=True)

    def _learn(self, rows: FloatArray, scored: FloatArray | None = None) -> None:
        """Take the quantiles of each column, and fill `scored`, if it is given, with the scores of `rows`."""
        n_rows, n_columns = rows.shape
        shares = np.linspace(0, 1, max(2, min(self.n_quantiles, n_rows)))
        place = shares * (n_rows - 1)
        low = np.minimum(place.astype(np.int64), max(n_rows - 2, 0))
        high = np.minimum(low + 1, n_rows - 1)
        scores = np.clip(ndtri(shares), -self.limit, self.limit)
        self.quantiles_ = np.empty((n_columns, len(shares)))
        self.scores_ = np.tile(scores, (n_columns, 1))
        # As many sorted values lie from each quantile to the next in all columns.
        between = np.minimum(np.searchsorted(place, np.arange(n_rows), "right") - 1, len(shares) - 2)
        count = np.bincount(between, minlength=len(shares) - 1)
        for start in range(0, n_columns, _COLUMNS):
            values = _taken(rows, slice(start, start + _COLUMNS))
            for column, own in enumerate(values, start):
                order = None if scored is None else _order(own)
                ranked = np.sort(own) if order is None else own[order]
                quantiles = ranked[low] + (place - low) * (ranked[high] - ranked[low])
                self.quantiles_[column] = quantiles
                if (quantiles[1:] == quantiles[:-1]).any():
                    self.scores_[column] = _shared(quantiles, scores)
                if order is not None:
                    own[order] = _in_order(ranked, quantiles, self.scores_[column], count)
            if scored is not None:
                scored[:, start : start + _COLUMNS] = values.T

    def transform(self, X: npt.ArrayLike) -> FloatArray:
        """Return the scores of `X`, of its shape; a column that was constant in training is 0.

        Raises
        ------
        ValueError
            If columns, by number or name, are not those of `fit`.
        """
        rows = checked_rows(self, X)
        scored = np.empty(rows.shape)
        for start in range(0, rows.shape[1], _COLUMNS):
            block = slice(start, start + _COLUMNS)
            values = _taken(rows, block)
            for one, quantiles, scores in zip(
                values, self.quantiles_[block], self.scores_[block], strict=True
            ):
                one[:] = np.interp(one, quantiles, scores)
            scored[:, block] = values.T
        return scored


def _taken(rows: FloatArray, block: slice) -> FloatArray:
    """Return a copy of some columns, each of them in one piece of memory."""
    n_rows, n_columns = rows[:, block].shape
    values = np.empty((n_columns, n_rows))
    for start in range(0, n_rows, _ROWS):
        tile = slice(start, start + _ROWS)
        values[:, tile] = rows[tile, block].T
    return values


def _order(values: FloatArray) -> npt.NDArray[np.int64]:
    """Return the positions that sort a column, as `numpy.argsort` does; equal values in any order.

    Features are single precision, so that the low bits of their double precision are zeros. Positions are put
    there and bits are sorted as whole numbers, which takes a third of the time of sorting positions.
    """
    bits = values.view(np.int64)
    if (bits & _LOW_BITS).any() or len(values) > _LOW_BITS:
        return np.argsort(values)
    # Bits of negative numbers grow with their size: all but the sign are turned.
    keys = bits ^ ((bits >> 63) & np.iinfo(np.int64).max)
    keys &= ~_LOW_BITS
    keys |= np.arange(len(values))
    keys.sort()
    keys &= _LOW_BITS
    return keys


def _in_order(
    ranked: FloatArray, quantiles: FloatArray, scores: FloatArray, count: npt.NDArray[np.int64]
) -> FloatArray:
    """Interpolate at ascending values, of which `count` lie from each of the quantiles to the next."""
    width = quantiles[1:] - quantiles[:-1]
    if width.min() < _NARROW:  # equal quantiles: values equal to them may lie on either side
        return np.interp(ranked, quantiles, scores)
    found = ranked - np.repeat(quantiles[:-1], count)
    found *= np.repeat((scores[1:] - scores[:-1]) / width, count)
    found += np.repeat(scores[:-1], count)
    return found


def _shared(quantiles: FloatArray, scores: FloatArray) -> FloatArray:
    """Give equal quantiles the mean of their scores."""
    _, at, count = np.unique(quantiles, return_inverse=True, return_counts=True)
    return np.asarray((np.bincount(at, scores) / count)[at])


class FamilyBalance(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Weigh columns so that every family of features has the same total variance.

    Without it, a model that shrinks all directions alike follows the families with most columns. The
    weight of a column is one over the root of its family's size, scaled to a mean square of 1.

    Parameters
    ----------
    families : tuple of str, or mapping of str to str
        The family of each column, in order; or of each name of a column, for DataFrames, of which some
        columns may have been left out. Empty: all columns weigh the same.

    Attributes
    ----------
    weights_ : ndarray of shape (n_columns,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        Where it was fitted on a DataFrame.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> gf.FamilyBalance(("timbre", "timbre", "timbre", "timbre", "rhythm")).fit(np.eye(5)).weights_
    array([0.79056942, 0.79056942, 0.79056942, 0.79056942, 1.58113883])
    """

    def __init__(self, families: tuple[str, ...] | Mapping[str, str] = ()) -> None:
        self.families = families

    def fit(self, X: npt.ArrayLike, y: object = None) -> FamilyBalance:  # noqa: ARG002 - as in scikit-learn
        """Count the columns of each family.

        Raises
        ------
        InputError
            If `families` does not name a family for each column.
        """
        n_columns = checked_rows(self, X, reset=True).shape[1]
        if not len(self.families):
            self.weights_ = np.ones(n_columns)
            return self
        _, of, size = np.unique(self._family_of_each(n_columns), return_inverse=True, return_counts=True)
        weights = 1 / np.sqrt(size[of])
        self.weights_ = weights / np.sqrt(np.mean(weights**2))
        return self

    def _family_of_each(self, n_columns: int) -> npt.NDArray[np.str_]:
        families = self.families
        if isinstance(families, tuple | list):
            if len(families) != n_columns:
                msg = f"families names {len(families)} columns, but X has {n_columns}. Give one for each"
                raise InputError(msg)
            return np.array(families)
        if not hasattr(self, "feature_names_in_"):
            msg = "families by name need names of columns: fit on a DataFrame, or give one for each column"
            raise InputError(msg)
        missing = [name for name in self.feature_names_in_ if name not in families]
        if missing:
            msg = f"families names no family for {len(missing)} columns, such as {missing[0]}. Add them"
            raise InputError(msg)
        return np.array([families[name] for name in self.feature_names_in_])

    def transform(self, X: npt.ArrayLike) -> FloatArray:
        """Return the weighted columns of `X`; ValueError if they are not those of `fit`."""
        return np.asarray(checked_rows(self, X) * self.weights_)


def scaler(kind: str, model: str) -> Any:  # noqa: ANN401 - a transformer of scikit-learn
    """Return an unfitted scaler: ``standard`` (mean 0, deviation 1; `SteadyScaler`) or ``rank``.

    Raises
    ------
    ModelError
        If there is none of this name; the message names the `model`.
    """
    kinds = {STANDARD: SteadyScaler, RANK: RankNormal}
    if kind not in kinds:
        msg = f"{model}: scaling={kind} is not known; there are {', '.join(kinds)}"
        raise ModelError(msg)
    return kinds[kind]()
