"""How loud a signal is, gathered block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

CLIP_LEVEL = 0.999  # of full scale
CLIP_RUN = 3  # samples in a row at full scale; a single one is a peak


class Levels:
    """Extremes and clipping of a signal that comes in blocks.

    Attributes
    ----------
    n_samples : int
        Samples so far.
    low, high : float
        Smallest and largest sample; inf and -inf before the first.
    """

    def __init__(self) -> None:
        self.n_samples = 0
        self.low, self.high = float("inf"), float("-inf")
        self._n_clipped = 0
        self._open = 0  # samples at full scale at the end, whose run may go on

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """Take the next samples, which are finite."""
        if not samples.size:
            return
        self.n_samples += samples.size
        low, high = float(samples.min()), float(samples.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        if max(high, -low) < CLIP_LEVEL:
            self._close()
            return
        full = np.concatenate([[False], np.abs(samples) >= CLIP_LEVEL, [False]])
        edges = np.flatnonzero(full[1:] != full[:-1])
        lengths = edges[1::2] - edges[::2]
        if full[1]:
            lengths[0] += self._open
        else:
            self._close()
        self._open = 0
        if full[-2]:
            self._open = int(lengths[-1])
            lengths = lengths[:-1]
        self._n_clipped += int(lengths[lengths >= CLIP_RUN].sum())

    def _close(self) -> None:
        self._n_clipped += self._open if self._open >= CLIP_RUN else 0
        self._open = 0

    @property
    def peak_db(self) -> float:
        """Level of the loudest sample in dB of full scale; -inf for silence."""
        peak = max(self.high, -self.low, 0.0)
        return 20 * float(np.log10(peak)) if peak else float("-inf")

    @property
    def clipped(self) -> float:
        """Share of samples at full scale in runs of `CLIP_RUN` or more, within [0, 1].

        Examples
        --------
        >>> levels = Levels()
        >>> levels.add(np.array([0, 1, 1], dtype=np.float32))
        >>> levels.add(np.array([1, 0, -1, 0, 0, 0, 0], dtype=np.float32))
        >>> levels.clipped
        0.3
        """
        last = self._open if self._open >= CLIP_RUN else 0
        return (self._n_clipped + last) / self.n_samples if self.n_samples else 0.0
