"""What there is in a folder of music: the first section of its page."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.config import TRACK_S
from gtzan_features.datasets.names import label
from gtzan_features.reports.html.data import csv_link
from gtzan_features.reports.html.explore import Picture, PictureSection
from gtzan_features.reports.spread import overview_figure, spread_words
from gtzan_features.rounding import clock, decimals
from gtzan_features.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

_CLIPPED = 0.001  # of the samples
_LISTED = 12
_CHANNELS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """What is said of one track that could be read.

    Attributes
    ----------
    track_id, genre, path : str
    seconds : float
        Its length; of a file that does not say it, what was read, which is 30 s at most.
    whole : bool
        Whether `seconds` is its length.
    source_sr, channels : int
        Of the file; the rate in Hz.
    rms_db, peak_db : float
        Of the first 30 s, in dB of full scale.
    clipped : float
        Share of samples at full scale, several in a row; within [0, 1].
    samples_sha256 : str
        Of the first 30 s, as they are read for features.
    damage : str
        What is missing or was repaired; empty for an intact file.
    """

    track_id: str
    genre: str
    path: str
    seconds: float
    whole: bool
    source_sr: int
    channels: int
    rms_db: float
    peak_db: float
    clipped: float
    samples_sha256: str
    damage: str


def overview_section(
    title: str, tracks: Sequence[TrackFacts], skipped: Sequence[str], remarks: Sequence[str]
) -> PictureSection:
    """Say what the folder holds: how much, in which form, how loud, and what is wrong with it.

    Parameters
    ----------
    title : str
        Of the data set.
    tracks : sequence of TrackFacts
        Those that could be read, at least one.
    skipped : sequence of str
        Path and reason of each file that could not.
    remarks : sequence of str
        What else looks odd, a line each.
    """
    genres = sorted({one.genre for one in tracks})
    seconds = {g: np.array([one.seconds for one in tracks if one.genre == g]) for g in genres}
    loudness = {g: np.array([one.rms_db for one in tracks if one.genre == g]) for g in genres}
    twice = _twice(tracks)
    words = (
        f"Tracks of each genre, their lengths, and their loudness in the first {TRACK_S:g} s as RMS "
        f"({spread_words(seconds)}). {_extremes(loudness)}"
    )
    picture = Picture(
        name="overview",
        words=words,
        figure=overview_figure(f"{title}: tracks, lengths, loudness", seconds, loudness),
        csv=csv_link(
            "tracks",
            ("track", "genre", "seconds", "whole", "sr", "channels", "rms_db", "peak_db", "clipped"),
            [
                (
                    *(one.track_id, one.genre, f"{one.seconds:.2f}", one.whole, one.source_sr, one.channels),
                    *(f"{one.rms_db:.1f}", f"{one.peak_db:.1f}", f"{one.clipped:.5f}"),
                )
                for one in tracks
            ],
        ),
    )
    return PictureSection(
        title="Overview",
        words=f"What the files say of themselves, and the first {TRACK_S:g} s of each. gtzan data verify "
        "decodes them whole.",
        pictures=(picture,),
        facts=_facts(tracks, len(genres), len(skipped), len(twice)),
        remarks=(
            *_first([f"Not read: {line}" for line in skipped]),
            *_first([f"Damaged: {label(one.path)}: {one.damage}" for one in tracks if one.damage]),
            *_first(twice),
            *remarks,
        ),
    )


def _facts(
    tracks: Sequence[TrackFacts], n_genres: int, n_skipped: int, n_twice: int
) -> tuple[tuple[str, str], ...]:
    known = [one.seconds for one in tracks]
    all_whole = all(one.whole for one in tracks)
    levels = np.array([one.rms_db for one in tracks])
    low, middle, high = (decimals(float(v), 0) for v in (levels.min(), np.median(levels), levels.max()))
    clipped = sum(one.clipped > _CLIPPED for one in tracks)
    shortest, longest = (decimals(v, 1) if v < 90 else clock(v) for v in (min(known), max(known)))
    unit = " s" if max(known) < 90 else ""
    return (
        ("Tracks", f"{len(tracks)} in {counted(n_genres, 'genre')}"),
        ("Playing time", f"{'' if all_whole else 'at least '}{clock(sum(known))}"),
        ("Shortest and longest", f"{shortest} and {longest}{unit}"),
        ("Files", _counted(PurePosixPath(one.path).suffix.lower().lstrip(".") for one in tracks)),
        ("Sampling rate", _counted(f"{one.source_sr} Hz" for one in tracks)),
        ("Channels", _counted(_CHANNELS.get(one.channels, str(one.channels)) for one in tracks)),
        ("Median loudness (RMS)", f"{middle} dB ({low} to {high})"),
        (f"Over {100 * _CLIPPED:g} % at full scale", f"{clipped or 'none'}"),
        ("The same samples as another", f"{n_twice or 'none'}"),
        ("Could not be read", f"{n_skipped or 'none'}"),
    )


def _counted(values: Iterable[str]) -> str:
    """List values, the most frequent first, with how many there are of each where they are several."""
    counts = Counter(values).most_common()
    if len(counts) == 1:
        return counts[0][0]
    return ", ".join(f"{value} {count}" for value, count in counts)


def _twice(tracks: Sequence[TrackFacts]) -> list[str]:
    """Name each track whose samples are those of an earlier one."""
    by_samples: dict[str, list[TrackFacts]] = defaultdict(list)
    for one in tracks:
        by_samples[one.samples_sha256].append(one)
    return [
        f"The same first {TRACK_S:g} s: {label(copy.path)} and {label(same[0].path)}"
        for same in by_samples.values()
        for copy in same[1:]
    ]


def _first(lines: Sequence[str]) -> list[str]:
    rest = len(lines) - _LISTED
    return [*lines[:_LISTED], f"… and {rest} more of these"] if rest > 0 else list(lines)


def _extremes(loudness: dict[str, npt.NDArray[np.float64]]) -> str:
    """Name the loudest and the quietest genre, by their medians."""
    if len(loudness) < 2:
        return ""
    middle = {genre: float(np.median(values)) for genre, values in loudness.items()}
    loud, quiet = max(middle, key=middle.__getitem__), min(middle, key=middle.__getitem__)
    return (
        f"Loudest: {loud}, median {decimals(middle[loud], 0)} dB; quietest: {quiet}, "
        f"{decimals(middle[quiet], 0)} dB."
    )
