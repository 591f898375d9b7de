"""Rows of a signal that comes in blocks: each segment is computed and forgotten as soon as it is whole.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.segments import LONGEST_TRACK, Segment, segment_bounds

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.config import SegmentConfig

    Float32 = npt.NDArray[np.float32]
    Compute = Callable[[list[Float32], SegmentConfig], npt.NDArray[Any]]

BATCH_S = 120.0
"""Seconds of sound that are gathered before their rows are computed; most files are shorter."""


@dataclass(slots=True)
class LengthRows:
    """Rows of one segment length.

    Attributes
    ----------
    cuts : list of Segment
        The segments, in order.
    batches : list of ndarray
        Their values, some rows in each.
    n_flat : int
        Segments in which all samples are equal.
    """

    cuts: list[Segment] = field(default_factory=list)
    batches: list[npt.NDArray[Any]] = field(default_factory=list)
    n_flat: int = 0

    @property
    def keys(self) -> npt.NDArray[np.int64]:
        """Number, start and length of each segment, shape (n_segments, 3)."""
        keys = [(cut.index, cut.start, cut.stop - cut.start) for cut in self.cuts]
        return np.array(keys, dtype=np.int64).reshape(-1, 3)


class SegmentRows:
    """Takes the samples of a recording block by block and computes the rows of its segments.

    It holds `BATCH_S` seconds and one segment of the longest length, whatever the length of the recording.

    Parameters
    ----------
    compute : callable
        ``compute(pieces, length)`` gives a row for each piece of signal.
    lengths : tuple of SegmentConfig
        Segment lengths.
    sr : int
        Rate of the samples in Hz.
    first_sample : int
        Samples of the recording before this one are lost.
    """

    def __init__(
        self, compute: Compute, lengths: tuple[SegmentConfig, ...], sr: int, first_sample: int = 0
    ) -> None:
        self._compute, self._sr, self._first = compute, sr, first_sample
        self._blocks: list[Float32] = []
        self._start = self.end = first_sample  # of what is held
        self._computed = first_sample
        self.rows = {length: LengthRows() for length in lengths}

    def add(self, samples: Float32) -> None:
        """Take the next samples."""
        self._blocks.append(samples)
        self.end += samples.size
        if self.end - self._computed >= BATCH_S * self._sr:
            self._advance(finished=False)

    def finish(self, *, whole: bool = False) -> None:
        """Compute what is left.

        Parameters
        ----------
        whole : bool
            Whether a recording too short for a row of some length has one of that length over all of it.
        """
        self._advance(finished=True)
        for length, rows in self.rows.items():
            if whole and not rows.cuts:
                self._append(length, [Segment(0, self._first, self.end)])

    def values(self, length: SegmentConfig) -> npt.NDArray[Any]:
        """Return the rows of a length, one for each of its segments."""
        batches = self.rows[length].batches
        return np.concatenate(batches) if batches else self._compute([], length)

    def _advance(self, *, finished: bool) -> None:
        self._computed = self.end
        needed = self.end
        for length, rows in self.rows.items():
            # Up to there, it may be one track, and so one row.
            if finished or not length.is_track or self.end >= LONGEST_TRACK * length.n_samples(self._sr):
                cuts = segment_bounds(self.end, length, self._sr, self._first)
                self._append(length, list(cuts[len(rows.cuts) :]))
            after = (rows.cuts[-1].index + 1) * length.n_samples(self._sr) if rows.cuts else self._first
            needed = min(needed, after)
        if not finished:
            self._blocks = [self._held()[needed - self._start :].copy()]
            self._start = needed

    def _append(self, length: SegmentConfig, cuts: list[Segment]) -> None:
        if not cuts:
            return
        held, rows = self._held(), self.rows[length]
        pieces = [held[cut.start - self._start : cut.stop - self._start] for cut in cuts]
        rows.n_flat += sum(bool(piece.min() == piece.max()) for piece in pieces)
        rows.batches.append(self._compute(pieces, length))
        rows.cuts += cuts

    def _held(self) -> Float32:
        if len(self._blocks) != 1:
            self._blocks = [np.concatenate([np.empty(0, dtype=np.float32), *self._blocks])]
        return self._blocks[0]
