from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile

from gtzan_features.pipelines.verify import verify
from tests.conftest import SR, tone


def kinds(found):
    return {(f.kind, f.track_id) for f in found.findings}


def test_other_music_is_checked_for_damage_and_duplicates(music):
    assert verify(music, n_jobs=1).findings == ()
    y, _ = soundfile.read(music / "calm" / "calm.0.wav", dtype="int16")
    soundfile.write(music / "loud" / "same.flac", y, SR)
    soundfile.write(music / "loud" / "silent.wav", np.zeros(SR), SR)
    soundfile.write(music / "loud" / "brief.wav", tone(1.0, 300), SR)
    (music / "calm" / "broken.wav").write_bytes(b"RIFF")
    found = verify(music, n_jobs=2)
    assert not found.is_gtzan
    assert kinds(found) == {
        ("duplicate", "loud/same"),
        ("silent", "loud/silent"),
        ("short", "loud/brief"),
        ("corrupt", "calm/broken"),
    }
    (copy,) = [f for f in found.findings if f.kind == "duplicate"]
    assert copy.detail == "same samples as calm/calm.0.wav, of another genre (calm)"
    assert found.counts() == {"corrupt": 1, "silent": 1, "short": 1, "duplicate": 1}


@pytest.mark.real
class TestReal:
    def test_the_real_tracks_are_intact(self, real_material):
        found = verify(real_material / "audio", n_jobs=2)
        assert found.is_gtzan
        assert found.n_files == 70
        assert found.counts() == {"missing": 930}

    def test_every_fault_is_found(self, real_material, tmp_path):
        root = tmp_path / "gtzan"
        for genre in ("blues", "jazz", "rock"):
            (root / genre).mkdir(parents=True)
            for i in range(3):
                name = f"{genre}/{genre}.0000{i}.wav"
                shutil.copy(real_material / "audio" / name, root / name)
        shutil.copy(real_material / "jazz.00054.corrupt.wav", root / "jazz" / "jazz.00054.wav")
        shutil.copy(real_material / "jazz.00054.au", root / "jazz" / "jazz.00055.au")
        y, _ = soundfile.read(root / "rock" / "rock.00000.wav", dtype="int16")
        soundfile.write(root / "rock" / "rock.00000.wav", y[: 20 * SR], SR)
        (root / "blues" / "blues.00001.wav").write_bytes(b"")
        shutil.copy(root / "blues" / "blues.00000.wav", root / "blues" / "blues.00500.wav")
        found = verify(root, n_jobs=1)
        assert {k for k in kinds(found) if k[0] != "missing"} == {
            ("repaired", "jazz.00054"),
            ("altered", "jazz.00055"),
            ("short", "rock.00000"),
            ("altered", "rock.00000"),
            ("corrupt", "blues.00001"),
            ("unknown", "blues.00500"),
            ("duplicate", "blues.00500"),
        }

    def test_the_intact_original_is_not_altered(self, real_material, tmp_path):
        (tmp_path / "jazz").mkdir()
        shutil.copy(real_material / "jazz.00054.au", tmp_path / "jazz" / "jazz.00054.au")
        assert verify(tmp_path, n_jobs=1).counts() == {"missing": 999}
