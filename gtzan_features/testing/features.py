"""What every feature keeps: words, shapes, values for silence, the same numbers in every process."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features import plugins
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.ranges import read_range
from gtzan_features.descriptors.spec import STATISTICS, FeatureSpec
from gtzan_features.descriptors.summary import summarise_all
from gtzan_features.errors import GtzanError, PluginError, SignalError
from gtzan_features.parallel.local import local_executor
from gtzan_features.spectra import Spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.descriptors.spec import Column

    Signal = NDArray[np.float32]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?= \(|$)")
_CASES = re.compile(r", (?=-?\d)")
_PERCENTILES = ("p10", "p50", "p90")
_SMALL = 1e-4  # of silence's values, in float32


def check_feature(
    feature: str | FeatureSpec,
    *,
    gain_changes: bool = True,
    n_jobs: int = 2,
    config: FeatureConfig | None = None,
) -> None:
    """Check that a feature keeps what every feature of the package does.

    It says what it is; its columns have names of their own; noise, the shortest signal and silence give
    finite numbers within `range`, silence those that `silence` says; equal signals give equal bits, in
    worker processes, too; what it reads of `Spectra` it leaves as it is; NaN is refused.

    Parameters
    ----------
    feature : str or FeatureSpec
        Name of a plugin's feature that is loaded, or a feature.
    gain_changes : bool
        Without, four times the level must give the same numbers.
    n_jobs : int
        Worker processes to compute it in; 1 leaves this out.
    config : FeatureConfig, optional
        Settings of the spectra; the usual ones where not given.

    Raises
    ------
    AssertionError
        With what is not kept.
    PluginError
        If there is no feature of this name.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> from gtzan_features.testing import check_feature, temporary_plugins
    >>> with temporary_plugins():
    ...     @gf.feature(unit="1", description="largest magnitude of a frame", source="mine")
    ...     def loudest_bin(spectra):
    ...         return spectra.magnitude.max(axis=1)
    ...
    ...     check_feature("loudest_bin", n_jobs=1)
    """
    spec = feature if isinstance(feature, FeatureSpec) else _of_plugin(feature)
    config = config or FeatureConfig()
    columns = spec.columns(config)
    _check_words(spec, columns)
    noise = _noise(config)
    first = _row(noise, spec, config)
    _expect(spec, first.shape == (len(columns),), f"gives {first.size} values for {len(columns)} columns")
    _expect(spec, np.array_equal(first, _row(noise.copy(), spec, config)), "two calls give other values")
    _check_range(spec, columns, first, "noise")
    for name, signal in _odd_signals(config).items():
        row = _row(signal, spec, config)
        _expect(spec, bool(np.isfinite(row).all()), f"is not finite for {name}")
        _check_range(spec, columns, row, name)
    _check_silence(spec, columns, _row(np.zeros(3 * config.sr, np.float32), spec, config))
    _check_leaves_spectra(spec, noise, config)
    _check_nan(spec, noise, config)
    if not gain_changes:
        louder = _row(np.float32(4) * noise, spec, config)
        close = np.abs(louder - first) <= 1e-4 * np.maximum(np.abs(first), 0.1)
        _expect(spec, bool(close.all()), "changes with the level")
    if n_jobs > 1:
        run = partial(_row, spec=spec, config=config)
        for one in local_executor(n_jobs).map(run, [noise, noise]):
            _expect(spec, np.array_equal(one, first), "a worker process gives other values")


def silence_value(spec: FeatureSpec, column: Column) -> float | None:
    """Return what `silence` says of a column; None where it says it in words only.

    Read are ``0``, ``0 (a comment)`` and ``1 for mean and percentiles, 0 for the others``.
    """
    for case in _CASES.split(spec.silence):
        value, _, where = case.partition(" for ")
        words = re.findall(r"[a-z0-9_]+", where)
        named = {one for word in words for one in (_PERCENTILES if word == "percentiles" else (word,))}
        if not where or "others" in named or {column.statistic, column.name} & named:
            number = _NUMBER.match(value)
            return None if number is None else float(number[0])
    return None


def _of_plugin(name: str) -> FeatureSpec:
    found = plugins.find(plugins.FEATURE, name)
    if found is None:
        msg = plugins.with_faults(f"no feature {name!r} of a plugin is loaded. Import its module first")
        raise PluginError(msg)
    spec: FeatureSpec = found.entry
    return spec


def _row(signal: Signal, spec: FeatureSpec, config: FeatureConfig) -> NDArray[np.float64]:
    """Return the columns of a feature alone; runs in a worker, too."""
    return summarise_all([spec.compute(Spectra(signal, config))], [spec])


def _noise(config: FeatureConfig) -> Signal:
    n_samples = 3 * config.sr
    noise = np.random.default_rng(0).standard_normal(n_samples)
    noise[:: config.sr // 2] += 5  # onsets, two in a second
    return (0.1 * noise).astype(np.float32)


def _odd_signals(config: FeatureConfig) -> dict[str, Signal]:
    shortest = config.n_fft // 2 + 1
    click = np.zeros(config.sr, np.float32)
    click[len(click) // 2] = 1
    return {
        "the shortest signal": _noise(config)[:shortest],
        "the shortest silence": np.zeros(shortest, np.float32),
        "one click": click,
        "a constant": np.full(config.sr, 0.5, np.float32),
    }


def _expect(spec: FeatureSpec, holds: bool, otherwise: str) -> None:
    if not holds:
        msg = f"feature {spec.name}: {otherwise}"
        raise AssertionError(msg)


def _check_words(spec: FeatureSpec, columns: tuple[Column, ...]) -> None:
    _expect(spec, _NAME.fullmatch(spec.name) is not None, "its name is not small letters, digits and _")
    for what in ("unit", "family", "description", "source", "silence", "range"):
        _expect(spec, bool(str(getattr(spec, what)).strip()), f"{what} is empty")
    _expect(spec, set(spec.statistics) <= set(STATISTICS), "has statistics that are not known")
    names = [column.name for column in columns]
    _expect(spec, bool(names) and len(set(names)) == len(names), "its columns do not differ in their names")
    _expect(spec, all(name.startswith(spec.name) for name in names), "its columns are not called by its name")


def _check_silence(spec: FeatureSpec, columns: tuple[Column, ...], found: NDArray[np.float64]) -> None:
    _expect(spec, bool(np.isfinite(found).all()), "is not finite for silence")
    for column, value in zip(columns, found, strict=True):
        said = silence_value(spec, column)
        if said is not None:
            near = abs(value - said) <= _SMALL * max(1.0, abs(said))
            _expect(spec, bool(near), f"{column.name} of silence is {value:g}, and `silence` says {said:g}")


def _check_range(
    spec: FeatureSpec, columns: tuple[Column, ...], found: NDArray[np.float64], signal: str
) -> None:
    for column, value in zip(columns, found, strict=True):
        said = read_range(column.range, FeatureConfig().sr)
        slack = _SMALL * max(1.0, abs(value))
        inside = said.low - slack <= value <= said.high + slack
        _expect(
            spec, bool(inside), f"{column.name} of {signal} is {value:g}, and `range` says {column.range}"
        )


def _check_leaves_spectra(spec: FeatureSpec, noise: Signal, config: FeatureConfig) -> None:
    """Other features read the same arrays."""
    spectra = Spectra(noise.copy(), config)
    shared = ("signal", "padded", "stft", "magnitude", "mel_power", "mel_db", "chroma")
    before = {name: getattr(spectra, name).copy() for name in shared}
    spec.compute(spectra)
    changed = [name for name, values in before.items() if not np.array_equal(values, getattr(spectra, name))]
    _expect(spec, not changed, f"changes {', '.join(changed)} of the spectra, which other features read")


def _check_nan(spec: FeatureSpec, noise: Signal, config: FeatureConfig) -> None:
    broken = noise.copy()
    broken[7] = np.nan
    try:
        _row(broken, spec, config)
    except SignalError:
        return
    except GtzanError as error:
        _expect(spec, False, f"refuses NaN as {type(error).__name__}")
    _expect(spec, False, "takes a signal with NaN")
