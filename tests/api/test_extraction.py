"""A folder of music to a table: the files of the command, found again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from gtzan_cli.main import cli

import gtzan_features as gf
from gtzan_features.descriptors import sets
from gtzan_features.errors import CatalogueError, ConfigError, OutputExistsError
from tests.conftest import SR, tone


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def counted(calls: list[int]):
    return lambda done, total, what: calls.append(done)  # noqa: ARG005


def test_its_tables_are_those_of_the_command_to_the_byte(music, tmp_path):
    words = ["features", "extract", str(music), "--out", str(tmp_path / "command"), "-s", "3s", "-j", "1"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    table = gf.extract(music, out=tmp_path / "face", n_jobs=1)
    assert contents(tmp_path / "face") == contents(tmp_path / "command")
    frame = gf.features(music)
    assert np.array_equal(np.sort(table.X, axis=0), np.sort(frame.to_numpy(dtype=np.float64), axis=0))
    assert table.opened.path == tmp_path / "face" / "kaggle-3s.parquet"


def test_what_was_computed_is_found_again(music, tmp_path, monkeypatch):
    first = gf.extract(music, out=tmp_path, n_jobs=1)
    compute, pieces = sets.compute, []
    monkeypatch.setattr(sets, "compute", lambda new, config: pieces.extend(new) or compute(new, config))
    calls: list[int] = []
    again = gf.extract(music, out=tmp_path, n_jobs=1, progress=counted(calls))
    assert calls == [1, 2, 3, 4, 5, 6] * 2  # files, and files into the table
    assert np.array_equal(again.X, first.X)
    kernels = len(pieces)  # those that prove the kernels, and no segment
    assert not any(piece.size == 3 * SR - 1 for piece in pieces)
    gf.extract(music, out=tmp_path, n_jobs=1, recompute=True)
    assert sum(piece.size == 3 * SR - 1 for piece in pieces[kernels:]) == 12


def test_without_a_folder_each_folder_of_music_has_its_own_in_the_cache(music, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    other = tmp_path / "other" / "music"
    shutil.copytree(music, other)
    one, two = gf.extract(music, n_jobs=1), gf.extract(other, n_jobs=1)
    assert one.opened.path.parent.parent == tmp_path / "cache" / "gtzan" / "tables"
    assert one.opened.path.parent != two.opened.path.parent
    # A track that is gone is gone from the table: nobody asked for that folder.
    next(other.rglob("*.wav")).unlink()
    assert len(gf.extract(other, n_jobs=1)) == len(two) - 2
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert gf.extract(music, n_jobs=1).opened.path.is_relative_to(tmp_path / "home" / ".cache" / "gtzan")


def test_a_folder_that_was_given_is_not_overwritten_unasked(music, tmp_path):
    gf.extract(music, out=tmp_path, n_jobs=1)
    next(music.rglob("*.wav")).unlink()
    with pytest.raises(OutputExistsError, match="Give another out=, or overwrite=True to replace the tables"):
        gf.extract(music, out=tmp_path, n_jobs=1)
    assert len(gf.extract(music, out=tmp_path, n_jobs=1, overwrite=True)) == 10


def test_genres_endings_and_rows_beside_are_chosen_as_by_the_command(music, tmp_path):
    soundfile.write(music / "calm" / "calm.0.flac", tone(7.0, 500.0), SR)
    only = gf.extract(music, genres=["calm"], prefer=["flac", "wav"], out=tmp_path / "one", n_jobs=1)
    assert set(only.y) == {"calm"}
    assert only.tracks["rows"].to_dict() == {"calm.0": 2, "calm.1": 2, "calm.2": 2}
    both = gf.extract(music, genres=["loud"], segments="3s+5s", out=tmp_path / "two", n_jobs=1)
    assert len(both.columns) == 2 * 57
    assert both.columns[57] == "track_chroma_stft_mean"
    assert (both.meta.segment, len(both)) == ("3s+5s", 6)


def test_spectrograms_are_those_of_the_command(music, tmp_path):
    words = ["features", "spectrograms", str(music), "--out", str(tmp_path / "command"), "-j", "1"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    table = gf.extract(music, features="spectrogram-mel", out=tmp_path / "face", n_jobs=1)
    assert contents(tmp_path / "face") == contents(tmp_path / "command")
    assert table.X.shape == (12, np.prod(table.opened.data.shape))
    with pytest.raises(ConfigError, match="scale 'mle' is not known; there are mel, decibel"):
        gf.extract(music, features="spectrogram-mle", out=tmp_path / "face")
    with pytest.raises(ConfigError, match=r"segments='3s\+30s' goes with features"):
        gf.extract(music, features="spectrogram-mel", segments="3s+30s", out=tmp_path / "face")


def test_files_without_rows_are_a_warning_and_no_row_at_all_an_error(music, tmp_path):
    (music / "calm" / "text.wav").write_text("no audio")
    with pytest.warns(
        gf.GtzanWarning, match=r"1 of 7 files gave no row: calm/text.wav \(corrupt: "
    ) as caught:
        table = gf.extract(music, out=tmp_path / "tables", n_jobs=1)
    assert caught[0].filename == __file__
    assert len(table) == 12
    with (
        pytest.warns(gf.GtzanWarning),
        pytest.raises(CatalogueError, match=r"no row of 10s: .*\. Give shorter segments= than 10s"),
    ):
        gf.extract(music, segments="10s", out=tmp_path / "none", n_jobs=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": "kagle"}, "feature set 'kagle' does not exist"),
        ({"segments": "three"}, "is not a number of seconds"),
        ({"n_jobs": 0}, "^n_jobs=0 is no number of workers"),
        ({"genres": ["polka"]}, "no genre folder polka; there are calm, loud"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_work(music, tmp_path, options, message):
    with pytest.raises((ConfigError, CatalogueError), match=message):
        gf.extract(music, out=tmp_path / "tables", **options)
    assert not (tmp_path / "tables").exists()


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(CatalogueError, match=r"missing: no such folder"):
        gf.extract(tmp_path / "missing", out=tmp_path / "tables")
