"""How long the rows of a Kaggle CSV are, where their names do not say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.segments import LONGEST_TRACK, SHORTEST_TRACK
from gtzan_features.config import TRACK_S, SegmentConfig
from gtzan_features.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from gtzan_features.tables.kaggle_rows import NamedRows

SR = 22_050
_OTHER_RATES = (44_100, 48_000, 32_000, 24_000, 16_000, 12_000, 11_025, 8_000, 96_000, 88_200)
_USUAL_S = (3.0, TRACK_S)
_GTZAN_S = 31.0  # no track of GTZAN is longer


def row_length(path: Path, rows: NamedRows, lengths: pd.Series, *, sure: bool = False) -> SegmentConfig:
    """Return the length of the rows by the column ``length``, in samples.

    Rows that are tracks are ``30s`` where most last 27 to 45 s. Segments have the length of most of them,
    unless that may be another one at another sampling rate, or is that of their track. Rows of other lengths
    are taken for tracks only where that is `sure`, because it was said.

    Raises
    ------
    TableError
        If the column does not determine it; the message says how to give it.
    """
    usual = float(np.median(lengths))
    if rows.are_tracks:
        return _of_tracks(path, rows, usual, sure=sure)
    counts = rows.frame.groupby("track_id")["segment"].transform("size").to_numpy()
    cut = lengths[counts > 1] if (counts > 1).any() else lengths
    nominal = round(TRACK_S * SR)
    if (counts > 1).any() and is_whole(float(np.median(cut))) and (cut != nominal - 1).any():
        number = int(np.median(counts[counts > 1]))
        reason = (
            f"its tracks have {number} rows each, and length {np.median(cut):.0f} is that of a whole track. "
            "Say how long a row is: --segments 3s, for example"
        )
        raise TableError(path, reason)
    most = float(np.median(cut))
    fitting = _fitting(most)
    if rows.are_gtzan:
        last = int(rows.frame["segment"].max())
        fitting = {rate: s for rate, s in fitting.items() if s * (last + 1) <= _GTZAN_S}
        # Tracks that are there whole say more: another segment would not fit.
        whole = {rate: s for rate, s in fitting.items() if s * (last + 2) > _GTZAN_S - 2}
        fitting = whole or fitting
    return _chosen(path, most, fitting)


def is_whole(n_samples: float) -> bool:
    """Whether a row of so many samples at 22,050 Hz may cover a whole track of 27 to 45 s."""
    return SHORTEST_TRACK * TRACK_S * SR <= n_samples < LONGEST_TRACK * TRACK_S * SR


def samples(rows: NamedRows, lengths: pd.Series, segment: SegmentConfig) -> npt.NDArray[np.int64]:
    """Return the samples of each row at 22,050 Hz: `lengths`, where they can be those of `segment`.

    Where they cannot (the track's, or at another rate), rows have the length that a cut row has by rule.
    """
    nominal = segment.n_samples(SR)
    given = lengths.to_numpy(dtype=np.float64)
    if segment.is_track:
        single = rows.frame.groupby("track_id")["segment"].transform("size").to_numpy() == 1
        fits = np.where(single, [is_whole(n) for n in given], given == nominal - 1)
    else:
        fits = np.abs(given - nominal) <= 0.02 * nominal
    by_rule = nominal if rows.are_tracks and segment.is_track else nominal - 1
    return np.where(fits, given, by_rule).astype(np.int64)


def _of_tracks(path: Path, rows: NamedRows, usual: float, *, sure: bool) -> SegmentConfig:
    rates = [rate for rate in (SR, *_OTHER_RATES) if is_whole(usual * SR / rate)]
    if SR in rates or (rates and rows.are_gtzan):
        return SegmentConfig(TRACK_S)
    fitting = _fitting(usual)
    if sure and not rates and SR in fitting:
        return SegmentConfig(fitting[SR])
    said = TRACK_S if rates else fitting.get(SR, TRACK_S)
    reason = (
        f"each row names a track, but by length {usual:.0f} lasts {usual / SR:.4g} s, not 30 s; a segment's "
        "row names its number (blues.00000.0.wav). Only if each is a recording of its own, say so: "
        f"--rows tracks --segments {SegmentConfig(said).name}"
    )
    if rates:
        reason += f" (at {rates[0]} Hz it is {usual / rates[0]:.4g} s)"
    raise TableError(path, reason)


def _fitting(n_samples: float) -> dict[int, float]:
    """Return by sampling rate in Hz the seconds that so many samples are exactly, or with one more.

    Near 3 s and 30 s at 22,050 Hz it is these, for what other programs write there differs a little.
    """
    near = next((s for s in _USUAL_S if abs(n_samples - s * SR) <= 0.02 * s * SR), None)
    if near is not None:
        return {SR: near}
    found: dict[int, float] = {}
    for rate in (SR, *_OTHER_RATES):
        for count in (n_samples + 1, n_samples):
            seconds = count / rate
            step = 1000 if rate == SR else 2  # to a millisecond, or half seconds
            nice = round(seconds * step) / step
            if 0.5 <= nice <= 3600 and round(nice * rate) == count:
                found.setdefault(rate, nice)
    return found


def _chosen(path: Path, most: float, fitting: dict[int, float]) -> SegmentConfig:
    usual = {rate: s for rate, s in fitting.items() if s in _USUAL_S}
    if len(set(fitting.values())) == 1 or (SR in fitting and not usual):
        return SegmentConfig(fitting.get(SR, next(iter(fitting.values()))))
    readings = " or ".join(f"{s:g} s at {rate} Hz" for rate, s in {**usual, **fitting}.items())
    what = f"length {most:.0f} may be {readings}" if readings else f"length {most:.0f} is no usual length"
    raise TableError(path, f"{what}. Say how long a row is: --segments 3s, for example")
