"""What the shell proposes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from gtzan_cli.main import cli

from gtzan_features.models.words import WORDS
from tests.tables.test_run_names import LDA, NAMES, make_runs


def proposed(*words: str) -> set[str]:
    *before, incomplete = words
    completion = ShellComplete(cli, {}, "gtzan", "_GTZAN_COMPLETE")
    return {item.value for item in completion.get_completions(before, incomplete)}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    make_runs(tmp_path / "runs", *NAMES)
    make_runs(tmp_path / "other", LDA)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("predict", "-m", "558"), {"55857e", "55857f"}),
        (("predict", "--runs", "other", "-m", "558"), {"55857e"}),
        (("compare", "be"), {"best"}),
        (("compare", "best", "55857f"), {"55857f"}),
        (("runs", "remove", "best", "55857e"), {"55857e"}),
        (("runs", "re"), {"remove"}),
        (("fit", "x"), {"xgboost"}),
        (("fit", "lda", "random-"), {"random-forest"}),
        (("fit", "lda", "--features", "f"), {"full", "full@3"}),
        (("features", "extract", "--features", "k"), {"kaggle", "kaggle@1"}),
        (("fit", "--protocol", "a"), {"artist"}),
    ],
)
def test_names_are_completed(words, expected):
    assert proposed(*words) == expected


def test_all_models_are_proposed_and_nothing_is_written():
    before = sorted(Path().rglob("*"))
    assert proposed("fit", "") == {*WORDS, "all"}
    assert "gtzan10" in proposed("explain", "-m", "")
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_of_the_page_gives_a_script(shell):
    if shell == "bash" and not Path("/bin/bash").exists():
        pytest.skip("no bash")
    script = "import os, sys; from gtzan_cli.main import main; main([])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "_GTZAN_COMPLETE": f"{shell}_source"},
    )
    assert "_GTZAN_COMPLETE" in done.stdout, done.stderr
