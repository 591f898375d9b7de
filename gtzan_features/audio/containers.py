"""What the bytes of a file say of its length, before a decoder is asked.

Nothing here decodes. Headers are read as they are written by those who cannot go back to correct them (a
pipe leaves a length of zero or of the maximum), and where the bytes themselves give the length, they are
counted.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gtzan_features.audio.flac import samples_to_last_frame
from gtzan_features.audio.mpeg import skip_id3, walk_mpeg
from gtzan_features.audio.ogg import walk_ogg
from gtzan_features.audio.opened import Span

if TYPE_CHECKING:
    from gtzan_features.audio.opened import AudioFile, Piece

_SEARCHED = 1 << 17  # bytes before a container that may be junk
_STREAMS = 100  # of different kinds, one behind the other, in one file
_ONES = 0xFFFF_FF00
_HEADS = (b"RIFF", b"RIFX", b"RF64", b"FORM", b"riff", b"caff", b".snd", b"fLaC", b"OggS")
_MOST_CHUNKS = 1000
_TRAILER = 1 << 16  # bytes of chunks that may follow the samples
_UNKNOWN = 0x7F00_0000  # lengths from here on mean "not known" where the file is shorter
_FOREIGN = (
    *(b"\x1aE\xdf\xa3", b"wvpk", b"MAC ", b"TTA1", b"MPCK", b"MP+", b"0&\xb2u", b"#!AMR", b"ADIF", b"%PDF"),
    *(b"PK\3\4", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"#EXTM3U", b"ffconcat"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is to be read, and how much must come of it.

    Attributes
    ----------
    kind : str
        ``plain`` for samples behind a header (WAV, AU, AIFF, W64, CAF), ``flac``, ``ogg``, ``mpeg``; empty
        for others.
    present : int or None
        Samples per channel that the bytes of the file hold; None where they do not determine it.
    promised : int or None
        Samples per channel that it would hold were it intact; None where nothing says so.
    tolerance : int
        Samples by which both may be wrong.
    parts : tuple of tuple of Span or bytes
        What libsndfile is given, one part after the other, instead of the file; empty where the file will
        do.
    parts_only : bool
        Whether the file as it is need not be tried.
    cut : bool
        Whether the end is missing, by an unknown length.
    rate : int
        Hz of the samples that are counted, where a decoder may give another rate, as of Opus; else 0.
    """

    kind: str = ""
    present: int | None = None
    promised: int | None = None
    tolerance: int = 0
    parts: tuple[tuple[Piece, ...], ...] = ()
    parts_only: bool = False
    cut: bool = False
    rate: int = 0

    def at(self, sr: int) -> Layout:
        """Return the same with samples counted at the rate that a decoder gives, in Hz."""
        if self.rate in (0, sr):
            return self

        def count(n: int | None) -> int | None:
            return None if n is None else round(n * sr / self.rate)

        tolerance = math.ceil(self.tolerance * sr / self.rate)
        return replace(
            self, present=count(self.present), promised=count(self.promised), tolerance=tolerance, rate=sr
        )


def examine(file: AudioFile) -> Layout:
    """Find out by content what kind of file it is and how long it is."""
    start = skip_id3(file)
    head = file.read_at(start, _SEARCHED)
    for magic, read in _READERS:
        if head.startswith(magic):
            return read(file, start)
    if head.startswith(_FOREIGN) or head[4:8] == b"ftyp":
        return Layout()
    if (found := _mpeg(file, start)) is not None:
        return found
    for magic, read in _READERS:
        at = head.find(magic)
        if at > 0 and (found := read(file, start + at)).kind:
            parts = found.parts or ((Span(start + at, file.size),),)
            return replace(found, parts=parts)
    return Layout()


def _mpeg(file: AudioFile, start: int) -> Layout | None:
    stream = walk_mpeg(file, start)
    if stream is None:
        return None
    tolerance = 2 * stream.first.n_samples
    if stream.other is None:
        return Layout(
            kind="mpeg",
            present=stream.present,
            promised=stream.promised,
            tolerance=tolerance,
            parts=(stream.pieces,),
            parts_only=stream.n_junk > 0,
        )
    seconds, last = 0.0, stream
    for _ in range(_STREAMS):
        seconds += last.present / last.first.rate
        following = None if last.other is None else walk_mpeg(file, last.other)
        if following is None:
            break
        last = following
    total = round(seconds * stream.first.rate)
    return Layout(kind="mpeg", present=total, promised=total, tolerance=2 * tolerance)


_FLAC_TOTAL = (1 << 36) - 1
"""Of the last five bytes before the checksum in the streaminfo, those bits that are the length."""


