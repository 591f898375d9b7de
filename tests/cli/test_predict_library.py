"""``gtzan predict --out``: a library of files with any name, ended at any moment and continued."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gtzan_cli.main import run

from gtzan_features.tables.locking import output_lock
from tests.library_model import small_model, write_library
from tests.nasty import NAMES, NFC

FORMATS = ("csv", "jsonl", "parquet")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A model, and a library whose files have every kind of name, a bad one and a text among them."""
    root = tmp_path_factory.mktemp("library")
    small_model(root / "model")
    names = [
        f"{os.fsdecode(os.fsencode(name)[:250])}.wav" for name in NAMES.values() if name != NAMES["long"]
    ]
    write_library(root / "music", [*names, f"{NFC}.wav", "inner/=1.wav"])
    (root / "music" / "inner" / "bad.wav").write_text("no sound")
    (root / "music" / "inner" / "letter.txt").write_text("no audio")
    return root


@pytest.fixture
def predict(world, capsys, monkeypatch):
    """Run ``gtzan predict`` on the library in its folder; return its exit code and what it printed."""
    monkeypatch.chdir(world)

    def call(*words, files=("music",)):
        capsys.readouterr()
        code = run(["predict", *files, "--model", "model", "-j", "1", *map(str, words)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture(scope="module")
def undisturbed(world):
    """What a command leaves that nobody ended, by format."""
    found = {}
    for kind in FORMATS:
        out = world / f"undisturbed.{kind}"
        before = Path.cwd()
        os.chdir(world)
        try:
            assert run(["predict", "music", "--model", "model", "-j", "1", "--out", str(out)]) == 0
        finally:
            os.chdir(before)
        found[kind] = out.read_bytes()
    return found


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize(("kind", "moments"), [("csv", (1, 12)), ("parquet", (20,))])
def test_a_command_that_is_killed_goes_on_to_the_same_bytes(
    kind, moments, world, undisturbed, predict, tmp_path
):
    out = tmp_path / f"answers.{kind}"
    growing = out if kind == "csv" else tmp_path / ".answers.parquet.rows.jsonl"
    words = ["predict", "music", "--model", "model", "-j", "1", "--out", str(out)]
    for moment in moments:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "gtzan_cli", *words],
            cwd=world,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while lines_of(growing) < moment and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert lines_of(growing) >= moment
    code, _, told = predict("--out", out)
    assert code == 0
    assert "answered before" in told
    assert out.read_bytes() == undisturbed[kind]
    assert os.listdir(tmp_path) == [out.name]  # noqa: PTH208


def test_names_of_every_kind_are_found_again(undisturbed, predict, tmp_path):
    for kind in FORMATS:
        out = tmp_path / f"answers.{kind}"
        out.write_bytes(undisturbed[kind])
        code, shown, told = predict("--out", out)
        assert (code, shown) == (0, "")
        assert f"{len(NAMES) + 2} files: {len(NAMES) + 1} with an answer, 1 without (corrupt 1); " in told
        assert f"{len(NAMES) + 2} answered before." in told
        assert out.read_bytes() == undisturbed[kind]


def test_the_summary_counts_and_no_file_has_a_line_of_its_own(predict, tmp_path):
    _, _, told = predict("--out", tmp_path / "answers.csv")
    lines = told.splitlines()
    assert len(lines) <= 8
    assert any(line.startswith("Genres: ") and "noise " in line for line in lines)
    assert any(line.startswith("Warnings: ") and f"short {len(NAMES) + 1}" in line for line in lines)
    assert "Passed over: 1 .txt." in lines
    assert " files/s" in told


def records(path):
    return {row["file"]: row for row in map(json.loads, path.read_text(encoding="utf-8").split("\n")[:-1])}


def test_a_library_that_changes(predict, tmp_path):
    music = write_library(tmp_path / "music", [f"{n}.wav" for n in "abc"])
    (music / "d.wav").write_text("no sound yet")
    out = tmp_path / "answers.jsonl"
    assert predict("--out", out, files=[str(music)])[0] == 0
    before = records(out)
    assert [row["status"] for row in before.values()] == ["ok", "ok", "ok", "corrupt"]
    # A changed file, one that is gone, a new one, and one that is whole now
    write_library(music, ["b.wav"], seconds=1.5)
    (music / "a.wav").unlink()
    write_library(music, ["aa.wav", "d.wav"])
    told = predict("--out", out, files=[str(music)])[2]
    assert "3 now in" in told
    assert "1 row of files that were not named or are gone: kept. Leave them out with --prune." in told
    after = records(out)
    names = [Path(name).name for name in after]
    assert names == ["a.wav", "aa.wav", "b.wav", "c.wav", "d.wav"]
    assert after[str(music / "b.wav")]["duration_s"] == 1.5
    assert after[str(music / "d.wav")]["status"] == "ok"
    assert "--prune" not in predict("--out", out, "--prune", files=[str(music)])[2]
    pruned = records(out)
    assert list(pruned) == list(after)[1:]
    fresh = tmp_path / "fresh.jsonl"
    predict("--out", fresh, files=[str(music)])
    assert fresh.read_bytes() == out.read_bytes()


def test_what_failed_is_tried_again_when_asked_for(predict, tmp_path):
    music = write_library(tmp_path / "music", ["a.wav"])
    (music / "b.wav").write_text("no sound")
    out = tmp_path / "answers.csv"
    for words, computed in (([], 2), ([], 0), (["--retry-failed"], 1)):
        told = predict("--out", out, *words, files=[str(music)])[2]
        assert ("now in" in told) is bool(computed)
        assert f"{2 - computed} answered before" in told or computed == 2
    assert out.read_text().count("\n") == 3


def test_another_model_and_another_command_are_refused(predict, undisturbed, tmp_path):
    out = tmp_path / "answers.csv"
    out.write_bytes(undisturbed["csv"])
    code, _, told = predict("--out", out, "--aggregation", "vote")
    assert code == 1
    assert "mean, and this is xgboost" in told.splitlines()[-1]
    assert "Give another --out, or --overwrite" in told.splitlines()[-1]
    with output_lock(out):
        code, _, told = predict("--out", out)
    assert code == 1
    assert "is being written by process" in told.splitlines()[-1]
    assert out.read_bytes() == undisturbed["csv"]
    assert predict("--out", out, "--aggregation", "vote", "--overwrite")[0] == 0
    assert "answered before" in predict("--out", out, "--aggregation", "vote", "--overwrite")[2]


def test_a_library_without_an_answer_is_an_error(predict, tmp_path):
    (tmp_path / "bad.wav").write_text("no sound")
    code, _, told = predict("--out", tmp_path / "a.csv", files=[str(tmp_path / "bad.wav")])
    assert code == 1
    assert "1 file: 0 with an answer, 1 without (corrupt 1)" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--overwrite"], "--overwrite goes with --out"),
        (["--retry-failed"], "--retry-failed goes with --out"),
        (["--prune"], "--prune goes with --out"),
        (["--out", "a.csv", "--csv"], "--csv and --out exclude each other"),
        (["--out", "a.csv", "--timeline", "x"], "--timeline and --out exclude each other"),
        (["--yes"], "--yes goes with --write-tags"),
        (["--replace-tags", "--out", "a.csv"], "--replace-tags goes with --write-tags"),
        (["--min-probability", "0.5"], "--min-probability goes with --write-tags"),
        (["--tag-backup", "x"], "--tag-backup goes with --write-tags"),
        (["--csv", "--json-lines"], "--csv and --json-lines exclude each other"),
    ],
)
def test_options_that_do_not_go_together(words, message, predict):
    code, shown, told = predict(*words)
    assert (code, shown) == (2, "")
    assert message in told.splitlines()[-1]


