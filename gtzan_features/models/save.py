"""Models onto the disk, without pickle: XGBoost's UBJSON, arrays, skops for scikit-learn, and a JSON card."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import GtzanError, ModelError, OutputExistsError
from gtzan_features.models.applying.figures import FIGURES, save_figures
from gtzan_features.models.applying.linear_rule import StoredRule
from gtzan_features.models.applying.load import CARD, FILES, read_estimator, skops_io, trusted_in
from gtzan_features.models.applying.load import ModelCard as ModelCard
from gtzan_features.models.applying.load import StoredModel as StoredModel
from gtzan_features.models.applying.load import load_model as load_model
from gtzan_features.models.applying.network import AppliedConvolution, AppliedLayers
from gtzan_features.models.applying.one_vs_rest import LabelRules, OneVsRest, tree_arrays
from gtzan_features.models.applying.training_files import TRAINING_FILES, save_training_files
from gtzan_features.models.applying.training_range import RANGE, save_range
from gtzan_features.models.applying.unlike import UNLIKE, UNLIKE_ARRAYS, save_unlike
from gtzan_features.models.applying.usual_level import LEVEL, save_level
from gtzan_features.models.archive import npz, without_addresses
from gtzan_features.models.choosing import wrappers
from gtzan_features.models.choosing.several_labels import mixed_labels
from gtzan_features.models.estimators import discriminant
from gtzan_features.models.registry import MODELS, model_spec
from gtzan_features.models.spec import nothing_else
from gtzan_features.tables.atomic import atomic_path, write_text
from gtzan_features.tables.checked import file_record
from gtzan_features.tables.run_storage import MANIFEST, new_run_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.spec import Classifier, ModelSpec, TrainingData


_FEW = 4


def save_model(folder: Path, model: StoredModel) -> None:
    """Write a model and its card into `folder`, each whole or not at all; equal models give equal bytes.

    The card gets hash and size of the model's file, and of whatever lies in the folder already.

    Raises
    ------
    ModelError
        If the model cannot be stored without pickle; nothing is written then.
    """
    _write(folder, model.card, *_model_file(model))


CARD_TEXT = "README.md"
"""The card in words, of a model that has one."""

_KNOWN = (RANGE, LEVEL, UNLIKE, UNLIKE_ARRAYS, TRAINING_FILES, FIGURES)
OWN_FILES = frozenset({CARD, CARD_TEXT, *_KNOWN, *FILES.values()})
"""Names of all files that a model folder may hold."""


def save_kept_model(folder: Path, model: KeptModel) -> None:
    """Write a model with what is known of its training rows; see `save_model`, whose errors it raises."""
    file = _model_file(model.stored)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in _KNOWN:
        (folder / stale).unlink(missing_ok=True)
    if model.seen is not None:
        save_range(folder, model.seen)
    if model.level is not None:
        save_level(folder, model.level)
    if model.unlike is not None:
        save_unlike(folder, model.unlike)
    if model.trained_on.sha256:
        save_training_files(folder, model.trained_on)
    if model.figures is not None:
        save_figures(folder, model.figures)
    _write(folder, model.card, *file)


def replace_model(folder: Path, model: KeptModel) -> None:
    """Write a model as a whole: after a kill at any step, the earlier model or the new one is there.

    Raises
    ------
    OutputExistsError
        If `folder` is a file, holds other files than a model's, or is the model of a run, whose manifest has
        its hash.
    OutputLockedError
        If another process writes this folder.
    ModelError
        As `save_model`.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputExistsError(folder, "is a file. Give a new folder")
    if folder.is_dir() and {path.name for path in folder.iterdir()} - OWN_FILES:
        raise OutputExistsError(folder, "holds other files. Give a new folder")
    if (folder.parent / MANIFEST).is_file():
        raise OutputExistsError(folder, f"is in the folder of a run, {folder.parent}. Give a new folder")
    with new_run_folder(folder) as new:
        save_kept_model(new, model)


def _model_file(model: StoredModel) -> tuple[str, bytes]:
    """Return name and content of a model's file."""
    name = model.card.model
    has_name = name in MODELS or f"model {name}" in model.card.plugins
    # An estimator that has no name here is stored as scikit-learn's are.
    spec = model_spec(name) if has_name else None
    storage = "skops" if spec is None else wrappers.storage(spec, model.card.settings)
    if isinstance(model.estimator, StoredRule):  # arrays already, whatever the model is stored as elsewhere
        storage = "arrays"
    may_hold = nothing_else if spec is None else spec.may_hold
    if model.card.several_labels and storage != "skops":
        storage = "arrays"  # of all labels in one file
    return FILES[storage], stored_bytes(model.estimator, storage, name, may_hold)


