from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gtzan_features.audio import load as load_module
from gtzan_features.audio.load import load
from gtzan_features.audio.sound import Limits
from gtzan_features.errors import AudioDecodeError, AudioError, AudioSilentError, AudioTooShortError
from tests.audio import material
from tests.conftest import SR, tone

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on the PATH")


def write(path, y, sr=SR, **kind):
    soundfile.write(path, y, sr, **kind)
    return path


@pytest.mark.parametrize(("name", "sr"), [("a.wav", SR), ("a.flac", 44_100), ("a.ogg", 48_000)])
def test_samples_are_those_of_extraction(tmp_path, name, sr):
    path = write(tmp_path / name, np.stack([tone(2.0, 300.0, sr=sr), tone(2.0, 500.0, sr=sr)], axis=1), sr)
    found = load(path, SR)
    assert (found.source_sr, found.source_channels, found.decoder) == (sr, 2, "libsndfile")
    assert found.duration_s == pytest.approx(2.0, abs=1e-3)


def test_level_and_clipping(tmp_path):
    y = 0.5 * np.sin(2 * np.pi * 100 * np.arange(SR) / SR)
    found = load(write(tmp_path / "a.wav", y, subtype="FLOAT"), SR)
    assert found.peak_db == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert found.clipped == 0
    # A sine of amplitude 2 stands at full scale where |sin| is above a half: two thirds of the time.
    loud = load(write(tmp_path / "b.wav", np.clip(4 * y, -1, 1), subtype="FLOAT"), SR)
    assert loud.clipped == pytest.approx(2 / 3, abs=0.01)


def test_what_is_no_audio_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("gtzan_features.audio.system.shutil.which", lambda _: None)
    (tmp_path / "text.wav").write_text("no music")
    with pytest.raises(AudioDecodeError, match="cannot decode"):
        load(tmp_path / "text.wav", SR)
    (tmp_path / "a.m4a").write_bytes(b"\0" * 100)
    with pytest.raises(AudioDecodeError, match="ffmpeg, which reads more kinds, is not on the PATH"):
        load(tmp_path / "a.m4a", SR)
    (tmp_path / "empty.m4a").touch()
    with pytest.raises(AudioDecodeError, match="the file is empty"):
        load(tmp_path / "empty.m4a", SR)
    with pytest.raises(AudioDecodeError, match="No such file"):
        load(tmp_path / "missing.m4a", SR)
    with pytest.raises(AudioSilentError):
        load(write(tmp_path / "silent.wav", np.zeros(SR)), SR)
    with pytest.raises(AudioTooShortError):
        load(write(tmp_path / "none.wav", np.zeros(0)), SR)


@needs_ffmpeg
def test_the_systems_decoder_reads_what_libsndfile_does_not(tmp_path):
    wav, m4a = write(tmp_path / "a.wav", tone(3.0, 440.0)), tmp_path / "a.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, "-c:a", "aac", "-b:a", "192k", m4a], check=True)
    found = load(m4a, SR)
    assert found.decoder == "ffmpeg"
    assert found.duration_s == pytest.approx(3.0, abs=0.15)  # AAC pads to whole frames
    spectrum = np.abs(np.fft.rfft(found.samples))
    assert np.argmax(spectrum) / found.duration_s == pytest.approx(440, rel=0.01)
    (tmp_path / "text.m4a").write_text("no music")
    with pytest.raises(AudioDecodeError, match="and ffmpeg cannot either"):
        load(tmp_path / "text.m4a", SR)


def test_long_files_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    # Two hours of silence in a few kilobytes.
    soundfile.write(tmp_path / "bomb.flac", np.zeros(7200 * 1000, np.int16), 1000)
    assert (tmp_path / "bomb.flac").stat().st_size < 100_000
    monkeypatch.setattr("gtzan_features.audio.stream._read", lambda *_: pytest.fail("decoded"))
    with pytest.raises(AudioError, match="7200 s long, and at most 600 s are taken"):
        load(tmp_path / "bomb.flac", None, limits=Limits(seconds=600.0, by_header=True))
    soundfile.write(tmp_path / "wide.flac", np.zeros((655_350, 8), np.int16), 655_350)
    with pytest.raises(AudioError, match="too many samples. Convert it to 44100 Hz"):
        load(tmp_path / "wide.flac", None, limits=Limits(seconds=2.0, samples_per_s=192_000, by_header=True))


def without_ffmpeg(monkeypatch):
    monkeypatch.setattr("gtzan_features.audio.system.shutil.which", lambda _: None)


ALL_SECONDS = list(range(material.SECONDS))


