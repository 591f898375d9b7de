from __future__ import annotations

import subprocess

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.flac import samples_to_last_frame
from gtzan_features.audio.load import load
from gtzan_features.audio.opened import AudioFile
from tests.audio.material import needs_programs
from tests.conftest import SR, tone

TOTAL = (1 << 36) - 1


def counted(path) -> int | None:
    with AudioFile(path) as file:
        return samples_to_last_frame(file)


def saying(content: bytes, total: int) -> bytes:
    """A FLAC file whose header tells of `total` samples."""
    others = int.from_bytes(content[21:26]) & ~TOTAL
    return content[:21] + (others | total).to_bytes(5) + content[26:]


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("n_samples", [17, 4096, 4097, 70_000])
def test_the_last_frame_tells_the_length(tmp_path, channels, subtype, n_samples):
    noise = np.random.default_rng(0).uniform(-1, 1, (n_samples, channels))  # cannot be packed: large frames
    soundfile.write(tmp_path / "a.flac", noise, SR, subtype=subtype)
    assert counted(tmp_path / "a.flac") == n_samples


@pytest.mark.parametrize("sr", [8_000, 11_111, 44_100, 96_000])
@pytest.mark.parametrize("block", [16, 1_000, 4_608, 65_535])
def test_so_it_does_for_any_block_and_rate(tmp_path, sr, block):
    needs_programs()
    soundfile.write(tmp_path / "a.wav", tone(1.7, 200.0, sr=sr), sr)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-frame_size", str(block), "-strict", "-2"]
    subprocess.run([*command, tmp_path / "a.flac"], check=True)
    assert counted(tmp_path / "a.flac") == round(1.7 * sr)


@pytest.mark.parametrize("said", [1, 10_000, 3 * SR, 6 * SR - 5_000])
def test_a_header_that_tells_of_fewer_samples_hides_none(tmp_path, said):
    soundfile.write(tmp_path / "a.flac", tone(6, 200.0), SR)
    whole = load(tmp_path / "a.flac", SR)
    (tmp_path / "a.flac").write_bytes(saying((tmp_path / "a.flac").read_bytes(), said))
    found = load(tmp_path / "a.flac", SR)
    assert np.array_equal(found.samples, whole.samples)
    assert not found.repair
    assert found.decoder == "libsndfile"


def test_bytes_that_are_no_frame_tell_nothing(tmp_path):
    for seed in range(20):
        junk = np.random.default_rng(seed).integers(0, 256, 30_000, dtype=np.uint8).tobytes()
        (tmp_path / "a.flac").write_bytes(b"fLaC\x80\0\0\x22" + bytes(34) + junk)
        assert counted(tmp_path / "a.flac") is None


def test_junk_behind_the_last_frame_tells_nothing(tmp_path):
    soundfile.write(tmp_path / "a.flac", tone(3, 200.0), SR)
    content = (tmp_path / "a.flac").read_bytes()
    for seed in range(20):
        junk = np.random.default_rng(seed).integers(0, 256, 30_000, dtype=np.uint8).tobytes()
        (tmp_path / "a.flac").write_bytes(content + junk)
        assert counted(tmp_path / "a.flac") == 3 * SR