def _flac(file: AudioFile, start: int) -> Layout:
    info = file.read_at(start + 8, 34)
    if len(info) < 34:
        return Layout()
    total = int.from_bytes(info[13:18]) & _FLAC_TOTAL
    found = samples_to_last_frame(file, start) if total else None
    if found is None or found <= total:
        return Layout(kind="flac", present=total or None, promised=total or None)
    # The header says less than there is; libsndfile reads to the end where it says nothing.
    nothing = (int.from_bytes(info[13:18]) & ~_FLAC_TOTAL).to_bytes(5)
    pieces = (Span(start, start + 21), nothing, Span(start + 26, file.size))
    size = int.from_bytes(info[2:4])
    return Layout(
        kind="flac", present=found, promised=found, tolerance=size, parts=(pieces,), parts_only=True
    )


def _ogg(file: AudioFile, start: int) -> Layout:
    links = walk_ogg(file, start)
    if not links:
        return Layout()
    first = links[0]
    alike = len({(link.rate, link.channels, link.codec) for link in links}) == 1
    samples = [link.n_samples for link in links]
    known = None
    if first.rate and all(n is not None for n in samples):
        seconds = sum(n / link.rate for n, link in zip(samples, links, strict=True) if n is not None)
        known = round(seconds * first.rate)
    parts = tuple((link.span,) for link in links) if alike and len(links) > 1 else ()
    return Layout(
        kind="ogg",
        present=known,
        promised=known,
        tolerance=1024,
        parts=parts,
        cut=not links[-1].is_ended,
        rate=first.rate,
    )


def _riff(file: AudioFile, start: int) -> Layout:
    """WAV, also as RF64 and big-endian as RIFX."""
    head = file.read_at(start, 12)
    if head[8:12] != b"WAVE":
        return Layout()
    order = ">" if head[:4] == b"RIFX" else "<"
    chunks = _chunks(file, start + 12, order, (b"fmt ", b"data", b"ds64"))
    if b"fmt " not in chunks or b"data" not in chunks:
        return Layout()
    fmt = file.read_at(chunks[b"fmt "][0], 26)
    tag, align = struct.unpack(order + "H10xH", fmt[:14].ljust(14, b"\0"))
    if tag == 0xFFFE and len(fmt) == 26:
        tag = struct.unpack(order + "H", fmt[24:26])[0]
    at, said = chunks[b"data"]
    patches = {at - 4: (file.size - at, 4)}
    if b"ds64" in chunks and head[:4] != b"RIFF":
        said = int.from_bytes(file.read_at(chunks[b"ds64"][0] + 8, 8), "little")
        patches = {chunks[b"ds64"][0] + 8: (file.size - at, 8)}
    plain = align if tag in (1, 3, 6, 7) else 0  # PCM, float, A-law, mu-law: a block is a sample
    if head[:4] == b"RIFF" and (large := _as_rf64(file, start, at, said, plain)) is not None:
        return large
    return _raw(file, start, (at, said, plain), patches, "little" if order == "<" else "big")


def _au(file: AudioFile, start: int) -> Layout:
    head = file.read_at(start, 24)
    if len(head) < 24:
        return Layout()
    order = "big" if head[:4] == b".snd" else "little"
    offset, said, encoding, _, channels = struct.unpack(">IIIII" if order == "big" else "<IIIII", head[4:24])
    width = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}.get(encoding, 0)
    patches = {start + 8: (file.size - start - offset, 4)}
    return _raw(file, start, (start + offset, said, width * channels), patches, order)


