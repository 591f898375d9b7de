"""A track of a catalogue, apart from what makes the catalogue: workers need no more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFile:
    """One audio file of a catalogue; `path` is relative to its root, with forward slashes."""

    track_id: str
    genre: str
    path: str
