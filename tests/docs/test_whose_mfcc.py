"""Columns of other libraries are compared as the page says, and the page has what was measured."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """The script of the page."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("whose_mfcc")


@pytest.fixture
def ours(script):
    """Rows of seven files that differ."""
    return pd.DataFrame(np.random.default_rng(0).normal(size=(7, 57)), columns=script.COLUMNS)


@pytest.mark.parametrize(("factor", "correlation"), [(3.0, 1.0), (0.5, 1.0), (-2.0, -1.0)])
def test_a_column_in_another_unit_is_far_away_and_correlated(script, ours, factor, correlation):
    spread = pd.Series(np.linspace(1, 9, 57), index=script.COLUMNS)
    found = script.compare("x", ours * factor, ours, spread)
    assert found["correlation"].to_numpy() == pytest.approx(correlation)
    expected = (abs(factor - 1) * ours.abs()).median() / spread
    assert found["difference_sd"].to_numpy() == pytest.approx(expected.to_numpy())


def test_equal_columns_are_0_apart_and_missing_and_constant_ones_say_so(script, ours):
    theirs = ours.drop(columns=["tempo", "mfcc14_mean", "mfcc15_mean"]).assign(rms_var=4.0)
    found = script.compare("x", theirs, ours, ours.std(ddof=0))
    lines = {line.split(" | ")[0]: line for line in script.table(found).splitlines()}
    assert lines["| `rms_mean`"] == "| `rms_mean` | 0; 1.00 |"
    assert lines["| `tempo`"] == "| `tempo` | – |"
    assert lines["| `mfcc2` … `mfcc20`, mean"] == "| `mfcc2` … `mfcc20`, mean | 0; 1.00 (17 of 19) |"
    assert lines["| `rms_var`"].endswith("; – |")
    assert len(lines) == 2 + 19 + 2


def test_the_page_has_the_table_of_what_was_measured(script):
    measured = pd.read_csv(script.CSV)
    names = [library.name for library in script.LIBRARIES]
    assert list(measured["library"]) == list(np.repeat(names, 57))
    assert script.PAGE.read_text(encoding="utf-8").endswith("\n\n" + script.table(measured))
