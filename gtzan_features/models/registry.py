"""The classifiers by name: what each is, its settings, and how it is fitted."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gtzan_features import plugins
from gtzan_features.errors import ModelError
from gtzan_features.models.added import AddedModel, trusted_types
from gtzan_features.models.checked_settings import check_setting, guarded
from gtzan_features.models.choosing.ensemble import ensemble
from gtzan_features.models.choosing.several_labels import with_several_labels
from gtzan_features.models.choosing.wrappers import with_choices
from gtzan_features.models.estimator_spec import searched, spec_of_estimator
from gtzan_features.models.estimators import boosted_trees, classical, discriminant
from gtzan_features.models.networks import specs as networks
from gtzan_features.models.streaming.boosted_trees import fit_trees
from gtzan_features.models.streaming.discriminant import fit_lda
from gtzan_features.models.streaming.logistic import fit_logistic
from gtzan_features.models.words import ONE_LABEL, known_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gtzan_features.models.spec import ModelSpec

_STREAMED = {"xgboost": fit_trees, "logistic-regression": fit_logistic, "lda": fit_lda}

_SINGLE: dict[str, ModelSpec] = {
    spec.name: guarded(with_choices(replace(spec, streamed=_STREAMED.get(spec.name))))
    for spec in (boosted_trees.XGBOOST, *classical.SPECS, discriminant.LDA, *networks.SPECS)
}
_TOGETHER = guarded(with_choices(ensemble(_SINGLE)))

MODELS: dict[str, ModelSpec] = {
    spec.name: with_several_labels(replace(spec, one_vs_rest=spec.name not in ONE_LABEL))
    for spec in (*_SINGLE.values(), _TOGETHER)
}


def model_spec(name: str) -> ModelSpec:
    """Return the specification of a model, of this package or of a plugin.

    Raises
    ------
    ModelError
        If there is none of this name, or what a plugin registered is no classifier.
    """
    addition = None if known_model(name) in MODELS else plugins.find(plugins.MODEL, name)
    if addition is None:
        return MODELS[name]
    model: AddedModel = addition.entry
    spec = spec_of_estimator(
        name,
        model.factory,
        summary=model.words.summary,
        defaults=model.words.defaults,
        space={setting: searched(name, setting, where) for setting, where in model.space.items()},
        limits=model.limits,
    )
    return with_several_labels(guarded(with_choices(replace(spec, may_hold=trusted_types(addition)))))


def parse_settings(spec: ModelSpec, pairs: Iterable[str]) -> dict[str, Any]:
    """Read ``name=value`` pairs over a model's defaults.

    Values are Python literals where they parse as such (``4``, ``0.1``, ``None``), else text.

    Raises
    ------
    ModelError
        If a pair has no ``=``, the model has no such setting, or its value cannot be meant.

    Examples
    --------
    >>> settings = parse_settings(model_spec("knn"), ["n_neighbors=7"])
    >>> settings["n_neighbors"]
    7
    """
    settings = dict(spec.defaults)
    known = spec.settable()
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals:
            msg = f"--set {pair!r}: write it as name=value, for example --set {next(iter(known))}=…"
            raise ModelError(msg)
        if name not in known:
            msg = f"{spec.name} has no setting {name!r}; it has {', '.join(sorted(known))}"
            raise ModelError(msg)
        settings[name] = _literal(text.strip())
        check_setting(spec.name, name, settings[name], spec.limits)
    return settings


def setting_pairs(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return settings that are keywords in Python as ``name=value`` pairs, which `parse_settings` reads.

    Raises
    ------
    ModelError
        If a value is no number, word, True, False, None, or tuple or list of such.

    Examples
    --------
    >>> setting_pairs({"C": 10, "kernel": "rbf", "hidden": (64, 32), "word": "4"})
    ('C=10', 'kernel=rbf', 'hidden=(64, 32)', "word='4'")
    """
    pairs = []
    for name, given in settings.items():
        value = given.item() if hasattr(given, "item") and not hasattr(given, "__len__") else given
        text = value if isinstance(value, str) and _literal(value) == value else repr(value)
        read = _literal(text)
        if type(read) is not type(value) or read != value:
            msg = f"{name}={text} cannot be meant; give a number, a word, True, False or None"
            raise ModelError(msg)
        pairs.append(f"{name}={text}")
    return tuple(pairs)


def _literal(text: str) -> Any:  # noqa: ANN401 - a setting may be of any plain type
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
