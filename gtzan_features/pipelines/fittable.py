"""The rows that a fit takes: a table as it lies in its folder, or some families of a feature table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gtzan_features.config import FeatureConfig
from gtzan_features.datasets.dataset import Dataset, load_dataset
from gtzan_features.errors import TableError
from gtzan_features.features import sets
from gtzan_features.tables.spectrograms import Table, read_any_table
from gtzan_features.tables.store import FeatureTable, locate_table, table_path

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Fittable:
    """A table to fit, where it lies, and its arrays."""

    path: Path
    table: Table
    data: Dataset

    @property
    def families(self) -> tuple[str, ...]:
        """Family of each column; empty where rows are spectrograms."""
        if not isinstance(self.table, FeatureTable):
            return ()
        return sets.column_families(self.table.feature_names, self.table.meta.config)


def open_fittable(folder: Path, name: str, segment: str) -> Fittable:
    """Read the table `name` with rows of `segment`.

    Some families of a set (``kaggle:-rhythm``) are taken from the table of the whole set, unless they have a
    table of their own. Which tracks are copies of each other is told by the whole table, so that splits do
    not depend on the families.

    Raises
    ------
    TableError
        If the table is missing or damaged, or of a recipe whose families are not known.
    ConfigError
        If there is no such family.
    """
    whole, _, families = name.partition(":")
    if not families or table_path(folder, name, segment).is_file():
        path = locate_table(folder, name, segment)
        table = read_any_table(path)
        return Fittable(path=path, table=table, data=load_dataset(table))
    path = locate_table(folder, whole, segment)
    table = read_any_table(path)
    if not isinstance(table, FeatureTable) or not table.meta.config:
        raise TableError(path, "of a recipe whose feature families are not known. Fit all its columns")
    config = replace(FeatureConfig(**table.meta.config), feature_set=name)
    meta = replace(
        table.meta,
        feature_set=config.feature_set,
        feature_fingerprint=config.fingerprint(),
        config=config.to_dict(),
    )
    some = table.select({column.name for column in sets.columns(config)}, meta)
    return Fittable(path=path, table=some, data=replace(load_dataset(table), X=some.values()))
