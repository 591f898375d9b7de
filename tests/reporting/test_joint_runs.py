"""Two commands at once in one folder, killed ones, and workers that die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features import environment as versions
from gtzan_features.config import SegmentConfig
from gtzan_features.datasets.tracks import TrackFile
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError, OutputLockedError
from gtzan_features.extraction import row_cache as part_module
from gtzan_features.extraction.changed_rows import Stretch
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.row_cache import file_part
from gtzan_features.extraction.spectrograms import spectrograms
from gtzan_features.music.augmented_copies import augment_folder
from gtzan_features.music.explore import explore
from gtzan_features.music.synthesise import synthesise
from gtzan_features.music.verify import verify
from gtzan_features.prediction import file_rows as hearing
from gtzan_features.prediction.file_rows import read_recording
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.status_table import read_status
from tests.conftest import SR, tone

CONFIG = ExtractConfig(segments=(SegmentConfig(3.0),))
MARK = 0.123
"""A sample value that stands at the start of the file that kills."""


def deadly(stretch: Stretch) -> np.ndarray:
    """Kill the process that has read the marked file; pass any other on."""
    if abs(float(stretch.samples[0]) - MARK) < 1e-3:
        os.kill(os.getpid(), signal.SIGKILL)
    return stretch.samples


@pytest.fixture
def with_a_killer(music: Path) -> Path:
    for name in ("calm.2", "loud.1", "loud.2"):  # three are enough
        (music / name.split(".")[0] / f"{name}.wav").unlink()
    y = tone(7.0, 300, seed=9)
    y[:200] = MARK
    soundfile.write(music / "calm" / "calm.1.wav", y, SR, subtype="FLOAT")
    return music


def table(out: Path) -> bytes:
    return (out / "kaggle-3s.parquet").read_bytes()


@pytest.mark.slow
def test_a_file_that_kills_its_worker_is_a_row_of_the_status_table(with_a_killer, tmp_path):
    done = extract(with_a_killer, tmp_path / "f", CONFIG, n_jobs=2, change=deadly)
    (skipped,) = done.skipped
    assert (skipped.track_id, skipped.status) == ("calm.1", "corrupt")
    assert skipped.reason == "the process that read it ended (signal 9)"
    status = read_status(tmp_path / "f" / "status.parquet")
    assert status["status"].tolist() == ["ok", "corrupt", "ok"]
    (with_a_killer / "calm" / "calm.1.wav").unlink()
    extract(with_a_killer, tmp_path / "g", CONFIG, n_jobs=2)
    assert table(tmp_path / "f") == table(tmp_path / "g")


ALONE = """
import sys
from pathlib import Path
from gtzan_features.extraction.extract import extract
from tests.reporting.test_joint_runs import CONFIG, deadly

extract(Path(sys.argv[1]), Path(sys.argv[2]), CONFIG, n_jobs=1, change=deadly)
"""


def test_a_file_that_kills_the_only_process_is_read_in_one_of_its_own_by_the_next_call(
    with_a_killer, tmp_path
):
    root = Path(__file__).resolve().parents[2]
    words = [sys.executable, "-c", ALONE, str(with_a_killer), str(tmp_path / "f")]
    environ = os.environ | {"PYTHONPATH": str(root)}
    assert subprocess.run(words, env=environ, check=False).returncode == -signal.SIGKILL
    done = extract(with_a_killer, tmp_path / "f", CONFIG, n_jobs=1, change=deadly)
    (skipped,) = done.skipped
    assert (skipped.track_id, skipped.status, done.n_reused) == ("calm.1", "corrupt", 1)
    assert skipped.reason == "the process that read it ended (signal 9)"
    (mark,) = (tmp_path / "f" / ".parts").rglob("*.at")  # so a later call survives it too
    done = extract(with_a_killer, tmp_path / "f", CONFIG, n_jobs=1)  # a library that reads it, for example
    assert done.skipped == ()
    assert not mark.exists()


def out_of_memory(*_, **__):
    raise MemoryError


def test_memory_that_does_not_suffice_costs_one_file(music, tmp_path, monkeypatch):
    track = TrackFile(track_id="calm.0", genre="calm", path="calm/calm.0.wav")
    monkeypatch.setattr(part_module, "_compute", out_of_memory)
    part = file_part(track, root=str(music), parts_dir=str(tmp_path), recipe=CONFIG)
    assert (part.status.status, part.status.reason) == ("corrupt", "needs more memory than there is")
    monkeypatch.setattr(hearing, "recording_rows", out_of_memory)
    found = read_recording(music / track.path, CONFIG)
    assert found.error == f"{music / track.path}: needs more memory than there is"


@pytest.mark.parametrize("fault", [ConfigError("no such set"), ValueError("a fault")])
def test_what_is_no_fault_of_a_file_ends_the_run(music, tmp_path, monkeypatch, fault):
    def faulty(*_):
        raise fault

    monkeypatch.setattr(sets, "compute", faulty)
    with pytest.raises(type(fault), match=str(fault)):
        extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    assert not (tmp_path / "f" / "status.parquet").exists()
    with pytest.raises(type(fault)):
        read_recording(music / "calm" / "calm.0.wav", CONFIG)


SLOW = """
import sys, time
from pathlib import Path
from gtzan_features.config import SegmentConfig, Selection
from gtzan_features.extraction.extract import ExtractConfig, extract

