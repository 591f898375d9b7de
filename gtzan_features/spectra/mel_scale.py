"""Slaney's mel scale and its filters, to the last bit those of librosa.

Computed here, for importing librosa takes longer than a track; tests compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LINEAR_HZ = 200.0 / 3  # of a mel below the break
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27.0  # of a mel above the break


def mel_frequencies(count: int, highest_hz: float) -> NDArray[np.float64]:
    """Frequencies in Hz at equal steps of the mel scale from 0 to `highest_hz`, shape (count,).

    Equal to ``librosa.mel_frequencies(count, fmin=0, fmax=highest_hz)``.
    """
    highest = highest_hz / _LINEAR_HZ
    if highest_hz >= _BREAK_HZ:
        highest = _BREAK_MEL + np.log(highest_hz / _BREAK_HZ) / _LOG_STEP
    mels = np.linspace(0.0, highest, count)
    hz: NDArray[np.float64] = _LINEAR_HZ * mels
    above = mels >= _BREAK_MEL
    hz[above] = _BREAK_HZ * np.exp(_LOG_STEP * (mels[above] - _BREAK_MEL))
    return hz


def mel_filters(sr: int, n_fft: int, n_mels: int) -> NDArray[np.float32]:
    """Triangles of unit area over the bins of a transform, shape (n_mels, n_fft // 2 + 1).

    Equal to ``librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels)``; a band between two bins is 0.
    """
    edges = mel_frequencies(n_mels + 2, sr / 2)
    widths = np.diff(edges)[:, None]
    ramps = np.subtract.outer(edges, np.fft.rfftfreq(n_fft, 1.0 / sr))
    rising, falling = -ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]
    filters: NDArray[np.float32] = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return filters
