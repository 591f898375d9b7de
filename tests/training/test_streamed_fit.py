"""Fits in batches against fits in memory: the same runs, whatever the batches, shards and order of rows."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gtzan_cli.main import run
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import ModelError, TableError
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.models.applying.load import load_model
from gtzan_features.models.registry import MODELS
from gtzan_features.models.words import STREAMED
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables import column_cache, memory
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.run_folder import read_run
from gtzan_features.tables.table_files import ShardFile, table_hash, write_shard_list
from gtzan_features.training import streamed_table
from gtzan_features.training.announced import announced
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.streamed_fit import prepare_streamed
from gtzan_features.training.streamed_table import read_streamed
from tests.conftest import make_several_table, make_table, save_table

HOLDOUT = SplitConfig(protocol="track", holdout=0.25)
FOLDS = SplitConfig(protocol="track", folds=2)
SAME_FILES = ("range.json", "level.json", "unlike.json", "unlike.npz")


def config(model="lda", split=FOLDS, **more):
    return FitConfig(model=model, split=split, **more)


def both(tables, root, wanted):
    """Runs of one fit in memory and in batches."""
    return [
        read_run(fit_run(tables, root, replace(wanted, stream=stream), n_jobs=1).folder)
        for stream in (False, True)
    ]


def difference(one, other):
    keys = ["track_id", "segment", "fold", "genre"]
    pd.testing.assert_frame_equal(one.predictions.frame[keys], other.predictions.frame[keys])
    return np.abs(one.predictions.probabilities - other.predictions.probabilities).max()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    root = tmp_path_factory.mktemp("plain")
    save_table(root, make_table(3, 12, 3, track_spread=1.0))
    return root


@pytest.mark.parametrize(
    ("model", "given", "bound"),
    [
        ("lda", (), 1e-9),
        ("lda", ("scaling=standard", "shrinkage=0.2", "balance=False"), 1e-9),
        ("logistic-regression", (), 1e-4),
        ("logistic-regression", ("scaling=rank", "C=0.1"), 1e-4),
        ("xgboost", ("n_estimators=5",), 0),
        ("xgboost", ("n_estimators=40", "learning_rate=0.5", "early_stopping_rounds=3"), 0),
    ],
    ids=["lda", "lda-standard", "logistic", "logistic-rank", "xgboost", "xgboost-stopped"],
)
def test_a_fit_in_batches_is_the_fit_in_memory(model, given, bound, plain, tmp_path):
    held, streamed = both(plain, tmp_path, config(model, settings=given))
    assert difference(held, streamed) <= bound
    assert held.metrics["train_accuracy"] == pytest.approx(streamed.metrics["train_accuracy"], abs=0.02)
    assert (held.folder / "split.csv").read_bytes() == (streamed.folder / "split.csv").read_bytes()
    for name in SAME_FILES:
        files = [one.folder / "model" / name for one in (held, streamed)]
        assert files[0].exists() == files[1].exists()
        assert not files[0].exists() or files[0].read_bytes() == files[1].read_bytes(), name
    models = [load_model(one.folder / "model") for one in (held, streamed)]
    assert models[0].card.columns == models[1].card.columns
    rows = read_table(plain / "kaggle-3s.parquet").values()
    found = [one.estimator.predict_proba(rows) for one in models]
    assert np.abs(found[0] - found[1]).max() <= max(bound, 1e-6)
    assert streamed.manifest.streamed
    assert streamed.manifest.command.endswith(" --stream")
    assert streamed.manifest.run_id != held.manifest.run_id
    assert (held.manifest.n_rows, held.manifest.n_tracks) == (streamed.manifest.n_rows, 36)


def test_two_genres_artists_and_tracks_without_a_genre_are_divided_alike(tmp_path):
    table = make_table(3, 12, 3, track_spread=1.0)
    frame = table.frame.assign(artist=table.frame["track_id"].str[-1])
    frame["genre"] = frame["genre"].where(frame["genre"] != "genre1", "")
    # Two tracks that are copies of each other, and one whose rows come backwards.
    frame.loc[3:5, table.feature_names] = frame.loc[0:2, table.feature_names].to_numpy()
    frame = pd.concat([frame.iloc[6:9][::-1], frame.drop(index=[6, 7, 8])], ignore_index=True)
    save_table(tmp_path / "t", replace(table, frame=frame))
    for model, bound in (("lda", 1e-9), ("logistic-regression", 1e-4), ("xgboost", 0)):
        split = SplitConfig(protocol="artist", folds=2)
        given = ("n_estimators=4",) if model == "xgboost" else ()
        held, streamed = both(tmp_path / "t", tmp_path / "r", config(model, split, settings=given))
        assert difference(held, streamed) <= bound
        assert (held.folder / "split.csv").read_bytes() == (streamed.folder / "split.csv").read_bytes()
        assert held.manifest.n_rows == streamed.manifest.n_rows == 72


def shards(path, table: pa.Table, cuts):
    """Write a table as a folder of shards that end at `cuts`."""
    path.mkdir()
    ends = sorted({0, table.num_rows, *(cut % table.num_rows for cut in cuts)})
    listed = []
    for number, (start, stop) in enumerate(itertools.pairwise(ends)):
        file = path / f"{number:05d}.parquet"
        pq.write_table(table.slice(start, stop - start), file, row_group_size=7)
        listed.append(
            ShardFile(
                name=file.name, n_rows=stop - start, n_bytes=file.stat().st_size, sha256=table_hash(file)
            )
        )
    write_shard_list(path, listed)


@given(
    seed=st.integers(0, 99),
    cuts=st.lists(st.integers(1, 200), max_size=4),
    values=st.integers(1, 2000),
    shuffled=st.booleans(),
    open_values=st.sampled_from([1 << 26, 400]),
)
@settings(max_examples=8, deadline=None)
def test_batches_shards_and_the_order_of_rows_do_not_matter_for_lda(
    seed, cuts, values, shuffled, open_values, tmp_path_factory
):
    root = tmp_path_factory.mktemp("cut")
    rng = np.random.default_rng(seed)
    table = make_table(2, 8, 3, track_spread=1.0, seed=seed)
    save_table(root / "whole", table)
    arrow = pq.read_table(root / "whole" / "kaggle-3s.parquet")
    order = rng.permutation(arrow.num_rows) if shuffled else np.arange(arrow.num_rows)
    (root / "cut").mkdir()
    shards(root / "cut" / "kaggle-3s.parquet", arrow.take(pa.array(order)), cuts)
    held = fit_run(root / "whole", root / "runs", config(split=HOLDOUT), n_jobs=1).folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(column_cache, "BATCH_VALUES", values)
        patch.setattr("gtzan_features.training.streamed_table.BATCH_VALUES", values)
        patch.setattr("gtzan_features.models.streaming.moments.OPEN_VALUES", open_values)
        streamed = fit_run(root / "cut", root / "runs", config(split=HOLDOUT, stream=True), n_jobs=1).folder
    assert difference(read_run(held), read_run(streamed)) < 1e-8


def test_more_batches_move_the_bounds_of_xgboosts_bins_but_little(tmp_path, monkeypatch):
    save_table(tmp_path / "t", make_table(3, 40, 10, track_spread=1.0))
    wanted = config("xgboost", HOLDOUT, settings=("n_estimators=20", "subsample=1.0", "colsample_bytree=1.0"))
    held = read_run(fit_run(tmp_path / "t", tmp_path / "r", wanted, n_jobs=1).folder)
    monkeypatch.setattr("gtzan_features.models.streaming.boosted_trees.BATCH_BYTES", 4 * 10 * 100)
    streamed = fit_run(tmp_path / "t", tmp_path / "r", replace(wanted, stream=True), n_jobs=1).folder
    one, other = held.predictions, read_run(streamed).predictions
    same = one.probabilities.argmax(axis=1) == other.probabilities.argmax(axis=1)
    assert same.mean() > 0.95
    assert np.abs(one.probabilities - other.probabilities).mean() < 0.02


def test_a_table_that_memory_does_not_hold_is_streamed_by_itself(plain, tmp_path, monkeypatch):
    path = plain / "kaggle-3s.parquet"
    monkeypatch.setattr(memory, "available_bytes", lambda: memory.needed_bytes(path) - 1)
    done = fit_run(plain, tmp_path, config("lda"), n_jobs=1)
    assert done.manifest.streamed
    with pytest.raises(
        TableError, match=r"more memory; or fit xgboost or logistic-regression or lda.*--stream"
    ):
        fit_run(plain, tmp_path, config("svm"), n_jobs=1)
    with pytest.raises(TableError, match="takes"):
        fit_run(plain, tmp_path, config("lda", settings=("families=auto",)), n_jobs=1)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (
            config("svm"),
            "svm needs all rows in memory. Models that do not: xgboost, logistic-regression, lda",
        ),
        (config("mlp", scale="mel"), "mlp needs"),
        (config(settings=("families=auto",)), "families=auto is not chosen in batches"),
        (config("xgboost", settings=("calibrate=True",)), "calibrate=True is not done in batches"),
        (config(augment=("noise",)), "copies by --augment are not read in batches"),
        (config(split=SplitConfig(protocol="segment"), allow_leak=True), "a leaked protocol is there to"),
        (config("logistic-regression", settings=("solver=saga",)), "a fit in batches takes C, .*no solver"),
    ],
)
def test_what_is_not_done_in_batches_is_refused_in_one_line(wanted, says, plain, tmp_path):
    with pytest.raises(ModelError, match=says):
        fit_run(plain, tmp_path, replace(wanted, stream=True), n_jobs=1)
    assert not list(tmp_path.iterdir())


def test_several_labels_a_track_are_refused(tmp_path):
    save_table(tmp_path, make_several_table())
    with pytest.raises(ModelError, match="several labels, which are not fitted in batches"):
        fit_run(tmp_path, tmp_path / "runs", config(stream=True), n_jobs=1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.assign(genre=f["genre"].where(f.index != 4, "other")), "more than one genre"),
        (lambda f: f.assign(segment=0), "segment 0 of 'genre0/track00' twice"),
        (
            lambda f: f.assign(tempo=f["tempo"].where(f.index != 4, np.nan)),
            "column tempo of track genre0/track0",
        ),
    ],
    ids=["genres", "twice", "finite"],
)
def test_a_table_that_is_refused_in_memory_is_refused_in_batches(change, says, tmp_path):
    table = make_table(2, 4, 3)
    save_table(tmp_path, replace(table, frame=change(table.frame)))
    for read in (read_table, lambda path: read_streamed(path, tmp_path)):
        with pytest.raises(TableError, match=says):
            read(tmp_path / "kaggle-3s.parquet")


def test_some_families_of_the_columns_are_streamed(plain, tmp_path):
    held, streamed = both(plain, tmp_path, config(feature_set="kaggle:timbre"))
    assert difference(held, streamed) < 1e-9
    assert held.manifest.feature_fingerprint == streamed.manifest.feature_fingerprint


def test_the_command_streams_reports_and_leaves_no_temporary_file(plain, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    # What a killed command left, which holds no lock any more.
    (tmp_path / "tmp" / "gtzan-fit-killed").mkdir()
    words = ["fit", "lda", "--stream", "--holdout", "0.25", "--tables", str(plain)]
    assert run([*words, "--runs", str(tmp_path / "runs")]) == 0
    assert "lda, track 75/25: 1 fit, in batches." in capsys.readouterr().err
    assert not list((tmp_path / "tmp").iterdir())
    report(tmp_path / "runs", tmp_path / "report")
    assert "lda" in (tmp_path / "report" / "accuracy.md").read_text(encoding="utf-8")


def test_a_disk_without_room_is_refused_before_anything_is_read(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(column_cache.shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(
        TableError, match="100|0.0 GB are free. Name a larger disk in the environment variable"
    ):
        read_streamed(plain / "kaggle-3s.parquet", tmp_path)


def test_a_table_that_is_replaced_while_batches_are_read_is_refused(plain, tmp_path, monkeypatch):
    """Its hash would be that of another table than the one that was fitted."""
    path = shutil.copyfile(plain / "kaggle-3s.parquet", tmp_path / "kaggle-3s.parquet")
    real = streamed_table.record_batches

    def replaced_meanwhile(*words, **more):
        yield from real(*words, **more)
        save_table(tmp_path, make_table(seed=5))

    monkeypatch.setattr(streamed_table, "record_batches", replaced_meanwhile)
    with pytest.raises(TableError, match="was replaced while it was read. Give the command once more"):
        read_streamed(path, tmp_path)


def test_what_is_announced_counts_rows_and_not_tracks(plain, tmp_path):
    prepared = prepare_streamed(plain, config(stream=True), tmp_path)
    first, second = announced(prepared)
    assert "36 tracks" in first
    assert "108 rows of 3s" in first
    assert second.startswith("lda, track 2-fold: 3 fits, in batches.")


def test_the_list_of_models_says_which_can():
    assert {name for name, spec in MODELS.items() if spec.streamed is not None} == set(STREAMED)


def test_a_folder_of_shards_needs_the_memory_of_its_rows(plain, tmp_path):
    shards(tmp_path / "t.parquet", pq.read_table(plain / "kaggle-3s.parquet"), [10, 40])
    needed = memory.needed_bytes(plain / "kaggle-3s.parquet")
    assert memory.needed_bytes(tmp_path / "t.parquet") == needed > 0


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "segment", "given", "bound"),
    [
        ("lda", 3.0, (), 1e-9),
        ("lda", 30.0, (), 1e-9),
        ("logistic-regression", 30.0, (), 1e-4),
        ("xgboost", 30.0, ("n_estimators=20",), 0),
    ],
)
def test_kaggles_columns_are_fitted_alike(model, segment, given, bound, real_material, tmp_path):
    import_csv(real_material / "features" / f"features_{segment:.0f}_sec.csv", tmp_path)
    wanted = config(model, HOLDOUT, settings=given, segment=SegmentConfig(segment))
    held, streamed = both(tmp_path, tmp_path / "runs", wanted)
    assert difference(held, streamed) <= bound
    found = [one.predictions.probabilities.argmax(axis=1) for one in (held, streamed)]
    np.testing.assert_array_equal(*found)
    for name in SAME_FILES:
        assert (held.folder / "model" / name).read_bytes() == (streamed.folder / "model" / name).read_bytes()
