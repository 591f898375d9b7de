"""How often "none of these" is wrong, and how often it is right, by genre: figures for a model card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.evaluation.intervals import accuracy_interval
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    table : TextTable
        The same by genre.
    """

    asked: float
    folds: int
    tracks: int
    nameless: int
    wrong: str
    detected: float
    table: TextTable


def rejection(rates: Mapping[str, Any]) -> Rejection:
    """Lay out the rates of a rule; the fields are those of `models.applying.unlike.UnlikeRates`."""
    of, wrong, found = (rates[name] for name in ("tracks", "rejected", "detected"))
    rows = [
        (genre, str(n), _cell(k, n), _cell(d, n))
        for genre, n, k, d in zip(rates["genres"], of, wrong, found, strict=True)
    ]
    header = ("genre", "tracks", "rejected, %", "rejected where the genre is left out, %")
    return Rejection(
        asked=rates["asked"],
        folds=rates["folds"],
        tracks=sum(of),
        nameless=rates["n_nameless"],
        wrong=_cell(sum(wrong), sum(of)),
        detected=float(np.mean([d / n for d, n in zip(found, of, strict=True)])),
        table=TextTable(title="", header=header, rows=tuple(rows)),
    )


def _cell(count: int, of: int) -> str:
    """Return a share of tracks with its interval, in per cent."""
    interval = accuracy_interval(np.arange(of) < count)
    return accuracy_cell(count / of, interval.low, interval.high)