def _write(folder: Path, card: ModelCard, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (CARD, *FILES.values()):
        (folder / stale).unlink(missing_ok=True)
    with atomic_path(folder / name) as temporary:
        temporary.write_bytes(content)
    files = {path.name: file_record(path) for path in sorted(folder.iterdir()) if path.is_file()}
    text = json.dumps(replace(card, files=files).to_dict(), indent=2, sort_keys=True, allow_nan=False)
    write_text(folder / CARD, text + "\n")


def stored_bytes(
    estimator: Classifier, storage: str, name: str, may_hold: Callable[[str], bool] = nothing_else
) -> bytes:
    """Return the file of a model in a format of `FILES`; ModelError where it cannot be stored so.

    `may_hold` is that of its `ModelSpec`.
    """
    if storage == "xgboost":
        trees: Any = estimator
        return bytes(trees.get_booster().save_raw("ubj"))
    if storage == "arrays":
        return npz(_arrays(estimator))
    try:
        content: bytes = skops_io().dumps(estimator)
        strange = sorted(set(skops_io().get_untrusted_types(data=content)) - trusted_in(content, may_hold))
    except Exception as error:  # whatever skops meets in an object that it does not know
        strange = [str(error).splitlines()[0] if str(error) else type(error).__name__]
    if strange:
        why = f"cannot be stored without pickle ({_named(strange)})"
        if name in MODELS:
            msg = f"{name} with these settings {why}. Change them"
        else:
            msg = f"{name} {why}. Give it a name by gf.register_model, which trusts its types"
        raise ModelError(msg)
    return without_addresses(content)


def _named(types: list[str]) -> str:
    """Return the first of many names.

    Examples
    --------
    >>> _named(["a.B", "a.C"]), _named(["a.B", "a.C", "a.D", "a.E"])
    ('a.B, a.C', 'a.B, a.C, a.D and 1 more')
    """
    more = f" and {len(types) - 3} more" if len(types) > 3 else ""
    return ", ".join(types[:3]) + more


def _arrays(estimator: Classifier) -> dict[str, Any]:
    if isinstance(estimator, (AppliedConvolution, AppliedLayers, StoredRule, LabelRules)):
        return estimator.arrays()
    if isinstance(estimator, OneVsRest):
        trees = any(hasattr(one, "get_booster") for one in estimator.estimators)
        return tree_arrays(estimator) if trees else discriminant.as_label_rules(estimator).arrays()
    return discriminant.as_rule(estimator).arrays()


def check_storable(spec: ModelSpec, settings: dict[str, Any], data: TrainingData) -> None:
    """Refuse settings whose model could not be stored, before all of `data` is fitted.

    A few rows of it are fitted with few trees, and the model is stored and read back. What else is wrong with
    the settings is left for the fit to tell: it may be wrong for so few rows only.

    Raises
    ------
    ModelError
        If the model cannot be stored without pickle, or not be read back.
    """
    storage = wrappers.storage(spec, settings)
    if storage != "skops":  # formats of models that always are the same arrays or trees
        return
    if data.labels is not None:  # the classifiers of all labels are of one kind
        data = data.of_label(next(iter(mixed_labels(data.labels)), 0))
    quick = {name: _FEW if name.rpartition(".")[2] == "n_estimators" else v for name, v in settings.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trial = spec.fit(_some_rows(data), quick, 0)
    except GtzanError:
        return
    content = stored_bytes(trial, storage, spec.name, spec.may_hold)
    try:
        read_estimator(storage, content, spec.may_hold)
    except Exception as error:  # whatever a parser raises; see `stored.load_model`
        msg = f"{spec.name} with these settings cannot be read back once it is stored. Change them"
        raise ModelError(msg) from error


def _some_rows(data: TrainingData) -> TrainingData:
    """Return up to two rows of each of a few tracks of a few genres."""
    chosen: list[int] = []
    for genre in range(min(_FEW, int(data.y.max()) + 1)):
        rows = np.flatnonzero(data.y == genre)
        for track in np.unique(data.groups[rows])[:_FEW]:
            chosen += rows[data.groups[rows] == track][:2].tolist()
    return data.take(np.array(sorted(chosen), dtype=np.int64))
