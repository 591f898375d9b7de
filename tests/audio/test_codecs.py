"""Codecs in memory: rates, delay and length of what comes back, and one line where it cannot."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest
import soundfile

from gtzan_features.audio import codecs
from gtzan_features.audio.codecs import encode_mp3, encode_vorbis, through_mp3, through_vorbis
from gtzan_features.errors import ConfigError
from gtzan_features.system_calls import ENDING
from tests.conftest import SR, tone


@pytest.fixture(scope="module")
def noisy():
    noise = np.random.default_rng(1).standard_normal(10 * SR)
    return (tone(10.0, 440) + 0.1 * noise).astype(np.float32)


def lost_db(y, decoded):
    """What a codec changed, in dB below the signal."""
    return 10 * np.log10(np.mean((y - decoded) ** 2) / np.mean(y**2))


@pytest.mark.parametrize("kbit_s", [128, 64, 32, 16])
def test_mp3_has_its_rate_with_and_without_a_header_that_tells_the_delay(noisy, kbit_s):
    assert 8 * len(encode_mp3(noisy, SR, kbit_s)) / 10_000 == pytest.approx(kbit_s, rel=0.02)
    decoded = through_mp3(noisy, SR, kbit_s)
    assert decoded.shape == noisy.shape
    assert np.corrcoef(noisy, decoded)[0, 1] > 0.9  # the tone alone, a sample late, would be at 0.99


@pytest.mark.parametrize("encoded", [lambda y: through_mp3(y, SR, 32), lambda y: through_vorbis(y, SR, 5)])
def test_a_click_stays_at_its_sample(encoded):
    for at in (SR, SR + 1, SR + 311):
        y = np.zeros(2 * SR, np.float32)
        y[at] = 0.9
        assert abs(int(np.abs(encoded(y)).argmax()) - at) <= 1


def test_less_loses_more(noisy):
    mp3 = [lost_db(noisy, through_mp3(noisy, SR, kbit_s)) for kbit_s in (128, 64, 32, 16)]
    vorbis = [lost_db(noisy, through_vorbis(noisy, SR, quality)) for quality in (9, 5, 1)]
    for lost in (mp3, vorbis):
        assert lost == sorted(lost)
        assert lost[-1] > lost[0] + 3


def test_a_vorbis_quality_is_that_of_libsndfile_by_its_own_scale(noisy, tmp_path):
    """Quality 4 is what libsndfile takes where it is told nothing."""
    soundfile.write(tmp_path / "default.ogg", noisy[: 2 * SR], SR)
    size = (tmp_path / "default.ogg").stat().st_size
    assert len(encode_vorbis(noisy[: 2 * SR], SR, 4)) == pytest.approx(size, rel=0.01)


def test_a_long_signal_does_not_overflow_the_stack_of_libvorbis():
    y = (0.1 * np.random.default_rng(0).standard_normal(200 * SR)).astype(np.float32)
    assert through_vorbis(y, SR, 1).shape == y.shape


def test_what_cannot_be_encoded_is_told_in_one_line(monkeypatch):
    y = tone(3.0, 440)
    with pytest.raises(ConfigError, match="no 20 kbit/s at 22050 Hz; there are 8, 16"):
        encode_mp3(y, SR, 20)
    with pytest.raises(ConfigError, match="no 64 kbit/s at 44100 Hz"):
        encode_mp3(y, 44_100, 64)
    monkeypatch.setattr(codecs, "encode_mp3", lambda y, *_: encode_vorbis(y[:-1], SR, 5))
    with pytest.raises(ConfigError, match="mp3: 66149 samples came back of 66150. Leave mp3 out"):
        through_mp3(y, SR, 64)
    monkeypatch.setattr(soundfile, "available_formats", dict)
    with pytest.raises(ConfigError, match="mp3: this libsndfile writes none"):
        encode_mp3(y, SR, 64)
    monkeypatch.setattr(soundfile, "available_subtypes", lambda _: {})
    with pytest.raises(ConfigError, match="ogg: this libsndfile writes no Vorbis"):
        encode_vorbis(y, SR, 5)


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("delay", [0.001, 0.02, 0.1])
@pytest.mark.parametrize(("through", "amount"), [(through_mp3, 64), (through_mp3, 32), (through_vorbis, 5)])
def test_an_interrupt_waits_for_the_codec_and_prints_nothing(noisy, through, amount, delay, number, capfd):
    """Without waiting, it would be printed from a callback and the codec would return fewer samples."""
    usual = signal.signal(number, signal.default_int_handler)
    timer = threading.Timer(delay, os.kill, (os.getpid(), number))
    whole = through(noisy, SR, amount)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come in any of the calls
        timer.start()
        while True:
            np.testing.assert_array_equal(through(noisy, SR, amount), whole)
    timer.join()
    assert capfd.readouterr().err == ""
    assert signal.signal(number, usual) is signal.default_int_handler


def test_in_another_thread_codecs_work_as_well(noisy):
    found = []
    thread = threading.Thread(target=lambda: found.append(through_mp3(noisy, SR, 64)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[0], through_mp3(noisy, SR, 64))