@pytest.mark.parametrize("name", material.WHOLE)
def test_what_is_whole_is_read_whole_without_any_other_program(sounds, monkeypatch, capfd, name):
    without_ffmpeg(monkeypatch)
    found = load(sounds / name, SR)
    assert material.heard_seconds(found.samples, SR) == ALL_SECONDS
    assert found.duration_s == pytest.approx(material.SECONDS, abs=0.11)  # an encoder's padding
    assert found.samples.size == pytest.approx(found.duration_s * SR, abs=1)
    assert (found.repair, found.improvable) == ("", False)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", material.SYSTEM)
def test_what_libsndfile_does_not_read_ffmpeg_does(sounds, monkeypatch, name):
    found = load(sounds / name, SR)
    assert found.decoder == "ffmpeg"
    assert material.heard_seconds(found.samples, SR) == ALL_SECONDS
    assert found.duration_s == pytest.approx(material.SECONDS, abs=0.11)
    assert found.repair == ""
    without_ffmpeg(monkeypatch)
    with pytest.raises(AudioDecodeError, match="ffmpeg, which reads more kinds, is not on the PATH"):
        load(sounds / name, SR)


@pytest.mark.parametrize("name", material.DAMAGED)
def test_what_is_missing_is_said(sounds, capfd, name):
    least, words = material.DAMAGED[name]
    found = load(sounds / name, SR)
    assert least - 1 <= found.duration_s < material.SECONDS
    assert words in found.repair
    assert f"{found.duration_s:.1f}" in found.repair
    heard = material.heard_seconds(found.samples, SR)
    assert heard == ALL_SECONDS[: len(heard)]
    assert len(heard) >= int(found.duration_s)
    assert capfd.readouterr().err == ""


def test_what_ffmpeg_would_add_is_said_where_there_is_none(sounds, monkeypatch):
    with_it = load(sounds / "noise-within.flac", SR)
    without_ffmpeg(monkeypatch)
    found = load(sounds / "noise-within.flac", SR)
    assert found.duration_s < with_it.duration_s
    assert found.improvable
    assert not with_it.improvable
    assert "of about 8.0 s could be read" in found.repair
    assert found.repair.endswith("ffmpeg, which may read more, is not on the PATH")


@pytest.mark.parametrize("name", material.TWICE)
def test_recordings_behind_each_other_are_read_to_the_last(sounds, name):
    assert material.heard_seconds(load(sounds / name, SR).samples, SR) == 2 * ALL_SECONDS


@pytest.mark.parametrize(
    "name", ["plain.wav", "plain.flac", "plain.ogg", "plain.aiff", "plain.m4a", "plain.wma"]
)
def test_durations_are_those_of_ffprobe(sounds, name):
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", sounds / name]
    theirs = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert load(sounds / name, None).duration_s == pytest.approx(theirs, abs=0.05)


def test_the_beginning_of_an_mp3_is_not_called_a_missing_file(tmp_path):
    (tmp_path / "a.mp3").write_bytes(
        b"ID3\4\0\0\0\0\0\x22" + bytes(34) + bytes.fromhex("fff340c4") + bytes(12)
    )
    with pytest.raises(AudioDecodeError, match="Format not recognised"):
        load(tmp_path / "a.mp3", SR)


