"""Rows of samples that are changed between decoding and features, in memory that long files do not fill.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from gtzan_features.audio.sound import Sound
    from gtzan_features.extraction.segment_rows import SegmentRows

Float32 = npt.NDArray[np.float32]

STRETCH_S = 300.0
"""Seconds that are changed at once; a file of less than twice as much is one stretch."""

SHORTEST_S = 0.45
"""Seconds below which no row of any length begins: filters and codecs need not cope with less."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples of a file that are changed at once: all of them, but for long files.

    Attributes
    ----------
    samples : ndarray of shape (n_samples,), float32
        Mono.
    sha256 : str
        Of the file.
    number : int
        Which stretch of the file, from 0.
    """

    samples: Float32
    sha256: str
    number: int = 0


Change = Callable[[Stretch], Float32]
"""Makes other samples of a stretch, as many or more or fewer; pickled to the workers."""


class ChangedRows:
    """Takes the samples of a file block by block, changes them and computes rows of what came out.

    Parameters
    ----------
    change : callable
        See `Change`.
    sha256 : str
        Of the file.
    rows_from : callable
        ``rows_from(first_sample)`` gives what computes the rows.
    sr : int
        Rate of the samples in Hz.
    first_sample : int
        Samples of the recording before this one are lost; where a change makes the recording longer or
        shorter, their number changes likewise.
    """

    def __init__(
        self,
        change: Change,
        sha256: str,
        rows_from: Callable[[int], SegmentRows],
        sr: int,
        first_sample: int,
    ) -> None:
        self._change, self._sha256, self._rows_from = change, sha256, rows_from
        self._sr, self._lost = sr, first_sample
        self._first = first_sample
        self._rows: SegmentRows | None = None
        self._blocks: list[Float32] = []
        self._held = self._number = 0

    def add(self, samples: Float32) -> None:
        """Take the next samples."""
        self._blocks.append(samples)
        self._held += samples.size
        n_stretch = int(STRETCH_S * self._sr)
        # Twice as much is awaited, so that the last stretch is none of a few samples.
        while self._held >= 2 * n_stretch:
            self._hand_on(n_stretch)

    def finished(self, sound: Sound) -> tuple[Sound, SegmentRows]:
        """Change what is left; return what was read, with the place of its first sample now, and the rows."""
        self._hand_on(self._held)
        if self._rows is None:
            self._rows = self._rows_from(self._first)
        return replace(sound, first_sample=self._first), self._rows

    def _hand_on(self, n_samples: int) -> None:
        held = np.concatenate([np.empty(0, dtype=np.float32), *self._blocks])
        samples, rest = held[:n_samples], held[n_samples:].copy()
        if samples.size >= SHORTEST_S * self._sr:
            changed = self._change(Stretch(samples, self._sha256, self._number))
        else:
            changed = samples
        if self._rows is None:
            self._first = round(self._lost * changed.size / max(1, samples.size))
            self._rows = self._rows_from(self._first)
        self._rows.add(changed)
        self._blocks, self._held, self._number = [rest], rest.size, self._number + 1
