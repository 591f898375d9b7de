from __future__ import annotations

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.augment import augment
from gtzan_features.audio.decode import write_wav
from gtzan_features.audio.load import load
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.errors import ConfigError, OutputExistsError
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import spectrograms
from gtzan_features.music.augmented_copies import augment_folder, generator
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import SR, tone

KINDS = ("noise", "time-shift")


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_copies_have_the_identifiers_of_their_tracks(music, tmp_path):
    done = augment_folder(music, tmp_path / "a", KINDS, n_jobs=1)
    assert (done.n_written, done.n_kept, done.skipped) == (12, 0, ())
    for kind in KINDS:
        copies = read_catalogue(tmp_path / "a" / kind)
        assert [t.track_id for t in copies.tracks] == [t.track_id for t in read_catalogue(music).tracks]
        assert copies.dataset == f"music + {kind}"
        y = load(music / "calm" / "calm.1.wav", SR).samples
        expected = augment(y, SR, kind, generator(0, kind, "calm.1"))
        found = load(tmp_path / "a" / kind / "calm" / "calm.1.wav", SR).samples
        np.testing.assert_allclose(found, expected / max(1, np.abs(expected).max()), atol=2 / 32_768)


def test_the_seed_decides_for_any_number_of_workers(music, tmp_path):
    augment_folder(music, tmp_path / "a", KINDS, n_jobs=1)
    augment_folder(music, tmp_path / "b", KINDS, n_jobs=2)
    augment_folder(music, tmp_path / "c", KINDS, n_jobs=1, seed=1)
    assert contents(tmp_path / "a") == contents(tmp_path / "b") != contents(tmp_path / "c")


def test_what_is_there_is_kept_and_another_seed_refused(music, tmp_path):
    out = tmp_path / "a"
    augment_folder(music, out, ("noise",), n_jobs=1)
    before = contents(out)
    (out / "noise" / "calm" / "calm.0.wav").unlink()
    again = augment_folder(music, out, ("noise",), n_jobs=1)
    assert (again.n_written, again.n_kept) == (1, 5)
    assert contents(out) == before
    with pytest.raises(OutputExistsError, match="not music . noise of seed 3.*--overwrite"):
        augment_folder(music, out, ("noise",), n_jobs=1, seed=3)
    assert augment_folder(music, out, ("noise",), n_jobs=1, seed=3, overwrite=True).n_written == 6


def test_bad_files_and_bad_words(music, tmp_path):
    (music / "calm" / "calm.text.wav").write_text("no music")
    done = augment_folder(music, tmp_path / "a", ("noise",), n_jobs=1)
    assert done.n_written == 6
    assert "calm.text.wav: cannot decode" in done.skipped[0]
    with pytest.raises(ConfigError, match="no augmentation echo of audio; there are time-shift, noise"):
        augment_folder(music, tmp_path / "b", ("echo",), n_jobs=1)
    with pytest.raises(ConfigError, match="no augmentation given"):
        augment_folder(music, tmp_path / "b", (), n_jobs=1)


def test_loud_copies_are_scaled_not_clipped(tmp_path):
    y = 2 * tone(0.1, 100)
    write_wav(tmp_path / "y.wav", y, SR)
    found, _ = soundfile.read(tmp_path / "y.wav", dtype="float32")
    np.testing.assert_allclose(found, y / np.abs(y).max(), atol=2 / 32_768)


def test_copies_serve_both_kinds_of_tables(music, tmp_path):
    """The whole way: audio, copies, tables of both, a fit that adds the copies to its training rows."""
    for i in range(3, 6):
        for g, genre in enumerate(("calm", "loud")):
            y = tone(7.0, 220.0 * (g + 1) + 20 * i, seed=10 * g + i)
            soundfile.write(music / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    augment_folder(music, tmp_path / "a", ("noise",), n_jobs=2)
    tables, copies = tmp_path / "f", tmp_path / "f" / "augmented" / "noise"
    features = ExtractConfig(segments=(SegmentConfig(3.0),))
    for audio, out in ((music, tables), (tmp_path / "a" / "noise", copies)):
        spectrograms(audio, out, n_jobs=2)
        extract(audio, out, features, n_jobs=2)
    split = SplitConfig(folds=2)
    for model, settings in (("cnn", ("filters=8", "epochs=5")), ("svm", ())):
        config = FitConfig(model=model, settings=settings, split=split, augment=("noise",))
        result = fit_run(tables, tmp_path / "runs", config, n_jobs=1)
        assert result.manifest.settings["augment"] == "noise"
        assert len(result.scores) == 4