def test_names_that_are_no_utf8_and_begin_with_a_dash_are_read_by_ffmpeg(sounds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (b"caf\xe9.m4a", b"-i.m4a", b"pipe:0.m4a", b"%d.m4a"):
        path = Path(os.fsdecode(name))
        path.write_bytes((sounds / "plain.m4a").read_bytes())
        assert material.heard_seconds(load(path, SR).samples, SR) == ALL_SECONDS


def test_ffmpeg_is_given_no_way_to_other_files(sounds, tmp_path):
    shutil.copy(sounds / "plain.m4a", tmp_path / "secret.m4a")
    playlists = {
        "hls.m4a": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:8,\nsecret.m4a\n#EXT-X-ENDLIST\n",
        "list.m4a": "ffconcat version 1.0\nfile secret.m4a\n",
        "list.txt": "file 'secret.m4a'\n",
        "film.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    }
    for name, text in playlists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(AudioDecodeError):
            load(tmp_path / name, SR)


def test_ffmpeg_is_bounded_in_time_and_length(sounds, monkeypatch):
    with pytest.raises(AudioError, match="longer than it may be, and at most 3 s are taken"):
        load(sounds / "plain.m4a", SR, limits=Limits(seconds=3.0))
    with pytest.raises(AudioError, match="8 s long, and at most 3 s are taken"):
        load(sounds / "plain.m4a", SR, limits=Limits(seconds=3.0, by_header=True))
    assert load(sounds / "plain.m4a", SR, seconds=3.0, limits=Limits(seconds=3.0)).n_samples == 3 * SR
    slow = sounds / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("gtzan_features.audio.system.shutil.which", lambda _: str(slow))
    with pytest.raises(AudioDecodeError, match="ffmpeg did not finish"):
        load(sounds / "plain.m4a", SR, limits=Limits(wait_s=0.2))


def test_the_beginning_is_that_of_the_whole(sounds):
    for name in ("plain.wav", "vbr-bare.mp3", "plain.m4a"):
        whole, start = load(sounds / name, SR), load(sounds / name, SR, seconds=2.5)
        np.testing.assert_array_equal(start.samples, whole.samples[: round(2.5 * SR)])
        assert start.n_samples == start.samples.size == round(2.5 * SR)


@pytest.mark.parametrize("in_place", [True, False])
def test_the_hash_is_that_of_the_bytes_that_were_decoded(tmp_path, monkeypatch, in_place):
    """A file that is replaced between hashing and decoding gives old samples or new, with their hash."""
    path, other = (
        write(tmp_path / "a.wav", tone(1.0, 300.0)),
        write(tmp_path / "b.wav", tone(1.0, 500.0, seed=1)),
    )
    expected = {load(one, SR).sha256: load(one, SR).samples for one in (path, other)}
    assert len(expected) == 2
    examine, calls = load_module.examine, []

    def replaced(file):
        calls.append(file)
        if len(calls) == 1:
            if in_place:
                path.write_bytes(other.read_bytes())
            else:
                Path(shutil.copy(other, tmp_path / "c.wav")).replace(path)
        return examine(file)

    monkeypatch.setattr(load_module, "examine", replaced)
    found = load(path, SR)
    np.testing.assert_array_equal(found.samples, expected[found.sha256])


def test_a_file_that_changes_all_the_time_is_refused(tmp_path, monkeypatch):
    path, examine = write(tmp_path / "a.wav", tone(1.0, 300.0)), load_module.examine

    def appended(file):
        with path.open("ab") as handle:
            handle.write(b"more")
        return examine(file)

    monkeypatch.setattr(load_module, "examine", appended)
    with pytest.raises(AudioDecodeError, match="its bytes change while they are read"):
        load(path, SR)


def absurd(tmp_path, **header):
    """A WAV whose header says something else than its one second of sound."""
    path = write(tmp_path / "absurd.wav", tone(1.0, 300.0), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = {"channels": (22, "<H"), "rate": (24, "<I"), "align": (32, "<H")}
    for name, value in header.items():
        struct.pack_into(at[name][1], content, at[name][0], value)
    path.write_bytes(content)
    return path


def test_headers_beyond_reason_are_one_clear_error(tmp_path, monkeypatch):
    for rate in (10**9, 2**31 - 1, 1, 20):
        with pytest.raises(AudioDecodeError, match=f"{rate} samples per second"):
            load(absurd(tmp_path, rate=rate), SR)
    without_ffmpeg(monkeypatch)
    with pytest.raises(AudioError):
        load(absurd(tmp_path, channels=60_000, align=65_535), SR)
    with pytest.raises(AudioDecodeError, match="its header says 500 channels; 1 to 128 are taken"):
        load(absurd(tmp_path, channels=500, align=1000), SR)


def test_a_flac_that_promises_weeks_is_read_as_far_as_it_goes(tmp_path):
    path = write(tmp_path / "a.flac", tone(2.0, 300.0))
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4
    path.write_bytes(content)
    found = load(path, SR)
    assert found.duration_s == pytest.approx(2.0)
    assert "2.0 of about 3116" in found.repair
    with pytest.raises(AudioError, match="s long, and at most 600 s are taken"):
        load(path, SR, limits=Limits(seconds=600.0, by_header=True))


@pytest.mark.parametrize("value", [1e38, 3e38, 1e7, np.inf, np.nan])
@pytest.mark.parametrize("channels", [1, 2])
def test_values_beyond_reason_are_an_error_and_no_warning(tmp_path, value, channels):
    y = np.stack([tone(1.0, 300.0)] * channels, axis=1)
    y[5000] = value
    with pytest.raises(AudioDecodeError, match="not finite|times full scale"):
        load(write(tmp_path / "loud.wav", y, subtype="FLOAT"), SR)


def test_named_pipes_and_folders_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", tmp_path):
        with pytest.raises(AudioDecodeError, match="not a regular file"):
            load(path, SR)


@pytest.mark.parametrize("sr", [8_000, 12_000, 16_000, 24_000, 48_000])
def test_opus_of_any_rate_is_whole_without_ffmpeg(tmp_path, monkeypatch, sr):
    """Its pages count at 48 kHz, and libsndfile decodes to the rate that it was made from."""
    monkeypatch.setenv("PATH", "")
    path = tmp_path / "a.opus"
    soundfile.write(path, 0.3 * np.sin(np.arange(4 * sr) / 10), sr, format="OGG", subtype="OPUS")
    found = load(path, 22_050)
    assert found.repair == ""
    assert found.duration_s == pytest.approx(4.0, abs=0.05)
