"""Blocks of samples by the system's ffmpeg: of files that libsndfile does not read, or not to their end.

ffmpeg is given one local file, already open, and no way to any other: only containers of audio, by no
protocol but ``file``, so that a playlist in disguise is refused. What it gives is read as it comes and
bounded in length, time and memory.
"""

from __future__ import annotations

import contextlib
import functools
import os
import queue
import re
import select
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np

from gtzan_features.audio.mpeg import skip_id3
from gtzan_features.audio.stream import Stream, check_shape
from gtzan_features.errors import AudioDecodeError
from gtzan_features.system_calls import read_at, shares_handles

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gtzan_features.audio.opened import AudioFile

DECODER = "ffmpeg"

_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,caf,dsf,dts,eac3,flac,iff,matroska,mov,mp3,mpc,mpc8,mpegts,mpeg,oga,ogg,"
    "rm,tak,tta,voc,w64,wav,wsd,wv,avi,flv,loas,adx,aea,bonk,shn"
)
_STALLED_S = 60.0  # without a sample
_LARGEST_PIECE = 1 << 28  # bytes that ffmpeg may take at once
_BLOCK = 1 << 20  # bytes
_HEAD = 24
_TOO_SLOW = f"{DECODER} did not finish"
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")
_OWN_NAME = re.compile(r"(Error opening input:? ?)?(file )?file:/dev/fd/\d+[.:]? ?")
_GUESSED = "Estimating duration from bitrate"


def find_decoder() -> str | None:
    """Return where ffmpeg is; None where it is not on the PATH."""
    return shutil.which(DECODER)


@functools.lru_cache(maxsize=1)
def decoder_version() -> str:
    """Return the first line that ffmpeg says of itself; "" where it is not on the PATH."""
    program = find_decoder()
    if program is None:
        return ""
    words = [program, "-hide_banner", "-version"]
    done = subprocess.run(words, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return done.stdout.decode(errors="replace").partition("\n")[0] or "unknown"


@contextlib.contextmanager
def open_system_stream(file: AudioFile, max_s: float, wait_s: float) -> Iterator[Stream]:
    """Let ffmpeg decode a file.

    Parameters
    ----------
    file : AudioFile
        Any file.
    max_s : float
        ffmpeg stops after so many seconds of sound.
    wait_s : float
        It is ended when so many seconds were spent in waiting for it, or a minute at once.

    Raises
    ------
    AudioDecodeError
        If it cannot decode the file either, or is not on the PATH.
    """
    program = find_decoder()
    if program is None:
        raise AudioDecodeError(file.path, f"{DECODER} is not on the PATH")
    try:
        file_of_messages = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
    except OSError as error:
        raise AudioDecodeError(file.path, f"no temporary folder for {DECODER}: {error.strerror}") from error
    with file_of_messages as messages:
        try:
            process = _start(program, file, max_s, messages)
        except OSError as error:
            raise AudioDecodeError(file.path, f"{DECODER} cannot be started: {error.strerror}") from error
        assert process.stdout is not None
        pipe = _Pipe(process.stdout, wait_s)
        try:
            head = pipe.read(_HEAD)
            if len(head) < _HEAD or head[:4] != b".snd":
                process.kill()
                process.wait()
                reason = _TOO_SLOW if pipe.too_slow else _last_words(_text(messages))
                raise AudioDecodeError(file.path, reason)
            offset, _, _, sr, channels = struct.unpack(">IIIII", head[4:])
            check_shape(file, sr, channels)
            pipe.read(offset - _HEAD)
            stream = Stream(sr, channels, iter(()), DECODER, _declared(_text(messages), sr))
            stream.blocks = _blocks(pipe, process, stream, messages)
            yield stream
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def _start(program: str, file: AudioFile, max_s: float, messages: IO[bytes]) -> subprocess.Popen[bytes]:
    os.lseek(file.fd, 0, os.SEEK_SET)
    handle = f"/dev/fd/{file.fd}"
    is_shared = shares_handles() and os.path.exists(handle)  # noqa: PTH110
    source = handle if is_shared else os.path.abspath(file.path)  # noqa: PTH100
    head = file.read_at(skip_id3(file), 4)
    command: list[str | bytes] = [program, "-hide_banner", "-nostdin", "-nostats", "-v", "level+info"]
    command += ["-max_alloc", str(_LARGEST_PIECE), "-protocol_whitelist", "file"]
    # What fails a checksum is no music: left out, it is missed, and taken it would be a burst of noise.
    command += ["-err_detect", "crccheck+explode" if head == b"fLaC" else "crccheck"]
    command += ["-format_whitelist", _CONTAINERS, "-vn", "-sn", "-dn", "-i", b"file:" + os.fsencode(source)]
    command += ["-map", "0:a:0", "-map_metadata", "-1", "-t", f"{max_s:g}", "-threads", "1"]
    command += ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=messages,
        pass_fds=(file.fd,) if is_shared else (),
    )


