from __future__ import annotations

import shlex

import numpy as np
import pytest

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import SplitError, TableError
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reports import protocols
from gtzan_features.training.divide import divide
from gtzan_features.training.fit_config import FitConfig, TuneConfig
from gtzan_features.training.load_rows import open_fittable
from gtzan_features.training.tune import tune
from tests.conftest import make_spectrograms, make_table, save_spectrograms, save_table


def small_tables(folder, n_tracks=7, only_one="genre2"):
    """A table with a genre of one track."""
    table = make_table(n_tracks=n_tracks, n_segments=2)
    frame = table.frame
    gone = frame["genre"].eq(only_one) & ~frame["track_id"].str.endswith("track00")
    save_table(folder, table.take((~gone).to_numpy().nonzero()[0]))
    return folder


def majority(folder, **split):
    return fit_run(folder, folder / "runs", FitConfig(model="majority", split=SplitConfig(**split)), n_jobs=1)


def test_a_run_says_the_folds_that_there_are(tmp_path):
    save_table(tmp_path, make_table(n_tracks=7))
    result = majority(tmp_path)
    manifest = result.manifest
    assert result.notes == ("7 folds: genre0 has 7 tracks",)
    assert (manifest.protocol, manifest.n_folds) == ("track 7-fold", 7)
    assert manifest.protocol_settings["folds"] == 7
    assert "track-7-fold" in result.folder.name
    assert shlex.split(manifest.command)[-4:-2] == ["--folds", "7"]
    assert majority(tmp_path, folds=7).folder == result.folder
    assert protocols.tested_on(manifest).folds == 7


def test_min_tracks_leaves_small_genres_out_and_says_so(tmp_path):
    small_tables(tmp_path)
    with pytest.raises(SplitError, match="genre2 has 1 track.*--min-tracks 2"):
        majority(tmp_path)
    result = majority(tmp_path, min_tracks=2)
    assert result.notes == ("left out: genre2 (1 track)", "7 folds: genre0 has 7 tracks")
    assert result.manifest.genres == ("genre0", "genre1", "genre3")
    assert result.manifest.n_tracks == 21
    assert "--min-tracks 2" in result.manifest.command
    assert result.manifest.protocol == "track 7-fold, min tracks 2"
    named = protocols.tested_by_name(result.manifest.protocol)
    assert (named.kind, named.folds, named.is_whole) == ("track", 7, True)
    assert result.metrics.n == 21


def test_min_tracks_that_leaves_nothing_out_changes_nothing(tmp_path):
    save_table(tmp_path, make_table())
    assert majority(tmp_path, min_tracks=5).folder == majority(tmp_path).folder


def test_tuning_has_the_folds_that_there_are(tmp_path):
    pytest.importorskip("optuna")
    small_tables(tmp_path)
    config = FitConfig(model="knn", split=SplitConfig(min_tracks=2))
    found = tune(tmp_path, tmp_path / "studies", TuneConfig(fit=config, trials=1), n_jobs=1)
    assert found.notes == ("left out: genre2 (1 track)", "7 folds: genre0 has 7 tracks")
    assert "--folds 7 --fold 1 --min-tracks 2" in found.command


def test_genres_of_spectrograms_are_left_out_likewise(tmp_path):
    save_spectrograms(tmp_path, make_spectrograms(n_tracks=4))
    opened = open_fittable(tmp_path, "spectrogram-mel", "3s")
    some = opened.of_genres({"genre0", "genre2"})
    rows = opened.data.rows["genre"].isin(["genre0", "genre2"]).to_numpy()
    assert (opened.data.X[rows] == some.data.X).all()
    assert some.table.values().shape == some.data.X.shape
    assert [some.data.genres[i] for i in some.data.y] == some.data.rows["genre"].tolist()
    assert set(some.data.copies.index) == set(some.data.rows["track_id"])


def test_an_empty_table_is_said_in_a_sentence(tmp_path):
    save_table(tmp_path, make_table(segment="30s").take(np.array([], dtype=np.int64)))
    with pytest.raises(TableError, match="holds no rows: no track was long enough for a row of 30s"):
        open_fittable(tmp_path, "kaggle", SegmentConfig(30.0).name)


def test_division_is_of_the_rows_that_are_left(tmp_path):
    small_tables(tmp_path)
    opened, split = divide(open_fittable(tmp_path, "kaggle", "3s"), SplitConfig(min_tracks=3))
    assert set(split.frame["track_id"]) == set(opened.data.rows["track_id"])
    assert len(opened.table.frame) == len(opened.data.X)
