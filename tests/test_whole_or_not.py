"""Whatever step of writing fails, the old or the new is whole, and the next command tidies up."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import soundfile

from gtzan_features.cache import Cache, Key, Program
from gtzan_features.datasets import download as mechanics
from gtzan_features.datasets import gtzan
from gtzan_features.errors import OutputLockedError
from gtzan_features.extraction.csv_exchange import export_table
from gtzan_features.models.registry import MODELS
from gtzan_features.models.save import replace_model
from gtzan_features.models.spec import Range
from gtzan_features.music.augmented_copies import augment_folder
from gtzan_features.music.download import download
from gtzan_features.prediction.answers_file import open_answers
from gtzan_features.prediction.playlists import write_playlists
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.file_status import FileStatus
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.run_storage import new_run_folder, restore_runs
from gtzan_features.tables.status_table import write_status
from gtzan_features.training.fit import fit_whole
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.load_rows import in_memory, write_fittable
from tests.conftest import SR, make_table, save_table, tone
from tests.music.test_download import TRACKS, offer, packed
from tests.prediction import test_answers_file as answers
from tests.prediction.test_playlists import row
from tests.reporting.test_damaged_runs import whole_table

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = ("replace", "rename", "unlink", "remove", "mkdir", "rmdir", "link", "fsync", "open")
GENRES = ("jazz", "rock")
OLD, NEW = "old", "new"
KEY = Key(inputs={}, settings={}, program=Program(code="1", versions={}))


class Steps:
    """Calls that change names or reach the disk; one of them fails, or is interrupted once it is done."""

    def __init__(
        self, patch: pytest.MonkeyPatch, at: int = 0, error: type[BaseException] | None = None
    ) -> None:
        self.count, self.at, self.error = 0, at, error
        for name in CALLS:
            patch.setattr(os, name, self.watched(getattr(os, name)))

    def watched(self, call):
        def instead(*words, **more):
            self.count += 1
            hit = self.count == self.at
            if hit and self.error is OSError:
                raise OSError(5, "Input/output error")
            found = call(*words, **more)
            if hit:
                raise KeyboardInterrupt
            return found

        return instead


@dataclass(frozen=True)
class Writer:
    """What is written into a folder, old or new, and what is locked for it, and what tells if it is whole."""

    write: Callable[[Path, str], object]
    locked: str
    is_whole: Callable[..., bool] = lambda found, old, new: (
        found.keys() >= old.keys() & new.keys()
        and all(content in (old.get(name), new.get(name)) for name, content in found.items())
    )


def as_one(found: dict[str, bytes], old: dict[str, bytes], new: dict[str, bytes]) -> bool:
    """Whether all files together are the old or the new ones."""
    return found in (old, new)


def small(version: str):
    return make_table(n_genres=2, n_tracks=3, n_segments=1, seed=int(version == NEW))


def run_folder(folder: Path, version: str) -> None:
    with new_run_folder(folder / "run") as new:
        for name in ("a", "model/b"):
            write_text(new / name, version)


def cache_entry(folder: Path, version: str) -> None:
    with Cache(folder).adding(KEY, {"version": version}) as new:
        write_text(new / "a", version)


def status(folder: Path, version: str) -> None:
    rows = [FileStatus(track_id="a", genre="b", path="c", status="ok", reason=version)]
    with output_lock(folder):
        write_status(folder / "status.parquet", rows)


def table(folder: Path, version: str) -> None:
    with output_lock(folder):
        save_table(folder, small(version))


def copies(folder: Path, version: str) -> None:
    music = folder.with_name("music") / "calm"
    music.mkdir(parents=True, exist_ok=True)
    if not (music / "calm.0.wav").exists():
        soundfile.write(music / "calm.0.wav", tone(0.5, 220.0), SR, subtype="PCM_16")
    augment_folder(
        music.parent, folder, ("noise",), seed=int(version == NEW), overwrite=version == NEW, n_jobs=1
    )


MODELS_OF: dict[str, object] = {}


def model(folder: Path, version: str) -> None:
    if version not in MODELS_OF:
        settings = {**MODELS["lda"].defaults, "shrinkage": 0.5 if version == OLD else 0.1}
        kept = fit_whole(in_memory(make_table(2, 8, 2)), FitConfig(model="lda"), settings)
        MODELS_OF[version] = replace(kept, level=None, unlike=None)  # a few files are enough
    replace_model(folder / "m", MODELS_OF[version])


def exported(folder: Path, version: str) -> None:
    source = folder.with_name(f"tables-{version}")
    if not source.exists():
        whole = whole_table()
        save_table(source, replace(whole, frame=whole.frame if version == OLD else whole.frame.iloc[1:]))
    export_table(source, folder / "out.csv", feature_set="kaggle", segment="3s", format_name="kaggle-csv")


def answered(folder: Path, version: str) -> None:
    wanted = answers.rows()[: 1 if version == OLD else 4]
    with open_answers(folder / "a.csv", answers.COLUMNS, answers.BY) as file:
        known = {entry.file for entry in file.entries}
        file.finish([*file.entries, *(file.append(one) for one in wanted if one["file"] not in known)])


def reads_back(found: dict[str, bytes], old: dict[str, bytes], new: dict[str, bytes]) -> bool:
    """Whether a file of answers has whole rows, the old ones among them."""
    rows = {line for line in found["a.csv"].splitlines(keepends=True) if line.endswith(b"\n")}
    lines = [set(one["a.csv"].splitlines(keepends=True)) for one in (old, new)]
    return lines[0] <= rows <= lines[1] and b"".join(rows).count(b"\n") == found["a.csv"].count(b"\n")


def tags(folder: Path, version: str) -> None:
    pytest.importorskip("mutagen")
    from gtzan_features.prediction.genre_tags import TagReport, tag_files, write_genre
    from gtzan_features.prediction.library_config import TagOptions

    if version == OLD:
        soundfile.write(folder / "a.flac", tone(0.2, 220.0), SR)
        write_genre(folder / "a.flac", ("jazz",))
        return
    options = TagOptions(replace=True, min_probability=0.0)
    backup = folder.with_name("backup")
    backup.mkdir(exist_ok=True)
    rows = [row(folder / "a.flac")]
    tag_files(rows, options, backup=backup / "b.jsonl", apply=True, told=lambda _: None, report=TagReport())


def downloaded(folder: Path, version: str) -> None:
    if version == OLD:
        (folder / "blues").mkdir()
        (folder / "blues" / "blues.00007.wav").write_bytes(b"of the user")
        return
    archive = folder.with_name("archive")
    few = {name: data[:1000] for name, data in TRACKS.items()}
    archive.write_bytes(packed(few, "zip"))
    facts = gtzan.facts()
    for name, data in few.items():
        facts.loc[name[:-4], "sha256_wav"] = hashlib.sha256(data).hexdigest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mechanics.gtzan, "_facts", lambda: facts)
        offer(patch, archive.as_uri(), archive.read_bytes())
        download("mini", folder)


WRITERS = {
    "run": Writer(run_folder, "f/run", as_one),
    "entry of a cache": Writer(cache_entry, f"f/{KEY.digits}", as_one),
    "model": Writer(model, "f/m", as_one),
    "table": Writer(table, "f"),
    "table of Python": Writer(
        lambda folder, v: write_fittable(folder / "t.parquet", in_memory(small(v))), "f/t.parquet"
    ),
    "status": Writer(status, "f"),
    "copies": Writer(copies, "f"),
    "CSV": Writer(exported, "f/out.csv"),
    "playlists": Writer(lambda folder, v: write_playlists([row(f"/{v}.mp3")], folder, GENRES), "f"),
    "tags": Writer(tags, "backup/b.jsonl"),
    "download": Writer(downloaded, "f/.download"),
    "answers": Writer(answered, "f/a.csv", reads_back),
}


def state(folder: Path) -> dict[str, bytes]:
    """Visible files with their bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def hidden(folder: Path) -> list[Path]:
    return list(folder.parent.rglob(".*"))


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("name", WRITERS)
def test_a_fault_at_any_step_leaves_the_old_or_the_new_and_the_next_command_the_new(name, error, tmp_path):
    writer, folder = WRITERS[name], tmp_path / "f"
    folder.mkdir()
    writer.write(folder, OLD)
    old = state(folder)
    template = shutil.copytree(folder, tmp_path / "template")
    with pytest.MonkeyPatch.context() as patch:
        steps = Steps(patch)
        writer.write(folder, NEW)
    new = state(folder)
    assert old != new
    for at in range(1, steps.count + 1):
        shutil.rmtree(folder)
        shutil.copytree(template, folder)
        with pytest.MonkeyPatch.context() as patch:
            Steps(patch, at, error)
            with suppress(error):
                writer.write(folder, NEW)
        restore_runs(folder)  # as whatever reads does first
        assert writer.is_whole(state(folder), old, new), f"step {at} of {steps.count}"
        writer.write(folder, NEW)
        assert state(folder) == new
        assert hidden(folder) == []