@dataclass(slots=True)
class _Pipe:
    """The end of a pipe that is read, waiting `wait_s` seconds for it in all."""

    source: IO[bytes]
    wait_s: float
    too_slow: bool = False

    def read(self, n_bytes: int) -> bytes:
        """Return `n_bytes`; fewer at the end, or when the time is over."""
        found = bytearray()
        while len(found) < n_bytes:
            started = time.monotonic()
            block = self._next(n_bytes - len(found), max(0.0, min(self.wait_s, _STALLED_S)))
            self.wait_s -= time.monotonic() - started
            if block is None:
                self.too_slow = True
                break
            if not block:
                break
            found += block
        return bytes(found)

    def _next(self, n_bytes: int, wait_s: float) -> bytes | None:
        """Return up to `n_bytes` that are there; b"" at the end, None if there are none in time."""
        if hasattr(select, "poll"):
            waiting = select.poll()
            waiting.register(self.source, select.POLLIN)
            return os.read(self.source.fileno(), n_bytes) if waiting.poll(1000 * wait_s) else None
        # Windows waits for no pipe: a thread does, which ends with the program that writes.
        waited: queue.SimpleQueue[bytes] = queue.SimpleQueue()

        def read() -> None:
            with contextlib.suppress(OSError, ValueError):  # closed, as nobody waits any more
                waited.put(os.read(self.source.fileno(), n_bytes))

        threading.Thread(target=read, daemon=True).start()
        try:
            return waited.get(timeout=wait_s)
        except queue.Empty:
            return None


def _blocks(
    pipe: _Pipe, process: subprocess.Popen[bytes], stream: Stream, messages: IO[bytes]
) -> Iterator[npt.NDArray[np.float32]]:
    size = 4 * stream.channels
    while block := pipe.read(max(1, _BLOCK // size) * size):
        samples = np.frombuffer(block[: len(block) // size * size], dtype=">f4")
        yield samples.astype(np.float32).reshape(-1, stream.channels)
    stream.n_faults = _text(messages).count("[error]")
    if pipe.too_slow:
        stream.failure = _TOO_SLOW
    elif process.wait():
        stream.failure = _last_words(_text(messages))


def _text(messages: IO[bytes]) -> str:
    # By position: ffmpeg writes through the same file offset.
    size = os.fstat(messages.fileno()).st_size
    return read_at(messages.fileno(), min(size, 1 << 16), max(0, size - (1 << 16))).decode(errors="replace")


def _declared(text: str, sr: int) -> int | None:
    """Return the samples per channel that ffmpeg expects, where the container says so."""
    found = _DURATION.search(text)
    if found is None or _GUESSED in text:
        return None
    return round((3600 * int(found[1]) + 60 * int(found[2]) + float(found[3])) * sr)


def _last_words(text: str) -> str:
    """Return the most telling of ffmpeg's lines, without addresses and the file's name."""
    lines = [re.sub(r"^(\[[^\]]*\] )+", "", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("Input #", "Conversion failed"))]
    if any("matches no streams" in line for line in lines):
        return "holds no sound"
    return _OWN_NAME.sub("", lines[-1]) if lines else "no word of why"
