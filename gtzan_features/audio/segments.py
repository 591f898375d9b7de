"""Where the segments of a track begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import SegmentConfig

SHORTEST_TRACK = 0.9
"""A file of at least this many nominal track lengths (27 s) gives a ``30s`` row."""

LONGEST_TRACK = 1.5
"""A file of this many nominal track lengths (45 s) or more is cut into 30 s pieces instead."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Samples ``start`` to ``stop`` (excluded) of a track; `index` counts from its beginning."""

    index: int
    start: int
    stop: int


def segment_bounds(
    n_samples: int, segment: SegmentConfig, sr: int, first_sample: int = 0
) -> tuple[Segment, ...]:
    """Cut a track of `n_samples` samples by the rule of the Kaggle GTZAN CSVs.

    Segment i covers samples ``N * i`` to ``N * (i + 1) - 1`` with ``N = sr * seconds`` and exists where
    ``N * (i + 1) < n_samples``. The ``30s`` row covers the whole of a track that lasts 27 to 45 s; a
    longer file is cut into 30 s segments by the same rule.

    Parameters
    ----------
    n_samples : int
        Length of the intact track, lost samples included.
    segment : SegmentConfig
        Length of a segment.
    sr : int
        Sampling rate in Hz.
    first_sample : int
        Samples before this one are lost: segments that need them are left out.

    Returns
    -------
    tuple of Segment
        In order of time; empty for a track that is too short.

    Examples
    --------
    >>> from gtzan_features.config import SegmentConfig
    >>> len(segment_bounds(661_794, SegmentConfig(3.0), 22_050))
    10
    >>> segment_bounds(661_794, SegmentConfig(30.0), 22_050)
    (Segment(index=0, start=0, stop=661794),)
    """
    length = segment.n_samples(sr)
    if segment.is_track and n_samples < LONGEST_TRACK * length:
        if n_samples - first_sample < SHORTEST_TRACK * length:
            return ()
        return (Segment(0, first_sample, n_samples),)
    count = max(0, (n_samples - 1) // length)
    cuts = (Segment(i, length * i, length * (i + 1) - 1) for i in range(count))
    return tuple(cut for cut in cuts if cut.start >= first_sample)


def around(starts: npt.ArrayLike, long_starts: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return, for each segment of a track, the longer segment that it lies in.

    That is the last which begins no later. Segments behind the end of the last long one belong to it, and
    those before the first to the first: a track's end gives no long segment of its own.

    Parameters
    ----------
    starts, long_starts : array_like
        Where segments of either length begin, in the same unit; `long_starts` ascending, one at least.

    Examples
    --------
    >>> around([0, 27, 30, 63], [0, 30]).tolist()
    [0, 0, 1, 1]
    """
    found = np.searchsorted(np.asarray(long_starts), np.asarray(starts), side="right") - 1
    return np.maximum(found, 0).astype(np.int64)
