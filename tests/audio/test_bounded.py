from __future__ import annotations

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.bounded import read_bounded, write_exact
from gtzan_features.audio.decode import decode_file
from gtzan_features.errors import AudioDecodeError, AudioError
from tests.conftest import SR, tone


@pytest.mark.parametrize(
    ("name", "kind"), [("a.wav", "WAV"), ("a.flac", "FLAC"), ("a.mp3", "MP3"), ("a", "OGG")]
)
def test_what_is_short_enough_is_read_as_everywhere(tmp_path, name, kind):
    soundfile.write(tmp_path / name, np.stack([tone(3.0, 220.0)] * 2, axis=1), SR, format=kind)
    samples, sr = read_bounded(tmp_path / name, 4.0)
    np.testing.assert_array_equal(samples, decode_file(tmp_path / name)[0])
    assert sr == SR
    write_exact(tmp_path / "again.wav", samples, sr)
    np.testing.assert_array_equal(decode_file(tmp_path / "again.wav")[0], samples)


def test_long_files_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    # Two hours of silence in a few kilobytes.
    soundfile.write(tmp_path / "bomb.flac", np.zeros(7200 * 1000, np.int16), 1000)
    assert (tmp_path / "bomb.flac").stat().st_size < 100_000
    monkeypatch.setattr("gtzan_features.audio.bounded.decode_file", lambda _: pytest.fail("decoded"))
    with pytest.raises(AudioError, match="7200 s long, and at most 600 s are taken"):
        read_bounded(tmp_path / "bomb.flac", 600.0)
    soundfile.write(tmp_path / "wide.flac", np.zeros((655_350, 8), np.int16), 655_350)
    with pytest.raises(AudioError, match="too many samples. Convert it to 44100 Hz"):
        read_bounded(tmp_path / "wide.flac", 2.0)


def test_what_is_no_audio_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "text.wav").write_text("no music\n" * 1000)
    (tmp_path / "list.wav").write_text("#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n")
    (tmp_path / "empty.wav").touch()
    for name, reason in (
        ("text.wav", "no audio that can be read here. Give WAV, AU, FLAC, Ogg or MP3"),
        ("list.wav", "no audio that can be read here"),
        ("empty.wav", "the file is empty"),
    ):
        with pytest.raises(AudioDecodeError, match=reason):
            read_bounded(tmp_path / name, 600.0)
