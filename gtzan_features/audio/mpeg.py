"""The frames of an MPEG audio stream (MP3, MP2), counted without decoding them.

libsndfile believes what the first frame says of the length, or guesses it from that frame's bit rate: a
stream of variable bit rate without such words ends early. A count of the frames is the truth, and the place
of each shows which bytes between them are no music.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gtzan_features.audio.opened import Span

if TYPE_CHECKING:
    from gtzan_features.audio.opened import AudioFile, Piece

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}  # by version
_KBITS = {
    (3, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),  # version 1, layer I
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SEARCHED = 1 << 24  # bytes in which a stream must begin
_IN_A_ROW = 3  # headers, each where the one before ends, make a beginning
_WINDOW = 1 << 20  # bytes read at once
_TAG_HEAD = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's header: what must be the same in all frames of a stream, and the frame's length in bytes."""

    kind: tuple[int, int, int]  # version, layer, rate
    n_samples: int
    n_bytes: int
    mono: bool

    @property
    def rate(self) -> int:
        """Samples per second and channel."""
        return self.kind[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class MpegStream:
    """What a walk along a stream found.

    Attributes
    ----------
    first : Frame
        The first frame.
    n_frames : int
        Frames of music that are whole.
    spans : tuple of Span
        Where they lie; neighbours are one span.
    n_junk : int
        Bytes behind the first frame that are neither frame nor tag.
    said : int or None
        Frames of music that the first frame announces (Xing, Info, VBRI); None where it announces none.
    trimmed : int
        Samples at both ends that the encoder says are padding.
    other : int or None
        Where a stream of another kind begins behind it, which no decoder of one stream reads.
    head : bytes
        The frame that announces the length, with the number that was counted: a decoder that is given it
        before the spans reads all of them.
    """

    first: Frame
    n_frames: int
    spans: tuple[Span, ...]
    n_junk: int
    said: int | None
    trimmed: int
    other: int | None
    head: bytes

    @property
    def present(self) -> int:
        """Samples per channel that a decoder gives of the frames that are there."""
        return max(0, self.n_frames * self.first.n_samples - self.trimmed)

    @property
    def promised(self) -> int:
        """Samples per channel of the intact stream: as it says itself, or by the bytes that are no frames."""
        frames = self.said or 0
        if frames < self.n_frames:
            n_bytes = sum(len(span) for span in self.spans)
            frames = self.n_frames + round(self.n_junk * self.n_frames / n_bytes)
        return max(0, frames * self.first.n_samples - self.trimmed)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What to give a decoder instead of the file."""
        return (self.head, *self.spans) if self.head else self.spans


@lru_cache(maxsize=4096)  # a stream has few different headers
def parse_frame(head: bytes) -> Frame | None:
    """Read the first four bytes of a frame; None where they are none, or of the free format.

    Examples
    --------
    >>> found = parse_frame(bytes.fromhex("fffb9064"))
    >>> found.n_bytes, found.n_samples, found.rate
    (417, 1152, 44100)
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] < 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 0 or bits in (0, 15) or rate == 3:
        return None
    kbit = _KBITS[3 if version == 3 else 2, layer][bits - 1]
    sr, padding = _RATES[version][rate], head[2] >> 1 & 1
    if layer == 3:
        n_samples, n_bytes = 384, (12_000 * kbit // sr + padding) * 4
    else:
        n_samples = 576 if layer == 1 and version != 3 else 1152
        n_bytes = n_samples // 8 * 1000 * kbit // sr + padding
    return Frame((version, layer, sr), n_samples, n_bytes, head[3] >> 6 == 3)


def skip_id3(file: AudioFile) -> int:
    """Return where the ID3v2 tags at the beginning of a file end; 0 where there are none."""
    at = 0
    while (head := file.read_at(at, 10))[:3] == b"ID3" and len(head) == 10:
        at += _id3_size(head)
    return at


def walk_mpeg(file: AudioFile, start: int = 0) -> MpegStream | None:
    """Find every frame from `start` on; None where no stream begins there or soon behind.

    Parameters
    ----------
    file : AudioFile
        Any file.
    start : int
        Where to begin to look: behind the tags.
    """
    walk = _Walk(file)
    at = walk.find(start, None, _IN_A_ROW, start + _SEARCHED)
    if at is None:
        return None
    first = parse_frame(walk.bytes_at(at, 4))
    assert first is not None
    said = _said(file.read_at(at, first.n_bytes), first)
    spans, n_frames, n_junk, last = _frames(walk, at + first.n_bytes if said else at, first)
    if not n_frames:
        return None
    return MpegStream(
        first=first,
        n_frames=n_frames,
        spans=tuple(spans),
        n_junk=n_junk,
        said=said.n_frames if said else None,
        trimmed=said.trimmed if said else 0,
        other=walk.find(last, None, _IN_A_ROW, file.size),
        head=_head(file.read_at(at, first.n_bytes) if said and said.patched else b"", first, n_frames),
    )


def _frames(walk: _Walk, at: int, first: Frame) -> tuple[list[Span], int, int, int]:
    """Walk from frame to frame.

    Returns
    -------
    list of Span, int, int, int
        Where the frames lie, how many there are, how many bytes are neither frame nor tag, and where the last
        frame ends.
    """
    spans: list[Span] = []
    n_frames = n_junk = 0
    begin, size = at, walk.size
    while at < size:
        frame = parse_frame(walk.bytes_at(at, 4))
        if frame is not None and frame.kind == first.kind and at + frame.n_bytes <= size:
            if _said(walk.bytes_at(at, 60), frame) is None:
                n_frames, at = n_frames + 1, at + frame.n_bytes
                continue
            skipped = at + frame.n_bytes  # the head of another stream that was put behind the first
        else:
            skipped = at + _tag_size(walk, at)
        if at > begin:
            spans.append(Span(begin, at))
        if skipped == at:
            found = walk.find(at, first.kind, 2, size)
            skipped = size if found is None else found
            n_junk += 0 if _is_cut_frame(frame, first, found) else skipped - at
        begin = at = skipped
    if at > begin:
        spans.append(Span(begin, at))
    return spans, n_frames, n_junk, spans[-1].stop if spans else at


def _is_cut_frame(frame: Frame | None, first: Frame, found: int | None) -> bool:
    """Whether what is left is the beginning of a frame: many streams end like that."""
    return found is None and frame is not None and frame.kind == first.kind


class _Walk:
    """Bytes of a file, read in windows."""

    def __init__(self, file: AudioFile) -> None:
        self._file, self.size = file, file.size
        self._window, self._start = b"", 0

    def bytes_at(self, at: int, n_bytes: int) -> bytes:
        place = at - self._start
        if not (place >= 0 and place + n_bytes <= len(self._window)):
            self._window, self._start, place = self._file.read_at(at, _WINDOW), at, 0
        return self._window[place : place + n_bytes]

    def find(self, at: int, kind: tuple[int, int, int] | None, in_a_row: int, stop: int) -> int | None:
        """Return where `in_a_row` headers of a kind (of any, where None) follow each other."""
        while at < min(stop, self.size):
            self.bytes_at(at, 4)
            place = self._window.find(b"\xff", at - self._start)
            if place < 0:
                at = self._start + len(self._window)
                continue
            at = self._start + place
            if self._follow(at, kind, in_a_row):
                return at
            at += 1
        return None

    def _follow(self, at: int, kind: tuple[int, int, int] | None, in_a_row: int) -> bool:
        for number in range(in_a_row):
            frame = parse_frame(self.bytes_at(at, 4))
            if frame is None or (kind is not None and frame.kind != kind):
                return number > 0 and (at == self.size or _tag_size(self, at) > 0)
            kind, at = frame.kind, at + frame.n_bytes
        return at <= self.size


def _id3_size(head: bytes) -> int:
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return size + (20 if head[5] & 0x10 else 10)


def _tag_size(walk: _Walk, at: int) -> int:
    """Return the length of the tag at this position, in bytes; 0 where there is none."""
    head = walk.bytes_at(at, _TAG_HEAD)
    if head[:3] == b"TAG":
        return min(128, walk.size - at)
    if head[:3] == b"ID3" and len(head) >= 10:
        return _id3_size(head)
    if head[:8] == b"APETAGEX" and len(head) == _TAG_HEAD:
        # The size counts the footer, and the items only where this is the header.
        return 32 + (int.from_bytes(head[12:16], "little") if head[23] & 0x20 else 0)
    if head[:11] == b"LYRICSBEGIN":
        return walk.size - at
    return 0 if head.strip(b"\0") or at + _WINDOW < walk.size else _zeros_to_the_end(walk, at)


def _zeros_to_the_end(walk: _Walk, at: int) -> int:
    rest = walk.bytes_at(at, walk.size - at)
    return 0 if rest.strip(b"\0") else walk.size - at


@dataclass(frozen=True, slots=True)
class _Said:
    n_frames: int | None
    trimmed: int
    patched: bool  # whether it is of the kind that `_head` writes


def _said(frame: bytes, header: Frame) -> _Said | None:
    """Read a frame that describes the stream and holds no music; None for a frame of music."""
    if header.kind[1] != 1:  # layer III only
        return None
    at = _xing_at(header)
    if frame[at : at + 4] in (b"Xing", b"Info"):
        flags = int.from_bytes(frame[at + 4 : at + 8])
        n_frames = int.from_bytes(frame[at + 8 : at + 12]) if flags & 1 else 0
        lame = at + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        trimmed = 0
        if frame[lame : lame + 4].strip(b"\0") and len(frame) >= lame + 24:
            delays = int.from_bytes(frame[lame + 21 : lame + 24])
            trimmed = (delays >> 12) + (delays & 0xFFF)
        return _Said(n_frames or None, trimmed, bool(flags & 1))
    if frame[36:40] == b"VBRI":
        return _Said(int.from_bytes(frame[50:54]) or None, 0, patched=False)
    return None


def _xing_at(header: Frame) -> int:
    if header.kind[0] == 3:
        return 21 if header.mono else 36
    return 13 if header.mono else 21


def _head(own: bytes, first: Frame, n_frames: int) -> bytes:
    """Return a frame that announces how many follow: the stream's own with that number, or a new one."""
    if first.kind[1] != 1:
        return b""
    at = _xing_at(first)
    count = n_frames.to_bytes(4)
    if own:
        return own[: at + 8] + count + own[at + 12 :]
    version, _, sr = first.kind
    rate = _RATES[version].index(sr)
    mode = 0xC0 if first.mono else 0
    # The first bit rate whose frames have room for the words.
    for bits in range(1, 15):
        head = bytes([0xFF, 0xE0 | version << 3 | 1 << 1 | 1, bits << 4 | rate << 2, mode])
        frame = parse_frame(head)
        if frame is not None and frame.n_bytes >= at + 16:
            words = b"Xing" + (1).to_bytes(4) + count
            return head + bytes(at - 4) + words + bytes(frame.n_bytes - at - len(words))
    return b""
