"""What a feature is in words: name, unit, family, meaning, source; not what computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gtzan_features import plugins
from gtzan_features.config import feature_set_parts
from gtzan_features.descriptors.ranges import read_range
from gtzan_features.errors import ConfigError
from gtzan_features.text import meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig
    from gtzan_features.spectra import Spectra

Statistic = Literal[
    "mean", "var", "std", "skew", "kurt", "min", "max", "p10", "p50", "p90", "dmean", "dstd", "value"
]
Family = Literal[
    "timbre",
    "contrast",
    "spectral",
    "tonal",
    "harmonicity",
    "rhythm",
    "energy",
    "fluctuation",
    "blocks",
    "modulation",
]

STATISTICS: dict[Statistic, str] = {
    "mean": "Mean of: ",
    "var": "Population variance of: ",
    "std": "Standard deviation of: ",
    "skew": "Skewness of: ",
    "kurt": "Kurtosis (3 for a Gaussian) of: ",
    "min": "Minimum of: ",
    "max": "Maximum of: ",
    "p10": "10th percentile of: ",
    "p50": "Median of: ",
    "p90": "90th percentile of: ",
    "dmean": "Mean absolute step from frame to frame of: ",
    "dstd": "Standard deviation of the step from frame to frame of: ",
    "value": "",
}
"""What each statistic is called before the description of a feature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a feature table.

    Attributes
    ----------
    name : str
        ``feature``, ``index`` and ``statistic`` in one, for example ``mfcc3_mean``.
    unit : str
        Unit of the values; "1" where there is none.
    family : str
        What the column tells of: timbre, rhythm, ...
    statistic : str
        A key of `STATISTICS`.
    description : str
        What it is, in words.
    feature : str
        Name of the `FeatureSpec`.
    index : tuple of int
        Number of the band, or of both bands of a pair; empty where there is one series only.
    source : str
        Where the feature was published, and what computes it elsewhere.
    range : str
        Between which numbers its values lie: ``0 to 1``, ``0 or more``, ``0 or less`` or ``any``.
    silence : str
        What the columns of the feature are for digital silence, as a number or in words.
    """

    name: str
    unit: str
    family: str
    statistic: Statistic
    description: str
    feature: str
    index: tuple[int, ...]
    source: str
    range: str
    silence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One feature of a signal and the columns it fills.

    ``compute`` returns one value for each frame or sample, shape (n,), or for each band too, shape
    (n, n_bands). With ``indices``, every band has columns of its own, named by its index, from 1; without,
    all values are summarised together. A spec with the statistic "value" returns one value for each index,
    or shape (1,). `range` says between which numbers all that it returns lies, in words for
    `ranges.read_range`. An `early` one is computed before others: on its way it finds what they need.
    """

    name: str
    unit: str
    family: str
    description: str
    source: str
    silence: str
    range: str
    compute: Callable[[Spectra], NDArray[np.floating]]
    statistics: tuple[Statistic, ...] = ("mean", "var")
    indices: Callable[[FeatureConfig], tuple[tuple[int, ...], ...]] | None = None
    early: bool = False

    def columns(self, config: FeatureConfig) -> tuple[Column, ...]:
        """Return the columns in the order in which `summary.summarise` fills them."""
        indices = ((),) if self.indices is None else self.indices(config)
        values = read_range(self.range, config.sr)
        within = {statistic: str(values.of_statistic(statistic)) for statistic in self.statistics}
        return tuple(
            self._column(i, statistic, limits) for i in indices for statistic, limits in within.items()
        )

    def _column(self, index: tuple[int, ...], statistic: Statistic, limits: str) -> Column:
        name = self.name + "x".join(str(number) for number in index)
        squared = "1" if self.unit == "1" else f"{self.unit}^2"
        unit = {"var": squared, "skew": "1", "kurt": "1"}.get(statistic, self.unit)
        number = f"; number {' and '.join(str(i) for i in index)}" if index else ""
        return Column(
            name=name if statistic == "value" else f"{name}_{statistic}",
            unit=unit,
            family=self.family,
            statistic=statistic,
            description=f"{STATISTICS[statistic]}{self.description}{number}",
            feature=self.name,
            index=index,
            source=self.source,
            range=limits,
            silence=self.silence,
        )


def numbered(last: int, first: int = 1) -> Callable[[FeatureConfig], tuple[tuple[int, ...], ...]]:
    """Return the indices `first` to `last`, whatever the configuration."""
    return lambda _: tuple((i,) for i in range(first, last + 1))


