"""Which fits make up the ablation table, and in which order they are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from gtzan_features.bench.config import BASELINE, REFERENCE_MODEL, BenchConfig
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.descriptors import sets
from gtzan_features.reports.ablation import FAMILIES as FAMILIES_TABLE
from gtzan_features.reports.ablation import MODELS as MODELS_TABLE
from gtzan_features.training.fit_config import FitConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SEGMENT, TRACK, BOTH = "3s", "30s", "3s + 30s"
"""Rows: segments, tracks, and segments with the columns of their track beside them."""

ROWS = (SEGMENT, TRACK, BOTH)
Cell: TypeAlias = tuple[str, str, str, str]
"""Model, feature set, rows and protocol: a line of the report, or one that is missing there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFit:
    """One fit of the plan.

    Attributes
    ----------
    parts : tuple of str
        The tables that it is for: `MODELS_TABLE`, `FAMILIES_TABLE` or both.
    config : FitConfig
        What `fit` is given.
    rows : str
        One of `ROWS`.
    n_columns : int
        Columns that the model sees.
    n_values : int
        Rows × columns that its models are trained on, of all folds together: a small number is a quick fit.
    """

    parts: tuple[str, ...]
    config: FitConfig
    rows: str
    n_columns: int
    n_values: int

    @property
    def cell(self) -> Cell:
        """What the fit fills in the report."""
        return self.config.model, self.config.feature_set, self.rows, self.config.split.protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large the tables are that fits are trained on.

    Attributes
    ----------
    n_rows : dict
        Rows of the tables by segment length.
    n_columns : dict
        Columns of each feature set, whole or in part.
    train_shares : dict
        By protocol: the share of the tracks that each model of a run is trained on.
    """

    n_rows: Mapping[str, int]
    n_columns: Mapping[str, int]
    train_shares: Mapping[str, list[float]]


def ablation_sets(name: str) -> list[str]:
    """Return a feature set reduced to each of its families, and without each; nothing for one family.

    Examples
    --------
    >>> ablation_sets("kaggle")[:2], ablation_sets("kaggle:tonal")
    (['kaggle:tonal', 'kaggle:-tonal'], [])
    """
    families = sets.families(name) if name in sets.SETS else ()
    return (
        [f"{name}:{sign}{family}" for family in families for sign in ("", "-")] if len(families) > 1 else []
    )


def planned_fits(config: BenchConfig, splits: Sequence[SplitConfig], sizes: Sizes) -> list[PlannedFit]:
    """Return every fit of the ablation table, each once."""
    wanted: dict[FitConfig, PlannedFit] = {}

    def want(part: str, model: str, feature_set: str, rows: str) -> None:
        for split in splits:
            one = _planned(part, _fit_config(model, feature_set, rows, split), rows, sizes)
            known = wanted.get(one.config)
            wanted[one.config] = replace(one, parts=(*known.parts, part)) if known else one

    for name, model, rows in product(config.all_sets, config.all_models, ROWS):
        want(MODELS_TABLE, model, name, rows)
    if REFERENCE_MODEL not in config.all_models:
        for rows in ROWS:
            want(MODELS_TABLE, REFERENCE_MODEL, BASELINE, rows)
    for name in config.all_sets:
        # The whole set stands in the families' table too.
        for some in (name, *ablation_sets(name)):
            want(FAMILIES_TABLE, config.ablated_with, some, TRACK)
    return list(wanted.values())


def in_order(fits: Iterable[PlannedFit]) -> list[PlannedFit]:
    """Return the fits that others are tested against, then the rest, each from few values to many.

    The time may end before all are made: then large tables and many folds are missing, of every model alike.
    """
    return sorted(fits, key=lambda one: (not is_needed(one), one.n_values, one.cell))


def is_needed(one: PlannedFit) -> bool:
    """Tell whether others are tested against a fit: families, and the reference model on the baseline."""
    reference = (one.config.model, one.config.feature_set) == (REFERENCE_MODEL, BASELINE)
    return FAMILIES_TABLE in one.parts or reference


def _fit_config(model: str, feature_set: str, rows: str, split: SplitConfig) -> FitConfig:
    length = SegmentConfig.parse(TRACK if rows == TRACK else SEGMENT)
    beside = SegmentConfig.parse(TRACK) if rows == BOTH else None
    return FitConfig(model=model, segment=length, beside=beside, feature_set=feature_set, split=split)


def _planned(part: str, config: FitConfig, rows: str, sizes: Sizes) -> PlannedFit:
    n_columns = sizes.n_columns[config.feature_set] * (2 if rows == BOTH else 1)
    n_rows = sizes.n_rows[TRACK if rows == TRACK else SEGMENT]
    trained = sum(round(n_rows * share) for share in sizes.train_shares[config.split.protocol])
    return PlannedFit(
        parts=(part,), config=config, rows=rows, n_columns=n_columns, n_values=trained * n_columns
    )
