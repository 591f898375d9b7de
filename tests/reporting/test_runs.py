"""``gtzan runs``: what is listed, and that only run folders are removed, whole."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gtzan_cli.main import run

from gtzan_features.config import SplitConfig
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.runs import listed_runs
from gtzan_features.tables.headline import HEADLINE
from gtzan_features.tables.locking import output_lock
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import make_table, save_table


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A good run, a bad one and a leaked one, in the order in which they were fitted."""
    root = tmp_path_factory.mktemp("fitted")
    save_table(root / "tables", make_table(n_genres=2, n_tracks=6, n_segments=3))
    leaked = SplitConfig(protocol="segment", folds=2)
    configs = (
        FitConfig(model="knn", split=SplitConfig(folds=2)),
        FitConfig(model="majority", split=SplitConfig(folds=2)),
        FitConfig(model="knn", split=leaked, allow_leak=True),
    )
    for config in configs:
        fit_run(root / "tables", root / "runs", config, n_jobs=1)
    return root


@pytest.fixture
def here(fitted, tmp_path, monkeypatch):
    """The runs, in a folder of their own."""
    shutil.copytree(fitted, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("COLUMNS", "200")  # a row on a line
    return tmp_path / "here" / "runs"


def short(one) -> str:
    return one.short


def test_a_list_has_each_run_with_the_figures_of_its_report(here, capsys):
    assert run(["runs", "list", "--json", "--sort", "name"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["folder"] for one in found] == [f"runs/{folder.name}" for folder in sorted(here.iterdir())]
    assert run(["report", "--json"]) == 0
    rows = {row["run_id"]: row for row in json.loads(capsys.readouterr().out) if row["aggregation"] == "mean"}
    for one in found:
        row = rows[Path(one["folder"]).name]
        assert {
            name: one[name] for name in ("accuracy", "ci_low", "ci_high", "leaked", "model")
        } == pytest.approx({name: row[name] for name in ("accuracy", "ci_low", "ci_high", "leaked", "model")})
        assert (one["n"], one["fault"], one["model_kept"]) == (row["n_predictions"], "", True)
        files = [path for path in Path(one["folder"]).rglob("*") if path.is_file()]
        assert one["bytes"] == sum(path.stat().st_size for path in files)


def test_the_table_marks_a_leak_and_the_group_alone_lists(here, capsys):
    assert here.is_dir()
    assert run(["runs"]) == 0
    alone = capsys.readouterr().out
    assert run(["runs", "list"]) == 0
    assert capsys.readouterr().out == alone
    newest, *_, summary = alone.splitlines()[2:]
    assert "LEAKED" in newest
    assert alone.count("LEAKED") == 1
    assert summary.startswith("3 runs, ")
    assert run(["runs", "--sort", "accuracy"]) == 0
    last = capsys.readouterr().out.splitlines()[4]
    assert "majority" in last


def test_a_run_without_its_headline_or_with_one_of_others_is_computed(here):
    expected = [(one.short, one.headline.accuracy) for one in listed_runs(here)]
    one, other, third = sorted(here.iterdir())
    (one / HEADLINE).unlink()
    content = json.loads((other / HEADLINE).read_text())
    (other / HEADLINE).write_text(json.dumps(content | {"predictions": "0" * 64, "accuracy": 0.123}))
    # One of a version whose intervals took tracks of an artist as independent.
    earlier = {name: value for name, value in content.items() if name != "interval"}
    (third / HEADLINE).write_text(json.dumps(earlier | {"accuracy": 0.123}))
    assert [(one.short, one.headline.accuracy) for one in listed_runs(here)] == expected


@pytest.mark.parametrize("name", ["predictions.parquet", "manifest.json", "split.csv", "model/model.json"])
def test_damaged_runs_come_last_and_say_what(name, here, capsys):
    newest = listed_runs(here)[0]
    (newest.folder / name).write_bytes(b"{}")
    assert run(["runs"]) == 0
    shown = capsys.readouterr()
    assert "DAMAGED" in shown.out.splitlines()[4]
    assert shown.err.startswith("Damaged: ")
    assert name in shown.err
    assert run(["runs", "show", newest.short]) == 1
    assert run(["runs", "remove", newest.short, "--yes"]) == 0
    assert not newest.folder.exists()


def test_show_prints_the_model_card_or_the_manifest(here, capsys):
    one = listed_runs(here)[0]
    assert run(["runs", "show", one.short]) == 0
    card = (one.folder / "README.md").read_text()
    assert card.startswith("---\n")  # for the Hub; people see what follows
    shown = capsys.readouterr().out
    assert shown.startswith("# ")
    assert card.endswith(f"\n---\n\n{shown.strip()}\n")
    assert run(["runs", "show", str(one.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run_id"] == one.folder.name


def test_compare_is_that_of_the_top_command(here, capsys):
    names = [one.short for one in listed_runs(here) if not one.leaked]
    assert run(["compare", *names]) == 0
    expected = capsys.readouterr().out
    assert run(["runs", "compare", *names]) == 0
    assert capsys.readouterr().out == expected


def test_no_runs_are_no_fault(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["runs"]) == 0
    assert "holds no runs. Fit a model first" in capsys.readouterr().err
    assert run(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_runs_are_removed_with_yes_and_not_without(here, capsys):
    first, second, third = listed_runs(here)
    assert run(["runs", "remove", first.short]) == 1
    assert "Give --yes" in capsys.readouterr().err
    assert run(["runs", "remove", first.short, str(second.folder), first.folder.name, "-y"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown == [f"Removed: runs/{first.folder.name}", f"Removed: {second.folder}"]
    assert list(here.iterdir()) == [third.folder]


@pytest.mark.parametrize(("answer", "left"), [(b"y\n", 2), (b"n\n", 3), (b"\n", 3)])
def test_a_terminal_is_asked(answer, left, here):
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "gtzan_cli", "runs", "remove", listed_runs(here)[0].short]
    process = subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(theirs)
    os.write(ours, answer)
    _, err = process.communicate()
    os.close(ours)
    assert b"Remove this run?" in err
    assert process.returncode == (0 if left == 2 else 130)
    assert len(list(here.iterdir())) == left


def _elsewhere(here: Path) -> str:
    shutil.copytree(next(here.iterdir()), here.parent / "copy-of-a-run")
    return "copy-of-a-run"


def _link(here: Path) -> str:
    (here / "linked-run").symlink_to(next(here.iterdir()), target_is_directory=True)
    return "linked-run"


def _no_run(here: Path) -> str:
    (here / "music").mkdir()
    (here / "music" / "song.wav").touch()
    return "runs/music"


@pytest.mark.parametrize(
    "make", [_elsewhere, _link, _no_run, lambda _: ".", lambda _: "runs", lambda _: "nope"]
)
def test_nothing_but_a_run_of_this_folder_is_removed(make, here, capsys):
    good = listed_runs(here)[0]
    name = make(here)
    before = sorted(path for path in here.parent.rglob("*"))
    assert run(["runs", "remove", good.short, name, "--yes"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(path for path in here.parent.rglob("*")) == before


LOCKING = """
import sys, time
from pathlib import Path
from gtzan_features.tables.locking import output_lock
with output_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_run_that_is_being_written_stays_and_others_go(here, capsys):
    first, second, _ = listed_runs(here)
    words = [sys.executable, "-c", LOCKING, str(first.folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        assert run(["runs", "remove", first.short, second.short, "-y"]) == 1
        holder.stdin.close()
    assert "is being written by process" in capsys.readouterr().err
    assert first.folder.exists()
    assert not second.folder.exists()
    with output_lock(first.folder):
        pass


KILLED = """
import os, shutil, sys
from gtzan_cli.main import run
def die(*args, **options):
    os.unlink(os.path.join(args[0], "manifest.json"))
    os.kill(os.getpid(), 9)
shutil.rmtree = die
run(["runs", "remove", sys.argv[1], "--yes"])
"""


def test_what_a_kill_leaves_is_no_run_and_goes_with_the_next_command(here, capsys):
    first, *others = listed_runs(here)
    done = subprocess.run([sys.executable, "-c", KILLED, first.short], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(here.glob(".*"))) > 0
    assert run(["runs", "--json"]) == 0
    assert [one["run"] for one in json.loads(capsys.readouterr().out)] == [one.short for one in others]
    assert sorted(here.iterdir()) == sorted(one.folder for one in others)
