"""The networks as models of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ModelError
from gtzan_features.models.base import FEATURES, Classifier, ModelSpec, TrainingData
from gtzan_features.models.cnn import ConvolutionalClassifier
from gtzan_features.models.mlp import PlainNetwork
from gtzan_features.models.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_SETTABLE = {"random_state", "n_bands", "augment"}


def _spec(name: str, estimator: Callable[..., Any]) -> ModelSpec:
    words, parameters = WORDS[name], estimator().get_params()

    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        rest = {name: _sequence(parameters[name], value) for name, value in settings.items()}
        if data.shape is None and FEATURES not in words.inputs:
            msg = f"{name} takes spectrograms, not features. Use a table of gtzan features spectrograms"
            raise ModelError(msg)
        n_bands = data.shape[1] if data.shape else 0
        model = estimator(n_bands=n_bands, augment=data.augment, random_state=seed, **rest)
        try:
            return model.fit(data.X, data.y, data.groups, data.on_epoch)  # type: ignore[no-any-return]
        except (ValueError, TypeError, ArithmeticError) as error:
            msg = f"{name} cannot be fitted with these settings: {str(error).splitlines()[0]}"
            raise ModelError(msg) from error

    return ModelSpec(
        **words.of_spec(),
        fit=fit,
        settable=lambda: set(parameters) - _NOT_SETTABLE,
        storage="arrays",
    )


def _sequence(default: Any, value: Any) -> Any:  # noqa: ANN401 - a setting may be of any plain type
    """Let a number stand for one layer: ``--set head=64``."""
    return (value,) if isinstance(default, tuple) and not isinstance(value, (tuple, list)) else value


SPECS = (_spec("cnn", ConvolutionalClassifier), _spec("mlp", PlainNetwork))
