"""Tracks as points in the plane: principal components, and an embedding that keeps neighbours together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.evaluation.arrays import FloatArray

SMALLEST = 8
"""Rows below this number have no neighbourhoods worth an embedding."""

NEAREST = 5
"""Neighbours that are counted."""

_BLOCK = 500  # rows whose distances are held at once
_PERPLEXITY = 30.0
_EXACT = 300  # rows up to which the exact method is no slower


def principal_components(X: FloatArray) -> tuple[FloatArray, tuple[float, float]]:
    """Project standardised rows onto their first two principal components.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        At least two rows and two columns.

    Returns
    -------
    points : ndarray of shape (n_rows, 2)
    shares : (float, float)
        Share of the variance that each axis holds.
    """
    if (np.ptp(X, axis=0) == 0).all():
        return np.zeros((len(X), 2)), (0.0, 0.0)
    model = PCA(2, random_state=0)
    points = np.asarray(model.fit_transform(StandardScaler().fit_transform(X)), dtype=np.float64)
    first, second = (float(v) for v in model.explained_variance_ratio_)
    return points, (first, second)


def neighbours(X: FloatArray, seed: int = 0) -> FloatArray | None:
    """Embed standardised rows by t-SNE, from principal components; None for fewer than `SMALLEST` rows.

    Distances between far points, and the sizes of groups, mean nothing in it.

    References
    ----------
    .. [1] van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9, 2008.
    """
    if len(X) < SMALLEST:
        return None
    perplexity = min(_PERPLEXITY, (len(X) - 1) / 3)
    method = "exact" if len(X) <= _EXACT else "barnes_hut"
    model = TSNE(2, perplexity=perplexity, init="pca", method=method, random_state=seed)
    # Its threads wait for each other in loops: on a busy machine two of them take ten times as long as one.
    with threadpool_limits(1):
        return np.asarray(model.fit_transform(StandardScaler().fit_transform(X)), dtype=np.float64)


def neighbours_alike(X: FloatArray, labels: Sequence[str], count: int = NEAREST) -> FloatArray:
    """Return the share of each row's nearest rows that have its label, by all standardised columns.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        At least two rows.
    labels : sequence of str
        One for each row.
    count : int
        How many neighbours; fewer where there are fewer other rows.

    Returns
    -------
    ndarray of shape (n_rows,)
        Within [0, 1]. By chance it would be the share of the label among all other rows.

    Examples
    --------
    >>> neighbours_alike(np.array([[0.0], [0.1], [9.0], [9.1]]), ["a", "a", "b", "a"], 1).tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    names = np.asarray(labels)
    rows = StandardScaler().fit_transform(X)
    count = min(count, len(rows) - 1)
    squares = (rows**2).sum(axis=1)
    found = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        part = np.arange(start, min(start + _BLOCK, len(rows)))
        distances = squares[part, None] + squares[None] - 2 * rows[part] @ rows.T
        distances[np.arange(len(part)), part] = np.inf
        nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
        found[part] = (names[nearest] == names[part, None]).mean(axis=1)
    return found
