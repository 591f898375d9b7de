"""What commands import: nothing that computes for words, and no kernels for tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import soundfile

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.sets import columns
from gtzan_features.models.registry import MODELS
from gtzan_features.models.words import WORDS, known_model
from tests.conftest import SR, make_table, save_table, tone

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
        f"import sys; from gtzan_cli.main import run; code = run(sys.argv[1:]); "
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
        ("features describe", 0, "3660 columns"),
        ("features describe --features full:melody", 1, "no feature family 'melody'"),
        ("features describe --features kaggle --columns", 0, "| tempo | BPM |"),
        ("tune nope", 1, "no model 'nope'"),
        ("report", 1, "holds no runs"),
        ("report --html --runs nothere", 1, "nothere: holds no runs"),
        ("compare a b", 1, "a: no such folder, and runs holds no runs"),
        ("compare x/a x/b", 1, "x/a: no run folder"),
        ("explain nothere.mp3", 1, "nothere.mp3: no such file"),
        ("explain nothere.mp3 -m nothere", 1, "nothere.mp3: no such file"),
        ("explain -m nothere", 1, "nothere: no such folder"),
        ("predict nothere.mp3", 1, "nothere.mp3: no such file"),
        ("predict a.mp3 b.mp3", 1, "a.mp3: no such file, nor any of the 1 others"),
        ("features import nothere.csv", 1, "nothere.csv: no such file"),
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
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
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
    from gtzan_features.models.networks.cnn import ConvolutionalClassifier
    from gtzan_features.models.networks.mlp import PlainNetwork

    for name, network in (("cnn", ConvolutionalClassifier()), ("mlp", PlainNetwork())):
        assert WORDS[name].defaults.items() <= network.get_params().items()


ON_TABLES = """
import contextlib, io, json, sys
from pathlib import Path
from gtzan_cli.main import run
left = [*map(str.split, sys.argv[1:])]
for words in left:
    if words[0] in ("compare", "explain"):
        runs = sorted(str(p) for p in Path("runs").iterdir() if p.is_dir())
        words[-1:] = runs[: 2 if words[0] == "compare" else 1]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run(words)
    kernels = [m for m in ("numba", "librosa") if m in sys.modules]
    print(json.dumps([words[:2], code, kernels, "" if code == 0 else said.getvalue()]))
"""


def test_commands_on_tables_import_no_kernels(tmp_path):
    """One process for all, which is faster; what one imports, those after it are charged with."""
    save_table(tmp_path / "tables", make_table(n_genres=2, n_tracks=6, n_segments=3))
    (tmp_path / "music" / "calm").mkdir(parents=True)
    soundfile.write(tmp_path / "music" / "calm" / "a.wav", tone(3.0, 220.0), SR)
    kaggle = [column.name for column in columns(FeatureConfig())]
    lines = [",".join(["filename", "length", *kaggle, "label"])]
    for genre in ("blues", "rock"):
        for i in range(4):
            values = [f"{0.5 + i + 0.01 * j}" for j in range(len(kaggle))]
            lines.append(",".join([f"{genre}.{i:05d}.wav", "661794", *values, genre]))
    (tmp_path / "features_30_sec.csv").write_text("\n".join(lines))
    commands = (
        "features import features_30_sec.csv --out imported",
        "features export imported --segments 30s --out out.csv",
        "features describe --features full",
        "data verify music",
        "data synth synthetic --tracks 1 --seconds 3 -j 1",
        "fit lda --tables tables --folds 2 -j 1",
        "fit knn --tables tables --folds 2 -j 1 --features kaggle:timbre",
        "report",
        "compare RUNS",
        "tune lda --tables tables --trials 1 --folds 3 -j 1",
        "explain --tables tables -m RUN",
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ON_TABLES, *commands],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if one[1:] != [0, [], ""]] == []
    assert len(found) == len(commands)
