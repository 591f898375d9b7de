"""Stored models and their cards, without what fits models: prediction needs no more.

Nothing is unpickled from a model folder: skops builds only objects of the types that are named here.
"""

from __future__ import annotations

import importlib
import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import ModelError
from gtzan_features.models.applied import stored_network
from gtzan_features.models.linear import StoredRule
from gtzan_features.models.trees import StoredTrees

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.models.base import Classifier
    from gtzan_features.tables.spectrograms import Table

CARD = "model.json"
FILES = {"skops": "model.skops", "xgboost": "model.ubj", "arrays": "model.npz"}

# Types that skops does not trust by itself; each holds numbers and settings only.
TRUSTED = (
    "gtzan_features.models.choices.OnFamilies",
    "gtzan_features.models.cnn.ConvolutionalClassifier",
    "gtzan_features.models.discriminant.ShrinkageLDA",
    "gtzan_features.models.ensemble.Ensemble",
    "gtzan_features.models.kernel_svm.KernelSVM",
    "gtzan_features.models.mlp.PlainNetwork",
    "gtzan_features.models.network.Epoch",
    "gtzan_features.models.portable.PortableTrees",
    "gtzan_features.models.scaling.FamilyBalance",
    "gtzan_features.models.scaling.RankNormal",
    "gtzan_features.models.temperature.Tempered",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._dist_metrics.ManhattanDistance64",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.tree._tree.Tree",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What a model was trained on, and so what it can be applied to.

    Attributes
    ----------
    model : str
        Name of the model, for example ``xgboost``.
    genres : tuple of str
        Classes in the order of the probabilities.
    columns : tuple of str
        Features in order; bands of a spectrogram.
    shape : tuple of int, optional
        Frames and bands of a row where rows are spectrograms.
    feature_set, feature_fingerprint, segment : str
        Of the training table.
    settings : dict
        Hyperparameters.
    dataset : str
        Name of the data set.
    synthetic : bool
        Whether it was trained on synthetic music.
    trained_on : str
        Which tracks, in words.
    feature_config : dict
        The configuration that computes the columns; empty for a CSV of unknown recipe.
    """

    model: str
    genres: tuple[str, ...]
    columns: tuple[str, ...]
    feature_set: str
    feature_fingerprint: str
    segment: str
    settings: dict[str, Any]
    dataset: str
    synthetic: bool
    trained_on: str
    feature_config: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A fitted model and its card."""

    estimator: Classifier
    card: ModelCard

    def check(self, table: Table, where: Path | str) -> None:
        """Refuse a table that the model was not made for.

        Raises
        ------
        ModelError
            If columns, segment length or feature fingerprint differ from the training table's.
        """
        card, meta = self.card, table.meta
        if meta.feature_set != card.feature_set:
            msg = f"{where}: holds {meta.feature_set}, but the model was trained on {card.feature_set}. "
            raise ModelError(msg + f"Give it a table of {card.feature_set}")
        missing = [c for c in card.columns if c not in table.feature_names]
        if missing:
            msg = f"{where}: lacks {len(missing)} of the model's columns, such as {missing[0]}. "
            raise ModelError(msg + f"Extract the {card.feature_set} features for it")
        if tuple(table.feature_names) != card.columns:
            msg = f"{where}: its columns are not those of the model, in their order. "
            raise ModelError(msg + f"Use a table of the {card.feature_set} features")
        if meta.segment != card.segment or getattr(table, "shape", None) != card.shape:
            msg = f"{where}: rows of {meta.segment}, but the model was trained on {card.segment}. "
            raise ModelError(msg + f"Extract with --segments {card.segment}")
        if meta.feature_fingerprint != card.feature_fingerprint:
            msg = (
                f"{where}: features were computed differently (fingerprint {meta.feature_fingerprint}, the "
                f"model's is {card.feature_fingerprint}). Extract them again, or train on this table"
            )
            raise ModelError(msg)

    def predict_proba(self, table: Table, where: Path | str = "table") -> npt.NDArray[np.float64]:
        """Return genre probabilities of shape (n_rows, n_genres) after checking the table."""
        self.check(table, where)
        return np.asarray(self.estimator.predict_proba(table.values()), dtype=np.float64)


def load_model(folder: Path) -> StoredModel:
    """Read a model that `save_model` wrote.

    Raises
    ------
    ModelError
        If the folder holds no model, a damaged one, or one with types that are not trusted.
    """
    card = _read_card(folder)
    storage = next((kind for kind, name in FILES.items() if (folder / name).is_file()), None)
    if storage is None:
        msg = f"{folder}: {' or '.join(FILES.values())} is missing. Fit the model again"
        raise ModelError(msg)
    path = folder / FILES[storage]
    try:
        estimator = _READERS[storage](path)
    except (zipfile.BadZipFile, ValueError, TypeError, KeyError, OSError, EOFError) as error:
        msg = f"{path}: not a whole model file. Fit the model again"
        raise ModelError(msg) from error
    return StoredModel(estimator=estimator, card=card)


def skops_io() -> Any:  # noqa: ANN401 - a module without types
    """Import skops where it is needed: it takes as long as all the rest, and most models need none."""
    return importlib.import_module("skops.io")


def _load_skops(path: Path) -> Classifier:
    skops = skops_io()
    try:
        estimator: Classifier = skops.load(path, trusted=list(TRUSTED))
    except skops.exceptions.UntrustedTypesFoundException as error:
        msg = f"{path}: holds types that a model of this program never has; not loaded. Fit the model again"
        raise ModelError(msg) from error
    return estimator


def _load_trees(path: Path) -> Classifier:
    return StoredTrees(path.read_bytes())


def _load_arrays(path: Path) -> Classifier:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive)
    return stored_network(arrays) or StoredRule(arrays)


_READERS = {"skops": _load_skops, "xgboost": _load_trees, "arrays": _load_arrays}


def _read_card(folder: Path) -> ModelCard:
    path = folder / CARD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["genres"], content["columns"] = tuple(content["genres"]), tuple(content["columns"])
        content["shape"] = tuple(content["shape"]) if content.get("shape") else None
        return ModelCard(**content)
    except FileNotFoundError as error:
        msg = f"{folder}: holds no model ({CARD} is missing). Give the folder of a run, or fit one"
        raise ModelError(msg) from error
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path}: not a model card of this program. Fit the model again"
        raise ModelError(msg) from error
