"""What a model is explained by: rows that it was not fitted on, or words that say so."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import GtzanError
from gtzan_features.models.applying.load import load_model
from gtzan_features.prediction import held_out as module
from gtzan_features.prediction.explain import picture_path
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.prediction.held_out import held_out
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.run_folder import MANIFEST, MODEL, read_run
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.load_rows import open_fittable
from tests.conftest import make_table, save_table

RUNS = {
    "folds": {"split": SplitConfig(folds=3)},
    "one fold": {"split": SplitConfig(folds=3, only=2)},
    "holdout": {"split": SplitConfig(holdout=0.25)},
    "final": {"split": SplitConfig(holdout=0.25), "final": True},
    "leaked": {"split": SplitConfig(protocol="segment", folds=3), "allow_leak": True},
    "leaked holdout": {"split": SplitConfig(protocol="segment", holdout=0.3), "allow_leak": True},
}


def fitted(tables, runs, kind, model="logistic-regression"):
    return fit_run(tables, runs, FitConfig(model=model, **RUNS[kind]), n_jobs=1).folder


def measured(folder, tables):
    run = read_run(folder)
    opened = open_fittable(tables, run.manifest.feature_set, run.manifest.segment)
    return held_out(run, load_model(folder / MODEL), opened, tables), opened


@pytest.mark.parametrize("kind", RUNS)
def test_the_measured_rows_are_none_that_the_model_was_fitted_on(tables, tmp_path, monkeypatch, kind):
    folder = fitted(tables, tmp_path / "runs", kind)
    fits = []
    plain = module.fit_fold
    monkeypatch.setattr(module, "fit_fold", lambda fold, job: fits.append(fold) or plain(fold, job))
    found, opened = measured(folder, tables)
    assert found.rows.size
    # The stored model serves where it was fitted on a training part alone; no other fit is paid for.
    assert len(fits) == (kind in ("folds", "final", "leaked"))
    rows = opened.data.rows
    split = [line.split(",") for line in (folder / "split.csv").read_text().splitlines()[1:]]
    if kind == "holdout":
        trained = {track for track, _, _, role in split if role == "train"}
    elif fits:
        trained = set(rows["track_id"].iloc[fits[0].train])
        assert not set(fits[0].train) & set(found.rows)
    else:
        trained = {track for track, _, _, role in split if role == "train"}
    shared = trained & set(rows["track_id"].iloc[found.rows])
    assert bool(shared) is kind.startswith("leaked")
    assert ("LEAKED" in found.words) is bool(shared)
    assert ("never saw" in found.words) is (kind in ("one fold", "holdout"))
    assert ("fitted anew" in found.words) is (kind in ("folds", "final"))


def test_what_counts_is_measured_though_the_model_knows_its_rows_by_heart(tables, tmp_path):
    folder = fitted(tables, tmp_path / "runs", "folds", "knn")
    found, opened = measured(folder, tables)
    right = (
        found.estimator.predict_proba(opened.data.X[found.rows]).argmax(1) == opened.data.y[found.rows]
    ).mean()
    of_fold = read_run(folder).predictions.frame.query("fold == 0")
    said = of_fold.filter(like="p_").to_numpy().argmax(1) == np.searchsorted(
        opened.data.genres, of_fold["genre"].to_numpy(dtype=str)
    )
    assert right == pytest.approx(said.mean())  # as the run itself has it for this fold
    table = explain_model(folder, tables).table
    assert any(row[1] not in ("+0.0", "-0.0", "0.0") for row in table.rows)


def change_rows(folder):
    save_table(folder, make_table(n_tracks=11))


def change_genres(folder):
    save_table(folder, make_table(n_genres=3))


def change_segments(folder):
    save_table(folder, make_table(n_segments=4))


@pytest.mark.parametrize("kind", ["folds", "holdout", "final"])
@pytest.mark.parametrize("change", [change_rows, change_genres, change_segments])
def test_a_table_that_changed_since_the_fit_is_named(tables, tmp_path, kind, change):
    folder = fitted(tables, tmp_path / "runs", kind)
    change(tables)
    with pytest.raises(GtzanError, match=r"changed since the fit|genres"):
        explain_model(folder, tables)
    assert not (tmp_path / "x.png").exists()


def test_a_table_with_the_same_rows_that_was_written_anew_is_told(tables, tmp_path):
    folder = fitted(tables, tmp_path / "runs", "holdout")
    save_table(tables, make_table(seed=1))
    found, _ = measured(folder, tables)
    assert found.words.endswith("; the table was written anew since the fit")


def test_manifests_of_older_versions_are_explained_too(tables, tmp_path):
    folder = fitted(tables, tmp_path / "runs", "folds")
    content = json.loads((folder / MANIFEST).read_text())
    content["protocol_settings"] = {}
    del content["final"]
    (folder / MANIFEST).write_text(json.dumps(content))
    found, _ = measured(folder, tables)
    assert "first of 3 folds" in found.words


def test_pictures_are_named_by_song_and_by_run(tmp_path):
    run, other = tmp_path / "runs" / "a", tmp_path / "runs" / "b"
    songs = [
        tmp_path / "cd1" / "song.mp3",
        tmp_path / "cd2" / "song.mp3",
        tmp_path / "cd1" / "song.wav",
        None,
    ]
    songs.append(tmp_path / ("é" * 125 + "long"))
    names = {picture_path(tmp_path, r, song) for r in (run, other) for song in songs}
    assert len(names) == 2 * len(songs)
    assert all(len(path.name.encode()) < 220 for path in names)
    assert picture_path(tmp_path, run, songs[0]).name.startswith("explain-song.mp3-a-")


@pytest.mark.parametrize("folder", ["-tables", "my tables", "it's $HOME", "plain", "--help"])
def test_the_command_of_a_run_is_read_back_as_it_was_meant(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    save_table(Path(folder), make_table(n_tracks=4, n_segments=1, segment="30s"))
    config = FitConfig(model="knn", segment=SegmentConfig(30.0), split=SplitConfig(folds=2))
    words = shlex.split(fit_run(Path(folder), Path("-runs"), config, n_jobs=1).manifest.command)
    given = words[words.index("--tables") + 1]
    assert Path(given) == Path(folder)
    assert not given.startswith("-")
