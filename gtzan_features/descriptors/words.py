"""The features of every set in words, read from a file: importing what computes them takes seconds.

``words.json`` is written from the registry by ``python tests/descriptors/write_words.py``; a test compares
the two.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gtzan_features.descriptors.spec import Column, FeatureSpec, chosen_specs, columns_of

if TYPE_CHECKING:
    from gtzan_features.config import FeatureConfig

FILE = "words.json"


def to_words(
    sets: dict[str, tuple[FeatureSpec, ...]], config: FeatureConfig
) -> dict[str, list[dict[str, Any]]]:
    """Return what can be said of the features of each set, as JSON has it."""
    return {name: [_words(spec, config) for spec in specs] for name, specs in sets.items()}


def columns_in_words(config: FeatureConfig) -> tuple[Column, ...]:
    """Return the columns of a feature set, or of some families of it, as `sets.columns` does.

    Raises
    ------
    ConfigError
        If there is no such set or family.
    """
    return columns_of(specs_in_words(config), config)


def specs_in_words(config: FeatureConfig) -> tuple[FeatureSpec, ...]:
    """Return the features of a set as `sets.specs` does; those of this package compute nothing.

    Raises
    ------
    ConfigError
        If there is no such set or family.
    """
    return chosen_specs(config.feature_set, sets_in_words())


def sets_in_words() -> dict[str, tuple[FeatureSpec, ...]]:
    """Return the features of each set of this package; they compute nothing."""
    return {name: tuple(_spec(words) for words in each) for name, each in _read().items()}


def _words(spec: FeatureSpec, config: FeatureConfig) -> dict[str, Any]:
    return {
        "name": spec.name,
        "unit": spec.unit,
        "family": spec.family,
        "description": spec.description,
        "source": spec.source,
        "silence": spec.silence,
        "range": spec.range,
        "statistics": list(spec.statistics),
        "indices": None if spec.indices is None else [list(index) for index in spec.indices(config)],
    }


def _spec(words: dict[str, Any]) -> FeatureSpec:
    indices = words["indices"]
    each = None if indices is None else tuple(tuple(index) for index in indices)
    return FeatureSpec(
        **{k: v for k, v in words.items() if k not in ("statistics", "indices")},
        statistics=tuple(words["statistics"]),
        indices=None if each is None else lambda _: each,
        compute=_nothing,
    )


def _nothing(_: Any) -> Any:  # noqa: ANN401 - stands for any feature
    """Stand for what computes a feature, where it is only talked about."""
    raise NotImplementedError


@lru_cache(maxsize=1)
def _read() -> dict[str, list[dict[str, Any]]]:
    text = (files("gtzan_features.descriptors") / FILE).read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found
