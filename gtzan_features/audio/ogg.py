"""The pages of an Ogg file: how long each of its streams says it is, without decoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.audio.opened import Span

if TYPE_CHECKING:
    from gtzan_features.audio.opened import AudioFile

_WINDOW = 1 << 20  # bytes read at once
_HEAD = 27
_FIRST_S = 10.0  # a first page that ends later belongs to a stream cut out of a longer one


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One of the streams that follow each other in a file; most files have one.

    Attributes
    ----------
    span : Span
        Where it lies.
    codec : str
        ``vorbis``, ``opus``; empty for others, and where streams lie side by side.
    rate, channels : int
        As its head says; 0 where the codec is not known.
    n_samples : int or None
        Per channel, as the last page says; None where it does not.
    is_ended : bool
        Whether its last page is marked as the last.
    """

    span: Span
    codec: str
    rate: int
    channels: int
    n_samples: int | None
    is_ended: bool


@dataclass(slots=True)
class _Open:
    """A stream whose pages are being counted."""

    start: int
    codec: str = ""
    rate: int = 0
    channels: int = 0
    skipped: int = 0  # samples that a decoder drops at the start
    serials: set[bytes] = field(default_factory=set)
    first: int = -1
    last: int = -1
    is_ended: bool = False

    def closed(self, stop: int) -> Link:
        known = len(self.serials) == 1 and self.rate > 0 and self.last >= 0
        whole = known and self.first <= _FIRST_S * self.rate
        return Link(
            span=Span(self.start, stop),
            codec=self.codec if len(self.serials) == 1 else "",
            rate=self.rate,
            channels=self.channels,
            n_samples=max(0, self.last - self.skipped) if whole else None,
            is_ended=self.is_ended,
        )


def walk_ogg(file: AudioFile, start: int) -> list[Link]:
    """Walk from page to page and return the streams that follow each other; [] where there is no page."""
    links: list[Link] = []
    now: _Open | None = None
    at, window, window_at = start, b"", start
    while True:
        place = at - window_at
        if place < 0 or place + _HEAD + 512 > len(window):
            window, window_at, place = file.read_at(at, _WINDOW), at, 0
        if len(window) - place < _HEAD:
            break
        if window[place : place + 4] != b"OggS":
            found = window.find(b"OggS", place)
            at = window_at + (found if found >= 0 else max(place + 1, len(window) - 3))
            continue
        n_table = window[place + 26]
        table = window[place + _HEAD : place + _HEAD + n_table]
        body = place + _HEAD + n_table
        flags, serial = window[place + 5], window[place + 14 : place + 18]
        if flags & 2 and (now is None or now.last >= 0 or now.is_ended):
            if now is not None:
                links.append(now.closed(at))
            now = _Open(at)
        if now is not None and at + _HEAD + n_table + sum(table) <= file.size:
            _count(now, flags, serial, int.from_bytes(window[place + 6 : place + 14], "little", signed=True))
            if flags & 2:
                _begin(now, window[body : body + 32])
        at += _HEAD + n_table + sum(table)
    if now is not None:
        links.append(now.closed(file.size))
    return links


def _count(now: _Open, flags: int, serial: bytes, granule: int) -> None:
    if flags & 2:
        now.serials.add(serial)
    now.is_ended = bool(flags & 4)
    if granule > 0:
        if now.first < 0:
            now.first = granule
        now.last = granule


def _begin(now: _Open, packet: bytes) -> None:
    if packet[:7] == b"\x01vorbis" and len(packet) >= 16:
        now.codec, now.channels = "vorbis", packet[11]
        now.rate = int.from_bytes(packet[12:16], "little")
    elif packet[:8] == b"OpusHead" and len(packet) >= 12:
        now.codec, now.channels, now.rate = "opus", packet[9], 48_000
        now.skipped = int.from_bytes(packet[10:12], "little")
