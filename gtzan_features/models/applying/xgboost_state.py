"""XGBoost's models as a part of others, stored without pickle."""

from __future__ import annotations

from typing import Any

import numpy as np

from gtzan_features.models.applying.xgboost_trees import StoredTrees


class PortableTrees:
    """XGBoost's trees, whose state is their UBJSON: numbers and settings, no code.

    skops, and pickle on the way out of a worker, take an object by its state.

    Parameters
    ----------
    model : XGBClassifier or StoredTrees
        Fitted.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - xgboost has no types
        self.model = model

    def predict_proba(self, X: Any) -> Any:  # noqa: ANN401 - as XGBoost has it
        """Return probabilities of shape (n_rows, n_genres), float32."""
        return self.model.predict_proba(X)

    def __getstate__(self) -> dict[str, Any]:
        raw = self.model.get_booster().save_raw("ubj")
        return {"ubjson": np.frombuffer(bytes(raw), dtype=np.uint8)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.model = StoredTrees(state["ubjson"].tobytes())


def portable(model: Any) -> Any:  # noqa: ANN401 - any classifier
    """Return `model` in a form that can be stored inside another."""
    return PortableTrees(model) if hasattr(model, "get_booster") else model
