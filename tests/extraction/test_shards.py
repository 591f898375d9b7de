"""Tables that are folders of shards: planned, computed in slices, interrupted, merged."""

from __future__ import annotations

import os
import pickle
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features.config import SegmentConfig, Selection, SpectrogramConfig
from gtzan_features.errors import ConfigError, OutputLockedError, TableError
from gtzan_features.extraction import row_cache
from gtzan_features.extraction.csv_exchange import export_table
from gtzan_features.extraction.data_set import _DataSet, _Jobs
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.merge import merge
from gtzan_features.extraction.row_options import Extraction, RowSettings, chosen_catalogue
from gtzan_features.extraction.shard_task import compute_shard
from gtzan_features.extraction.shards import Plan, Slice, shard_count
from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms
from gtzan_features.tables import atomic
from gtzan_features.tables.feature_tables import locate_table, read_table
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.spectrograms import read_any_table
from gtzan_features.tables.status_table import read_status
from gtzan_features.tables.table_files import MANIFEST, read_shard_list, table_files
from gtzan_features.training.load_rows import read_fittable
from tests.conftest import SR, tone

LENGTHS = (SegmentConfig(1.0), SegmentConfig(2.0))
FEATURES = ExtractConfig(segments=LENGTHS)
PICTURES = SpectrogramRecipe(spectrograms=SpectrogramConfig(n_bands=16), segments=LENGTHS)
KINDS = {"features": (extract, FEATURES), "pictures": (spectrograms, PICTURES)}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nothing waits for the disk, and kernels are loaded once."""
    monkeypatch.setattr(atomic, "flush", lambda _: None)
    for recipe in (ExtractConfig, SpectrogramRecipe):
        monkeypatch.setattr(recipe, "prepare", lambda *_, **__: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two genres of three tracks of 2 to 3 s, one too short for rows of 2 s, a silent and a damaged one."""
    root = tmp_path_factory.mktemp("made") / "music"
    for g, genre in enumerate(("calm", "loud")):
        (root / genre).mkdir(parents=True)
        for i in range(3):
            y = tone(2.1 + 0.4 * i, 220.0 * (g + 1) + 20 * i, seed=10 * g + i)
            soundfile.write(root / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    soundfile.write(root / "calm" / "calm.short.wav", tone(1.5, 300), SR, subtype="PCM_16")
    soundfile.write(root / "loud" / "loud.silent.wav", np.zeros(2 * SR), SR)
    (root / "loud" / "loud.text.wav").write_text("no music")
    return root


@pytest.fixture(scope="module")
def usual(made, tmp_path_factory):
    """The same as one file a table."""
    out = tmp_path_factory.mktemp("usual")
    extract(made, out, FEATURES, n_jobs=1)
    return out


@pytest.fixture
def songs(made, tmp_path):
    """A copy that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "music"))


def tables(out: Path) -> dict[str, bytes]:
    """The bytes of all tables: of files, and of all files of folders."""
    found = {}
    for path in sorted(out.glob("*.parquet")):
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            found[str(file.relative_to(out))] = file.read_bytes()
    return found


def merged(out: Path) -> dict[str, bytes]:
    merge(out, layout="file")
    return tables(out)


# --- the plan


@pytest.mark.parametrize("n_files", [1, 9, 64, 1000, 32_001, 1_000_003])
@pytest.mark.parametrize("slices", [1, 3, 64, 2500])
@pytest.mark.parametrize("most", [0, 1, 700])
def test_every_file_is_in_one_shard_and_every_shard_in_one_slice(n_files, slices, most):
    if most == 1 and n_files > 1000:
        return
    count = shard_count(n_files, most, slices)
    plan = Plan(n_files=n_files, count=count, slices=slices, digits="")
    sizes = [len(plan.files(number)) for number in range(count)]
    assert sum(sizes) == n_files
    assert max(sizes) <= (most or 500)
    assert max(sizes) - min(sizes) <= 1
    assert plan.files(0).start == 0
    assert all(plan.files(a).stop == plan.files(a + 1).start for a in range(count - 1))
    parts = [plan.slice_of(number) for number in range(count)]
    assert parts == sorted(parts)
    assert set(parts) == set(range(1, slices + 1))


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/2", "1.5/4"])
def test_what_is_no_slice_is_said(text):
    with pytest.raises(ConfigError, match="is no slice.*--shard 17/400"):
        Slice.parse(text)


# --- the same rows


@pytest.mark.parametrize(
    "options", [{"n_jobs": 1}, {"n_jobs": 2, "shard_files": 4}, {"n_jobs": 1, "shard_files": 50}]
)
def test_a_data_set_is_the_table_of_one_file(made, usual, tmp_path, options):
    out = tmp_path / "t"
    done = extract(made, out, FEATURES, layout="shards", **options)
    assert done.counts == {"ok": 7, "silent": 1, "corrupt": 1}
    assert {one.track_id for one in done.skipped} == {"loud.silent", "loud.text"}
    assert done.genres_with_rows == {"calm": 4, "loud": 3}
    assert (done.n_notes, [one.track_id for one in done.notes]) == (1, ["calm.short"])
    for name in ("kaggle-1s.parquet", "kaggle-2s.parquet"):
        assert (out / name).is_dir()
        one, other = read_table(usual / name), read_table(out / name)
        pd.testing.assert_frame_equal(one.frame, other.frame)
        assert one.meta == other.meta
        assert locate_table(out, "kaggle", name[7:9]) == out / name
    pd.testing.assert_frame_equal(read_status(usual / "status.parquet"), read_status(out / "status.parquet"))
    assert not (out / ".shards").exists()
    before = tables(out)
    again = extract(made, out, FEATURES, layout="shards", **options)
    assert (again.n_reused, again.n_computed, again.counts) == (9, 0, done.counts)
    assert tables(out) == before
    assert merged(out) == tables(usual)


@pytest.mark.parametrize("count", [2, 13])
def test_any_slicing_gives_the_bytes_of_one_file(made, usual, tmp_path, count):
    for number in sorted(range(1, count + 1), key=lambda number: number * 7 % 13):
        done = extract(made, tmp_path, FEATURES, n_jobs=1, part=Slice(number, count))
        assert done.part == f"{number}/{count}"
        assert not done.fault
        assert not list(tmp_path.glob("*.parquet"))
    assert {one.shards for one in merge(tmp_path)} == {0}
    assert tables(tmp_path) == tables(usual)


def test_after_a_merge_an_extraction_finds_the_rows(made, usual, tmp_path):
    for prune, reused in ((False, 7), (True, 0)):  # nothing is kept of two that cannot be used
        out = tmp_path / str(prune)
        extract(made, out, FEATURES, n_jobs=1, part=Slice(1, 1))
        merge(out, prune=prune)
        again = extract(made, out, FEATURES, n_jobs=1)
        assert again.n_reused == reused
        assert tables(out) == tables(usual)


def test_spectrograms_likewise(made, tmp_path):
    spectrograms(made, tmp_path / "one", PICTURES, n_jobs=1)
    spectrograms(made, tmp_path / "many", PICTURES, n_jobs=1, layout="shards", shard_files=2)
    name = "spectrogram-mel-1s.parquet"
    one, many = read_any_table(tmp_path / "one" / name), read_any_table(tmp_path / "many" / name)
    np.testing.assert_array_equal(one.codes, many.codes)
    assert merged(tmp_path / "many") == tables(tmp_path / "one")


def test_a_record_is_small_and_rows_stay_where_they_are(made, tmp_path):
    settings = RowSettings(n_jobs=1, layout="shards", shard_files=1)
    catalogue = chosen_catalogue(made, settings)
    data_set = _DataSet(Extraction(recipe=FEATURES, catalogue=catalogue, out=tmp_path, settings=settings))
    data_set.folder.open(data_set.work.tables)
    record = compute_shard(_Jobs(data_set, [0])[0], data_set.work)
    assert len(pickle.dumps(record)) < 1000
    assert record.n_files == 1


# --- other programs read it


def test_pandas_polars_and_duckdb_read_the_folder_as_it_is(made, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "path,genre,artist\n"
        + "".join(
            f"{p.relative_to(made)},{p.parent.name},{p.stem[-1]}\n" for p in sorted(made.rglob("*.wav"))
        )
    )
    selection = Selection(labels=str(labels))
    for layout in ("file", "shards"):
        extract(made, tmp_path / layout, FEATURES, n_jobs=1, selection=selection, layout=layout)
    expected = pd.read_parquet(tmp_path / "file" / "kaggle-1s.parquet")
    folder = tmp_path / "shards" / "kaggle-1s.parquet"
    names = [one.name for one in table_files(folder)]
    assert names == sorted(names)
    words = ["track_id", "genre", "artist"]

    def same(frame: pd.DataFrame) -> None:
        frame = frame.astype(dict.fromkeys(words, str))
        wanted = expected.astype(dict.fromkeys(words, str))
        keys = ["track_id", "segment"]
        pd.testing.assert_frame_equal(
            frame.sort_values(keys, ignore_index=True)[list(wanted)],
            wanted.sort_values(keys, ignore_index=True),
            check_dtype=False,
        )

    same(pd.read_parquet(folder))
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(folder)
    same(pd.DataFrame(frame.to_dict(as_series=False)))
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql(f"SELECT * FROM '{folder}/*.parquet'").to_arrow_table()
    same(found.to_pandas())


def test_what_follows_extraction_takes_a_folder(made, usual, tmp_path):
    extract(made, tmp_path / "t", FEATURES, n_jobs=1, layout="shards")
    one, other = (read_fittable(folder / "kaggle-1s.parquet") for folder in (usual, tmp_path / "t"))
    np.testing.assert_array_equal(one.data.X, other.data.X)
    assert one.sha256 != other.sha256
    for folder in (usual, tmp_path / "t"):
        export_table(folder, tmp_path / "a.csv", feature_set="kaggle", segment="1s", format_name="kaggle-csv")
        (tmp_path / "a.csv").rename(tmp_path / f"{folder.name}.csv")
    assert (tmp_path / "t.csv").read_bytes() == (tmp_path / f"{usual.name}.csv").read_bytes()


def test_a_damaged_shard_is_one_line_and_the_same_command_mends_it(made, tmp_path):
    extract(made, tmp_path, FEATURES, n_jobs=1, layout="shards")
    before = tables(tmp_path)
    path = table_files(tmp_path / "kaggle-2s.parquet")[2]
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    with pytest.raises(TableError, match=rf"{path.name}: damaged: its SHA-256.*Remove it"):
        read_table(tmp_path / "kaggle-2s.parquet")
    with pytest.raises(TableError, match=f"{path.name}: damaged"):
        merge(tmp_path)
    path.unlink()
    done = extract(made, tmp_path, FEATURES, n_jobs=1, layout="shards")
    assert (done.n_reused, tables(tmp_path)) == (8, before)


# --- what changed


def changed(root: Path, how: str) -> int:
    """Change a folder of music; return how many files must be computed."""
    one = root / "calm" / "calm.1.wav"
    if how == "changed":
        soundfile.write(one, tone(2.3, 400.0, seed=9), SR, subtype="PCM_16")
        return 1
    if how == "added":
        soundfile.write(root / "calm" / "calm.0new.wav", tone(2.3, 400.0, seed=9), SR, subtype="PCM_16")
        return 1
    if how == "removed":
        one.unlink()
    elif how == "renamed":
        one.rename(one.with_name("calm.9.wav"))
        return 1  # its rows lie under another path
    else:
        os.utime(one)
    return 0


@pytest.mark.parametrize("how", ["changed", "added", "removed", "renamed", "touched"])
def test_what_changed_is_computed_and_no_more(songs, tmp_path, monkeypatch, how):
    out = tmp_path / "t"
    extract(songs, out, FEATURES, n_jobs=1, layout="shards", shard_files=3)
    expected = changed(songs, how)
    computed, compute = [], row_cache._compute
    monkeypatch.setattr(
        row_cache, "_compute", lambda *work: (computed.append(work[0].path), compute(*work))[1]
    )
    extract(songs, out, FEATURES, n_jobs=1, layout="shards", shard_files=3, overwrite=True)
    bad = {"loud/loud.text.wav", "loud/loud.silent.wav"}  # nothing of them is kept
    assert len(set(computed) - bad) == expected
    monkeypatch.undo()
    extract(songs, tmp_path / "new", FEATURES, n_jobs=1)
    assert merged(out) == tables(tmp_path / "new")


def test_other_labels_are_other_shards_of_the_same_rows(songs, tmp_path, monkeypatch):
    out, labels = tmp_path / "t", tmp_path / "labels.csv"
    extract(songs, out, FEATURES, n_jobs=1, layout="shards", shard_files=3)
    paths = sorted(songs.rglob("*.wav"))
    labels.write_text(
        "path,genre\n" + "".join(f"{p.relative_to(songs)},g{p.stat().st_size % 3}\n" for p in paths)
    )
    computed, compute = [], row_cache._compute
    monkeypatch.setattr(
        row_cache, "_compute", lambda *work: (computed.append(work[0].path), compute(*work))[1]
    )
    options = {"n_jobs": 1, "selection": Selection(labels=str(labels))}
    done = extract(songs, out, FEATURES, layout="shards", shard_files=3, **options)
    assert set(computed) <= {"loud/loud.text.wav", "loud/loud.silent.wav"}
    assert done.n_computed == 0
    extract(songs, tmp_path / "new", FEATURES, **options)
    assert merged(out) == tables(tmp_path / "new")


def test_another_recipe_is_refused_and_an_interrupted_one_goes_on(made, usual, tmp_path, monkeypatch):
    out = tmp_path / "t"
    calls, compute = [], row_cache._compute

    def interrupted(track, *rest):
        calls.append(track.path)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return compute(track, *rest)

    monkeypatch.setattr(row_cache, "_compute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract(made, out, FEATURES, n_jobs=1, layout="shards", shard_files=3)
    assert not tables(out)
    with pytest.raises(TableError, match=r"3 shards are missing|\d of 3 shards are missing"):
        merge(out)
    done = extract(made, out, FEATURES, n_jobs=1, layout="shards", shard_files=3)
    assert done.n_reused == 4
    assert len(set(calls)) == len(calls) - 1 == 9
    full = replace(FEATURES, features=replace(FEATURES.features, feature_set="kaggle:timbre"))
    extract(made, out, replace(full, segments=LENGTHS[:1]), n_jobs=1, layout="shards")  # a table of its own
    assert set(tables(usual)) < set(merged(out))


# --- several at once


def test_slices_run_side_by_side_and_nothing_else_does(made, tmp_path):
    with output_lock(tmp_path, shared=True):
        extract(made, tmp_path, FEATURES, n_jobs=1, part=Slice(1, 2))
        for one in (partial(extract, made, tmp_path, FEATURES, n_jobs=1), partial(merge, tmp_path)):
            with pytest.raises(OutputLockedError, match="is being written by process"):
                one()
    with output_lock(tmp_path), pytest.raises(OutputLockedError):
        extract(made, tmp_path, FEATURES, n_jobs=1, part=Slice(2, 2))
    with output_lock(tmp_path / ".shards" / "2-of-2"), pytest.raises(OutputLockedError, match="2-of-2"):
        extract(made, tmp_path, FEATURES, n_jobs=1, part=Slice(2, 2))
    with pytest.raises(TableError, match=r"shard 2 is missing of 2. Run: .* --shard 2/2$"):
        merge(tmp_path)
    extract(made, tmp_path, FEATURES, n_jobs=1, part=Slice(2, 2))
    assert merge(tmp_path) == merge(tmp_path)  # the same once more does no harm


def test_a_merge_names_what_is_missing_or_of_other_files(songs, tmp_path):
    with pytest.raises(TableError, match="holds no shards. Make some"):
        merge(tmp_path)
    for number in (1, 3, 4):
        extract(songs, tmp_path / "t", FEATURES, n_jobs=1, part=Slice(number, 5))
    with pytest.raises(TableError, match=r"shards 2, 5 are missing of 5. Run: .* --shard 2/5 and so on"):
        merge(tmp_path / "t")
    soundfile.write(songs / "calm" / "calm.00.wav", tone(2.3, 400.0, seed=9), SR, subtype="PCM_16")
    extract(songs, tmp_path / "t", FEATURES, n_jobs=1, part=Slice(2, 5))
    with pytest.raises(
        TableError, match=r"shards 1, 3, 4, 5 are missing of 5 \(the music, .* changed meanwhile"
    ):
        merge(tmp_path / "t")
    for number in range(1, 6):
        extract(songs, tmp_path / "t", FEATURES, n_jobs=1, part=Slice(number, 5))
    extract(songs, tmp_path / "new", FEATURES, n_jobs=1)
    assert merged(tmp_path / "t") == tables(tmp_path / "new")


def test_slices_of_a_published_data_set_do_nothing_twice(made, tmp_path):
    for _ in range(2):
        found = [extract(made, tmp_path, FEATURES, n_jobs=1, part=Slice(n, 3)).n_computed for n in (1, 2, 3)]
        merge(tmp_path, layout="shards")
        before = tables(tmp_path)
    assert found == [0, 0, 0]
    merge(tmp_path, layout="shards")
    assert tables(tmp_path) == before


def test_the_manifest_lists_what_lies_in_the_folder(made, tmp_path):
    extract(made, tmp_path, FEATURES, n_jobs=1, layout="shards", shard_files=4)
    for name in ("kaggle-1s.parquet", "kaggle-2s.parquet", "status.parquet"):
        listed = {one.name for one in read_shard_list(tmp_path / name)}
        assert {path.name for path in (tmp_path / name).iterdir()} == listed | {MANIFEST}
        assert len(listed) == 3
