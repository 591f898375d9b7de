"""Tables of deformed audio beside the clean ones: what they hold, and what is computed again."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from gtzan_cli.main import cli

import gtzan_features as gf
from gtzan_features.audio.deform import DEFORMATIONS, ROBUST, Deformation, deformations
from gtzan_features.audio.load import load
from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError, OutputExistsError
from gtzan_features.extraction import changed_rows
from gtzan_features.extraction import row_cache as pipeline
from gtzan_features.extraction.cache_folders import prune
from gtzan_features.extraction.changed_rows import ChangedRows, Stretch
from gtzan_features.extraction.deformed_tables import (
    deformed_folder,
    extract_deformed,
    extract_with_deformed,
)
from gtzan_features.extraction.deformer import Deformer
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.segment_rows import SegmentRows
from gtzan_features.tables.feature_tables import augmented_folder, read_table, table_path
from gtzan_features.tables.status_table import read_status
from tests.conftest import SR, tone

THREE = SegmentConfig(3.0)
CONFIG = ExtractConfig(features=FeatureConfig(), segments=(THREE,))
NOISE, FAST = deformations(("noise-10", "speed+3"))
NAMES = ("noise-10", "speed+3")


def bytes_below(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


@pytest.mark.parametrize("one", [NOISE, FAST], ids=lambda one: one.name)
def test_rows_are_those_of_deformed_samples_of_the_tracks_asked_for(music, tmp_path, one):
    only = frozenset({"calm.1", "loud.2"})
    extract_deformed(music, tmp_path, one, CONFIG, only=only, n_jobs=1)
    table = read_table(tmp_path / "kaggle-3s.parquet")
    assert set(table.frame["track_id"]) == only
    assert table.meta.deformation == {"fingerprint": one.fingerprint(), "name": one.name, "seed": 0}
    signal = load(music / "calm" / "calm.1.wav", SR)
    samples = Deformer(one, SR)(Stretch(signal.samples, signal.sha256))
    expected = sets.compute([samples[: 3 * SR - 1]], CONFIG.features).astype(np.float32)
    np.testing.assert_array_equal(table.values()[:1], expected)


def test_another_amount_or_seed_has_another_folder_in_a_measurement(tmp_path):
    found = {deformed_folder(tmp_path, one, seed) for one in DEFORMATIONS for seed in (0, 1)}
    assert len(found) == 2 * len(DEFORMATIONS)


def test_chance_depends_on_the_bytes_the_stretch_and_the_seed():
    y = tone(1.0, 300)
    same = Deformer(NOISE, SR)(Stretch(y, "one"))
    np.testing.assert_array_equal(same, Deformer(NOISE, SR)(Stretch(y, "one")))
    for other in (Stretch(y, "two"), Stretch(y, "one", 1)):
        assert (same != Deformer(NOISE, SR)(other)).any()
    assert (same != Deformer(NOISE, SR, 1)(Stretch(y, "one"))).any()


class Recorded(SegmentRows):
    """Rows whose only value is the number of samples; keeps what came."""

    def __init__(self, first_sample):
        super().__init__(lambda pieces, _: np.array([[len(p)] for p in pieces]), (THREE,), SR, first_sample)
        self.taken = []

    def add(self, samples):
        self.taken.append(samples)
        super().add(samples)


def changed(change, samples, block, first_sample=0):
    """Hand samples on in blocks; return what the rows were computed of, and the place of the first."""
    taker = ChangedRows(change, "digits", Recorded, SR, first_sample)
    for start in range(0, len(samples), block):
        taker.add(samples[start : start + block])
    signal = load_like(first_sample)
    sound, rows = taker.finished(signal)
    return rows.taken, sound.first_sample


def load_like(first_sample):
    from gtzan_features.audio.sound import Sound

    return Sound(
        sr=SR, n_samples=0, first_sample=first_sample, sha256="", source_sr=SR, source_channels=1,
        duration_s=0.0, peak_db=0.0, clipped=0.0, decoder="",
    )  # fmt: skip


@pytest.mark.parametrize("seconds", [0.1, 1.0, 5.9, 6.0, 6.1, 20.0])
@pytest.mark.parametrize("block", [1_000, 50_000])
def test_long_files_are_changed_stretch_by_stretch_and_none_is_small(monkeypatch, seconds, block):
    monkeypatch.setattr(changed_rows, "STRETCH_S", 3.0)
    seen = []

    def negated(stretch):
        seen.append((stretch.number, stretch.samples.size))
        return -stretch.samples

    y = tone(seconds, 440)
    taken, _ = changed(negated, y, block)
    if seconds < 0.45:  # no row begins there
        assert seen == []
        np.testing.assert_array_equal(np.concatenate(taken), y)
        return
    np.testing.assert_array_equal(np.concatenate(taken), -y)
    assert [number for number, _ in seen] == list(range(len(seen)))
    if seconds < 6:
        assert len(seen) == 1
    else:
        assert all(3 * SR <= size < 6 * SR + block for _, size in seen)


def test_a_lost_beginning_moves_with_the_speed():
    _, first = changed(Deformer(FAST, SR), tone(3.0, 440), 20_000, first_sample=10_300)
    assert first == pytest.approx(10_000, abs=2)


def test_tables_lie_beside_the_clean_ones_and_a_second_call_computes_nothing(music, tmp_path, monkeypatch):
    heard = []
    first = extract_with_deformed(music, tmp_path, CONFIG, NAMES, n_jobs=1, notice=heard.append)
    assert sum("2 genres" in line for line in heard) == 1
    assert [line for line in heard if line.startswith("Deforming")] == [
        "Deforming, 1 of 2: white noise, 10 dB.",
        "Deforming, 2 of 2: speed +3 %.",
    ]
    assert set(first.deformed) == set(NAMES)
    assert [one.n_reused for one in first.deformed.values()] == [0, 0]
    extract(music, tmp_path / "clean", CONFIG, n_jobs=1)
    assert (tmp_path / "clean" / "kaggle-3s.parquet").read_bytes() == (
        tmp_path / "kaggle-3s.parquet"
    ).read_bytes()
    assert not list(tmp_path.glob("augmented/**/*.wav"))
    before = bytes_below(tmp_path)
    monkeypatch.setattr(pipeline, "_compute", None)
    again = extract_with_deformed(music, tmp_path, CONFIG, NAMES, n_jobs=1)
    assert [one.n_reused for one in (again.clean, *again.deformed.values())] == [6, 6, 6]
    assert bytes_below(tmp_path) == before


def test_an_interrupted_call_goes_on_where_it_stopped(music, tmp_path, monkeypatch):
    extract_with_deformed(music, tmp_path / "whole", CONFIG, NAMES, n_jobs=1)
    calls, compute = [], pipeline._compute

    def interrupted(*words):
        calls.append(words)
        if len(calls) == 10:  # of the first deformation, the fourth
            raise KeyboardInterrupt
        return compute(*words)

    monkeypatch.setattr(pipeline, "_compute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract_with_deformed(music, tmp_path / "out", CONFIG, NAMES, n_jobs=1)
    done = extract_with_deformed(music, tmp_path / "out", CONFIG, NAMES, n_jobs=1)
    assert [one.n_reused for one in (done.clean, *done.deformed.values())] == [6, 3, 0]
    assert bytes_below(tmp_path / "out") == bytes_below(tmp_path / "whole")


def test_clean_rows_are_never_taken_for_deformed_ones_nor_the_other_way(music, tmp_path):
    """In one folder: neither from its parts, nor by replacing its tables unasked."""
    out = augmented_folder(tmp_path, NOISE.name)
    extract_deformed(music, out, NOISE, CONFIG, n_jobs=1)
    with pytest.raises(OutputExistsError, match="features of deformed audio"):
        extract(music, out, CONFIG, n_jobs=1)
    assert extract(music, out, CONFIG, n_jobs=1, overwrite=True).n_reused == 0
    with pytest.raises(OutputExistsError, match="no table of audio with noise-10 that this program made"):
        extract_deformed(music, out, NOISE, CONFIG, n_jobs=1)
    with pytest.raises(OutputExistsError, match="no table of audio with speed.3"):
        extract_deformed(music, out, FAST, CONFIG, n_jobs=1)
    table_path(out, "kaggle", "3s").write_bytes(b"no table")
    with pytest.raises(OutputExistsError, match="Move it away, or give --overwrite"):
        extract_deformed(music, out, NOISE, CONFIG, n_jobs=1)
    assert extract_deformed(music, out, NOISE, CONFIG, n_jobs=1, overwrite=True).n_reused == 6


def test_what_changed_in_the_folder_is_computed_and_what_is_gone_goes(music, tmp_path):
    extract_with_deformed(music, tmp_path, CONFIG, NAMES, n_jobs=1)
    soundfile.write(music / "calm" / "calm.0.wav", tone(7.0, 333, seed=5), SR)
    done = extract_with_deformed(music, tmp_path, CONFIG, NAMES, n_jobs=1)
    assert [one.n_reused for one in done.deformed.values()] == [5, 5]
    (music / "loud" / "loud.2.wav").unlink()
    with pytest.raises(OutputExistsError, match="lists 1 tracks that are not in"):
        extract_with_deformed(music, tmp_path, CONFIG, NAMES, n_jobs=1)
    extract_with_deformed(music, tmp_path, CONFIG, NAMES, n_jobs=1, overwrite=True)
    for name in NAMES:
        status = read_status(augmented_folder(tmp_path, name) / "status.parquet")
        assert "loud.2" not in set(status["track_id"])


def test_prune_removes_the_parts_of_deformed_rows_too(music, tmp_path):
    extract_with_deformed(music, tmp_path / "kept", CONFIG, ("noise-10",), n_jobs=1)
    removed = prune(tmp_path / "kept")
    assert removed.n_files == 12
    assert not list(tmp_path.rglob(".parts"))
    extract_with_deformed(music, tmp_path / "pruned", CONFIG, ("noise-10",), n_jobs=1, prune=True)
    assert not list(tmp_path.rglob(".parts"))
    assert bytes_below(tmp_path / "pruned") == bytes_below(tmp_path / "kept")


@pytest.mark.parametrize("error", [ConfigError("mp3: samples are gone"), soundfile.SoundFileError("odd")])
def test_a_file_that_cannot_be_deformed_costs_its_own_rows(music, tmp_path, monkeypatch, error):
    apply, bad = Deformation.apply, load(music / "calm" / "calm.1.wav", SR).samples

    def failing(one, samples, *rest):
        if np.array_equal(samples, bad):
            raise error
        return apply(one, samples, *rest)

    monkeypatch.setattr(Deformation, "apply", failing)
    done = extract_with_deformed(music, tmp_path, CONFIG, ("noise-10",), n_jobs=1)
    assert done.clean.skipped == ()
    (skipped,) = done.deformed["noise-10"].skipped
    assert (skipped.track_id, skipped.status) == ("calm.1", "corrupt")
    assert skipped.reason == f"cannot be deformed by noise-10 ({error})"
    assert done.deformed["noise-10"].tables["3s"][1] == 10


def test_a_word_that_is_no_deformation_is_refused_before_anything_is_computed(music, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="no deformation 'echo'; there are mp3-128"):
        extract_with_deformed(music, tmp_path / "out", CONFIG, ("echo",), n_jobs=1)
    monkeypatch.setattr(soundfile, "available_formats", dict)
    with pytest.raises(ConfigError, match="mp3"):
        extract_with_deformed(music, tmp_path / "out", CONFIG, ("mp3-64",), n_jobs=1)
    assert not (tmp_path / "out").exists()


def command(music, out, *words):
    common = ["features", "extract", str(music), "--out", str(out), "-s", "3s", "-j", "1"]
    return CliRunner().invoke(cli, [*common, *words])


def test_the_command_says_what_became_of_each_and_python_gives_the_same_bytes(music, tmp_path):
    # At +3 %, nothing of 3.05 s is left.
    soundfile.write(music / "calm" / "calm.0.wav", tone(3.05, 333, seed=5), SR)
    words = ["--deformed", "noise-10", "--deformed", "speed+3,noise-10"]
    done = command(music, tmp_path / "command", *words)
    assert done.exit_code == 0, done.output
    assert "noise-10: 11 rows of 3s; 6 files computed, 0 found done, 0 skipped; " in done.stdout
    assert "speed+3: 10 rows of 3s; 5 files computed, 0 found done, 1 skipped (1 short); " in done.stdout
    assert "Skipped, speed+3: calm/calm.0.wav: short: " in done.stderr
    again = command(music, tmp_path / "command", *words).stdout
    assert "speed+3: 10 rows of 3s; 0 files computed, 5 found done, 1 skipped (1 short); " in again
    as_json = json.loads(command(music, tmp_path / "command", *words, "--json").stdout)
    assert {name: one["n_reused"] for name, one in as_json["deformed"].items()} == dict.fromkeys(NAMES, 6)
    assert command(music, tmp_path / "command", *words, "--strict").exit_code == 1
    with pytest.warns(gf.GtzanWarning, match=r"speed\+3: 1 of 6 files gave no row: calm/calm.0.wav"):
        gf.extract(music, out=tmp_path / "face", deformed=["noise-10", "speed+3"], n_jobs=1)
    assert bytes_below(tmp_path / "face") == bytes_below(tmp_path / "command")


def test_python_refuses_deformed_spectrograms_in_one_line(music, tmp_path):
    with pytest.raises(ConfigError, match="deformed='noise-10' goes with features"):
        gf.extract(music, features="spectrogram-mel", deformed="noise-10", out=tmp_path)


def test_the_word_robust_is_in_the_help_and_stands_for_names_that_exist():
    assert {one.name for one in deformations(ROBUST)} == set(ROBUST)
    shown = " ".join(CliRunner().invoke(cli, ["features", "extract", "--help"]).stdout.split())
    assert "--deformed" in shown
    assert "robust" in shown