def _aiff(file: AudioFile, start: int) -> Layout:
    if file.read_at(start + 8, 4) not in (b"AIFF", b"AIFC"):
        return Layout()
    chunks = _chunks(file, start + 12, ">", (b"COMM", b"SSND"))
    if b"COMM" not in chunks or b"SSND" not in chunks:
        return Layout()
    channels, n_frames, bits = struct.unpack(">HIH", file.read_at(chunks[b"COMM"][0], 8).ljust(8, b"\0"))
    packing = file.read_at(chunks[b"COMM"][0] + 18, 4) if file.read_at(start + 8, 4) == b"AIFC" else b"NONE"
    width = channels * ((bits + 7) // 8) if packing in (b"NONE", b"sowt", b"twos") else 0
    at = chunks[b"SSND"][0] + 8
    if not width or n_frames >= _UNKNOWN // width:
        return Layout(kind="plain")
    n_here = max(0, file.size - at) // width
    if not n_frames and n_here:  # as a pipe leaves it: only another program knows what to do
        return Layout(kind="plain", present=n_here)
    return Layout(kind="plain", present=min(n_frames, n_here), promised=n_frames)


def _raw(
    file: AudioFile, start: int, data: tuple[int, int, int], patches: dict[int, tuple[int, int]], order: str
) -> Layout:
    """Lay out samples that follow a header: `data` is where, how many bytes it says, and bytes per sample."""
    at, said, width = data
    rest = max(0, file.size - at)
    streamed = (not said and rest > 0) or (said >= _UNKNOWN and said > rest)
    n_here = rest // width if width else None
    if not streamed:
        n_said = said // width if width else None
        present = None if n_here is None or n_said is None else min(n_here, n_said)
        promised = n_here if _goes_on(file, at + said, rest - said) else n_said
        # libsndfile takes the last of several pieces of samples; the first piece is the recording.
        first: tuple[Piece, ...] = (Span(start, at + said),)
        parts = (first,) if rest > said + 8 else ()
        return Layout(kind="plain", present=present, promised=promised, parts=parts)
    # libsndfile takes "everything" as it is meant, but not "nothing".
    patched = () if said else (_patched(file, start, patches, order),)
    return Layout(kind="plain", present=n_here, promised=n_here, parts=patched, parts_only=bool(patched))


def _goes_on(file: AudioFile, at: int, n_bytes: int) -> bool:
    """Whether more than a trailer follows the samples that a header announces, and it is no chunk.

    A recorder that lost its power leaves the length that it wrote last. What follows may as well be no
    sound, so it is reported, not read.
    """
    follows = file.read_at(at + at % 2, 4)
    is_chunk = all(0x20 <= byte < 0x7F for byte in follows) and follows not in _HEADS
    return n_bytes > _TRAILER and not is_chunk


def _w64(file: AudioFile, start: int) -> Layout:
    """WAV as Sonic Foundry wrote it: chunks with long names, and 64 bits for lengths, the head included."""
    at, width = start + 40, 0
    for _ in range(_MOST_CHUNKS):
        head = file.read_at(at, 24)
        if len(head) < 24:
            break
        size = int.from_bytes(head[16:], "little")
        if head[:4] == b"fmt ":
            tag, align = struct.unpack("<H10xH", file.read_at(at + 24, 14).ljust(14, b"\0"))
            width = align if tag in (1, 3, 6, 7, 0xFFFE) else 0
        elif head[:4] == b"data":
            patches = {at + 16: (file.size - at, 8)}
            return _raw(file, start, (at + 24, max(0, size - 24), width), patches, "little")
        at += max(24, size + -size % 8)
    return Layout()


def _caf(file: AudioFile, start: int) -> Layout:
    """Apple's container; the number of samples follows from the bytes only where they are not compressed."""
    at, width = start + 8, 0
    for _ in range(_MOST_CHUNKS):
        head = file.read_at(at, 12)
        if len(head) < 12:
            break
        size = int.from_bytes(head[4:])
        if head[:4] == b"desc":
            coding, width = struct.unpack(">4s4xI", file.read_at(at + 20, 12).ljust(12, b"\0"))
            width = width if coding in (b"lpcm", b"alaw", b"ulaw") else 0
        elif head[:4] == b"data":
            place = at + 16  # behind the count of edits
            patches = {at + 4: (file.size - at - 12, 8)}
            return _raw(file, start, (place, max(0, size - 4), width), patches, "big") if width else Layout()
        at += 12 + size
    return Layout()


def _as_rf64(file: AudioFile, start: int, at: int, said: int, width: int) -> Layout | None:
    """Lay out a WAV of more than 4 GB, whose header has 32 bits for its length; None for any other.

    It says all ones, or what is left of the length in 32 bits. libsndfile is given it as the RF64 that it
    should have been.
    """
    rest = file.size - at
    if rest < 1 << 32:
        return None
    trailer = 0 if said >= _ONES else (rest - said) % (1 << 32)
    if trailer > _TRAILER:
        return None
    size = rest - trailer
    head = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, file.size + 28, size, 0, 0)
    pieces = (head, Span(start + 12, at - 4), b"\xff" * 4, Span(at, file.size))
    n_samples = size // width if width else None
    return Layout(kind="plain", present=n_samples, promised=n_samples, parts=(pieces,), parts_only=True)


def _patched(
    file: AudioFile, start: int, patches: dict[int, tuple[int, int]], order: str
) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = start
    for place, (value, n_bytes) in sorted(patches.items()):
        largest = (1 << 8 * n_bytes) - 1
        number = min(value, largest).to_bytes(n_bytes, "little" if order == "little" else "big")
        pieces += [Span(at, place), number]
        at = place + n_bytes
    pieces.append(Span(at, file.size))
    return tuple(pieces)


def _chunks(file: AudioFile, at: int, order: str, wanted: tuple[bytes, ...]) -> dict[bytes, tuple[int, int]]:
    """Return where chunks of an IFF file begin and how long they say they are, up to the last wanted one."""
    found: dict[bytes, tuple[int, int]] = {}
    for _ in range(_MOST_CHUNKS):
        head = file.read_at(at, 8)
        if len(head) < 8:
            break
        name, size = struct.unpack(order + "4sI", head)
        found.setdefault(name, (at + 8, size))
        if set(wanted) - {b"ds64"} <= found.keys():
            break
        at += 8 + size + size % 2
    return found


_READERS = (
    (b"fLaC", _flac),
    (b"OggS", _ogg),
    (b"RIFF", _riff),
    (b"RIFX", _riff),
    (b"RF64", _riff),
    (b".snd", _au),
    (b"dns.", _au),
    (b"FORM", _aiff),
    (b"riff\x2e\x91\xcf\x11", _w64),
    (b"caff", _caf),
)
