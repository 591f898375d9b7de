"""A fitted model with what is known of the rows behind it, to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gtzan_features import plugins
from gtzan_features.config import feature_set_parts
from gtzan_features.models.applying.kept_model import KeptModel
from gtzan_features.models.applying.training_range import range_rows, training_range
from gtzan_features.models.applying.usual_level import level_rule
from gtzan_features.models.save import ModelCard

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gtzan_features.models.applying.training_files import TrainingFiles
    from gtzan_features.training.load_rows import Fittable


def kept_model(
    opened: Fittable,
    card: ModelCard,
    rows: npt.NDArray[np.int64],
    estimator: Any,  # noqa: ANN401
    files: TrainingFiles,
) -> KeptModel:
    """Return a fitted model with what is known of the rows that it was fitted on."""
    data, columns = opened.data, opened.table.feature_names
    X = data.X[rows]
    return KeptModel(
        estimator=estimator,
        card=card,
        seen=training_range(range_rows(X, data.shape), columns),
        level=None if data.shape else level_rule(X, columns, data.groups()[rows]),
        trained_on=files,
    )


def card_of(
    opened: Fittable,
    *,
    model: str,
    settings: dict[str, Any],
    trained_on: str,
    versions: dict[str, str],
    leaked: bool = False,
) -> ModelCard:
    """Return what a model is to those who apply it.

    Parameters
    ----------
    opened : Fittable
        The table whose rows it was fitted on.
    model, settings, trained_on, versions, leaked
        See `ModelCard`.
    """
    meta = opened.table.meta
    return ModelCard(
        model=model,
        genres=opened.data.genres,
        columns=tuple(opened.table.feature_names),
        feature_set=meta.feature_set,
        feature_fingerprint=meta.feature_fingerprint,
        segment=meta.segment,
        settings=settings,
        dataset=meta.dataset,
        synthetic=meta.synthetic,
        trained_on=trained_on,
        feature_config=meta.config,
        shape=opened.data.shape,
        leaked=leaked,
        versions=versions,
        plugins=plugins.described(feature_set_parts(meta.feature_set), model),
    )
