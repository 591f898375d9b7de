"""``gtzan explain`` takes what ``gtzan predict`` takes, and says the same genre."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from gtzan_cli.main import run


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Synthetic music of ten genres, and a run folder fitted on it."""
    root = tmp_path_factory.mktemp("cli-explain")
    words = [
        f"data synth {root}/music --tracks 2 --seconds 6.5 -j 1",
        f"features extract {root}/music -o {root}/tables -s 3s -j 1",
        f"fit xgboost --final --folds 2 --set n_estimators=5 --tables {root}/tables --runs {root}/runs -j 1",
    ]
    assert [run(line.split()) for line in words] == [0, 0, 0]
    return root


@pytest.fixture
def files(world, tmp_path):
    """A song in three kinds of files, one of which only ffmpeg reads, and a file that is no song."""
    song = sorted((world / "music" / "rock").glob("*.wav"))[0]
    folder = tmp_path / "songs"
    folder.mkdir()
    shutil.copy(song, folder / "a.wav")
    for name in ("b.m4a", "c.flac"):
        subprocess.run(["ffmpeg", "-v", "error", "-i", song, folder / name], check=True)
    (folder / "d.wav").write_text("no music")
    return folder


@pytest.fixture
def call(capsys):
    """Run a command in this process; return its exit code and what it printed."""

    def words(*given):
        capsys.readouterr()
        code = run([str(word) for word in given])
        return code, *capsys.readouterr()

    return words


def test_a_folder_is_explained_file_by_file_with_the_genres_of_predict(world, files, call, tmp_path):
    place = ["--runs", world / "runs"]
    code, out, _ = call("predict", files, *place, "--json")
    predicted = {one["path"]: one for one in json.loads(out)["files"]}
    code, out, err = call("explain", files, *place, "--json", "-o", tmp_path / "pictures")
    explained = {one["file"]: one for one in json.loads(out)["files"]}
    assert code == 1  # one of them is no music
    (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert "d.wav: cannot decode" in line
    assert set(explained) == {path for path, one in predicted.items() if not one["error"]}
    for path, one in explained.items():
        found = predicted[path]
        assert one["genre"] == found["genre"]
        assert one["probability"] == max(found["probabilities"])
    pictures = [one["picture"] for one in explained.values()]
    assert len(set(pictures)) == len(list((tmp_path / "pictures").iterdir())) == 3


def test_one_file_gives_one_record_and_one_picture_of_the_name_that_is_given(world, files, call, tmp_path):
    words = ["explain", files / "b.m4a", "--runs", world / "runs", "-o", tmp_path / "b.png"]
    code, out, _ = call(*words, "--json")
    assert code == 0
    assert set(json.loads(out)) == {"method", "genre", "probability", "table", "picture", "agreement"}
    assert (tmp_path / "b.png").read_bytes()[:4] == b"\x89PNG"
    code, out, _ = call(*words)
    assert code == 0
    assert "Method: TreeSHAP" in out


def test_several_files_need_a_folder_for_their_pictures(world, files, call, tmp_path):
    words = ["explain", files / "a.wav", files / "c.flac", "--runs", world / "runs"]
    code, _, err = call(*words, "-o", tmp_path / "one.png")
    assert code == 2
    assert "one.png: give a folder, for 2 files." in err


def test_a_single_bad_file_is_one_line(world, files, call):
    code, out, err = call("explain", files / "d.wav", "--runs", world / "runs")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "d.wav: cannot decode" in err
