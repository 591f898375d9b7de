"""Stored models and their cards, without what fits models: prediction needs no more.

Nothing is unpickled from a model folder: skops builds only objects of the types that are named here. No file
is parsed before its size and SHA-256 are those in the card, and the card's those in the run's manifest: a
changed model can end the process from within XGBoost's library.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import warnings
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features import plugins
from gtzan_features.errors import ModelError
from gtzan_features.models.added import trusted_types
from gtzan_features.models.applying.linear_rule import StoredRule
from gtzan_features.models.applying.network import stored_network
from gtzan_features.models.applying.old_names import with_new_names
from gtzan_features.models.applying.one_vs_rest import stored_labels
from gtzan_features.models.applying.xgboost_trees import StoredTrees
from gtzan_features.models.archive import read_npz
from gtzan_features.tables.checked import (
    DamagedError,
    Record,
    checked_bytes,
    from_json,
    parse_json,
)
from gtzan_features.tables.run_storage import CARD as CARD
from gtzan_features.tables.run_storage import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier
    from gtzan_features.tables.spectrograms import Table

_LOG = logging.getLogger(__name__)

FILES = {"skops": "model.skops", "xgboost": "model.ubj", "arrays": "model.npz"}

# Types that skops does not trust by itself; each holds numbers and settings only.
TRUSTED = (
    "gtzan_features.models.choosing.wrappers.OnFamilies",
    "gtzan_features.models.networks.cnn.ConvolutionalClassifier",
    "gtzan_features.models.estimators.discriminant.ShrinkageLDA",
    "gtzan_features.models.choosing.ensemble.Ensemble",
    "gtzan_features.models.estimators.kernel_svm.KernelSVM",
    "gtzan_features.models.networks.mlp.PlainNetwork",
    "gtzan_features.models.networks.training.Epoch",
    "gtzan_features.models.applying.one_vs_rest.ConstantLabel",
    "gtzan_features.models.applying.one_vs_rest.OneVsRest",
    "gtzan_features.models.applying.xgboost_state.PortableTrees",
    "gtzan_features.models.estimators.preprocessing.FamilyBalance",
    "gtzan_features.models.estimators.preprocessing.RankNormal",
    "gtzan_features.models.estimators.preprocessing.SteadyScaler",
    "gtzan_features.models.calibration.OfDecisions",
    "gtzan_features.models.calibration.Tempered",
    "collections.OrderedDict",
    "collections.defaultdict",
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
    leaked : bool
        Whether its figure was measured on tracks of which it had learned from parts.
    versions : dict
        Version of each library that wrote the model.
    files : dict
        Hash and size of each other file in the folder, as `save_model` found them.
    plugins : dict of str to str
        Plugin and digits of ``model NAME`` and of each ``feature NAME`` that are not of this package; see
        `plugins.described`.
    several_labels : bool
        Whether a track may have several of the genres, so that probabilities do not sum to one.
    thresholds : tuple of float
        From which probability on each of several labels is given; empty for one genre a track.
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
    leaked: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    plugins: dict[str, str] = field(default_factory=dict)
    several_labels: bool = False
    thresholds: tuple[float, ...] = ()
    files: dict[str, Record] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        """Which model it is, in words."""
        return f"{self.model} on {self.feature_set}, {self.segment} rows of {self.dataset}"

    def to_dict(self) -> dict[str, Any]:
        """Return the card as JSON has it; what says nothing of one genre a track is left out there."""
        content = asdict(self)
        if not self.several_labels:  # earlier versions refuse what they do not know
            del content["several_labels"], content["thresholds"]
        return content


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
        If the folder holds no model, a damaged one, one of an earlier version without hashes, one that this
        version of a library cannot read, or one with types that are not trusted.
    """
    card = _read_card(folder)
    storage = next((kind for kind, name in FILES.items() if (folder / name).is_file()), None)
    if storage is None:
        msg = f"{folder}: {' or '.join(FILES.values())} is missing. Fit the model again"
        raise ModelError(msg)
    path = folder / FILES[storage]
    content = _checked(path, card)
    may_hold = _types_of_plugin(card, folder)
    try:
        estimator = read_estimator(storage, content, may_hold)
        _probe(estimator, card)
    except _UntrustedError as error:
        msg = f"{path}: holds types that a model of this program never has; not loaded. Fit the model again"
        raise ModelError(msg) from error
    # Parsers of three libraries, over states that another version of them may have written: any of them
    # may raise anything, and the file's bytes are known to be those that were written.
    except Exception as error:
        msg = f"{path}: not a whole model file{_other_versions(card)}. Fit the model again"
        raise ModelError(msg) from error
    if storage == "skops" and (other := _other_version(card, "scikit-learn")):
        _LOG.warning(
            "%s: written with %s. It is read, and answers may differ a little. Fit it again to be sure",
            path,
            other,
        )
    return StoredModel(estimator=estimator, card=card)


