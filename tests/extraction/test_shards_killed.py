"""A kill between any two steps of a change of tables, and files that end whoever reads them."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import soundfile

from gtzan_features.config import SegmentConfig
from gtzan_features.errors import WorkerError
from gtzan_features.extraction import shard_task
from gtzan_features.extraction.data_set import _DataSet, _Jobs
from gtzan_features.extraction.deformed_tables import extract_with_deformed
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.fatal_files import MARK
from gtzan_features.extraction.merge import merge
from gtzan_features.extraction.row_options import Extraction, RowSettings, chosen_catalogue
from gtzan_features.extraction.shard_folders import ShardFolder, publish
from gtzan_features.extraction.shard_task import compute_lost, compute_shard
from gtzan_features.extraction.shards import Slice
from gtzan_features.tables import atomic, replacing
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.replacing import restore
from gtzan_features.tables.status_table import read_status
from tests.conftest import SR, tone
from tests.extraction.test_shards import tables

CONFIG = ExtractConfig(segments=(SegmentConfig(1.0),))
NAME = "kaggle-1s.parquet"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nothing waits for the disk, and kernels are loaded once."""
    monkeypatch.setattr(atomic, "flush", lambda _: None)
    monkeypatch.setattr(ExtractConfig, "prepare", lambda *_, **__: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three tracks, and what they give as one file a table and as shards; then two of them, likewise."""
    root = tmp_path_factory.mktemp("made")
    for name in ("a/a.0", "a/a.1", "b/b.0"):
        path = root / "music" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(1.2, 300.0 + len(name) + ord(name[-1]), seed=ord(name[0])), SR)
    shutil.copytree(root / "music", root / "fewer")
    (root / "fewer" / "a" / "a.1.wav").unlink()
    for music in ("music", "fewer"):
        for layout in ("file", "shards"):
            extract(root / music, root / f"{music}-{layout}", CONFIG, n_jobs=1, layout=layout, name="x")
    return root


class Killed(BaseException):
    """What stands for a kill: nothing in the package catches it."""


def remove_half(folder) -> None:
    """Be a removal that is killed on its way."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    for path in files[: len(files) // 2]:
        os.remove(path)  # noqa: PTH107 - which nothing here counts


def kill_at(monkeypatch, step: int) -> list[str]:
    """Let nothing that changes a name in a folder happen from the step-th on; return what happened."""
    taken: list[str] = []

    def patch(holder, name):
        real = getattr(holder, name)

        def counted(*args, **options):
            if name == "unlink" and str(args[0]).endswith((".part", ".lock")):
                return real(*args, **options)  # of the process itself, which ends with it
            if len(taken) >= step:
                if name == "rmtree" and len(taken) == step:
                    remove_half(args[0])
                    taken.append(name)
                raise Killed
            taken.append(name)
            return real(*args, **options)

        monkeypatch.setattr(holder, name, counted)

    for name in ("replace", "rename", "unlink"):
        patch(Path, name)
    for holder, name in ((shutil, "rmtree"), (os, "link"), (replacing, "exchange")):
        patch(holder, name)
    return taken


def run_killed(monkeypatch, step, work) -> bool:
    """Do some work until it is killed; whether it was."""
    with monkeypatch.context() as patched:
        kill_at(patched, step)
        try:
            work()
        except Killed:
            return True
    return False


def rows(out: Path) -> bytes:
    """The rows of the table as they are read."""
    return read_table(out / NAME).frame.to_csv().encode()


@pytest.mark.parametrize(("before", "after"), [("file", "shards"), ("shards", "file")])
def test_a_kill_at_any_step_of_an_extraction_costs_nothing(made, tmp_path, monkeypatch, before, after):
    write = partial(extract, made / "fewer", config=CONFIG, n_jobs=1, name="x", overwrite=True)
    old, new = rows(made / f"music-{before}"), rows(made / f"fewer-{after}")
    for step in range(100):
        out = tmp_path / f"t{step}"
        shutil.copytree(made / f"music-{before}", out)
        killed = run_killed(monkeypatch, step, partial(write, out=out, layout=after))
        assert rows(out) in ((old, new) if killed else (new,))
        write(out=out, layout=after)
        assert tables(out) == tables(made / f"fewer-{after}")
        assert not (out / ".shards").exists()
        shutil.rmtree(out)
        if not killed:
            break
    assert 8 < step < 99


@pytest.fixture(scope="module")
def staged(made, tmp_path_factory):
    """Shards of the two tracks that are no tables yet."""
    out = tmp_path_factory.mktemp("staged") / "t"
    settings = RowSettings(n_jobs=1, layout="shards", name="x")
    catalogue = chosen_catalogue(made / "fewer", settings)
    data_set = _DataSet(Extraction(recipe=CONFIG, catalogue=catalogue, out=out, settings=settings))
    data_set.folder.open(data_set.work.tables)
    for job in _Jobs(data_set, list(data_set.names)):
        compute_shard(job, data_set.work)
    return data_set.folder


@pytest.mark.parametrize("before", ["nothing", "file", "shards"])
@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_kill_at_any_step_leaves_the_old_tables_or_the_new_ones(
    made, staged, tmp_path, monkeypatch, before, in_one_step
):
    if not in_one_step:
        monkeypatch.setattr(replacing, "exchange", lambda *_: False)
    known = {rows(made / "fewer-shards")} | (
        {rows(made / f"music-{before}")} if before != "nothing" else set()
    )
    for step in range(100):
        out = tmp_path / f"t{step}"
        shutil.copytree(staged.out, out)
        if before != "nothing":
            shutil.copytree(made / f"music-{before}", out, dirs_exist_ok=True)
        folder = type(staged)(out, staged.rows)
        records = folder.records()
        killed = run_killed(monkeypatch, step, partial(publish, folder, records))
        if not in_one_step:
            restore(out)
        if before != "nothing" or (out / NAME).exists():
            assert rows(out) in known
        if folder.path.exists():
            folder.open(records[0].files)
            publish(folder, records)
        assert tables(out) == tables(made / "fewer-shards")
        shutil.rmtree(out)
        if not killed:
            break
    assert 4 < step < 99


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_kill_at_any_step_of_a_merge_costs_nothing(made, tmp_path, monkeypatch, in_one_step):
    if not in_one_step:
        monkeypatch.setattr(replacing, "exchange", lambda *_: False)
    for step in range(100):
        out = tmp_path / f"t{step}"
        shutil.copytree(made / "fewer-shards", out)
        killed = run_killed(monkeypatch, step, partial(merge, out))
        restore(out)
        assert rows(out) == rows(made / "fewer-file")
        if any(path.is_dir() for path in out.glob("*.parquet")):
            merge(out)
        assert tables(out) == tables(made / "fewer-file")
        shutil.rmtree(out)
        if not killed:
            break
    assert 4 < step < 99


def test_a_kill_at_any_step_of_a_merge_of_slices_costs_nothing(made, tmp_path, monkeypatch):
    for part in ("1/2", "2/2"):
        extract(made / "music", tmp_path / "slices", CONFIG, n_jobs=1, part=Slice.parse(part), name="x")
    merge(shutil.copytree(tmp_path / "slices", tmp_path / "usual"), layout="file")
    usual = tables(tmp_path / "usual")
    for step in range(100):
        out = shutil.copytree(tmp_path / "slices", tmp_path / f"t{step}")
        killed = run_killed(monkeypatch, step, partial(merge, out, layout="file"))
        merge(out, layout="file")
        assert tables(out) == usual
        assert not [
            path
            for path in out.rglob("*")
            if path.name.startswith(".")
            and path.name != ".parts"
            and ".parts" not in path.parts
            and path.name != ".shards"
        ]
        shutil.rmtree(out)
        if not killed:
            break
    assert 8 < step < 99


# --- files that end the process


class Deadly:
    """Stands for a decoder that some files end; a change that workers unpickle."""

    def __init__(self, *lengths: int, parent: int = 0) -> None:
        self.lengths, self.parent = lengths, parent

    def __call__(self, stretch):
        if len(stretch.samples) in self.lengths and os.getpid() != self.parent:
            os._exit(7)
        return stretch.samples


@pytest.fixture
def music(tmp_path):
    """Three tracks of different lengths, by which some are known."""
    for number in range(3):
        path = tmp_path / "music" / "a" / f"a.{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(1.2 + number / 100, 300.0 + number, seed=number), SR)
    return tmp_path / "music"


def lengths_of(music: Path, *numbers: int) -> list[int]:
    return [soundfile.info(music / "a" / f"a.{number}.wav").frames for number in numbers]


@pytest.mark.slow
def test_files_that_end_their_worker_cost_their_rows_and_no_others(music, tmp_path):
    change = Deadly(*lengths_of(music, 0, 1))
    options = {"n_jobs": 2, "layout": "shards", "shard_files": 3, "deformation": {"name": "x"}}
    done = extract(music, tmp_path / "t", CONFIG, change=change, **options)
    assert done.counts == {"corrupt": 2, "ok": 1}
    assert [one.track_id for one in done.skipped] == ["a.0", "a.1"]
    assert all("the process that read it ended" in one.reason for one in done.skipped)
    assert set(read_table(tmp_path / "t" / NAME).frame["track_id"]) == {"a.2"}


def test_a_shard_whose_process_always_ends_is_not_tried_for_ever(music, tmp_path, monkeypatch):
    settings = RowSettings(n_jobs=1, layout="shards", shard_files=6)
    catalogue = chosen_catalogue(music, settings)
    data_set = _DataSet(Extraction(recipe=CONFIG, catalogue=catalogue, out=tmp_path / "t", settings=settings))
    data_set.folder.open(data_set.work.tables)
    tried = []

    def dies(_, item):
        tried.append(item)
        if len(tried) < 3:  # at a file each
            journal = data_set.folder.journal(item.name)
            journal.mkdir(parents=True, exist_ok=True)
            (journal / f"{len(tried)}{MARK}").touch()
        raise shard_task.ProcessDiedError("signal 9")

    monkeypatch.setattr(shard_task, "call_isolated", dies)
    with pytest.raises(WorkerError, match="signal 9"):
        compute_lost(_Jobs(data_set, [0])[0], "signal 9", data_set.work)
    assert len(tried) == 3


# --- elsewhere


def test_any_executor_computes_shards(made, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        extract(made / "fewer", tmp_path, CONFIG, layout="shards", name="x", executor=pool)
    assert tables(tmp_path) == tables(made / "fewer-shards")


def test_deformed_audio_in_slices_is_that_of_one_command(made, tmp_path):
    options = {"n_jobs": 1, "name": "x"}
    extract_with_deformed(made / "fewer", tmp_path / "one", CONFIG, ["noise-20"], **options)
    for number in (1, 2):
        extract_with_deformed(
            made / "fewer", tmp_path / "two", CONFIG, ["noise-20"], part=Slice(number, 2), **options
        )
    assert {one.rows for one in merge(tmp_path / "two")} == {2}
    for folder in ("", "augmented/noise-20"):
        assert tables(tmp_path / "two" / folder) == tables(tmp_path / "one" / folder)


def test_a_file_that_changes_while_it_is_read_is_another_shard_next_time(made, tmp_path, monkeypatch):
    music = tmp_path / "music"
    shutil.copytree(made / "fewer", music)
    path = music / "b" / "b.0.wav"
    real = shard_task.file_part

    def changing(track, **options):
        if track.path.startswith("b/") and not path.with_suffix(".done").exists():
            path.with_suffix(".done").touch()
            soundfile.write(path, tone(1.4, 700.0), SR)
        return real(track, **options)

    monkeypatch.setattr(shard_task, "file_part", changing)
    extract(music, tmp_path / "t", CONFIG, n_jobs=1, layout="shards")
    monkeypatch.undo()
    done = extract(music, tmp_path / "t", CONFIG, n_jobs=1, layout="shards")
    assert (done.n_computed, done.n_reused) == (0, 2)  # its shard was made anew, of the rows that were there
    extract(music, tmp_path / "new", CONFIG, n_jobs=1, layout="shards")
    assert tables(tmp_path / "t") == tables(tmp_path / "new")
    assert read_status(tmp_path / "t" / "status.parquet")["status"].tolist() == ["ok", "ok"]


def test_rows_that_a_killed_slice_left_of_a_finished_shard_go_with_the_next_call(made, tmp_path):
    one = partial(extract, made / "music", tmp_path, CONFIG, n_jobs=1, part=Slice(1, 2))
    one()
    before = sorted(tmp_path.rglob("*"))
    record = next(tmp_path.glob(".shards/*/*-of-*.json"))
    journal = ShardFolder(tmp_path, record.parent.name).journal(record.stem)
    journal.mkdir(parents=True)
    (journal / "0123.npz").write_bytes(b"rows")
    one()
    assert sorted(path for path in tmp_path.rglob("*") if path != journal.parent) == [
        path for path in before if path != journal.parent
    ]
