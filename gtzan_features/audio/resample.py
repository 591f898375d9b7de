"""Resampling as ``librosa.load`` does, to the last bit, whole or in blocks, without importing librosa."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import soxr

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]

QUALITY = "soxr_hq"


def resample_samples(samples: Float32, source_sr: int, sr: int) -> Float32:
    """Resample a whole signal from `source_sr` to `sr`."""
    resampler = Resampler(source_sr, sr)
    return np.concatenate([resampler.add(samples), resampler.end()])


class Resampler:
    """Resamples a signal that comes in blocks; of any blocks it makes the same samples.

    Parameters
    ----------
    source_sr, sr : int
        Rates of what comes and of what is given, in Hz; equal ones pass it through.
    """

    def __init__(self, source_sr: int, sr: int) -> None:
        self._ratio = float(sr) / source_sr
        self._stream = None
        if source_sr != sr:
            self._stream = soxr.ResampleStream(source_sr, sr, 1, dtype="float32", quality=QUALITY)
        self._n_in = self._n_out = 0

    def add(self, samples: Float32) -> Float32:
        """Take samples and return those that are ready."""
        if self._stream is None:
            return samples
        self._n_in += samples.size
        found: Float32 = self._stream.resample_chunk(np.ascontiguousarray(samples))
        self._n_out += found.size
        return found

    def end(self) -> Float32:
        """Return the last samples: librosa rounds their number up."""
        if self._stream is None:
            return np.empty(0, dtype=np.float32)
        rest = self._stream.resample_chunk(np.empty(0, dtype=np.float32), last=True)
        result = np.zeros(max(0, math.ceil(self._n_in * self._ratio) - self._n_out), dtype=np.float32)
        n_kept = min(rest.size, result.size)
        result[:n_kept] = rest[:n_kept]
        return result
