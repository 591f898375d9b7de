"""The command line as a user meets it: words, exit codes, and one clean line for each fault."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import soundfile
from gtzan_cli import main as entry

from gtzan_features import __version__
from tests.conftest import SR, make_table, save_table


def gtzan(*words, **environment):
    """Run the command in a process of its own, as a user does."""
    env = {**os.environ, **environment}
    command = [sys.executable, "-W", "ignore", "-m", "gtzan_cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def fails(*words, code=1):
    """Run a command that must fail with one clean line; return that line."""
    done = gtzan(*words)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    if code == 1:
        assert len(lines) == 1, done.stderr
        assert lines[0].startswith("Error: ")
    return lines[-1]


@pytest.fixture
def here(capfd):
    """As `gtzan`, in this process: what is tested are the words, not the start of the program."""

    def run(*words):
        capfd.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = entry.run([str(word) for word in words])
        shown = capfd.readouterr()
        return subprocess.CompletedProcess(words, code, shown.out, shown.err)

    return run


@pytest.fixture
def refuses(here):
    """As `fails`, in this process."""

    def refuse(*words):
        done = here(*words)
        assert done.returncode == 1
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("Error: ")
        return lines[0]

    return refuse


def test_version_and_help():
    assert gtzan("--version").stdout.strip() == f"gtzan, version {__version__}"
    shown = gtzan("--help").stdout
    names = (
        "features",
        "fit",
        "tune",
        "predict",
        "serve",
        "report",
        "compare",
        "explain",
        "bench",
        "data",
        "demo",
    )
    for command in names:
        assert re.search(rf"^  {command} ", shown, re.MULTILINE)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["features"],
        ["features", "extract"],
        ["features", "import"],
        ["features", "export"],
        ["fit"],
        ["predict"],
        ["serve"],
        ["report"],
        ["compare"],
        ["bench"],
        ["bench", "accuracy"],
        ["bench", "robustness"],
        ["data"],
        ["data", "verify"],
        ["data", "synth"],
        ["data", "explore"],
        ["data", "download"],
        ["demo"],
    ],
)
def test_every_command_has_help_that_says_what_it_does(words, here):
    done = here(*words, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 4


def test_help_imports_click_and_its_own_words_only():
    """What a command works with is imported when it runs; the time of `--help` is the sum of its imports."""
    script = (
        "import sys; before = set(sys.modules); from gtzan_cli.main import run; run(['--help']); "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    foreign = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert foreign == {"click", "lazy_loader", "gtzan_cli", "gtzan_features"}
    slow = {
        "asyncio",
        "concurrent",
        "email",
        "http",
        "logging",
        "multiprocessing",
        "ssl",
        "subprocess",
        "unittest",
    }
    assert not slow & set(loaded)
    assert "importlib.metadata" not in loaded  # looks through all that is installed
    assert len(loaded) < 250  # 145 with click 8.3
    assert sum(name.startswith("gtzan_features") for name in loaded) < 30  # 18: settings and errors


def test_help_is_hardly_slower_than_python_itself(tmp_path):
    """In processor time of the child, the least of each as they take turns: 1.9 times where nothing is wrong.

    With compiled modules, as every command after the first has them.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(tmp_path)

    def spent(*words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], capture_output=True, check=True, env=env)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare, ours = [], []
    for _ in range(20):
        bare.append(spent("-c", "import click, json, dataclasses, hashlib, pathlib"))
        ours.append(spent("-m", "gtzan_cli", "--help"))
        if min(ours) < 3 * min(bare):
            return
    pytest.fail(f"{min(ours):.3f} s against {min(bare):.3f} s")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit"], "gtzan fit --list shows the models"),
        (["fit", "knn", "--protocol", "random"], "'random' is not one of"),
        (["fit", "knn", "--segments", "three"], "not a number of seconds"),
        (["features", "extract"], "Missing argument 'AUDIO_DIR'"),
        (["features", "export"], "Missing option '--out'"),
        (["nonsense"], "No such command 'nonsense'"),
        (["report", "--nonsense"], "No such option"),
    ],
)
def test_usage_errors_exit_with_2(words, message, here):
    done = here(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert message in done.stderr.strip().splitlines()[-1]


class TestErrors:
    """Each fault of the data: one line that says what, and what next."""

    def test_folders(self, tmp_path, music, refuses):
        assert "no such folder" in refuses("features", "extract", tmp_path / "no", "-o", tmp_path / "f")
        (tmp_path / "empty").mkdir()
        assert "no audio" in refuses("features", "extract", tmp_path / "empty", "-o", tmp_path / "f")
        line = refuses("features", "extract", music, "-o", tmp_path / "f", "--genre", "polka")
        assert "no genre folder polka; there are calm, loud" in line
        assert "Make a folder for each genre" in refuses(
            "features", "extract", music / "calm", "-o", tmp_path / "f"
        )

    def test_workers(self, music, tmp_path, refuses):
        assert "--n-jobs 0 is no number" in refuses(
            "features", "extract", music, "-o", tmp_path / "f", "-j", "0"
        )
        assert "--scheduler tcp://a:1 goes with --backend dask: give both" in refuses(
            "features", "extract", music, "-o", tmp_path / "f", "--scheduler", "tcp://a:1"
        )

    def test_tables(self, tmp_path, refuses):
        tables = tmp_path / "features"
        assert "gtzan features extract" in refuses("fit", "knn", "--tables", tables)
        path = save_table(tables, make_table())
        assert "has kaggle-3s. Extract with --segments 10s" in refuses(
            "fit", "knn", "-s", "10s", "--tables", tables
        )
        assert "lacks" not in refuses("fit", "cart", "--tables", tables)
        table = make_table()
        table.frame.loc[0, "chroma_stft_mean"] = np.nan
        save_table(tables, table)
        assert "not finite" in refuses("fit", "knn", "--tables", tables)
        path.write_bytes(path.read_bytes()[:1000])
        assert "Make the feature table again" in refuses("fit", "knn", "--tables", tables)

    def test_protocols(self, tables, tmp_path, refuses):
        runs = tmp_path / "runs"
        common = ["fit", "majority", "--tables", tables, "--runs", runs]
        assert "--allow-leak" in refuses(*common, "--protocol", "segment")
        assert "Use --protocol track" in refuses(*common, "--protocol", "fault-filtered")
        assert "Use --folds 12" in refuses(*common, "--folds", "13")
        assert "--folds and --holdout exclude" in refuses(*common, "--folds", "3", "--holdout", "0.3")
        assert not runs.exists()

    def test_csv(self, tmp_path, refuses):
        csv = tmp_path / "a.csv"
        assert "no such file" in refuses("features", "import", csv)
        pd.DataFrame({"filename": ["a.0.wav"], "tempo": [1.0]}).to_csv(csv, index=False)
        assert "58 of 60 columns are missing" in refuses("features", "import", csv, "-o", tmp_path)

    def test_runs(self, tmp_path, refuses):
        assert "Fit a model first" in refuses("report", "--runs", tmp_path)
        assert "no run folder" in refuses("compare", tmp_path, tmp_path)

    def test_output_that_cannot_be_written(self, tmp_path, tables, refuses):
        (tmp_path / "file").write_text("")
        assert "Check the path" in refuses(
            "-q", "fit", "majority", "--tables", tables, "--runs", tmp_path / "file" / "runs"
        )

    @pytest.mark.parametrize("place", [0, 3])
    def test_debug_shows_the_traceback_wherever_it_stands(self, tmp_path, place, here):
        words = ["report", "--runs", tmp_path]
        words.insert(place, "--debug")
        done = here(*words)
        assert done.returncode == 1
        assert "Traceback" in done.stderr

    def test_a_fault_of_the_program_is_one_line_too(self, monkeypatch, capsys):
        def broken(*_, **__):
            raise ZeroDivisionError("division by zero")

        monkeypatch.setattr(entry.cli, "main", broken)
        assert entry.run([]) == 1
        shown = capsys.readouterr().err
        assert "a fault of this program (ZeroDivisionError: division by zero)" in shown
        assert "Traceback" not in shown

    def test_ctrl_c(self, monkeypatch, capsys):
        def interrupted(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(entry.cli, "main", interrupted)
        assert entry.run([]) == 130
        assert "the same command goes on from there" in capsys.readouterr().err


class TestJourney:
    """The main job, as in docs/how-to/audio-to-accuracy.md."""

    def test_extract_export_fit_report(self, music, tmp_path, monkeypatch, here):
        monkeypatch.chdir(tmp_path)
        done = gtzan("features", "extract", music, "--segments", "3s", "--n-jobs", 2)
        assert done.returncode == 0, done.stderr
        assert "data/features/kaggle-3s.parquet: 12 rows" in done.stdout
        assert "6 files computed, 0 found done, 0 skipped" in done.stdout
        again = here("features", "extract", music, "--segments", "3s", "--n-jobs", 1)
        assert "0 files computed, 6 found done" in again.stdout
        done = here("features", "export", "data/features", "--segments", "3s", "--out", "out.csv")
        assert done.stdout == "out.csv: 12 rows\n"
        assert pd.read_csv("out.csv").shape == (12, 60)
        done = gtzan("fit", "knn", "--segments", "3s", "--folds", 3, "--n-jobs", 1)
        assert done.returncode == 0, done.stderr
        assert "track 3-fold" in done.stdout
        done = here("report")
        assert done.returncode == 0, done.stderr
        assert "music: no track on both sides" in done.stdout
        assert (tmp_path / "reports" / "accuracy.md").is_file()

    def test_strict_fails_for_a_bad_file_and_keeps_the_rest(self, music, tmp_path, here):
        (music / "calm" / "text.wav").write_text("no music")
        words = ["features", "extract", music, "-o", tmp_path / "f", "-s", "3s", "-j", 1]
        done = here(*words)
        assert done.returncode == 0
        assert "Skipped: calm/text.wav: corrupt:" in done.stderr
        assert here(*words, "--strict").returncode == 1
        assert (tmp_path / "f" / "kaggle-3s.parquet").is_file()

    def test_json(self, music, tables, tmp_path, here):
        extraction = json.loads(
            here("features", "extract", music, "-o", tmp_path / "f", "-s", "3s", "-j", 1, "--json").stdout
        )
        assert extraction["tables"]["3s"]["rows"] == 12
        runs = tmp_path / "runs"
        words = ["fit", "knn", "--tables", tables, "--runs", runs, "-j", 1, "--json"]
        (fit,) = json.loads(here(*words).stdout)
        assert fit["levels"]["mean"]["n"] == 48
        records = json.loads(here("report", "--runs", runs, "-o", tmp_path / "r", "--json").stdout)
        assert {r["aggregation"] for r in records} == {"segment", "vote", "mean", "log-mean"}
        assert json.loads(here("data", "verify", music, "-j", 1, "--json").stdout)["n_files"] == 6

    def test_several_models_lengths_and_protocols_in_one_command(self, tables, tmp_path, here):
        words = ["fit", "knn", "majority", "-s", "3s", "-s", "30s", "-p", "track", "-p", "segment"]
        done = here(*words, "--allow-leak", "--tables", tables, "--runs", tmp_path / "runs", "-j", 1)
        assert done.returncode == 0, done.stderr
        assert len(list((tmp_path / "runs").iterdir())) == 8
        assert "LEAKED" in done.stderr

    def test_list(self, here):
        shown = here("fit", "--list").stdout
        for name in ("xgboost", "svm", "random-forest", "logistic-regression", "knn", "majority"):
            assert name in shown

    def test_verify(self, music, here):
        shutil.copy(music / "calm" / "calm.0.wav", music / "loud" / "copy.wav")
        done = here("data", "verify", music, "-j", 1)
        assert "1 duplicate" in done.stdout
        assert here("data", "verify", music, "-j", 1, "--strict").returncode == 1

    def test_synth_refuses_a_folder_with_other_files(self, music, refuses):
        assert "Give an empty or a new folder" in refuses("data", "synth", music, "--tracks", 1)

    def test_a_closed_pipe_is_no_error(self, tables, tmp_path):
        command = (
            f"{sys.executable} -m gtzan_cli fit knn -j 1 --tables {tables} --runs {tmp_path / 'r'} "
            "| head -n 1; "
            "exit ${PIPESTATUS[0]}"
        )
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_demo_shows_the_leak_on_synthetic_music(tmp_path):
    done = gtzan("demo", "--out", tmp_path / "demo", "--tracks", 3, "--n-jobs", 2)
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC" in done.stdout
    table = pd.read_csv(tmp_path / "demo" / "reports" / "accuracy.csv")
    assert table["synthetic"].all()
    rows = table[(table["model"] == "svm") & (table["aggregation"] == "segment")].set_index("kind")
    assert rows.loc["leaked", "accuracy"] > rows.loc["measured", "accuracy"] + 0.1
    again = gtzan("demo", "--out", tmp_path / "demo", "--tracks", 3, "--n-jobs", 1)
    assert again.returncode == 0, again.stderr
    pd.testing.assert_frame_equal(table, pd.read_csv(tmp_path / "demo" / "reports" / "accuracy.csv"))


def test_progress_is_drawn_on_a_terminal_only(music, tmp_path):
    done = gtzan("features", "extract", music, "-o", tmp_path / "f", "-s", "3s", "-j", 1)
    assert done.stderr == "2 genres, 6 files, artists not known: calm 3, loud 3.\n"
    soundfile.write(music / "calm" / "new.wav", np.random.default_rng(0).normal(0, 0.1, 7 * SR), SR)
    import pty

    parent, child = pty.openpty()
    words = ["features", "extract", music, "-o", tmp_path / "f", "-s", "3s", "-j", "1"]
    command = [sys.executable, "-m", "gtzan_cli", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=child)
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 1024):
            shown += chunk
    except OSError:  # the other side is closed
        pass
    process.communicate()
    os.close(parent)
    assert b"7/7" in shown
