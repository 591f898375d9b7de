"""How much each family of features contributes to a stored model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gtzan_features.descriptors import sets
from gtzan_features.errors import ModelError
from gtzan_features.models.applying.load import load_model

if TYPE_CHECKING:
    from pathlib import Path


def family_importance(model_folder: Path) -> dict[str, float]:
    """Return each feature family's share of the total gain of a stored XGBoost model.

    Returns
    -------
    dict
        Share by family, within [0, 1], largest first; they sum to one. Empty for other models, and for
        columns that are not those of a known feature set.
    """
    try:
        stored = load_model(model_folder)
        if not hasattr(stored.estimator, "get_booster"):
            return {}
    except ModelError:
        return {}
    families = sets.column_families(stored.card.columns, stored.card.feature_config)
    estimator: Any = stored.estimator
    gains: dict[str, float] = estimator.get_booster().get_score(importance_type="total_gain")
    if not gains or "other" in families:
        return {}
    summed: dict[str, float] = dict.fromkeys(families, 0.0)
    for feature, gain in gains.items():
        summed[families[int(feature.removeprefix("f"))]] += gain
    total = sum(summed.values())
    return {name: summed[name] / total for name in sorted(summed, key=lambda n: -summed[n])}