@pytest.mark.parametrize("name", WRITERS)
def test_a_second_writer_is_refused_and_changes_nothing(name, tmp_path):
    writer, folder = WRITERS[name], tmp_path / "f"
    folder.mkdir()
    writer.write(folder, OLD)
    old = state(folder)
    refused = pytest.raises(OutputLockedError, match="is being written by process")
    with output_lock(tmp_path / writer.locked), refused:
        writer.write(folder, NEW)
    assert state(folder) == old
    writer.write(folder, NEW)
    assert state(folder) != old


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_fault_at_any_step_of_a_search_loses_no_finished_trial_and_the_next_goes_on(error, tmp_path):
    pytest.importorskip("optuna")
    from gtzan_features.training.study import Study

    def opened() -> Study:
        return Study(
            tmp_path / "s.journal",
            "s",
            KEY,
            {"x": Range(1, 9)},
            score="accuracy",
            seed=0,
            evaluate=lambda settings: {"accuracy": settings.get("x", 0) / 10, "log-loss": 1.0},
        )

    def search(n_trials: int) -> None:
        study = opened()
        study.try_defaults()
        while study.n_finished < n_trials:
            study.try_next()

    search(1)
    before = (tmp_path / "s.journal").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        steps = Steps(patch)
        search(2)
    for at in range(1, steps.count + 1):
        (tmp_path / "s.journal").write_bytes(before)
        with pytest.MonkeyPatch.context() as patch, suppress(error):
            Steps(patch, at, error)
            search(2)
        assert opened().n_finished >= 1
        search(2)
        assert all(one.accuracy == one.settings.get("x", 0) / 10 for one in opened().trials())