music, out, said = map(Path, sys.argv[1:])

def slow(stretch):
    (said / "started").touch()
    while not (said / "go").exists():
        time.sleep(0.05)
    return stretch.samples

config = ExtractConfig(segments=(SegmentConfig(3.0),))
extract(music, out, config, n_jobs=1, change=slow, selection=Selection(genres=("calm",)))
"""


def test_a_second_command_into_the_same_folder_is_refused_while_the_first_runs(music, tmp_path):
    out, said = tmp_path / "f", tmp_path / "said"
    said.mkdir()
    first = subprocess.Popen([sys.executable, "-c", SLOW, str(music), str(out), str(said)])
    try:
        until = time.monotonic() + 300
        while not (said / "started").exists():
            assert time.monotonic() < until
            assert first.poll() is None
            time.sleep(0.05)
        words = ["features", "extract", str(music), "-o", str(out), "-s", "3s", "--genre", "loud"]
        second = subprocess.run(
            [sys.executable, "-m", "gtzan_cli", *words], capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert f"{out}: is being written by process {first.pid} on" in second.stderr
        with pytest.raises(OutputLockedError):
            spectrograms(music, out, n_jobs=1)
        (said / "go").touch()
        assert first.wait(120) == 0
    finally:
        first.kill()
        first.wait()
    assert set(pd.read_parquet(out / "kaggle-3s.parquet")["genre"]) == {"calm"}


WRITERS = {
    "extract": lambda music, out: extract(music, out, CONFIG, n_jobs=1),
    "spectrograms": lambda music, out: spectrograms(music, out, n_jobs=1),
    "augment": lambda music, out: augment_folder(music, out, ("noise",), n_jobs=1),
    "synth": lambda _, out: synthesise(out, tracks_per_genre=1, seconds=3.0, n_jobs=1),
    "explore": lambda music, out: explore(music, out, n_jobs=1),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_of_a_folder_takes_its_lock(music, tmp_path, writer):
    (tmp_path / "f").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "f")
    with output_lock(tmp_path / "f"), pytest.raises(OutputLockedError, match="Wait for it to end"):
        WRITERS[writer](music, tmp_path / "link")


def leave(folder: Path) -> list[Path]:
    """Files as a killed writer leaves them, of this version's kind and of the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / ".calm.0.wav.0123abcd.part", folder / ".x.npz.a_8bcdef.part"]
    for path in paths:
        path.write_bytes(b"half")
    return paths


def test_what_killed_commands_leave_goes_with_the_next(music, tmp_path):
    out, copies, synth = tmp_path / "f", tmp_path / "a", tmp_path / "s"
    left = leave(out) + leave(copies / "noise" / "calm") + leave(synth) + leave(synth / "jazz")
    (copies / "noise" / "dataset.json").write_text("")
    extract(music, out, CONFIG, n_jobs=1)
    (parts,) = (out / ".parts").iterdir()
    left += leave(parts)
    extract(music, out, CONFIG, n_jobs=1)
    augment_folder(music, copies, ("noise",), n_jobs=1, overwrite=True)
    synthesise(synth, tracks_per_genre=1, seconds=3.0, n_jobs=2)
    assert [path for path in left if path.exists()] == []
    assert not list(tmp_path.rglob(".*.lock"))


