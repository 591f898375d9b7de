"""What can be said of each model without importing what fits it: scikit-learn and XGBoost take seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features import plugins
from gtzan_features.errors import ModelError
from gtzan_features.text import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

FEATURES, SPECTROGRAMS = "features", "spectrograms"
"""Kinds of rows that a model may take."""


@dataclass(frozen=True, slots=True)
class ModelWords:
    """A model in words.

    Attributes
    ----------
    name : str
        As on the command line.
    summary : str
        One line for ``gtzan fit --list``.
    defaults : dict
        Settings that differ from the library's own defaults, or that are worth showing.
    inputs : tuple of str
        Kinds of rows that it takes: `FEATURES`, `SPECTROGRAMS` or both.
    """

    name: str
    summary: str
    defaults: dict[str, Any]
    inputs: tuple[str, ...] = (FEATURES,)

    def of_spec(self) -> dict[str, Any]:
        """Return them as arguments of a `ModelSpec`."""
        return {
            "name": self.name,
            "summary": self.summary,
            "defaults": dict(self.defaults),
            "inputs": self.inputs,
        }


_ALL = (
    ModelWords(
        "xgboost",
        "gradient-boosted trees, 500 rounds of depth 6 at rate 0.05; probabilities are its own; "
        "max_bin=auto is 256, and 32 for more than 500 columns",
        {
            "n_estimators": 500,
            "max_depth": 6,
            "learning_rate": 0.05,
            "subsample": 0.8,
            "colsample_bytree": 0.5,
            "tree_method": "hist",
            "max_bin": "auto",
        },
    ),
    ModelWords(
        "svm",
        "support vector machine, RBF kernel; temperature on inner folds of tracks",
        {"C": 10.0, "gamma": "scale", "scaling": "standard"},
    ),
    ModelWords(
        "linear-svm",
        "support vector machine, linear, one genre against the rest; temperature on inner folds of tracks",
        {"C": 0.01, "scaling": "standard"},
    ),
    ModelWords(
        "random-forest",
        "500 decision trees on bootstrap samples; probabilities are shares of leaves",
        {"n_estimators": 500},
    ),
    ModelWords(
        "extra-trees",
        "500 decision trees with random thresholds; probabilities are shares of leaves",
        {"n_estimators": 500},
    ),
    ModelWords(
        "logistic-regression",
        "multinomial logistic regression, L2; probabilities are its own",
        {"C": 1.0, "max_iter": 5000, "scaling": "standard"},
    ),
    ModelWords(
        "knn",
        "the 5 nearest neighbours, weighted by distance; probabilities are shares of neighbours",
        {"n_neighbors": 5, "weights": "distance", "scaling": "standard"},
    ),
    ModelWords(
        "majority",
        "the most frequent genre of the training part, whatever the features: the floor",
        {"strategy": "prior"},
    ),
    ModelWords(
        "lda",
        "linear discriminant analysis, shrunk covariance, on ranks; temperature on inner folds of tracks",
        {"shrinkage": "auto", "scaling": "rank", "balance": True},
    ),
    ModelWords(
        "cnn",
        "filters shared over time, learnt from patches of a spectrogram, pooled; then a network. No torch",
        {"patch": 4, "filters": 128, "head": (64,), "alpha": 0.001, "head_alpha": 1.0},
        (SPECTROGRAMS,),
    ),
    ModelWords(
        "mlp",
        "plain network on features, or with --scale on flattened spectrograms: the control of cnn",
        {"hidden": (128,), "alpha": 0.01},
        (FEATURES, SPECTROGRAMS),
    ),
    ModelWords(
        "ensemble",
        "kind=vote: mean of calibrated probabilities; kind=stack: weights from members' inner folds",
        {"kind": "vote", "members": "lda+svm+xgboost"},
    ),
)

ONE_LABEL = ("cnn", "mlp", "ensemble")
"""Models that take one genre a track only: with several labels, each would be trained once a label."""

STREAMED = ("xgboost", "logistic-regression", "lda")
"""Models that can be fitted on tables larger than memory, in batches."""

WORDS: dict[str, ModelWords] = {words.name: words for words in _ALL}
"""The models, in the order in which they are listed."""


def all_words() -> dict[str, ModelWords]:
    """Return the models of this package and those of plugins, in the order in which they are listed."""
    added = (plugins.find(plugins.MODEL, name) for name in plugins.names(plugins.MODEL))
    return WORDS | {one.name: one.entry.words for one in added if one is not None}


def known_model(name: str) -> str:
    """Return the name of a model that there is.

    Raises
    ------
    ModelError
        If there is none of this name.

    Examples
    --------
    >>> known_model("svm")
    'svm'
    """
    if name not in WORDS and plugins.find(plugins.MODEL, name) is None:
        known = all_words()
        proposed = meant(name, known)
        text = f"no model {name!r}; there are {', '.join(known)}{'.' * bool(proposed)}{proposed}"
        raise ModelError(plugins.with_faults(text))
    return name


def model_names(names: Sequence[str], scale: str | None = None) -> tuple[str, ...]:
    """Return the names of models; ModelError for one that is not.

    ``all`` stands for each that takes features, or spectrograms where there is a `scale`.
    """
    kind = FEATURES if scale is None else SPECTROGRAMS
    if tuple(names) == ("all",):
        return tuple(name for name, words in all_words().items() if kind in words.inputs)
    return tuple(known_model(name) for name in names)


def one_label_only(name: str) -> str:
    """Say that a model takes one genre a track only, and which take several labels; empty where it does.

    Examples
    --------
    >>> one_label_only("lda")
    ''
    >>> one_label_only("cnn").partition(":")[0]
    'cnn takes one genre a track, and these tracks may have several labels'
    """
    if name not in ONE_LABEL:
        return ""
    able = ", ".join(other for other in all_words() if other not in ONE_LABEL)
    return f"{name} takes one genre a track, and these tracks may have several labels: fit {able}"
