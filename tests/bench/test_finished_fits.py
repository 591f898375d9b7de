from __future__ import annotations

import pytest

from gtzan_features.bench import accuracy
from gtzan_features.bench.accuracy import Folders, bench_tables
from gtzan_features.bench.config import BenchConfig
from gtzan_features.bench.finished_fits import Done, add_seconds, finished_fits, read_done, write_done
from gtzan_features.config import SplitConfig
from gtzan_features.errors import OutputLockedError
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reports.ablation import PAGE
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.run_folder import MANIFEST, PREDICTIONS
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.fit_key import fit_key


@pytest.mark.parametrize("seconds", [3.4967, 2.5, 0.004999, 1e-9, 0.1 + 0.2])
def test_a_run_that_computes_nothing_gives_the_sum_of_the_one_before(tmp_path, seconds):
    first = add_seconds(tmp_path, "extract-kaggle", seconds)
    assert first == pytest.approx(seconds, abs=0.005)
    assert [add_seconds(tmp_path, "extract-kaggle", 0.0) for _ in range(2)] == [first, first]


def test_steps_have_sums_of_their_own(tmp_path):
    assert [add_seconds(tmp_path, step, 1.25) for step in ("a", "b", "a")] == [1.25, 1.25, 2.5]


def test_a_fit_is_finished_as_long_as_its_run_is_the_one_that_was_made(tables, tmp_path):
    """The name of a run does not tell versions: one that was made again by others is another."""
    runs, config = tmp_path / "runs", FitConfig(model="majority", split=SplitConfig(holdout=0.25))
    key = fit_key(config, {"tables": ("a",)})
    folder = fit_run(tables, runs, config, n_jobs=1, keep_model=False).folder
    done = Done(run=folder.name, seconds=1.5)
    assert read_done(runs, key) is None
    write_done(runs, key, done)
    assert read_done(runs, key) == done
    assert read_done(runs, fit_key(config, {"tables": ("b",)})) is None
    for name in (PREDICTIONS, MANIFEST):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-5])
        assert read_done(runs, key) is None
        (folder / name).write_bytes(content.replace(b"numpy", b"Numpy") if name == MANIFEST else content)
    assert read_done(runs, key) is None


@pytest.mark.parametrize("taken", [lambda f: finished_fits(f.runs).folder, lambda f: f.out / PAGE])
def test_a_second_measurement_is_refused_before_it_fits(tables, tmp_path, monkeypatch, taken):
    folders = Folders(tables=tables, runs=tmp_path / "runs", out=tmp_path / "out")
    monkeypatch.setattr(accuracy, "fit_run", None)
    config = BenchConfig(models=("majority",), feature_sets=("kaggle",), protocols=("track",))
    with output_lock(taken(folders)), pytest.raises(OutputLockedError, match="Wait for it to end"):
        bench_tables(folders, config, n_jobs=1)
