"""Whatever stands in a table of labels is read in a time that grows with its length, not with the square."""

import contextlib
import time
from pathlib import Path

import pandas as pd
import pytest

from gtzan_features.datasets.label_match import match_paths
from gtzan_features.datasets.names import label
from gtzan_features.datasets.parts import part_of
from gtzan_features.errors import TableError
from gtzan_features.tables.kaggle_rows import name_rows
from gtzan_features.text import composed

LENGTHS = 6_000, 48_000
KINDS = {
    "letters": "x",
    "folders": "a/",
    "folders above": "../",
    "backslashes": "\\",
    "addresses": "ab://x/",
    "addresses without end": "a+://",
    "dots": ".",
    "hyphens": "-",
    "drives": "c:",
    "combining marks": "\u0301\u0323",
    "digits": "0",
    "numbers": ".1",
    "control characters": "\x01",
    "blanks": " ",
    "capitals that fold to two": "\u1e9e",
}


def _match(text):
    match_paths([f"a{text}b"] * 3, ["a.wav", "b/c.wav"], Path("/music"), Path("/tables"))


def _names_of_a_csv(text):
    with contextlib.suppress(TableError):
        name_rows(Path("a.csv"), pd.Series([f"a{text}.0.wav", "b.1.wav"]), pd.Series(["rock", f"a{text}"]))


def seconds(function, text):
    """Of the processor, the least of some calls."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        function(text)
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize(
    "function", [_match, label, part_of, _names_of_a_csv], ids=["path", "label", "part", "csv"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_text_eight_times_as_long_takes_no_more_than_some_twenty_times(function, kind):
    short, long = (seconds(function, KINDS[kind] * (length // len(KINDS[kind]))) for length in LENGTHS)
    assert long < 24 * max(short, 0.001)  # of the square it would be 64 times


def test_names_are_composed_up_to_the_length_of_a_path():
    assert composed("e\u0301" * 2048) == "\xe9" * 2048
    assert composed("e\u0301" * 2049) == "e\u0301" * 2049
