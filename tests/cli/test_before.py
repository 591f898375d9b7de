"""Commands that have only words to say import nothing that computes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gtzan_features.models.registry import MODELS
from gtzan_features.models.words import WORDS, known_model

HEAVY = (
    "sklearn",
    "xgboost",
    "pandas",
    "matplotlib",
    "numba",
    "scipy",
    "pyarrow",
    "librosa",
    "skops",
    "joblib",
)


def imported(*words: str) -> tuple[int, str, list[str]]:
    """Run a command in a fresh process; return its code, what it printed, the heavy modules."""
    script = (
        f"import sys; from cli.main import run; code = run(sys.argv[1:]); "
        f"print(code, *[m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *words], capture_output=True, text=True, check=True
    )
    *shown, last = done.stdout.splitlines()
    code, *heavy = last.split()
    return int(code), "\n".join([*shown, done.stderr]), heavy


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("fit --list", 0, "xgboost"),
        ("fit nope", 1, "no model 'nope'"),
        ("fit xgbost", 1, "Did you mean xgboost?"),
        ("fit lda svn", 1, "Did you mean svm?"),
        ("explain -m nothere nothere.mp3", 1, "nothere.mp3: no such file"),
        ("predict -m nothere nothere.mp3", 1, "nothere.mp3: no such file"),
        ("serve -m nothere", 1, "nothere: no such folder"),
        ("fit knn --segments three", 2, "not a number of seconds"),
        ("features describe", 0, "3669 columns"),
        ("features describe --features full:melody", 1, "no feature family 'melody'"),
        ("features describe --features kaggle --columns", 0, "| tempo | BPM |"),
        ("tune nope", 1, "no model 'nope'"),
        ("report", 1, "holds no runs"),
        ("report --html --runs nothere", 1, "nothere: holds no runs"),
        ("compare a b", 1, "a: no run folder"),
        ("explain nothere.mp3", 1, "nothere.mp3: no such file"),
        ("explain nothere.mp3 -m nothere", 1, "nothere.mp3: no such file"),
        ("explain -m nothere", 1, "nothere: no such folder"),
        ("predict nothere.mp3", 1, "nothere.mp3: no such file"),
        ("predict a.mp3 b.mp3", 1, "a.mp3: no such file, nor any of the 1 others"),
        ("features import nothere.csv", 1, "nothere.csv: no such file"),
        ("data augment-picture nothere.mp3", 1, "nothere.mp3: no such file"),
        ("features extract nothere", 1, "nothere: no such folder"),
        ("features spectrograms nothere", 1, "nothere: no such folder"),
        ("data verify nothere", 1, "nothere: no such folder"),
        ("data explore nothere", 1, "nothere: no such folder"),
        ("data augment nothere out --augment noise", 1, "nothere: no such folder"),
        ("bench accuracy nothere", 1, "nothere: no such folder"),
        ("bench robustness nothere", 1, "nothere: no such folder"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_imported(words, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", sys.path[0] or ".")
    found, shown, heavy = imported(*words.split())
    assert (found, heavy) == (code, [])
    assert said in shown


def test_the_words_are_those_of_the_models():
    assert list(WORDS) == list(MODELS)
    for name, words in WORDS.items():
        spec = MODELS[known_model(name)]
        assert (spec.name, spec.summary) == (words.name, words.summary)
        assert (spec.defaults, spec.inputs) == (words.defaults, words.inputs)
        assert set(words.defaults) <= spec.settable()


def test_the_settings_shown_of_a_network_are_its_own():
    from gtzan_features.models.cnn import ConvolutionalClassifier
    from gtzan_features.models.mlp import PlainNetwork

    for name, network in (("cnn", ConvolutionalClassifier()), ("mlp", PlainNetwork())):
        assert WORDS[name].defaults.items() <= network.get_params().items()
