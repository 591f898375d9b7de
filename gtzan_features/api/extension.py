"""Features and models of one's own, without a fork: a decorator and a function."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from gtzan_features import plugins
from gtzan_features.config import BESIDE, FEATURE_SETS, FeatureConfig
from gtzan_features.descriptors.added import CheckedFeature
from gtzan_features.descriptors.ranges import read_range
from gtzan_features.descriptors.spec import STATISTICS, FeatureSpec, Statistic, grid, numbered
from gtzan_features.descriptors.words import sets_in_words
from gtzan_features.errors import ConfigError, PluginError
from gtzan_features.models.added import AddedModel, signature_defaults
from gtzan_features.models.words import WORDS, ModelWords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])
    Indices = int | tuple[int, int] | Callable[[FeatureConfig], tuple[tuple[int, ...], ...]] | None

_FAMILY = re.compile(r"[a-z][a-z0-9_]*")
_KEYS = ("genre", "segment", "start_s", "n_samples")


def feature(
    *,
    unit: str,
    description: str,
    source: str,
    name: str | None = None,
    family: str = "own",
    statistics: tuple[Statistic, ...] = ("mean", "var"),
    indices: Indices = None,
    silence: str = "0",
    range: str = "any",  # noqa: A002 - the word that describe and the registry have for it
) -> Callable[[Function], Function]:
    """Make a feature of a function of `Spectra`.

    It is then part of every feature set that names it: ``kaggle+bass_share`` is the Kaggle columns and it,
    ``bass_share`` is it alone. Its source code is in the fingerprint of tables and models: where the code
    has changed, older ones are refused. The command line is given the file:
    ``gtzan --plugin my_features.py …``.

    Parameters
    ----------
    unit : str
        Unit of the values; "1" where there is none.
    description : str
        What it is, in words: "change of the magnitudes from frame to frame".
    source : str
        Where it was published, or who wrote it.
    name : str, optional
        Small letters, digits and underscores; the function's own where not given.
    family : str
        What it is of: one of the families of ``gtzan features describe``, or another word.
    statistics : tuple of str
        What becomes of the values of the frames, a column each: of ``mean``, ``var``, ``std``, ``skew``,
        ``kurt``, ``min``, ``max``, ``p10``, ``p50``, ``p90``, ``dmean``, ``dstd``; or ``("value",)`` alone
        where the function gives the columns themselves.
    indices : int, pair of int or callable, optional
        How many bands have columns of their own, numbered from 1; a pair for a grid. The function then
        returns an array of shape (n_frames, n_bands), or with ``("value",)`` as many values. Without,
        all values are summarised together.
    silence : str
        The value of all columns for digital silence, as a number, or in words.
    range : str
        Between which numbers all that the function returns lies: "0 to 1", "0 or more", "0 or less", "any";
        a number may be "sr/2", "log 0.001" or "sqrt 2", too.

    Returns
    -------
    callable
        A decorator, which returns the function as it is.

    Raises
    ------
    PluginError
        If something that is given cannot be meant, or there is a feature or a set of this name.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> from gtzan_features.testing import temporary_plugins
    >>> with temporary_plugins():
    ...     @gf.feature(unit="1", description="largest sample of a frame's spectrum", source="mine")
    ...     def loudest_bin(spectra):
    ...         return spectra.magnitude.max(axis=1)
    ...
    ...     list(gf.describe("loudest_bin")["column"])
    ['loudest_bin_mean', 'loudest_bin_var']
    """

    def register(function: Function) -> Function:
        own = function.__name__ if name is None else name
        _check_feature(own, family, statistics, {"unit": unit, "description": description, "source": source})
        _check_range(own, range)
        by_index = _indices(own, indices)
        spec = FeatureSpec(
            name=own,
            unit=unit,
            family=family,
            description=description,
            source=source,
            silence=silence,
            range=range,
            compute=CheckedFeature(own, function, statistics == ("value",), by_index),
            statistics=tuple(statistics),
            indices=by_index,
        )
        plugins.add(plugins.FEATURE, own, spec, module=function.__module__, source=function)
        return function

    return register


def register_model(
    name: str,
    factory: Any,  # noqa: ANN401 - what is no function is refused
    *,
    summary: str = "",
    defaults: Mapping[str, Any] | None = None,
    space: Mapping[str, Any] | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
    trusted: tuple[str, ...] = (),
) -> None:
    """Register a scikit-learn classifier as a model, which is then fitted by its name as the package's are.

    A random state that is None is set to the seed of each fit. A classifier without ``predict_proba`` gets
    calibrated probabilities from its ``decision_function``, on inner folds of tracks.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens.
    factory : callable
        Takes settings as keywords and returns a classifier that is not fitted; a class of one will do.
    summary : str
        One line for ``gtzan fit --list``.
    defaults : mapping, optional
        Settings that are used where none are given; those of the signature of `factory` where not given.
    space : mapping, optional
        Where ``gtzan tune`` searches each setting: ``(low, high)``, whole numbers where both are,
        ``(low, high, "log")``, or a list of values.
    limits : mapping of str to (low, high), optional
        Bounds of settings that the library does not check itself.
    trusted : tuple of str
        Full names of types that the stored model holds, beside those of its own library and of the module
        that registers it. Models are stored without pickle: other types are refused.

    Raises
    ------
    PluginError
        If the name cannot be one or is taken. What `factory` gives is checked when the model is first used.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> from gtzan_features.testing import temporary_plugins
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> with temporary_plugins():
    ...     gf.register_model("hist-gb", HistGradientBoostingClassifier, space={"max_leaf_nodes": (8, 64)})
    """
    kind = type(factory).__name__
    if not callable(factory):
        msg = f"model {name!r}: give a function or a class that makes a classifier, not {kind}"
        raise PluginError(msg)
    if name in WORDS or name == "all":
        msg = f"model {name!r}: the package has one of this name. Choose another"
        raise PluginError(msg)
    known = signature_defaults(factory) if defaults is None else dict(defaults)
    made = f"{getattr(factory, '__qualname__', kind)} of {factory.__module__.partition('.')[0]}"
    model = AddedModel(
        words=ModelWords(name, summary or made, known),
        factory=factory,
        space=dict(space or {}),
        limits=dict(limits or {}),
        trusted=tuple(trusted),
    )
    caller = str(sys._getframe(1).f_globals.get("__name__", factory.__module__))
    plugins.add(plugins.MODEL, name, model, module=caller, source=factory)


def _check_feature(name: str, family: str, statistics: tuple[str, ...], words: Mapping[str, str]) -> None:
    """Refuse a feature that would clash with the package's, or that says too little of itself."""
    # Names of `full` are free: one of them and `full` together are refused where the set is chosen.
    own = {spec.name for spec in sets_in_words()["kaggle"]}
    if name in own or name in (*FEATURE_SETS, *_KEYS) or name.startswith(BESIDE):
        msg = f"feature {name!r}: the package uses this name. Choose another"
        raise PluginError(msg)
    empty = [key for key, value in words.items() if not value.strip()]
    if empty:
        msg = f"feature {name!r}: {empty[0]} is empty. Say it, so that people know what the columns are"
        raise PluginError(msg)
    if _FAMILY.fullmatch(family) is None:
        msg = f"feature {name!r}: family {family!r} is not one word of small letters, such as rhythm"
        raise PluginError(msg)
    unknown = [one for one in statistics if one not in STATISTICS]
    alone = "value" not in statistics or len(statistics) == 1
    if unknown or not statistics or not alone or len(set(statistics)) < len(statistics):
        known = ", ".join(one for one in STATISTICS if one != "value")
        msg = f'feature {name!r}: statistics {statistics}: give some of {known}, or ("value",) alone'
        raise PluginError(msg)


def _check_range(name: str, text: str) -> None:
    """Refuse a range that says nothing."""
    try:
        read_range(text, FeatureConfig().sr)
    except ConfigError as error:
        msg = f"feature {name!r}: {error}"
        raise PluginError(msg) from error


def _indices(name: str, indices: Indices) -> Callable[[FeatureConfig], tuple[tuple[int, ...], ...]] | None:
    """Return the indices as a `FeatureSpec` has them."""
    if indices is None or callable(indices):
        return indices
    numbers = (indices,) if isinstance(indices, int) else tuple(indices)
    if len(numbers) not in (1, 2) or not all(isinstance(n, int) and n > 0 for n in numbers):
        msg = f"feature {name!r}: indices={indices}: give a number of bands, a pair of numbers, or a function"
        raise PluginError(msg)
    return numbered(numbers[0]) if len(numbers) == 1 else grid(*numbers)
