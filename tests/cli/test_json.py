"""What scripts read: every command that has a result gives it as JSON."""

from __future__ import annotations

import json

from gtzan_cli.main import run

from gtzan_features.tables.feature_tables import read_meta
from tests.cli.test_advice import COMMANDS

WITHOUT = {"serve", "runs remove", "data restore-tags"}
"""The first ends with Ctrl-C, and what the others did their exit codes say."""


def result_of(words, capsys):
    assert run(words.split()) == 0
    return json.loads(capsys.readouterr().out)


def test_every_other_command_has_json():
    lacking = {
        words
        for words, command in COMMANDS.items()
        if not any("--json" in one.opts for one in command.params)
    }
    assert lacking <= WITHOUT


def test_what_is_written_is_named_with_its_size(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made = result_of("data synth mini --tracks 1 --seconds 3.1 -j 1 --json", capsys)
    assert made == {"folder": "mini", "n_tracks": 10, "seconds": 3.1, "seed": 0}
    extracted = result_of(
        "features extract mini -s 3s --genre jazz --genre rock --name duo -j 1 --json", capsys
    )
    path = "data/features/kaggle-3s.parquet"
    assert extracted["tables"] == {"3s": {"path": path, "rows": 2}}
    assert extracted["genres"] == {"jazz": 1, "rock": 1}
    assert read_meta(tmp_path / path).dataset == "duo"
    assert result_of("features export -s 3s --out a.csv --json", capsys) == {"path": "a.csv", "rows": 2}