def grid(rows: int, columns: int) -> Callable[[FeatureConfig], tuple[tuple[int, ...], ...]]:
    """Return the pairs of indices of an array of `rows` x `columns`, row after row."""
    return lambda _: tuple((i + 1, j + 1) for i in range(rows) for j in range(columns))


def pairs(count: int) -> Callable[[FeatureConfig], tuple[tuple[int, ...], ...]]:
    """Return the pairs i < j of 1 to `count`, as ``numpy.triu_indices(count, 1)`` has them."""
    return lambda _: tuple((i + 1, j + 1) for i in range(count) for j in range(i + 1, count))


def selected(selection: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of the families `known` a selection leaves.

    Parameters
    ----------
    selection : str
        What stands behind the colon of a feature set: families to leave out, each with a minus, or to
        keep, each without; empty for all.
    known : tuple of str
        Families of the whole set.

    Raises
    ------
    ConfigError
        If a family is not known, both ways are mixed, or none is left.

    Examples
    --------
    >>> selected("-tonal,-rhythm", ("timbre", "tonal", "rhythm"))
    ('timbre',)
    """
    words = [word for word in selection.split(",") if word]
    named = [word.removeprefix("-") for word in words]
    unknown = [name for name in named if name not in known]
    if unknown:
        proposed = meant(unknown[0], known)
        msg = (
            f"no feature family {unknown[0]!r}; there are {', '.join(known)}{'.' * bool(proposed)}{proposed}"
        )
        raise ConfigError(msg)
    without = [word.startswith("-") for word in words]
    if any(without) and not all(without):
        msg = (
            f"feature families {selection!r}: either name those to keep, or those to leave out, with a minus"
        )
        raise ConfigError(msg)
    left = tuple(name for name in known if (name in named) != (not words or without[0]))
    if not left:
        msg = f"feature families {selection!r}: none is left; there are {', '.join(known)}"
        raise ConfigError(msg)
    return left


def chosen_specs(feature_set: str, sets: Mapping[str, tuple[FeatureSpec, ...]]) -> tuple[FeatureSpec, ...]:
    """Return the features of a set, of plugins' features by their names, or of both with a plus between.

    Parameters
    ----------
    feature_set : str
        ``kaggle``, ``kaggle+spectral_flux``, ``spectral_flux``; behind a colon, a selection of families.
    sets : mapping of str to tuple of FeatureSpec
        The sets of this package.

    Raises
    ------
    ConfigError
        If there is no such set or feature, two have columns of one name, there is no such family, or no
        family is left.
    """
    found: dict[str, FeatureSpec] = {}
    for part in feature_set_parts(feature_set):
        for spec in sets[part] if part in sets else (_added(part, sets),):
            if spec.name in found:
                msg = f"feature set {feature_set!r}: {spec.name} is in it twice. Leave out one of the sets"
                raise ConfigError(msg)
            found[spec.name] = spec
    chosen = selected(feature_set.partition(":")[2], families_of(found.values()))
    return tuple(spec for spec in found.values() if spec.family in chosen)


def families_of(specs: Iterable[FeatureSpec]) -> tuple[str, ...]:
    """Return the families of features in the order of their first columns."""
    return tuple(dict.fromkeys(spec.family for spec in specs))


def _added(name: str, sets: Mapping[str, tuple[FeatureSpec, ...]]) -> FeatureSpec:
    """Return the feature of a plugin."""
    addition = plugins.find(plugins.FEATURE, name)
    if addition is None:
        names = sorted({*sets, *plugins.names(plugins.FEATURE)})
        known, proposed = ", ".join(names), meant(name, names)
        msg = f"feature set {name!r} does not exist: choose one of {known}.{proposed}"
        raise ConfigError(plugins.with_faults(f"{msg} A feature of your own: --plugin FILE.py"))
    spec: FeatureSpec = addition.entry
    return spec


def columns_of(specs: Iterable[FeatureSpec], config: FeatureConfig) -> tuple[Column, ...]:
    """Return the columns of features, one after the other.

    Raises
    ------
    ConfigError
        If two have one name, as of a plugin's feature that is called like the column of another.
    """
    found: dict[str, Column] = {}
    for spec in specs:
        for column in spec.columns(config):
            if column.name in found:
                other = found[column.name].feature
                msg = f"column {column.name!r} is of {other} and of {spec.name}. Rename the plugin's feature"
                raise ConfigError(msg)
            found[column.name] = column
    return tuple(found.values())
