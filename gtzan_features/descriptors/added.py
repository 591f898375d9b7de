"""Features of plugins: functions of people, whose results are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from gtzan_features import plugins
from gtzan_features.config import FEATURE_SETS
from gtzan_features.errors import GtzanError, SignalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig
    from gtzan_features.spectra import Spectra


@dataclass(frozen=True, slots=True)
class CheckedFeature:
    """A function of `Spectra` whose result is of the shape that was announced, and finite.

    Attributes
    ----------
    name : str
        Of the feature.
    function : callable
        What a person wrote.
    is_value : bool
        Whether it gives one value for each index, and not one for each frame.
    indices : callable, optional
        As of `FeatureSpec`.
    """

    name: str
    function: Callable[[Spectra], Any]
    is_value: bool
    indices: Callable[[FeatureConfig], tuple[tuple[int, ...], ...]] | None

    def __call__(self, spectra: Spectra) -> NDArray[np.floating]:
        """Return the values, float32 or float64.

        Raises
        ------
        SignalError
            If the function fails, or its result is of another shape or not finite.
        """
        try:
            values = np.asarray(self.function(spectra))
            values = np.array(values, values.dtype if values.dtype == np.float32 else np.float64, order="C")
        except GtzanError:
            raise
        except Exception as error:  # whatever a function of a person raises
            said = " ".join(str(error).split())
            self._refuse(f"{type(error).__name__}: {said}", error)
        n_indices = 1 if self.indices is None else len(self.indices(spectra.config))
        if self.is_value and values.size != n_indices:
            self._refuse(f"gave {values.size} values where {n_indices} were announced")
        if not self.is_value and not self._has_series(values, n_indices):
            wanted = "(n,) or (n, n_bands)" if self.indices is None else f"(n, {n_indices})"
            self._refuse(f"gave an array of shape {values.shape}, not {wanted} with n from 1")
        if not np.isfinite(values).all():
            self._refuse("gave values that are not finite")
        return values

    def _has_series(self, values: NDArray[np.floating], n_indices: int) -> bool:
        if not values.size:
            return False
        return values.ndim in (1, 2) if self.indices is None else values.shape[1:] == (n_indices,)

    def _refuse(self, what: str, cause: Exception | None = None) -> NoReturn:
        msg = f"feature {self.name}: {what}"
        raise SignalError(msg) from cause


def plugin_fault(config: FeatureConfig, known: Mapping[str, str]) -> str:
    """Say why features that plugins computed cannot be computed here; empty where they can.

    Parameters
    ----------
    config : FeatureConfig
        As it was stored.
    known : mapping of str to str
        What was stored of the plugins, by ``feature NAME``; see `plugins.described`.
    """
    added = [part for part in config.parts if part not in FEATURE_SETS]
    for part in added:
        if plugins.find(plugins.FEATURE, part) is None:
            what = f"feature {part}"
            return plugins.needed(what, plugins.plugin_in(known.get(what, "")))
    if added and not config.is_current:
        changed = " or ".join(sorted({one.plugin.shown for one in plugins.origins(added).values()}))
        return f"computed before {changed} was changed. Compute the features again, then fit on them"
    return ""
