"""``--labels`` on the command line: what was said before computing, and wrong words as one line."""

from __future__ import annotations

import json

import pytest
from gtzan_cli.main import run


@pytest.fixture
def flat(music, tmp_path, monkeypatch):
    """Six tracks in one folder, with a table of four of them and of one that is not there."""
    folder = tmp_path / "flat"
    folder.mkdir()
    for path in sorted(music.rglob("*.wav")):
        path.rename(folder / path.name)
    rows = [f"calm.{i}.wav,calm,A{i},{part}" for i, part in enumerate(("train", "test"))]
    rows += [f"loud.{i}.wav,loud,B{i},{part}" for i, part in enumerate(("train", "test"))]
    (tmp_path / "labels.csv").write_text("\n".join(["path,genre,artist,split", *rows, "no.wav,calm,,"]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gtzan_features.parallel.local.available_processors", lambda: 1)
    return folder


@pytest.mark.usefixtures("flat")
def test_from_a_flat_folder_to_a_model(capsys):
    words = ["features", "extract", "flat", "-s", "3s", "--labels", "labels.csv"]
    assert run([*words, "--json"]) == 0
    shown = capsys.readouterr()
    lines = shown.err.splitlines()
    first = "2 genres from labels.csv, 6 files, 2 without a genre, 4 artists from labels.csv: calm 2, loud 2."
    assert first in lines
    assert "labels.csv: rows that name no file here: 1, such as no.wav." in lines
    labels = json.loads(shown.out)["labels"]
    assert labels["missing"] == {"count": 1, "first": ["no.wav"]}
    assert labels["unknown"] == {"count": 2, "first": ["calm.2.wav", "loud.2.wav"]}
    assert run(["fit", "lda", "-s", "3s", "--protocol", "given"]) == 0
    shown = capsys.readouterr()
    assert "given, left out: 2 of 6 tracks, which have no genre" in shown.err
    assert "lda, 3s kaggle, given, flat" in shown.out
    assert run(["predict", "flat/calm.2.wav"]) == 0
    assert run(["report"]) == 0
    assert run(["data", "verify", "flat", "--labels", "labels.csv"]) == 0
    capsys.readouterr()
    assert run([*words[:-1], "none"]) == 0
    assert run(["fit", "lda", "-s", "3s"]) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Error")]
    assert "no track has a genre. Label them: gtzan features extract AUDIO_DIR --labels TABLE" in line


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 1, "6 audio files lie in it directly.*"),
        (["--labels", "lables.csv"], 1, "--labels lables.csv: no such file"),
        (["--labels", "labels.csv", "--columns", "genre"], 2, "'genre' names no role. Write label=genre"),
        (
            ["--labels", "labels.csv", "--columns", "label=style"],
            1,
            "no column 'style' for the label; it has path",
        ),
        (["--labels", "none", "--genre", "calm"], 1, "no track of calm; there are none"),
        (
            ["--labels", "tags", "--artist-from", "table"],
            1,
            "--artist-from table goes with a table of labels",
        ),
    ],
)
def test_wrong_words_are_one_line(flat, capsys, words, code, message):
    assert run(["features", "extract", flat.name, *words]) == code
    shown = capsys.readouterr().err
    assert message.removesuffix(".*") in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("protocol", ["fault-filtered", "stratified"])
def test_a_published_split_of_gtzan_is_no_protocol_for_own_music(tables, capsys, protocol):
    assert run(["fit", "knn", "--tables", str(tables), "--protocol", protocol]) == 1
    line = capsys.readouterr().err.strip()
    assert line.endswith("'genre0/track00' is none of its tracks. Use --protocol track")


@pytest.mark.slow
def test_explore_draws_what_has_no_genre(flat, capsys):
    assert run(["data", "explore", flat.name, "--labels", "labels.csv", "--out", "page"]) == 0
    assert "6 tracks. Page: " in capsys.readouterr().out