class TestParts:
    def test_other_code_never_meets_old_rows(self, music, tmp_path, monkeypatch):
        extract(music, tmp_path / "f", CONFIG, n_jobs=1)
        (before,) = (tmp_path / "f" / ".parts").iterdir()
        assert extract(music, tmp_path / "f", CONFIG, n_jobs=1).n_reused == 6
        source = tmp_path / "package" / "descriptors"
        shutil.copytree(versions._PACKAGE, source.parent, ignore=shutil.ignore_patterns("__pycache__"))
        changed = source / "spectral.py"
        changed.write_text(changed.read_text() + "\n# another rounding\n")
        monkeypatch.setattr(versions, "_PACKAGE", source.parent)
        versions.source_digits.cache_clear()
        try:
            assert extract(music, tmp_path / "f", CONFIG, n_jobs=1).n_reused == 0
        finally:
            versions.source_digits.cache_clear()
        (after,) = (tmp_path / "f" / ".parts").iterdir()  # those of the other code are gone
        assert after != before

    def test_a_changed_list_of_columns_never_meets_old_rows(self, monkeypatch):
        before = CONFIG.key({})
        sets.columns.cache_clear()
        monkeypatch.setitem(sets.SETS, "kaggle", sets.SETS["kaggle"][:-1])
        try:
            assert CONFIG.key({}) != before
        finally:
            sets.columns.cache_clear()

    def test_parts_of_other_widths_types_or_fields_are_computed_anew(self, music, tmp_path):
        extract(music, tmp_path / "f", CONFIG, n_jobs=1)
        expected = table(tmp_path / "f")
        parts = sorted((tmp_path / "f" / ".parts").glob("*/*.npz"))
        changes = (
            lambda a: a | {"values_3s": a["values_3s"][:, :-1]},
            lambda a: a | {"values_3s": a["values_3s"].astype(np.float64)},
            lambda a: a | {"keys_3s": a["keys_3s"][:-1]},
            lambda a: {name: value for name, value in a.items() if name != "values_3s"},
            lambda a: a | {"status": np.array(json.dumps({"colour": "blue"}))},
            lambda a: a | {"decoder": np.array("ffmpeg version 0.1")},
        )
        for path, change in zip(parts, changes, strict=True):
            with np.load(path) as stored:
                np.savez(path, **change(dict(stored)))
        assert extract(music, tmp_path / "f", CONFIG, n_jobs=1).n_reused == 0
        assert table(tmp_path / "f") == expected

    def test_parts_of_other_recipes_are_kept_beside(self, music, tmp_path):
        extract(music, tmp_path / "f", CONFIG, n_jobs=1)
        spectrograms(music, tmp_path / "f", n_jobs=1)
        assert extract(music, tmp_path / "f", CONFIG, n_jobs=1).n_reused == 6
        assert extract(music, tmp_path / "f", CONFIG, n_jobs=1, recompute=True).n_reused == 0


class TestCopies:
    def written(self, music, out, **options) -> int:
        return augment_folder(music, out, ("noise",), n_jobs=1, **options).n_written

    def test_a_copy_of_another_source_or_version_is_written_anew(self, music, tmp_path, monkeypatch):
        out = tmp_path / "a"
        assert self.written(music, out) == 6
        assert self.written(music, out) == 0
        soundfile.write(music / "calm" / "calm.0.wav", tone(7.0, 555, seed=3), SR)
        assert self.written(music, out) == 1
        self.written(music, tmp_path / "b")
        names = [path.relative_to(out) for path in out.rglob("*.wav")]
        assert all((out / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)
        monkeypatch.setattr("gtzan_features.music.augmented_copies.decoder_version", lambda: "other")
        assert self.written(music, out) == 6
        assert self.written(music, out) == 0
        monkeypatch.setattr("gtzan_features.environment._ROWS", ("audio",))
        assert self.written(music, out) == 6
        sound = out / "noise" / "calm" / "calm.1.wav"
        sound.write_bytes(sound.read_bytes()[:-2] + b"\x00\x7f")  # damaged since
        assert self.written(music, out) == 1

    def test_copies_of_a_version_without_their_word_are_written_anew(self, music, tmp_path):
        self.written(music, tmp_path / "a")
        path = tmp_path / "a" / "noise" / "calm" / "calm.2.wav"
        soundfile.write(path, tone(7.0, 555), SR)
        path.with_name("calm.1.wav").write_bytes(path.read_bytes()[:1000])
        assert self.written(music, tmp_path / "a") == 2

    def test_files_that_no_marker_speaks_of_are_not_replaced(self, music, tmp_path):
        own = tmp_path / "a" / "noise" / "calm" / "calm.0.wav"
        own.parent.mkdir(parents=True)
        own.write_bytes(b"mine")
        with pytest.raises(Exception, match="holds files, and no word that they are"):
            self.written(music, tmp_path / "a")
        assert own.read_bytes() == b"mine"


def test_verification_tells_of_a_file_whose_process_died(music, monkeypatch):
    class Dying:
        def map(self, function, items, *, lost):
            yield lost(items[0], "signal 11")
            yield from (function(item) for item in items[1:])

    monkeypatch.setattr("gtzan_features.music.verify.local_executor", lambda _: Dying())
    found = verify(music).findings
    assert ("corrupt", "the process that read it ended (signal 11)") in {(f.kind, f.detail) for f in found}
