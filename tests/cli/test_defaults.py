"""Defaults of the command line are those of the configurations and functions that it calls."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import click
import pytest

from gtzan_features.app.server import ServeConfig
from gtzan_features.bench.config import BenchConfig, RobustnessConfig
from gtzan_features.config import (
    FeatureConfig,
    Selection,
    SpectrogramConfig,
    SplitConfig,
    default_of,
)
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.extraction.merge import merge
from gtzan_features.extraction.row_kinds import ExtractConfig
from gtzan_features.extraction.row_options import RowSettings
from gtzan_features.music.augmented_copies import augment_folder
from gtzan_features.music.synthesise import synthesise
from gtzan_features.music.verify import verify
from gtzan_features.prediction.predict import predict
from gtzan_features.reporting.compare import compare_runs
from gtzan_features.reporting.demo import demo
from gtzan_features.reporting.runs import listed_runs
from gtzan_features.training.fit_config import FitConfig, TuneConfig
from tests.cli.test_advice import COMMANDS

CALLED = {
    "features extract": (ExtractConfig, FeatureConfig, RowSettings, Selection),
    "features spectrograms": (RowSettings, SpectrogramConfig, Selection),
    "features merge": (merge,),
    "features import": (import_csv,),
    "features export": (FeatureConfig,),
    "fit": (FitConfig, SplitConfig),
    "tune": (TuneConfig, FitConfig, SplitConfig),
    "bench accuracy": (BenchConfig, Selection),
    "bench robustness": (RobustnessConfig, Selection),
    "predict": (predict,),
    "serve": (ServeConfig,),
    "compare": (compare_runs,),
    "data explore": (Selection,),
    "data verify": (verify, Selection),
    "runs compare": (compare_runs,),
    "runs list": (listed_runs,),
    "data synth": (synthesise,),
    "data augment": (augment_folder, Selection),
    "demo": (demo,),
}
OTHER_NAMES = {
    "bands": "n_bands",
    "tracks": "tracks_per_genre",
    "protocols": "protocol",
    "segments": "segment",
    "method": "aggregation",
}
"""Names of options that stand for a field of another name."""


def defaults_of(called) -> dict[str, object]:
    """Names of fields or parameters, with their defaults."""
    if dataclasses.is_dataclass(called):
        required = dataclasses.MISSING
        found = {one.name: default_of(called, one.name) for one in dataclasses.fields(called)}
    else:
        required = inspect.Parameter.empty
        found = {name: one.default for name, one in inspect.signature(called).parameters.items()}
    return {name: default for name, default in found.items() if default is not required}


def given(option: click.Option, command: click.Command) -> object:
    """What a command is called with where the option is not given."""
    value, _ = option.handle_parse_result(click.Context(command), {}, [])
    # From click 8.3 on, what nobody set is a mark until all is parsed.
    unset = type(value).__name__ == "Sentinel"
    return (() if option.multiple else None) if unset else value


PAIRS = [
    (words, option, called, name)
    for words, sources in CALLED.items()
    for option in COMMANDS[words].params
    if isinstance(option, click.Option) and not option.required
    for called in sources
    for name in (option.name, OTHER_NAMES.get(option.name))
    if name in defaults_of(called)
]


def test_there_is_something_to_compare():
    assert len(PAIRS) > 50
    assert {words for words, *_ in PAIRS} == set(CALLED)


@pytest.mark.parametrize(
    ("words", "option", "called", "name"),
    [pytest.param(*pair, id=f"{pair[0]} {pair[1].name} {pair[2].__name__}") for pair in PAIRS],
)
def test_the_default_of_an_option_is_that_of_what_it_sets(words, option, called, name):
    found, expected = given(option, COMMANDS[words]), defaults_of(called)[name]
    # Several may be given where the configuration has one.
    if option.multiple and not isinstance(expected, tuple):
        expected = (expected,)
    assert found == expected


OWN = {
    "features describe --feature_set",  # shows the larger set
    "features export --format_name",  # the only one
    "features export --segments",  # which of the tables
    "features import --rows",  # a part of CsvReading
    "features spectrograms --segments",  # the length that a network is fitted on
    "predict --top",  # how much is printed
    "warm --name",  # a word for several sets
    # A word for what a step takes as None
    "features extract --backend",
    "features spectrograms --backend",
    "predict --backend",
}
"""Defaults that nothing below the command line has."""


def test_every_other_default_is_named_here_or_is_a_path_a_switch_or_the_number_of_workers():
    compared = {(words, option.name) for words, option, *_ in PAIRS}
    alone = {
        f"{words} --{option.name}"
        for words, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.required and not option.is_flag
        if option.name != "n_jobs" and (words, option.name) not in compared
        if (value := given(option, command)) and not isinstance(value, Path)
    }
    assert alone == OWN
