"""``logistic-regression`` on rows that are not held: L-BFGS, its loss and gradient summed over batches.

scikit-learn's own solver takes the same steps from the same start by the same loss, and so ends at the same
optimum; `partial_fit`'s chance steps would end beside it. It takes a pass for each step, about a hundred.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from gtzan_features.errors import ModelError
from gtzan_features.models.streaming.scaled import fit_scaling

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier
    from gtzan_features.models.streaming.rows import StreamedRows

    FloatArray = npt.NDArray[np.float64]

_TAKEN = {"C", "tol", "max_iter", "scaling"}
_MOST_STEPS_BACK = 50


def fit_logistic(rows: StreamedRows, settings: dict[str, Any], seed: int) -> Classifier:  # noqa: ARG001
    """Fit multinomial logistic regression with an L2 penalty; nothing in it is by chance."""
    model = _unfitted(settings)
    (scaled,) = fit_scaling(rows, settings.get("scaling", "standard"), "logistic-regression", [rows.train])
    n_genres, n_columns = rows.n_genres, rows.n_columns
    n_lines = 1 if n_genres == 2 else n_genres
    n_rows = int(scaled.counts.sum())
    penalty = 1.0 / (model.C * n_rows)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        lines = flat.reshape(n_lines, n_columns + 1, order="F")
        weights, offsets = lines[:, :-1], lines[:, -1]
        total, gradient = 0.0, np.zeros((n_lines, n_columns + 1))
        for positions, X in rows.batches(rows.train):
            Z = scaled.scaling.transform(X)
            some, residual = _loss(Z @ weights.T + offsets, rows.y[positions])
            total += some
            gradient[:, :-1] += residual.T @ Z
            gradient[:, -1] += residual.sum(axis=0)
        gradient /= n_rows
        gradient[:, :-1] += penalty * weights
        return total / n_rows + 0.5 * penalty * float(np.vdot(weights, weights)), gradient.ravel(order="F")

    found = minimize(
        loss,
        np.zeros(n_lines * (n_columns + 1)),
        method="L-BFGS-B",
        jac=True,
        options={
            "maxiter": model.max_iter,
            "maxls": _MOST_STEPS_BACK,
            "gtol": model.tol,
            "ftol": 64 * np.finfo(float).eps,
        },
    )
    if found.status == 1:
        what = f"logistic-regression did not converge in max_iter={model.max_iter} steps. Raise it"
        warnings.warn(what, ConvergenceWarning, stacklevel=2)
    lines = found.x.reshape(n_lines, n_columns + 1, order="F")
    model.coef_, model.intercept_ = np.ascontiguousarray(lines[:, :-1]), lines[:, -1].copy()
    model.classes_, model.n_features_in_ = np.arange(n_genres), n_columns
    model.n_iter_ = np.array([found.nit], dtype=np.int32)
    pipeline: Classifier = make_pipeline(scaled.scaling, model)
    return pipeline


def _unfitted(settings: dict[str, Any]) -> LogisticRegression:
    """Return the model with its settings; ModelError or ValueError where they cannot be meant."""
    strange = sorted(set(settings) - _TAKEN)
    if strange:
        msg = (
            f"logistic-regression: a fit in batches takes {', '.join(sorted(_TAKEN))}, and no "
            f"{', '.join(strange)}. Leave it out"
        )
        raise ModelError(msg)
    model = LogisticRegression(**{name: value for name, value in settings.items() if name != "scaling"})
    model._validate_params()  # scikit-learn's words for what cannot be meant
    return model


def _loss(lines: FloatArray, y: npt.NDArray[np.int16]) -> tuple[float, FloatArray]:
    """Return the summed log-loss of some rows, and its derivative by each line's value."""
    at = np.arange(len(y))
    logits = np.hstack([np.zeros_like(lines), lines]) if lines.shape[1] == 1 else lines
    logs = log_softmax(logits, axis=1)
    residual = np.exp(logs)
    residual[at, y] -= 1
    return -float(logs[at, y].sum()), residual[:, -1:] if lines.shape[1] == 1 else residual
