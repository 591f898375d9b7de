"""``gtzan fit --final`` and ``gtzan predict`` as a user meets them."""

from __future__ import annotations

import csv
import io
import json
import resource
import subprocess
import sys

import pytest
from gtzan_cli.main import run

from tests.cli.test_main import gtzan

HEAVY = (
    *("pandas", "pyarrow", "sklearn", "xgboost", "skops", "joblib", "librosa", "matplotlib", "jinja2"),
    *("scipy.stats", "scipy.signal", "scipy.optimize", "rich", "fsspec", "asyncio"),
    *("concurrent.futures.process", "multiprocessing.connection", "gtzan_features.parallel.dask"),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Synthetic music of ten genres, and a run folder fitted on it with ``--final``."""
    root = tmp_path_factory.mktemp("cli-predict")
    words = [
        f"data synth {root}/music --tracks 2 --seconds 6.5 -j 1",
        f"features extract {root}/music -o {root}/tables -s 3s -j 1",
        f"fit xgboost --final --folds 2 --set n_estimators=5 --tables {root}/tables --runs {root}/runs -j 1",
    ]
    assert [run(line.split()) for line in words] == [0, 0, 0]
    return root


@pytest.fixture
def predict(capsys):
    """Run ``gtzan predict`` in this process; return its exit code and what it printed."""

    def call(*words):
        capsys.readouterr()
        code = run(["predict", *map(str, words)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def song(world):
    return sorted((world / "music" / "rock").glob("*.wav"))[0]


def test_one_file_in_words_and_a_picture(world, tmp_path):
    picture = tmp_path / "time.png"
    done = gtzan("predict", song(world), "--runs", world / "runs", "--top", 2, "--timeline", picture)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" %") == 2
    assert "(2 segments, 6.5 s)" in done.stdout
    assert "Model: xgboost on 3s rows" in done.stderr
    assert "trained on synthetic music" in done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_csv_and_json_of_a_folder(world, predict):
    words = [world / "music", "--runs", world / "runs", "-j", 1]
    code, text, _ = predict(*words, "--csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (code, len(rows)) == (0, 20)
    found = json.loads(predict(*words, "--json")[1])
    assert found["model"]["synthetic"] is True
    assert [f["path"] for f in found["files"]] == [r["file"] for r in rows]
    assert [f["genre"] for f in found["files"]] == [r["genre"] for r in rows]
    assert float(rows[0]["p_rock"]) == pytest.approx(found["files"][0]["probabilities"][9], abs=1e-6)


def test_a_bad_file_is_one_line_and_costs_itself_only(world, predict, tmp_path):
    (tmp_path / "text.wav").write_text("no music")
    code, out, err = predict(tmp_path / "text.wav", song(world), "--runs", world / "runs")
    assert code == 1
    assert len(out.splitlines()) == 1
    (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert "text.wav: cannot decode" in line


def test_faults_are_one_line(world, predict, tmp_path):
    for words, code, message in (
        (["--runs", tmp_path], 1, "name a run folder with --model"),
        (["--model", tmp_path], 1, "holds no model"),
        (["--csv", "--json"], 2, "exclude each other"),
        ([world / "music", "--timeline", "a.png"], 2, "give a folder, for 20 files"),
    ):
        found, out, err = predict(song(world), *words)
        assert (found, out) == (code, "")
        assert message in err.splitlines()[-1]


def test_a_file_takes_little_longer_than_the_imports_that_it_needs(world):
    def seconds(*words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-W", "ignore", *words], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    folder = next((world / "runs").iterdir())
    bare, whole = [], []
    for _ in range(20):  # of the processor, in turns; a busy machine adds to one or the other
        bare.append(seconds("-c", "import numba, scipy.fft, soundfile"))
        whole.append(seconds("-m", "gtzan_cli", "predict", str(song(world)), "--model", str(folder)))
        # 2.6 on a quiet machine; about 5 where scikit-learn and xgboost are imported.
        if min(whole) < 4 * min(bare):
            return
    pytest.fail(f"{min(whole):.2f} s, and its imports {min(bare):.2f} s")


@pytest.mark.parametrize("model", ["xgboost", "cnn", "lda"])
def test_only_what_prediction_needs_is_imported(world, model, tmp_path):
    runs = world / "runs"
    if model == "cnn":
        runs = tmp_path / "runs"
        fit = "fit cnn --final --folds 2 --set epochs=1 --set validation=0"
        for line in (
            f"features spectrograms {world}/music -o {tmp_path}/tables -s 3s -j 1",
            f"{fit} --tables {tmp_path}/tables --runs {runs} -j 1",
        ):
            assert run(line.split()) == 0
    if model == "lda":
        runs = tmp_path / "runs"
        line = f"fit lda --final --folds 2 --tables {world}/tables -s 3s --runs {runs} -j 1"
        assert run(line.split()) == 0
    script = (
        "import sys; from gtzan_cli.main import run; "
        f"run(['predict', {str(song(world))!r}, '--runs', {str(runs)!r}]); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"
