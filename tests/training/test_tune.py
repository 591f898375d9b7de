from __future__ import annotations

import dataclasses
import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gtzan_features import environment
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.datasets.splits import make_split
from gtzan_features.errors import ConfigError, ModelError, OutputLockedError, SplitError
from gtzan_features.models.registry import MODELS, model_spec, parse_settings
from gtzan_features.models.spec import Choice, inner_splits
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.locking import output_lock
from gtzan_features.training import tune as pipeline
from gtzan_features.training.fit_config import FitConfig, TuneConfig
from gtzan_features.training.load_rows import open_fittable
from gtzan_features.training.tune import tune
from tests.conftest import save_table

pytest.importorskip("optuna", reason="gtzan tune needs optuna (pip install 'gtzan[tune]')")

HOLDOUT = SplitConfig(protocol="track", holdout=0.25)


def config(model="knn", trials=4, split=HOLDOUT, score="accuracy", **more):
    return TuneConfig(fit=FitConfig(model=model, split=split, **more), trials=trials, score=score)


def run(tables, folder, wanted, **options):
    return tune(tables, folder, wanted, n_jobs=options.pop("n_jobs", 1), **options)


def test_the_figures_are_those_of_models_that_never_saw_the_track(tables, tmp_path):
    """The default's score, by hand: inner folds of the training part, mean of segments."""
    result = run(tables, tmp_path, config(trials=1))
    data = open_fittable(tables, "kaggle", "3s").data
    ((rows, test),) = make_split(data.rows, data.copies, HOLDOUT).folds(data.rows)
    assert not set(data.rows["track_id"].iloc[rows]) & set(data.rows["track_id"].iloc[test])
    from gtzan_features.models.spec import TrainingData

    train = TrainingData(X=data.X[rows], y=data.y[rows], groups=data.groups()[rows])
    spec, parts = model_spec("knn"), []
    for inner, valid in inner_splits(train, 4, 0):
        p = spec.fit(train.take(inner), spec.defaults, 0).predict_proba(train.X[valid])
        parts.append(pd.DataFrame(p).assign(track=train.groups[valid], y=train.y[valid]))
    mean = pd.concat(parts).groupby("track").mean()
    right = mean[[0, 1, 2, 3]].to_numpy().argmax(axis=1) == mean["y"].to_numpy()
    default = next(t for t in result.trials if t.name == "default")
    assert default.accuracy == pytest.approx(right.mean())
    assert len(result.trials) == 2


@pytest.mark.parametrize("split", [HOLDOUT, SplitConfig(protocol="track", folds=4, only=2)])
def test_the_test_part_is_never_read(tables, tmp_path, split):
    before = run(tables, tmp_path / "a", config(split=split))
    table = read_table(tables / "kaggle-3s.parquet")
    data = open_fittable(tables, "kaggle", "3s").data
    ((_, test),) = make_split(data.rows, data.copies, split).folds(data.rows)
    noise = np.random.default_rng(0).normal(0, 9, (len(test), len(table.columns)))
    table.frame.loc[test, table.feature_names] = noise.astype(np.float32)
    save_table(tmp_path / "bent", table)
    after = run(tmp_path / "bent", tmp_path / "b", config(split=split))
    assert [(t.settings, t.accuracy) for t in after.trials] == [
        (t.settings, t.accuracy) for t in before.trials
    ]


def test_a_protocol_with_folds_keeps_one_for_the_test(tables, tmp_path):
    result = run(tables, tmp_path, config(trials=1, split=SplitConfig(protocol="track", folds=4)))
    assert "--folds 4 --fold 1" in result.command
    assert result.tuned_on == "36 tracks of the training part of track fold 1 of 4, inner folds"
    with pytest.raises(SplitError, match="segment is leaked"):
        run(tables, tmp_path, config(split=SplitConfig(protocol="segment")))


def test_the_command_repeats_the_best_settings(tables, tmp_path):
    result = run(
        tables, tmp_path / "s", config("lda", trials=3, beside=SegmentConfig(30.0), score="log-loss")
    )
    losses = [t.log_loss for t in result.trials]
    assert losses == sorted(losses)
    words = shlex.split(result.command)
    pairs = tuple(words[i + 1] for i, word in enumerate(words) if word == "--set")
    assert parse_settings(model_spec("lda"), pairs) == {**MODELS["lda"].defaults, **result.best.settings}
    wanted = FitConfig(model="lda", settings=pairs, split=HOLDOUT, beside=SegmentConfig(30.0))
    assert fit_run(tables, tmp_path / "runs", wanted, n_jobs=1).manifest.command == result.command


def test_a_study_goes_on_where_it_stopped_and_ends_as_without_the_break(tables, tmp_path):
    whole = run(tables, tmp_path / "a", config(trials=14))
    run(tables, tmp_path / "b", config(trials=5))
    taken_up = run(tables, tmp_path / "b", config(trials=14), n_jobs=2)
    assert taken_up.trials == whole.trials
    assert len(list((tmp_path / "b").glob("*.journal"))) == 1
    assert len(run(tables, tmp_path / "b", config(trials=3)).trials) == 15
    other = run(tables, tmp_path / "b", config(trials=1, settings=("weights=uniform",)))
    assert other.study != whole.study
    assert "weights" not in other.best.settings


def test_ctrl_c_keeps_the_finished_trials(tables, tmp_path, monkeypatch):
    scores, calls = pipeline._scores, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return scores(*arguments)

    monkeypatch.setattr(pipeline, "_scores", interrupted)
    result = run(tables, tmp_path, config(trials=9))
    assert result.interrupted
    assert len(result.trials) == 3
    monkeypatch.undo()
    assert len(run(tables, tmp_path, config(trials=9)).trials) == 10