def test_playlists_and_tags_are_planned_written_and_undone(predict, tmp_path, capsys):
    music = write_library(tmp_path / "music", ["a.wav", "b.wav", "-c.wav"])
    other = write_library(tmp_path / "other", ["o.wav"])
    (music / "bad.wav").write_text("no sound")
    out, lists = tmp_path / "answers.csv", tmp_path / "lists"
    before = {path.name: path.read_bytes() for path in music.iterdir()}
    predict("--out", out, files=[str(other)])
    words = ["--out", out, "--playlist", lists, "--write-tags"]
    code, shown, told = predict(*words, files=[str(music)])
    assert code == 0
    assert len(shown.splitlines()) == shown.count("Would tag ") == 3  # not the other library of the file
    assert "3 files to be tagged; nothing is written without --yes." in told
    assert "Left alone: 1 (no answer)." in told
    assert {path.name: path.read_bytes() for path in music.iterdir()} == before
    tracks = [line for path in lists.iterdir() for line in path.read_text().splitlines() if line[0] != "#"]
    assert sorted(tracks) == [f"../music/{name}" for name in ("-c.wav", "a.wav", "b.wav")]
    assert predict(*words, "--yes", files=[str(music)])[1].count("Tagged ") == 3
    told = predict(*words, files=[str(music)])[2]
    assert "4 answered before." in told  # the sound of tagged files is the same
    assert "Left alone: 3 (has this genre); 1 (no answer)." in told
    backup = f"{out}.old-tags.jsonl"
    for way in ([], ["--yes"]):
        assert run(["data", "restore-tags", backup, *way]) == 0
        assert "3 files" in capsys.readouterr().err
    assert "Would tag" in predict(*words, files=[str(music)])[1]


def test_playlists_and_tags_without_an_output(predict, tmp_path):
    music = write_library(tmp_path / "music", ["a.wav"])
    lists = tmp_path / "lists"
    code, shown, _ = predict("--csv", "--playlist", lists, "--write-tags", files=[str(music)])
    assert code == 0
    assert len(list(csv.DictReader(shown.splitlines()))) == 1
    assert len(list(lists.iterdir())) == 1
    for foreign in ("tone.m3u8", "noise.m3u8"):
        (lists / foreign).write_text("mine")
    code, shown, told = predict("--playlist", lists, files=[str(music)])
    assert (code, shown) == (1, "")  # before anything is computed
    assert "is no playlist of this program" in told.splitlines()[-1]


def test_of_many_files_the_lines_are_answers_and_warnings_are_counted(predict):
    code, shown, told = predict()
    assert code == 1
    assert len(shown.splitlines()) == len(NAMES) + 1
    assert "Warning: music" not in told
    assert told.count("Error: ") == 1
    assert "Warnings: " in told
    assert "Warning: " in predict(files=["music/inner"])[2]


def test_the_forms_on_stdout_hold_the_same(predict):
    lines = [json.loads(line) for line in predict("--json-lines")[1].splitlines()]
    document = json.loads(predict("--json")[1])
    table = list(csv.DictReader(predict("--csv")[1].splitlines(keepends=True)))
    assert document["version"] == 1
    assert [row["file"] for row in lines] == [one["path"] for one in document["files"]]
    assert [row["genre"] for row in table] == [row["genre"] for row in lines]
    for line, one in zip(lines, document["files"], strict=True):
        assert line["status"] == one["status"]
        assert list((line["probabilities"] or {}).values()) == one["probabilities"]
        assert line["warnings"] == one["warnings"]
