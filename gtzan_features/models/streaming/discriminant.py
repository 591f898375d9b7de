"""``lda`` on rows that are not held: the same scaling, moments, shrinkage and temperature as in memory.

Three passes: over the columns, for scalers and the means of genres; over the rows, for covariances; over the
rows again, for what the models of inner folds say of the rows that they were not fitted on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import LinAlgError
from scipy.special import log_softmax
from sklearn.pipeline import make_pipeline

from gtzan_features.errors import InputError
from gtzan_features.models.calibration import CALIBRATION_FOLDS, best_factor, decision_logits
from gtzan_features.models.estimators.discriminant import AUTO, LDA, ShrinkageLDA, checked_balance
from gtzan_features.models.estimators.preprocessing import FamilyBalance
from gtzan_features.models.estimators.shrunk_covariance import Moments, intensity
from gtzan_features.models.streaming.moments import GroupNorms, last_rows, passes_needed
from gtzan_features.models.streaming.scaled import Scaled, fit_scaling

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier
    from gtzan_features.models.streaming.rows import Mask, StreamedRows

    FloatArray = npt.NDArray[np.float64]


def fit_lda(rows: StreamedRows, settings: dict[str, Any], seed: int) -> Classifier:
    """Fit discriminant analysis as ``lda`` does in memory; equal to it but for rounding."""
    settings = {**LDA.defaults, **settings}
    families = rows.families if checked_balance(settings.pop("balance")) else ()
    balance = FamilyBalance(families).fit(np.zeros((1, rows.n_columns)))
    inner = rows.inner_folds(CALIBRATION_FOLDS, seed)
    masks = [rows.train]
    if inner is not None:
        masks += [rows.train & (inner != number) for number in range(int(inner.max()) + 1)]
    scaled = fit_scaling(rows, settings.pop("scaling"), "lda", masks)
    found = moments_of(rows, scaled, balance, masks, shrunk=settings["shrinkage"] == AUTO)
    models = [_fitted(one, balance, moments, settings) for one, moments in zip(scaled, found, strict=True)]
    if inner is not None:
        factor = unseen_factor(rows, models[1:], inner)
        models[0].set_params(shrinkagelda__inverse_temperature=factor)
    model: Classifier = models[0]
    return model


def moments_of(
    rows: StreamedRows,
    scaled: Sequence[Scaled],
    balance: FamilyBalance,
    masks: Sequence[Mask],
    *,
    shrunk: bool,
) -> list[Moments]:
    """Take the moments of some subsets of rows as they are scaled; see `shrunk_covariance.moments`.

    Products are summed of rows less the mean of their genre, which is known before: no large numbers are
    subtracted from each other, and nothing depends on where a batch ends but the last digits.

    Parameters
    ----------
    rows : StreamedRows
    scaled : sequence of Scaled
        Of each subset.
    balance : FamilyBalance
    masks : sequence of ndarray of bool of shape (n_rows,)
        The subsets; the first holds the others.
    shrunk : bool
        Whether Ledoit and Wolf's shrinkage is wanted, else it is 0.
    """
    means = [one.means * balance.weights_ for one in scaled]
    every = np.flatnonzero(masks[0])
    n_passes = passes_needed(rows.groups, every, rows.n_columns) if shrunk else 1
    last = last_rows(rows.groups, every) if shrunk else np.empty(0, dtype=np.int64)
    norms = [GroupNorms(last) for _ in masks]
    products = [np.zeros((rows.n_columns, rows.n_columns)) for _ in masks]
    for number in range(n_passes):
        for positions, X in rows.batches(masks[0]):
            for i, mask in enumerate(masks):
                chosen = mask[positions]
                at = positions[chosen]
                if number:
                    chosen &= rows.groups[positions] % n_passes == number
                    at = positions[chosen]
                if not at.size:
                    continue
                within = scaled[i].scaling.transform(X[chosen]) * balance.weights_ - means[i][rows.y[at]]
                if not number:
                    products[i] += within.T @ within
                if shrunk:
                    own = rows.groups[at] % n_passes == number
                    if own.all():
                        norms[i].add(at, within, rows.groups[at])
                    elif own.any():
                        norms[i].add(at[own], within[own], rows.groups[at][own])
    return [
        _moments(
            mean,
            one.counts,
            product,
            norm.total if shrunk else None,
            np.unique(rows.groups[mask]).size if shrunk else 0,
        )
        for mean, one, product, norm, mask in zip(means, scaled, products, norms, masks, strict=True)
    ]


def _moments(
    means: FloatArray, counts: npt.NDArray[np.int64], products: FloatArray, norm: float | None, n_groups: int
) -> Moments:
    n_rows = int(counts.sum())
    covariance = products / n_rows
    shrinkage = 0.0
    if norm is not None:
        size, trace = float(np.square(covariance).sum()), float(np.trace(covariance))
        shrinkage = intensity(norm / n_rows**2, n_groups, size, trace, len(covariance))
    return Moments(means, np.log(counts / n_rows), covariance, shrinkage)


def _fitted(scaled: Scaled, balance: FamilyBalance, moments: Moments, settings: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return the pipeline that `estimators.discriminant` fits in memory."""
    model = ShrinkageLDA(**settings)
    given = model.given_shrinkage()
    shrinkage = moments.shrinkage if given is None else given
    try:
        if not shrinkage and scaled.counts.sum() < moments.covariance.shape[0]:
            raise LinAlgError
        model.weights_, model.offsets_ = moments.rule(shrinkage)
    except LinAlgError as error:
        msg = f"the covariance is singular with shrinkage={model.shrinkage}. Raise it, or leave it out"
        raise InputError(msg) from error
    model.shrinkage_ = shrinkage
    model.classes_, model.n_features_in_ = np.arange(len(scaled.counts)), moments.covariance.shape[0]
    return make_pipeline(scaled.scaling, balance, model)


def unseen_factor(rows: StreamedRows, models: Sequence[Any], inner: npt.NDArray[np.int8]) -> float:
    """Return the inverse temperature for rows of tracks that a model did not see.

    Their logits lie in a file while it is searched for: a hundred bytes a row.

    Parameters
    ----------
    rows : StreamedRows
    models : sequence of pipeline
        Of each inner fold, fitted without it.
    inner : ndarray of int8 of shape (n_rows,)
        Inner fold of each row that is trained on.
    """
    path = rows.folder / "logits"
    n_genres, n_rows = rows.n_genres, 0
    with path.open("w+b") as file:
        for positions, X in rows.batches(rows.train):
            logits = np.empty((len(positions), n_genres))
            for number, model in enumerate(models):
                held = inner[positions] == number
                if held.any():
                    logits[held] = decision_logits(model, X[held])
            file.write(logits.tobytes())
            n_rows += len(positions)
        y = rows.y[rows.train]

        def loss(factor: float) -> float:
            file.seek(0)
            step, total = rows.cache.batch_rows, 0.0
            for start in range(0, n_rows, step):
                count = min(step, n_rows - start)
                some = np.fromfile(file, np.float64, count * n_genres).reshape(count, n_genres)
                some *= factor
                total -= float(log_softmax(some, axis=1)[np.arange(count), y[start : start + count]].sum())
            return total / n_rows

        found = best_factor(loss)[0]
    path.unlink()
    return found
