"""Models whose settings are checked, and whose libraries' errors are one line that names the settings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import GtzanError, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier, FloatMatrix, ModelSpec


def guarded(spec: ModelSpec) -> ModelSpec:
    """Return a model whose `fit` raises nothing but errors of this package; `streamed` likewise."""

    def checked(one: Callable[[Any, dict[str, Any], int], Classifier]) -> Callable[..., Classifier]:
        def fit(data: Any, settings: dict[str, Any], seed: int) -> Classifier:  # noqa: ANN401
            try:
                return one(data, settings, seed)
            except GtzanError:
                raise
            except Exception as error:  # what a library raises for settings that it does not take
                raise _refused(spec, settings, "fitted", error) from error

        return fit

    return replace(spec, fit=checked(spec.fit), streamed=spec.streamed and checked(spec.streamed))


def probabilities(
    model: Classifier,
    X: FloatMatrix,
    spec: ModelSpec,
    settings: Mapping[str, Any],
    *,
    several: bool = False,
) -> npt.NDArray[np.float64]:
    """Return probabilities of shape (n_rows, n_genres), rows summing to 1 (of `several` labels: to anything).

    Raises
    ------
    ModelError
        If the model fails on them or gives what is no probability; the message names the settings.
    """
    try:
        p = np.asarray(model.predict_proba(X), dtype=np.float64)
        if not np.isfinite(p).all() or (p < 0).any():
            msg = "it gives probabilities that are no numbers"
            raise ValueError(msg)
        if several:
            p = np.minimum(p, 1.0)
        else:
            # float32 probabilities of XGBoost sum to one only to float32 precision.
            p /= p.sum(axis=1, keepdims=True)
    except GtzanError:
        raise
    except Exception as error:  # as above: settings that only show when the model is applied
        raise _refused(spec, settings, "applied", error) from error
    return p


def check_setting(model: str, name: str, value: Any, limits: Mapping[str, tuple[float, float]]) -> None:  # noqa: ANN401
    """Refuse what cannot be written down, and numbers outside the limits of a setting.

    Parameters
    ----------
    model, name : str
        For the message.
    value : object
        As it was read; of several layers, each number is checked.
    limits : mapping of str to (low, high)
        Bounds, both allowed, of the settings that have some.

    Raises
    ------
    ModelError
        The message names setting, value and bounds.

    Examples
    --------
    >>> check_setting("mlp", "hidden", (9, 0), {"hidden": (1, 999)})
    Traceback (most recent call last):
        ...
    gtzan_features.errors.ModelError: mlp: hidden=(9, 0) cannot be meant; give whole numbers within 1 and 999
    """
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        msg = f"{model}: {name}={value} cannot be meant; give a number, a word, True, False or None"
        raise ModelError(msg) from error
    if name not in limits:
        return
    low, high = limits[name]
    parts = value if isinstance(value, list | tuple) else (value,)
    whole = isinstance(low, int)
    for part in parts:
        fits = isinstance(part, int | float) and not isinstance(part, bool) and low <= part <= high
        if not fits or (whole and not isinstance(part, int)):
            what = "whole numbers" if whole else "numbers"
            msg = f"{model}: {name}={value} cannot be meant; give {what} within {low} and {high}"
            raise ModelError(msg)


def _refused(spec: ModelSpec, settings: Mapping[str, Any], what: str, error: Exception) -> ModelError:
    changed = [f"{name}={value}" for name, value in settings.items() if value != spec.defaults.get(name)]
    text = str(error).strip().splitlines()
    # XGBoost puts the reason behind a time stamp and a source position.
    reason = text[0].rpartition("] ")[2] if text else type(error).__name__
    if isinstance(error, MemoryError):
        reason = f"the memory of this machine is not enough ({reason}). Use fewer rows, or another model"
    given = f" ({', '.join(changed)})" if changed else ""
    return ModelError(f"{spec.name} cannot be {what} with these settings: {reason}{given}")
