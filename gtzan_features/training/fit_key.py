"""What the figures of a fit depend on: the key under which a later command finds them again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gtzan_features import plugins
from gtzan_features.cache import Key
from gtzan_features.config import feature_set_parts
from gtzan_features.environment import fit_program
from gtzan_features.models.registry import model_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gtzan_features.training.fit_config import FitConfig


def fit_key(config: FitConfig, inputs: Mapping[str, Any], **more: Any) -> Key:  # noqa: ANN401 - JSON-able
    """Return all that the figures of a fit depend on, the model's defaults among it.

    Parameters
    ----------
    config : FitConfig
    inputs : mapping
        Hashes of the tables that are read, by what they are.
    **more
        Settings beside those of the fit.
    """
    spec = model_spec(config.model)
    settings = {
        "fit": asdict(config),
        "defaults": {name: repr(value) for name, value in spec.defaults.items()},
        "plugins": plugins.described(feature_set_parts(config.feature_set), config.model),
        **more,
    }
    return Key(inputs=inputs, settings=settings, program=fit_program())
