"""How often "none of these" is wrong, and how often it is right, by genre: figures for a model card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.evaluation.intervals import accuracy_interval
from gtzan_features.reports.drawn import interval_words
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What a model card says of the rule for music unlike the training music.

    Attributes
    ----------
    asked : float
        Share of known music that may be rejected.
    folds, tracks, nameless : int
        Inner folds, tracks in them, and of these the ones whose artist is not known.
    wrong : str
        Share of known music that is rejected, with its interval, in per cent.
    detected : float
        Share of tracks that are rejected where their genre is left out, the mean over the genres.
    drawn : str
        What the intervals draw.
    table : TextTable
        The same by genre.
    """

    asked: float
    folds: int
    tracks: int
    nameless: int
    wrong: str
    detected: float
    drawn: str
    table: TextTable


def rejection(rates: Mapping[str, Any]) -> Rejection:
    """Lay out the rates of a rule; the fields are those of `models.applying.unlike.UnlikeRates`."""
    of, found = rates["tracks"], rates["detected"]
    counts = _counts(rates)
    rows = [
        (genre, str(n), _cell(counts[own][:, 1:3]), _cell(counts[own][:, [1, 3]]))
        for number, (genre, n) in enumerate(zip(rates["genres"], of, strict=True))
        for own in (counts[:, 0] == number,)
    ]
    header = ("genre", "tracks", "rejected, %", "rejected where the genre is left out, %")
    return Rejection(
        asked=rates["asked"],
        folds=rates["folds"],
        tracks=sum(of),
        nameless=rates["n_nameless"],
        wrong=_cell(counts[:, 1:3], counts[:, 0]),
        drawn=interval_words([("inner folds", sum(of), len(counts))]),
        detected=float(np.mean([d / n for d, n in zip(found, of, strict=True)])),
        table=TextTable(title="", header=header, rows=tuple(rows)),
    )


def _counts(rates: Mapping[str, Any]) -> npt.NDArray[np.int64]:
    """Return genre, tracks, rejected and detected ones of each unit: artist, or track where none are kept."""
    if rates.get("by_artist"):
        return np.array(rates["by_artist"], dtype=np.int64)
    units = [
        (number, 1, int(i < rejected), int(i < detected))
        for number, (n, rejected, detected) in enumerate(
            zip(rates["tracks"], rates["rejected"], rates["detected"], strict=True)
        )
        for i in range(n)
    ]
    return np.array(units, dtype=np.int64)


def _cell(counts: npt.NDArray[np.int64], genres: npt.NDArray[np.int64] | None = None) -> str:
    """Return a share of tracks with its interval, in per cent; `counts` has tracks and hits of each unit."""
    tracks, hits = counts.T
    unit = np.repeat(np.arange(len(tracks)), tracks)
    before = np.repeat(np.cumsum(tracks) - tracks, tracks)
    right = np.arange(len(unit)) - before < hits[unit]
    found = accuracy_interval(right, unit, None if genres is None else genres[unit])
    return accuracy_cell(found.estimate, found.low, found.high)
