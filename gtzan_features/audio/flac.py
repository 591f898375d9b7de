"""How many samples a FLAC file holds by its last frame, whatever its header says.

Source: RFC 9639, sections 8.2 (streaminfo) and 9.1 (frame header).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gtzan_features.audio.opened import AudioFile

_TAIL = 1 << 18
"""Bytes at the end in which the last frame must begin: 8 channels of 32 bits in blocks of 4608, and more."""

_LONGEST_HEADER = 16
_SHORTEST_HEADER = 6
_BY_CODE = {1: 192, **{code: 576 << (code - 2) for code in range(2, 6)}, **{c: 1 << c for c in range(8, 16)}}


def samples_to_last_frame(file: AudioFile, start: int = 0) -> int | None:
    """Return the number of samples per channel up to the end of the last frame that begins in the file.

    Parameters
    ----------
    file : AudioFile
        A few bytes of any kind may follow the last frame.
    start : int
        Where FLAC begins in it.

    Returns
    -------
    int or None
        None where no frame header is found near the end. In a file that was cut, the last frame may not be
        whole.
    """
    usual = int.from_bytes(file.read_at(start + 8, 2))
    first_at = _first_frame(file, start)
    first = file.read_at(first_at, _LONGEST_HEADER)
    if _frame_end(first, usual) is None:
        return None
    tail_at = max(first_at, file.size - _TAIL)
    tail = file.read_at(tail_at, _TAIL)
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        head = tail[at : at + _LONGEST_HEADER]
        # Compressed sound may look like a header by chance, but hardly like one of this file.
        if _constant(head) == _constant(first) and (end := _frame_end(head, usual)) is not None:
            return end
    return None


def _first_frame(file: AudioFile, start: int) -> int:
    """Return where the first frame begins: behind the blocks of metadata."""
    at = start + 4
    while len(head := file.read_at(at, 4)) == 4:
        at += 4 + int.from_bytes(head[1:])
        if head[0] & 0x80:
            break
    return at


def _constant(head: bytes) -> tuple[int, ...]:
    """Return what all frame headers of a file share: the kind of number, the rate, bits per sample."""
    return (head[1], head[2] & 0x0F, head[3] & 0x0E) if len(head) >= _SHORTEST_HEADER else ()


def _frame_end(head: bytes, usual: int) -> int | None:
    """Return the sample behind a frame that begins with `head`; None where `head` is no frame header.

    `usual` is the block size of a file whose frames are numbered.
    """
    if len(head) < _SHORTEST_HEADER or head[1] & 0xFE != 0xF8 or head[3] & 1:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 0x0F
    if size_code == 0 or rate_code == 0x0F:
        return None
    number, n_bytes = _coded_number(head[4:])
    at = 4 + n_bytes
    n_extra = {6: 1, 7: 2}.get(size_code, 0)
    size = _BY_CODE.get(size_code, 1 + int.from_bytes(head[at : at + n_extra]))
    at += n_extra + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if number is None or at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    is_sample = bool(head[1] & 1)
    return (number if is_sample else number * usual) + size


def _coded_number(data: bytes) -> tuple[int | None, int]:
    """Read a number that is coded as UTF-8 codes characters, with up to 36 bits; and its bytes."""
    if data[0] < 0x80:
        return data[0], 1
    n_bytes = 8 - (data[0] ^ 0xFF).bit_length()
    rest = data[1:n_bytes]
    if not 2 <= n_bytes <= 7 or len(rest) < n_bytes - 1 or any(byte & 0xC0 != 0x80 for byte in rest):
        return None, 0
    number = data[0] & (0x7F >> n_bytes)
    for byte in rest:
        number = number << 6 | byte & 0x3F
    return number, n_bytes


def _crc8(data: bytes) -> int:
    """Checksum of a frame header: polynomial x^8 + x^2 + x + 1."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc
