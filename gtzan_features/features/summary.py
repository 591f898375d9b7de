"""From the values of a feature to the columns of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.features.registry import FeatureSpec


def summarise(values: NDArray[np.floating], spec: FeatureSpec) -> NDArray[np.float64]:
    """Mean and population variance of a feature, in the order of the spec's columns.

    Parameters
    ----------
    values : ndarray of shape (n,) or (n, n_bands)
        What ``spec.compute`` returned.
    spec : FeatureSpec
        Tells which statistics, and whether bands have columns of their own.

    Returns
    -------
    ndarray of shape (n_columns,)
        Accumulated in float64.
    """
    if spec.statistics == ("value",):
        return np.asarray(values, np.float64)
    if spec.bands is None:
        return np.array(kernels.moments(np.ascontiguousarray(values).reshape(-1)))
    mean, variance = np.empty(values.shape[1]), np.empty(values.shape[1])
    kernels.column_moments(np.ascontiguousarray(values), mean, variance)
    return np.stack([mean, variance], axis=1).reshape(-1)