def _checked(path: Path, card: ModelCard) -> bytes:
    if path.name not in card.files:
        msg = (
            f"{path}: its SHA-256 is not in {CARD}, so it was stored by an earlier version of this program. "
            "It is not read, as a damaged file could crash the program. Fit the model again"
        )
        raise ModelError(msg)
    try:
        return checked_bytes(path, card.files[path.name])
    except OSError as error:
        msg = f"{path}: missing, or cannot be read. Fit the model again"
        raise ModelError(msg) from error
    except (DamagedError, MemoryError, OverflowError) as error:
        msg = f"{path}: not a whole model file: {error}. Fit the model again"
        raise ModelError(msg) from error


def _probe(estimator: Classifier, card: ModelCard) -> None:
    """Ask for one row: what cannot answer with the card's genres is refused before any file is read."""
    n_values = len(card.columns) * (card.shape[0] if card.shape else 1)
    found = np.asarray(estimator.predict_proba(np.zeros((1, n_values))), dtype=np.float64)
    if found.shape != (1, len(card.genres)) or not np.isfinite(found).all():
        msg = f"answers with {found.shape[-1]} probabilities for {len(card.genres)} genres"
        raise ValueError(msg)


def _other_versions(card: ModelCard) -> str:
    """Say which libraries have another version than those that wrote the model, if any."""
    changed = [told for name in card.versions if (told := _other_version(card, name))]
    return f", or one for other versions of libraries: written with {'; '.join(changed)}" if changed else ""


def _other_version(card: ModelCard, name: str) -> str:
    """Say that a library has another version than the one that wrote the model; empty where it has not."""
    try:
        here = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""  # Python itself, or what this model does not need
    written = card.versions.get(name, here)
    return f"{name} {written}, here is {here}" if here != written else ""


def skops_io() -> Any:  # noqa: ANN401 - a module without types
    """Import skops where it is needed: it takes as long as all the rest, and most models need none."""
    return importlib.import_module("skops.io")


class _UntrustedError(Exception):
    """A skops file holds types that are not trusted."""


def read_estimator(storage: str, content: bytes, may_hold: Callable[[str], bool]) -> Classifier:
    """Return the estimator of a file in a format of `FILES`; of skops' types, those that are trusted only."""
    if storage != "skops":
        return READERS[storage](content)
    skops = skops_io()
    content = with_new_names(content)
    try:
        with warnings.catch_warnings():
            # scikit-learn has a warning of three lines for each part of a model; `load_model` says it in one.
            warnings.filterwarnings("ignore", "Trying to unpickle estimator")
            estimator: Classifier = skops.loads(content, trusted=sorted(trusted_in(content, may_hold)))
    except skops.exceptions.UntrustedTypesFoundException as error:
        raise _UntrustedError from error
    return estimator


def trusted_in(content: bytes, may_hold: Callable[[str], bool]) -> set[str]:
    """Return the types of a skops file that are trusted: of this package's models and of a plugin's."""
    found = skops_io().get_untrusted_types(data=content)
    return {name for name in found if name in TRUSTED or may_hold(name)}


def _types_of_plugin(card: ModelCard, folder: Path) -> Callable[[str], bool]:
    """Return which types a plugin's model may hold; none but the usual ones of the others."""
    own = f"model {card.model}"
    if own not in card.plugins:
        return lambda _: False
    addition = plugins.find(plugins.MODEL, card.model)
    if addition is None:
        msg = f"{folder}: {plugins.needed(own, plugins.plugin_in(card.plugins[own]))}"
        raise ModelError(msg)
    return trusted_types(addition)


def _load_arrays(content: bytes) -> Classifier:
    arrays = read_npz(content)
    return stored_labels(arrays) or stored_network(arrays) or StoredRule(arrays)


READERS = {"xgboost": StoredTrees, "arrays": _load_arrays}


def _read_card(folder: Path) -> ModelCard:
    path = folder / CARD
    try:
        card = from_json(ModelCard, parse_json(checked_bytes(path, _card_record(folder))))
    except FileNotFoundError as error:
        msg = f"{folder}: holds no model ({CARD} is missing). Give the folder of a run, or fit one"
        raise ModelError(msg) from error
    except (DamagedError, OSError) as error:
        msg = f"{path}: not a model card of this program: {error}. Fit the model again"
        raise ModelError(msg) from error
    fits = len(card.thresholds) == (len(card.genres) if card.several_labels else 0)
    if not fits or len(card.genres) < 2 or (card.shape and card.shape[1] != len(card.columns)):
        msg = f"{path}: not a model card of this program: genres, columns and shape do not fit each other"
        raise ModelError(msg + ". Fit the model again")
    return card


def _card_record(folder: Path) -> Record | None:
    """Return what the manifest of the run around a model folder says of the card; None where none does."""
    path = folder.parent / MANIFEST
    if not (folder / CARD).is_file() or not path.is_file():
        return None
    try:
        files = from_json(_Files, {"files": parse_json(checked_bytes(path)).get("files", {})}).files
    except (DamagedError, AttributeError, OSError) as error:
        msg = f"{path}: not a manifest of this program: {error}. Fit the model again"
        raise ModelError(msg) from error
    return files.get(f"{folder.name}/{CARD}")


@dataclass(frozen=True)
class _Files:
    files: dict[str, Record]
