"""Files of one piece of sound in every container, as programs write them and as they come to harm.

The sound is a staircase: in second k a sine of `hz_of(k)`. So what was decoded tells by itself which seconds
of the original it holds.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

SECONDS = 8
SR = 44_100
PROGRAMS = ("ffmpeg", "ffprobe", "lame", "sox")


def hz_of(second: int) -> float:
    return 300.0 + 150 * second


def needs_programs() -> None:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        reason = f"needs {', '.join(missing)} on the PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def staircase() -> np.ndarray:
    t = np.arange(SECONDS * SR) / SR
    left = 0.4 * np.sin(2 * np.pi * np.array([hz_of(k) for k in range(SECONDS)])[t.astype(int)] * t)
    noise = np.random.default_rng(0).standard_normal((2, t.size)) * np.geomspace(1e-4, 0.05, t.size)
    return np.stack([left, 0.7 * left]).T + noise.T


def heard_seconds(samples: np.ndarray, sr: int) -> list[int]:
    """Which steps of the staircase are heard, in order."""
    found: list[int] = []
    width = sr // 4
    for start in range(0, len(samples) - width + 1, width):
        spectrum = np.abs(np.fft.rfft(samples[start : start + width] * np.hanning(width)))
        hz = spectrum.argmax() * sr / width
        step = round((hz - hz_of(0)) / 150)
        if abs(hz - hz_of(step)) < 20 and (not found or found[-1] != step):
            found.append(step)
    return found


def make(folder: Path) -> None:
    """Write all files into a folder."""
    soundfile.write(folder / "plain.wav", staircase(), SR, subtype="PCM_16")
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(lambda command: subprocess.run(command, shell=True, cwd=folder, check=True), _commands())
        )
    _by_hand(folder)


def _commands() -> Iterator[str]:
    for suffix in ("flac", "ogg", "opus", "aiff", "w64", "caf", "mp2", "m4a", "aac", "wma", "webm", "mka"):
        yield f"ffmpeg -v error -i plain.wav -vn plain.{suffix}"
    for suffix in ("wv", "tta", "ac3", "oga"):
        yield f"ffmpeg -v error -i plain.wav -vn plain.{suffix}"
    yield "ffmpeg -v error -i plain.wav -f au plain.au"
    yield "ffmpeg -v error -i plain.wav -c:a adpcm_ms adpcm.wav"
    yield "ffmpeg -v error -i plain.wav -rf64 always rf64.wav"
    yield "ffmpeg -v error -i plain.wav -c:a libmp3lame mpeg.wav"
    yield "ffmpeg -v error -i plain.wav -c:a pcm_f32le float.wav"
    yield "ffmpeg -v error -i plain.wav -movflags faststart front.m4a"
    yield "ffmpeg -v error -i plain.wav -c:a alac alac.m4a"
    yield "ffmpeg -v error -i plain.wav -c:a pcm_s24le 24-bit.wav"
    yield "ffmpeg -v error -i plain.wav -c:a pcm_f64le double.wav"
    yield "ffmpeg -v error -i plain.wav -c:a pcm_s16le -f aiff sowt.aifc"
    for sr in (8_000, 192_000):
        yield f"ffmpeg -v error -i plain.wav -ar {sr} {sr // 1000}-kHz.wav"
    for suffix in ("wav", "flac", "opus"):
        yield f"ffmpeg -v error -i plain.wav -af 'pan=5.1|FL=c0|FR=c1|FC=c0|LFE=c0|BL=c1|BR=c1' six.{suffix}"
    yield (
        "ffmpeg -v error -i plain.wav -f lavfi -i color=red:s=64x64 -frames:v 1 -c:a libmp3lame -c:v mjpeg "
        "-disposition:v attached_pic -id3v2_version 3 -write_id3v1 1 -metadata title=Cövér cover.mp3"
    )
    for kind, suffix in (("wav", "wav"), ("flac", "flac"), ("au", "au"), ("w64", "w64"), ("caf", "caf")):
        yield f"ffmpeg -v error -i plain.wav -f {kind} - > pipe.{suffix}"
    for kind, suffix in (("aiff", "aiff"), ("ogg", "ogg"), ("mp3", "mp3"), ("matroska", "mka")):
        yield f"ffmpeg -v error -i plain.wav -f {kind} - > pipe.{suffix}"
    yield "ffmpeg -v error -i plain.wav -rf64 always -f wav - > pipe-rf64.wav"
    for kind in ("wav", "au", "aiff", "flac"):
        yield f"sox plain.wav -t {kind} - > sox.{kind}"
    for name, options in (
        ("vbr", "-V5"), ("vbr-bare", "-V5 -t"), ("cbr", "-b 96"), ("cbr-bare", "-b 96 -t"),
        ("abr-bare", "--abr 80 -t"), ("low", "-b 32 --resample 16"), ("low-bare", "-V7 --resample 16 -t"),
        ("mono-bare", "-m m -V6 -t"), ("mono", "-m m -V6"),
    ):  # fmt: skip
        yield f"lame --quiet {options} plain.wav {name}.mp3"


def id3(n_bytes: int) -> bytes:
    size = bytes(n_bytes >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\4\0\0" + size + bytes(n_bytes)


@dataclass(frozen=True)
class _Files:
    """The files of a folder by their names."""

    folder: Path

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)


def _by_hand(folder: Path) -> None:
    files, rng = _Files(folder), random.Random(0)
    for name in ("plain.wav", "plain.flac", "plain.ogg", "plain.opus", "plain.au", "plain.aiff", "cbr.mp3"):
        files.write(f"cut-{name}", files.read(name)[: len(files.read(name)) // 2])
    for name in ("vbr.mp3", "cbr-bare.mp3", "front.m4a", "plain.w64", "plain.caf", "mpeg.wav"):
        files.write(f"cut-{name}", files.read(name)[: len(files.read(name)) // 2])
    _headers(files)
    _mpeg(files, rng)
    _others(files, rng)
    for name, other in (
        ("plain.m4a", "m4a.mp3"), ("plain.wav", "wav.flac"), ("cbr.mp3", "mp3.wav"), ("plain.ogg", "ogg.mp3"),
        ("plain.flac", "flac.wav"), ("plain.wma", "wma.ogg"), ("plain.aiff", "aiff.au"),
        ("plain.m4a", "m4a.flac"),
    ):  # fmt: skip
        files.write(f"named-{other}", files.read(name))
    files.write("forked.mp3", files.read("cbr.mp3"))
    files.write("._forked.mp3", b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(4000))


def _headers(files: _Files) -> None:
    """Write files whose headers say too little, too much or nothing."""
    wav, flac = files.read("plain.wav"), files.read("plain.flac")
    data = wav.index(b"data") + 4
    files.write("zero.wav", wav[:4] + bytes(4) + wav[8:data] + bytes(4) + wav[data + 4 :])
    files.write("zero-data.wav", wav[:data] + bytes(4) + wav[data + 4 :])
    files.write("all-ones.wav", wav[:4] + b"\xff" * 4 + wav[8:data] + b"\xff" * 4 + wav[data + 4 :])
    au = files.read("plain.au")
    files.write("zero.au", au[:8] + bytes(4) + au[12:])
    files.write("all-ones.au", au[:8] + b"\xff" * 4 + au[12:])
    files.write("two-pieces.wav", wav + b"data" + struct.pack("<I", 9000) + bytes(9000))
    total = bytearray(flac)
    total[21] &= 0xF0
    total[22:26] = bytes(4)
    files.write("unknown.flac", bytes(total))


def _mpeg(files: _Files, rng: random.Random) -> None:
    """Write MP3 files with other things before, within and behind."""
    cbr, vbr = files.read("cbr.mp3"), files.read("vbr-bare.mp3")
    half = len(cbr) // 2
    files.write("zeros-within.mp3", cbr[:half] + bytes(6000) + cbr[half + 6000 :])
    files.write("noise-within.mp3", cbr[:half] + rng.randbytes(6000) + cbr[half + 6000 :])
    files.write("noise-added.mp3", cbr[:half] + rng.randbytes(20_000) + cbr[half:])
    files.write("zeros-before.mp3", bytes(10_000) + cbr)
    files.write("many-zeros-before.mp3", bytes(300_000) + cbr)
    files.write("noise-before.mp3", rng.randbytes(5000) + vbr)
    files.write("tags-before.mp3", id3(2000) + id3(3000) + vbr)
    files.write("large-tag.mp3", id3(200_000) + vbr)
    files.write("tag-with-zeros.mp3", id3(2000) + bytes(5000) + vbr)
    files.write("tag-behind.mp3", vbr + b"TAG" + bytes(125))
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 132, 1, 0) + bytes(8) + bytes(100)
    files.write("ape-behind.mp3", vbr + ape[:20] + b"\0\0\0\xa0" + ape[24:] + ape[:32])
    files.write("zeros-behind.mp3", vbr + bytes(3000))
    files.write("twice.mp3", cbr + cbr)
    files.write("twice-bare.mp3", vbr + vbr)
    files.write("twice-otherwise.mp3", cbr + files.read("low-bare.mp3") + files.read("mono.mp3"))


def _others(files: _Files, rng: random.Random) -> None:
    """Write other formats with other things before and within."""
    flac, ogg = files.read("plain.flac"), files.read("plain.ogg")
    files.write("chained.ogg", ogg + ogg)
    files.write(
        "noise-within.flac", flac[: len(flac) // 2] + rng.randbytes(3000) + flac[len(flac) // 2 + 3000 :]
    )
    m4a = files.read("front.m4a")
    at = m4a.index(b"mdat") + 50_000
    files.write("noise-within.m4a", m4a[:at] + rng.randbytes(3000) + m4a[at + 3000 :])
    files.write("tag-before.flac", id3(2000) + flac)
    files.write("zeros-before.flac", bytes(1000) + flac)
    files.write("zeros-before.ogg", bytes(1000) + ogg)
    files.write("zeros-before.opus", bytes(1000) + files.read("plain.opus"))


WHOLE = (
    *(
        "plain.wav",
        "plain.flac",
        "plain.ogg",
        "plain.opus",
        "plain.aiff",
        "plain.au",
        "plain.w64",
        "plain.caf",
    ),
    *("24-bit.wav", "double.wav", "sowt.aifc", "8-kHz.wav", "192-kHz.wav", "six.wav", "six.flac", "six.opus"),
    *(
        "cover.mp3",
        "plain.mp2",
        "adpcm.wav",
        "rf64.wav",
        "float.wav",
        "pipe.wav",
        "pipe.flac",
        "pipe.au",
        "pipe.w64",
    ),
    *("pipe.aiff", "pipe.ogg", "pipe.mp3", "pipe-rf64.wav", "sox.wav", "sox.au", "sox.aiff", "sox.flac"),
    *("vbr.mp3", "vbr-bare.mp3", "cbr.mp3", "cbr-bare.mp3", "abr-bare.mp3", "low.mp3", "low-bare.mp3"),
    *("mono-bare.mp3", "mono.mp3", "zero.wav", "zero-data.wav", "all-ones.wav", "zero.au", "all-ones.au"),
    *("noise-added.mp3", "zeros-before.mp3", "many-zeros-before.mp3", "noise-before.mp3", "tags-before.mp3"),
    *("large-tag.mp3", "tag-with-zeros.mp3", "tag-behind.mp3", "ape-behind.mp3", "zeros-behind.mp3"),
    *(
        "zeros-before.opus",
        "two-pieces.wav",
        "tag-before.flac",
        "zeros-before.flac",
        "zeros-before.ogg",
        "unknown.flac",
        "named-wav.flac",
    ),
    *("named-mp3.wav", "named-ogg.mp3", "named-flac.wav", "named-aiff.au", "forked.mp3"),
)
"""Files that are read whole without ffmpeg."""

SYSTEM = (
    *(
        "alac.m4a",
        "plain.m4a",
        "front.m4a",
        "plain.aac",
        "plain.wma",
        "plain.webm",
        "plain.mka",
        "plain.wv",
        "plain.tta",
    ),
    *("plain.ac3", "plain.oga", "pipe.caf", "pipe.mka", "named-m4a.mp3", "named-m4a.flac", "named-wma.ogg"),
)
"""Files that need ffmpeg, and are whole."""

DAMAGED = {
    "cut-plain.wav": (4.0, "4.0 of about 8.0 s"),
    "cut-plain.au": (4.0, "4.0 of about 8.0 s"),
    "cut-plain.aiff": (4.0, "4.0 of about 8.0 s"),
    "cut-plain.w64": (4.0, "4.0 of about 8.0 s"),
    "cut-plain.caf": (4.0, "4.0 of about 8.0 s"),
    "cut-mpeg.wav": (3.9, "of about 8.0 s"),
    "cut-plain.flac": (3.9, "of about 8.0 s"),
    "cut-plain.ogg": (3.9, "its end is missing"),
    "cut-plain.opus": (3.9, "its end is missing"),
    "cut-cbr.mp3": (4.0, "of about 8.0 s"),
    "cut-vbr.mp3": (3.9, "of about 8.0 s"),
    "cut-front.m4a": (4.0, "of about 8.0 s"),
    "zeros-within.mp3": (7.5, "of about 8.0 s"),
    "noise-within.mp3": (7.5, "of about 8.0 s"),
    # ffmpeg 9 loses less than a tenth of a second, which is said with more digits.
    "noise-within.flac": (7.8, "of about 8.0"),
    "noise-within.m4a": (7.5, "of about 8.0 s"),
}
"""Files of which something is lost: the least seconds that are there, and what is said."""

TWICE = ("twice.mp3", "twice-bare.mp3", "chained.ogg")
"""Two recordings, one behind the other, in one file."""