def test_the_budget_ends_the_search(tables, tmp_path, monkeypatch):
    now = iter(np.arange(0.0, 1000.0, 20.0))
    monkeypatch.setattr(pipeline, "monotonic", lambda: float(next(now)))
    wanted = dataclasses.replace(config(trials=None), minutes=1.0)
    assert len(run(tables, tmp_path, wanted).trials) == 3  # at 20 and 40 s, and the defaults


@pytest.mark.parametrize("name", [name for name, spec in MODELS.items() if spec.space])
def test_every_space_holds_settings_of_the_model(name, tables, tmp_path):
    spec = MODELS[name]
    assert set(spec.space) <= spec.settable()
    for where in spec.space.values():
        assert isinstance(where, Choice) or where.low < where.high
    fast = ("n_estimators=10",) if "n_estimators" in spec.settable() else ()
    result = run(tables, tmp_path, config(name, trials=2, settings=fast))
    assert len(result.trials) == 3


def test_models_with_a_space_are_those_that_are_promised():
    promised = {
        "xgboost",
        "svm",
        "linear-svm",
        "lda",
        "logistic-regression",
        "extra-trees",
        "random-forest",
        "knn",
    }
    assert {name for name, spec in MODELS.items() if spec.space} == promised


def test_what_cannot_be_tuned_is_one_clear_error(tables, tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="majority has no search space; there are xgboost, svm"):
        run(tables, tmp_path, config("majority"))
    with pytest.raises(ConfigError, match="--budget 0: give the minutes"):
        TuneConfig(fit=FitConfig(model="knn"), minutes=0)
    with pytest.raises(ConfigError, match="--fold 5: track 4-fold has 4 folds"):
        SplitConfig(folds=4, only=5)
    with pytest.raises(ConfigError, match="--fold 1: fault-filtered has no folds"):
        SplitConfig(protocol="fault-filtered", only=1)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ModelError, match="needs optuna, which is not installed. Install it: pip install"):
        run(tables, tmp_path, config())


def test_a_single_fold_is_tested_as_under_all_folds(tables, tmp_path):
    every = fit_run(tables, tmp_path, FitConfig(model="knn", split=SplitConfig(folds=4)), n_jobs=1)
    one = fit_run(tables, tmp_path, FitConfig(model="knn", split=SplitConfig(folds=4, only=3)), n_jobs=1)
    assert one.manifest.protocol == "track fold 3 of 4"
    assert one.manifest.protocol_settings["only"] == 3
    assert "only" not in every.manifest.protocol_settings
    assert one.scores["mean"].metrics.n == 12
    from gtzan_features.tables.run_folder import read_run

    both = [read_run(r.folder).predictions.frame.drop(columns="fold") for r in (every, one)]
    some = both[0][both[0]["track_id"].isin(set(both[1]["track_id"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, both[1])
    assert json.loads((one.folder / "manifest.json").read_text())["n_folds"] == 1


def journal_of(folder):
    (found,) = folder.glob("*.journal")
    return found


def test_a_killed_search_is_gone_on_with(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # relative names, as on the command line
    words = ["tune", "knn", "--tables", str(tables), "--holdout", "0.25", "--studies", "s", "-j", "1"]
    command = [sys.executable, "-m", "gtzan_cli", *words]
    killed = subprocess.Popen([*command, "--trials", "500"], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 300
        while sum(path.stat().st_size for path in tmp_path.glob("s/*.journal")) < 9000:
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        killed.kill()
        killed.wait()
    journal = journal_of(tmp_path / "s")
    Path(f"{journal}.lock").symlink_to(Path("s", journal.name))  # as optuna's own lock stays
    with journal.open("ab") as file:
        file.write(b'{"op_code": 8, "worker')  # as a kill in the middle of a line leaves it
    done = subprocess.run([*command, "--trials", "1", "--json"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["trials"]) >= 2
    assert list((tmp_path / "s").iterdir()) == [journal]


def test_a_study_is_searched_by_one_command_at_a_time(tables, tmp_path):
    run(tables, tmp_path, config(trials=1))
    with output_lock(journal_of(tmp_path)), pytest.raises(OutputLockedError, match="is being written by"):
        run(tables, tmp_path, config(trials=2))
    assert len(run(tables, tmp_path, config(trials=2)).trials) == 3


def test_a_damaged_journal_is_one_clear_line(tables, tmp_path):
    run(tables, tmp_path, config(trials=1))
    journal = journal_of(tmp_path)
    for damage in (b"no json\n", b'{"op_code": 99}\n', b"{}\n"):
        journal.write_bytes(damage + journal.read_bytes())
        with pytest.raises(ModelError, match="is damaged and cannot be gone on with. Remove it"):
            run(tables, tmp_path, config(trials=2))


@pytest.mark.parametrize("change", ["versions", "defaults"])
def test_other_versions_or_defaults_have_a_study_of_their_own(tables, tmp_path, monkeypatch, change):
    run(tables, tmp_path, config(trials=1))
    if change == "versions":
        monkeypatch.setattr(environment, "model_versions", lambda: {"scikit-learn": "0"})
    else:
        other = dataclasses.replace(MODELS["knn"], defaults={**MODELS["knn"].defaults, "n_neighbors": 3})
        monkeypatch.setitem(MODELS, "knn", other)
    run(tables, tmp_path, config(trials=1))
    assert len(list(tmp_path.glob("*.journal"))) == 2
