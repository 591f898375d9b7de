"""``xgboost`` on rows that are not held, by its external memory.

Where all rows come in one batch, the trees are those of a fit in memory. With more batches, the bounds of the
bins come from quantiles sketched of each batch and merged, which may lie a little elsewhere.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost
from xgboost import XGBClassifier

from gtzan_features.errors import ModelError
from gtzan_features.models.estimators.boosted_trees import (
    EARLY_STOPPING_FOLDS,
    TOO_FEW_TO_STOP,
    with_bins,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gtzan_features.models.spec import Classifier
    from gtzan_features.models.streaming.rows import Mask, StreamedRows

BATCH_BYTES = 1 << 26
"""Of a batch in single precision, as XGBoost takes it: the more, the better its quantiles."""


class _Batches(xgboost.DataIter):
    """Hands on the rows of a mask."""

    def __init__(self, rows: StreamedRows, mask: Mask, folder: Path) -> None:
        self._rows, self._mask = rows, mask
        self._n_rows = max(1, BATCH_BYTES // (4 * rows.n_columns))
        self._coming = rows.batches(mask, self._n_rows)
        # The cache is XGBoost's own: the number of each value's bin, a byte each.
        super().__init__(cache_prefix=str(folder / "bins"), on_host=False)

    def next(self, input_data: Callable[..., Any]) -> bool:
        found = next(self._coming, None)
        if found is None:
            return False
        positions, X = found
        values = np.ascontiguousarray(X, dtype=np.float32)
        input_data(data=values, label=self._rows.y[positions].astype(np.float32))
        return True

    def reset(self) -> None:
        self._coming = self._rows.batches(self._mask, self._n_rows)


def fit_trees(rows: StreamedRows, settings: dict[str, Any], seed: int) -> Classifier:
    """Fit boosted trees as ``xgboost`` does in memory, but for the bounds of their bins."""
    settings = with_bins(settings, rows.n_columns)
    model = XGBClassifier(**settings, random_state=seed, n_jobs=1, verbosity=0)
    rounds = settings.get("early_stopping_rounds")
    train, valid = rows.train, None
    if rounds:
        inner = rows.inner_folds(EARLY_STOPPING_FOLDS, seed)
        if inner is None:
            raise ModelError(TOO_FEW_TO_STOP)
        train, valid = rows.train & (inner != 0), inner == 0
    parameters = model.get_xgb_params()
    n_genres = rows.n_genres
    parameters["objective"] = "binary:logistic" if n_genres == 2 else "multi:softprob"
    if n_genres > 2:
        parameters["num_class"] = n_genres
    max_bin = parameters.get("max_bin")
    with (
        tempfile.TemporaryDirectory(dir=rows.folder) as own,
        tempfile.TemporaryDirectory(dir=rows.folder) as other,
    ):
        matrix = _matrix(rows, train, own, max_bin)
        watched = []
        if valid is not None:
            watched.append((_matrix(rows, valid, other, max_bin, matrix), "validation_0"))
        booster = xgboost.train(
            parameters,
            matrix,
            num_boost_round=model.get_num_boosting_rounds(),
            evals=watched,
            early_stopping_rounds=rounds or None,
            verbose_eval=False,
        )
        raw = booster.save_raw("ubj")
        del booster, matrix, watched  # before the files that they read
    model.load_model(raw)
    fitted: Classifier = model
    return fitted


def _matrix(rows: StreamedRows, mask: Mask, folder: str, max_bin: int | None, ref: Any = None) -> Any:  # noqa: ANN401
    batches = _Batches(rows, mask, Path(folder))
    return xgboost.ExtMemQuantileDMatrix(batches, max_bin=max_bin, nthread=1, ref=ref)
