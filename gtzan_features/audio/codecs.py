"""Lossy codecs in memory: a mono signal encoded and decoded, of the same length and not shifted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import soundfile

from gtzan_features.audio.interrupts import ended_afterwards
from gtzan_features.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]

_MP3_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # kbit/s of MPEG-2, layer III
_MP3_HIGHEST_SR = 24_000  # Hz, of MPEG-2
_MP3_FRAME = 576  # samples, of MPEG-2
_MP3_DELAY = 576 + 529  # samples: of LAME's encoder, and of every decoder

_VORBIS_BLOCK = 1_024
"""Samples handed to the encoder at once, as oggenc does: libvorbis keeps a block on its stack, which a
minute in one go overflows."""


def encode_mp3(signal: Float32, sr: int, kbit_s: float) -> bytes:
    """Return a signal as mp3 of a constant bit rate, by the LAME that libsndfile holds.

    Raises
    ------
    ConfigError
        If this libsndfile writes no mp3, or there is no such rate at this sampling rate.
    """
    if "MP3" not in soundfile.available_formats():
        msg = "mp3: this libsndfile writes none. Install soundfile 0.13 or later from PyPI, or leave mp3 out"
        raise ConfigError(msg)
    if kbit_s not in _MP3_RATES or sr > _MP3_HIGHEST_SR:
        msg = (
            f"mp3: no {kbit_s:g} kbit/s at {sr} Hz; there are {', '.join(map(str, _MP3_RATES))} up to 24 kHz"
        )
        raise ConfigError(msg)
    buffer = io.BytesIO()
    # libsndfile takes a level from 0 (highest rate) to 1 (lowest), and LAME the nearest rate that exists.
    level = (_MP3_RATES[-1] - kbit_s) / (_MP3_RATES[-1] - _MP3_RATES[0])
    with soundfile.SoundFile(
        buffer, "w", sr, 1, format="MP3", compression_level=level, bitrate_mode="CONSTANT"
    ) as file:
        file.write(signal)
    return buffer.getvalue()


def through_mp3(signal: Float32, sr: int, kbit_s: float) -> Float32:
    """Return a signal encoded as mp3 and decoded.

    LAME's header gives the decoder the codec's delay. Frames of up to 40 kbit/s have no room for it: there
    whole frames come back, of which the delay is cut off here.

    Raises
    ------
    ConfigError
        If this libsndfile writes no mp3, or none at these rates, or other samples come back.
    """
    with ended_afterwards():
        decoded: Float32 = soundfile.read(io.BytesIO(encode_mp3(signal, sr, kbit_s)), dtype="float32")[0]
    if len(decoded) % _MP3_FRAME == 0 and len(decoded) >= len(signal) + _MP3_DELAY:
        decoded = decoded[_MP3_DELAY : _MP3_DELAY + len(signal)]
    return _of_length(decoded, len(signal), "mp3")


def encode_vorbis(signal: Float32, sr: int, quality: float) -> bytes:
    """Return a signal as Ogg Vorbis of a quality from 0 to 10, as oggenc counts, by libsndfile.

    Raises
    ------
    ConfigError
        If this libsndfile writes no Ogg Vorbis.
    """
    if "VORBIS" not in soundfile.available_subtypes("OGG"):
        msg = "ogg: this libsndfile writes no Vorbis. Install soundfile from PyPI, or leave ogg out"
        raise ConfigError(msg)
    buffer = io.BytesIO()
    level = (10 - quality) / 10
    with soundfile.SoundFile(
        buffer, "w", sr, 1, format="OGG", subtype="VORBIS", compression_level=level
    ) as file:
        for start in range(0, len(signal), _VORBIS_BLOCK):
            file.write(signal[start : start + _VORBIS_BLOCK])
    return buffer.getvalue()


def through_vorbis(signal: Float32, sr: int, quality: float) -> Float32:
    """Return a signal encoded as Ogg Vorbis and decoded.

    Raises
    ------
    ConfigError
        If this libsndfile writes no Ogg Vorbis, or other samples come back.
    """
    with ended_afterwards():
        decoded: Float32 = soundfile.read(io.BytesIO(encode_vorbis(signal, sr, quality)), dtype="float32")[0]
    return _of_length(decoded, len(signal), "ogg")


def _of_length(decoded: Float32, n_samples: int, codec: str) -> Float32:
    if len(decoded) != n_samples:
        msg = (
            f"{codec}: {len(decoded)} samples came back of {n_samples}. "
            f"Leave {codec} out, or update libsndfile"
        )
        raise ConfigError(msg)
    return decoded
