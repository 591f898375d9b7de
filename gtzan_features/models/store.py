"""Models onto the disk, without pickle: XGBoost's UBJSON, arrays, skops for scikit-learn, and a JSON card."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import ModelError
from gtzan_features.models import choices, discriminant
from gtzan_features.models.applied import AppliedConvolution, AppliedLayers
from gtzan_features.models.registry import model_spec
from gtzan_features.models.stored import CARD, FILES, TRUSTED, skops_io
from gtzan_features.models.stored import ModelCard as ModelCard
from gtzan_features.models.stored import StoredModel as StoredModel
from gtzan_features.models.stored import load_model as load_model
from gtzan_features.tables.atomic import atomic_path, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.models.base import Classifier


def save_model(folder: Path, model: StoredModel) -> None:
    """Write a model and its card into `folder`, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    storage = choices.storage(model_spec(model.card.model), model.card.settings)
    with atomic_path(folder / FILES[storage]) as temporary:
        if storage == "xgboost":
            # XGBoost takes the format from the suffix, so it writes bytes for us to store.
            estimator: Any = model.estimator
            temporary.write_bytes(bytes(estimator.get_booster().save_raw("ubj")))
        elif storage == "arrays":
            with temporary.open("wb") as file:
                np.savez_compressed(file, **_arrays(model.estimator))
        else:
            skops_io().dump(model.estimator, temporary, compression=zipfile.ZIP_DEFLATED)
            _check_storable(model.card.model, temporary)
    write_text(folder / CARD, json.dumps(asdict(model.card), indent=2, sort_keys=True) + "\n")


def _arrays(estimator: Classifier) -> dict[str, Any]:
    if isinstance(estimator, (AppliedConvolution, AppliedLayers)):
        return estimator.arrays()
    return discriminant.as_rule(estimator).arrays()


def _check_storable(name: str, path: Path) -> None:
    """Refuse at once what `load_model` would refuse later."""
    strange = sorted(set(skops_io().get_untrusted_types(file=path)) - set(TRUSTED))
    if strange:
        msg = f"{name} with these settings cannot be stored without pickle ({strange[0]}). Change them"
        raise ModelError(msg)
