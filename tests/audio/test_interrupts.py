"""A signal that comes while libsndfile reads from Python costs no sample, and is heard afterwards."""

import os
import signal

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.containers import examine
from gtzan_features.audio.interrupts import ended_afterwards
from gtzan_features.audio.opened import AudioFile, Spliced
from gtzan_features.audio.stream import open_stream
from gtzan_features.system_calls import ENDING

SAMPLES = np.random.default_rng(0).uniform(-0.5, 0.5, 100_000).astype(np.float32)


class EndedError(Exception):
    """What a handler raises."""


@pytest.fixture(params=ENDING, ids=lambda number: number.name)
def number(request):
    """A signal whose handler raises."""

    def end(*_):
        raise EndedError

    usual = signal.signal(request.param, end)
    yield request.param
    signal.signal(request.param, usual)


@pytest.mark.parametrize("call", [1, 2, 5])
@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".mp3"])
def test_parts_of_a_file_are_read_whole_before_a_signal_is_heard(
    tmp_path, monkeypatch, number, ending, call, capfd
):
    path = tmp_path / f"a{ending}"
    soundfile.write(path, SAMPLES, 22_050)
    content, calls, blocks = path.read_bytes(), [], []
    reads = Spliced.read

    def read(self, n_bytes=-1):
        calls.append(n_bytes)
        if len(calls) == call:
            os.kill(os.getpid(), number)
        return reads(self, n_bytes)

    monkeypatch.setattr(Spliced, "read", read)
    with pytest.raises(EndedError), AudioFile(path) as file:  # noqa: PT012 - it may come in any of them
        with open_stream(file, examine(file), ((content,),)) as stream:
            for block in stream.blocks:
                blocks.append(block)
                assert not stream.failure
        pytest.fail("no signal was heard")
    whole = soundfile.read(path, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(np.concatenate([whole[:0], *blocks]), whole[: sum(map(len, blocks))])
    assert capfd.readouterr().err == ""


def test_what_python_does_not_handle_is_left_alone():
    for usual in (signal.SIG_IGN, signal.SIG_DFL):
        before = signal.signal(signal.SIGTERM, usual)
        try:
            with ended_afterwards():
                assert signal.getsignal(signal.SIGTERM) is usual
        finally:
            signal.signal(signal.SIGTERM, before)


def test_an_error_of_the_block_is_told_where_no_signal_came():
    with pytest.raises(ZeroDivisionError), ended_afterwards():
        1 / 0  # noqa: B018
