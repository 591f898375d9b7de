"""The networks as models of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ModelError
from gtzan_features.models.networks.cnn import ConvolutionalClassifier
from gtzan_features.models.networks.mlp import PlainNetwork
from gtzan_features.models.spec import FEATURES, Classifier, ModelSpec, TrainingData
from gtzan_features.models.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_SETTABLE = {"random_state", "n_bands", "augment"}

_MOST = 1_000_000
LIMITS = {
    **dict.fromkeys(("patch", "filters", "patch_hidden", "head", "hidden", "time_bins"), (1, _MOST)),
    **dict.fromkeys(("epochs", "patience", "patches_per_row", "batch_size"), (1, _MOST)),
    "learning_rate": (1e-9, 1e3),
    "alpha": (0.0, 1e9),
    "head_alpha": (0.0, 1e9),
    "validation": (0.0, 0.9),
}
"""Within which a setting can be meant."""


def _spec(name: str, estimator: Callable[..., Any]) -> ModelSpec:
    words, parameters = WORDS[name], estimator().get_params()

    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        rest = {name: _sequence(parameters[name], value) for name, value in settings.items()}
        if data.shape is None and FEATURES not in words.inputs:
            msg = f"{name} takes spectrograms, not features. Use a table of gtzan features spectrograms"
            raise ModelError(msg)
        n_bands = data.shape[1] if data.shape else 0
        model = estimator(n_bands=n_bands, augment=data.augment, random_state=seed, **rest)
        apart = data.groups if data.apart is None else data.apart
        return model.fit(data.X, data.y, data.groups, data.on_epoch, apart)  # type: ignore[no-any-return]

    return ModelSpec(
        **words.of_spec(),
        fit=fit,
        settable=lambda: set(parameters) - _NOT_SETTABLE,
        storage="arrays",
        limits={name: LIMITS[name] for name in parameters if name in LIMITS},
    )


def _sequence(default: Any, value: Any) -> Any:  # noqa: ANN401 - a setting may be of any plain type
    """Let a number stand for one layer: ``--set head=64``."""
    return (value,) if isinstance(default, tuple) and not isinstance(value, (tuple, list)) else value


SPECS = (_spec("cnn", ConvolutionalClassifier), _spec("mlp", PlainNetwork))
