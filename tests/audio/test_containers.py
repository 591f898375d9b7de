from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.containers import examine
from gtzan_features.audio.mpeg import walk_mpeg
from gtzan_features.audio.opened import AudioFile, Span, Spliced
from tests.conftest import SR, tone


def layout(path):
    with AudioFile(path) as file:
        return examine(file)


@pytest.mark.parametrize("kind", ["WAV", "AU", "AIFF", "FLAC", "OGG", "RF64", "W64", "CAF"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_length_of_intact_files_is_known_to_the_sample(tmp_path, kind, channels):
    soundfile.write(tmp_path / "a", np.stack([tone(1.3, 200.0)] * channels, axis=1), SR, format=kind)
    found = layout(tmp_path / "a")
    assert found.present == found.promised == round(1.3 * SR)
    assert not found.parts
    assert not found.cut


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_samples_of_any_width_are_counted(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", tone(0.5, 200.0), SR, subtype=subtype)
    content = (tmp_path / "a.wav").read_bytes()
    whole = layout(tmp_path / "a.wav")
    assert whole.present == whole.promised == round(0.5 * SR)
    (tmp_path / "a.wav").write_bytes(content[:-1000])
    cut = layout(tmp_path / "a.wav")
    assert cut.present < cut.promised == whole.promised


@pytest.mark.parametrize("kind", ["WAV", "AU", "RF64", "W64", "CAF"])
def test_a_header_that_tells_of_half_the_samples_hides_none_in_silence(tmp_path, kind):
    soundfile.write(tmp_path / "a", tone(6, 200.0), SR, format=kind, subtype="PCM_16")
    n_bytes = 2 * 6 * SR
    content = (tmp_path / "a").read_bytes()
    place, size, extra = {
        "WAV": (content.find(b"data") + 4, "<I", 0),
        "AU": (8, ">I" if content[:4] == b".snd" else "<I", 0),
        "RF64": (content.find(b"ds64") + 16, "<Q", 0),
        "W64": (content.find(b"data") + 16, "<Q", 24),
        "CAF": (content.find(b"data") + 4, ">Q", 4),
    }[kind]
    width = struct.calcsize(size)
    assert struct.unpack(size, content[place : place + width]) == (n_bytes + extra,)
    half = struct.pack(size, n_bytes // 2 + extra)
    (tmp_path / "a").write_bytes(content[:place] + half + content[place + width :])
    found = layout(tmp_path / "a")
    assert (found.present, found.promised) == (3 * SR, 6 * SR)
    (tmp_path / "a").write_bytes(content[: -n_bytes // 2])
    cut = layout(tmp_path / "a")
    assert (cut.present, cut.promised) == (3 * SR, 6 * SR)
    (tmp_path / "a").write_bytes(2 * content)  # a second file behind the first, which nobody reads
    joined = layout(tmp_path / "a")
    assert joined.present == 6 * SR < joined.promised


@pytest.mark.parametrize("said", ["wrapped", "ones"])
def test_wav_files_of_more_than_four_gigabytes_are_as_long_as_they_are(tmp_path, said):
    n_bytes = 5 * 10**9
    size = n_bytes % (1 << 32) if said == "wrapped" else 0xFFFFFFFF
    head = (
        b"RIFF" + struct.pack("<I", size) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, SR, 4 * SR, 4, 16)
    )
    with (tmp_path / "a.wav").open("wb") as file:
        file.write(head + b"data" + struct.pack("<I", size))
        file.truncate(44 + n_bytes)  # a hole in the file: it takes no room
    found = layout(tmp_path / "a.wav")
    assert found.present == n_bytes // 4
    # libsndfile is given a header that tells so: its beginning is read here, the rest would take minutes.
    with AudioFile(tmp_path / "a.wav") as file, soundfile.SoundFile(Spliced(file, *found.parts)) as sound:
        assert (sound.format, sound.frames, sound.samplerate) == ("RF64", n_bytes // 4, SR)


def test_frames_are_counted_between_junk(tmp_path):
    frame = bytes.fromhex("fffb9064") + bytes(413)  # 128 kbit/s at 44.1 kHz
    stream = 20 * frame
    (tmp_path / "a").write_bytes(
        b"junk" * 10 + stream + b"x" * 4170 + stream + frame[:100] + b"TAG" + bytes(125)
    )
    with AudioFile(tmp_path / "a") as file:
        found = walk_mpeg(file)
    assert found.n_frames == 40
    assert found.n_junk == pytest.approx(4170, abs=418)
    assert [len(span) for span in found.spans] == [20 * 417, 20 * 417]
    assert found.present == 40 * 1152
    assert found.promised == 50 * 1152
    # The head that is put before the frames is a frame of the same kind, and tells their number.
    assert found.head[:2] == b"\xff\xfb"
    assert found.head[44:48] == (40).to_bytes(4)


@pytest.mark.parametrize(
    "content", [b"\xff" * 5000, bytes(5000), b"\xff\xfb\x90\x64" * 1000, b"ID3\4\0\0\0\0\0\0" * 9]
)
def test_what_is_no_container_has_no_layout(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    assert layout(tmp_path / "a").present is None


def test_pieces_read_like_one_file(tmp_path):
    (tmp_path / "a").write_bytes(bytes(range(200)))
    with AudioFile(tmp_path / "a") as file:
        spliced = Spliced(file, (b"head", Span(10, 20), b"x", Span(100, 103)))
        expected = b"head" + bytes(range(10, 20)) + b"x" + bytes(range(100, 103))
        assert spliced.read() == expected
        for start in range(len(expected) + 2):
            for n_bytes in range(len(expected) + 2):
                spliced.seek(start)
                assert spliced.read(n_bytes) == expected[start : start + n_bytes]
        assert spliced.seek(-3, 2) == len(expected) - 3
        assert spliced.read(-1) == expected[-3:]
