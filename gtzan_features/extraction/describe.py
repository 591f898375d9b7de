"""What the columns of a feature set are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.words import columns_in_words
from gtzan_features.presets import HISTORY, preset
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from gtzan_features.descriptors.spec import Column


def describe(feature_set: str) -> tuple[Column, ...]:
    """Return the columns of a feature set, or of some families of it, in their order.

    Raises
    ------
    ConfigError
        If there is no such set or family.
    """
    return columns_in_words(FeatureConfig(feature_set=feature_set))


def versions_table(feature_set: str) -> TextTable:
    """Say what each version is of the sets of which a feature set is made, the newest first.

    Examples
    --------
    >>> [name for name, _ in versions_table("full:-rhythm").rows]
    ['full@3', 'full@2', 'full@1']
    """
    rows = [
        (preset(name, number), words)
        for name in FeatureConfig(feature_set=feature_set).parts
        for number, words in reversed(list(enumerate(HISTORY.get(name, ()), start=1)))
    ]
    return TextTable(title="", header=("version", "what it is"), rows=tuple(rows))


def families_table(columns: tuple[Column, ...]) -> TextTable:
    """Count features and columns by family, with the sources of each."""
    rows = []
    for family in dict.fromkeys(column.family for column in columns):
        own = [column for column in columns if column.family == family]
        features = list(dict.fromkeys(column.feature for column in own))
        rows.append((family, str(len(own)), ", ".join(features)))
    return TextTable(title="", header=("family", "columns", "features"), rows=tuple(rows))


def columns_table(columns: tuple[Column, ...]) -> TextTable:
    """Return name, unit, range, value for silence, family, meaning and source of every column."""
    header = ("column", "unit", "range", "silence", "family", "what it is", "source")
    rows = tuple((c.name, c.unit, c.range, c.silence, c.family, c.description, c.source) for c in columns)
    return TextTable(title="", header=header, rows=rows)
