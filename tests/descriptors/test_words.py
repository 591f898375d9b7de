"""The features in words are those of the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets, words
from gtzan_features.errors import ConfigError
from tests.descriptors.write_words import text


def test_the_file_is_what_the_registry_says():
    written = Path(words.__file__).with_name(words.FILE).read_text(encoding="utf-8")
    assert written == text(), "run: python tests/descriptors/write_words.py"


@pytest.mark.parametrize("name", [*sets.SETS, "full:tonal", "full:-rhythm,-blocks", "kaggle:timbre"])
def test_columns_in_words_are_the_columns(name):
    config = FeatureConfig(feature_set=name)
    assert words.columns_in_words(config) == sets.columns(config)


@pytest.mark.parametrize("name", ["none", "full:melody", "full:tonal,-rhythm", "kaggle:-timbre,-tonal"])
def test_faults_are_told_in_the_same_words(name):
    config = FeatureConfig(feature_set=name)
    told = []
    for columns in (words.columns_in_words, sets.columns):
        try:
            columns(config)
            told.append("")
        except ConfigError as error:
            told.append(str(error))
    assert told[0] == told[1]
