from __future__ import annotations

import json
import shlex

import pytest

from gtzan_features.training import tune as pipeline
from tests.cli.test_networks import fails as fails
from tests.cli.test_networks import gtzan as gtzan

pytest.importorskip("optuna", reason="gtzan tune needs optuna (pip install 'gtzan[tune]')")


@pytest.fixture
def words(tables, tmp_path):
    return ["tune", "knn", "--tables", tables, "--studies", tmp_path / "tune", "--holdout", "0.25", "-j", "1"]


def test_what_it_prints_can_be_run(words, gtzan, tmp_path):
    done = gtzan(*words, "--trials", "3")
    assert done.returncode == 0
    assert "4 trials, 36 tracks of the training part of track 75/25" in done.stdout
    assert "too high" in done.stderr
    (command,) = (line for line in done.stdout.splitlines() if line.startswith("gtzan fit"))
    assert gtzan(*shlex.split(command)[1:], "--runs", tmp_path / "runs", "-j", "1").returncode == 0
    found = json.loads(gtzan(*words, "--trials", "3", "--json").stdout)
    assert found["command"] == command
    assert len(found["trials"]) == 4


def test_ctrl_c_shows_what_is_finished(words, gtzan, monkeypatch):
    scores, calls = pipeline._scores, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return scores(*arguments)

    monkeypatch.setattr(pipeline, "_scores", interrupted)
    done = gtzan(*words, "--trials", "9")
    assert done.returncode == 130
    assert "2 trials" in done.stdout
    assert "the same command goes on from there" in done.stderr


def test_what_cannot_be_tuned_is_one_line(words, fails, gtzan):
    assert "has no search space" in fails("tune", "majority", *words[2:])
    assert "--trials 0: at least 1 is needed" in fails(*words, "--trials", "0")
    assert gtzan("tune", "knn", "--protocol", "segment").returncode == 2
    assert len(gtzan("tune", "--help").stdout.splitlines()) > 20
