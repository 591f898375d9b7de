"""Power spectra of all windows of a series, one at each step: each follows from the one before.

Where a window moves on by one sample, its transform loses one term and gains one. The transform is taken at
twice as many points as the window has samples, so that its power is that of an autocorrelation which does
not meet itself. At such points, the product with a Hann window is a sum of three neighbours but one [1]_.
That takes a dozen operations for a point, a small part of what a fast Fourier transform of each window takes.

References
----------
.. [1] E. Jacobsen and R. Lyons, "The sliding DFT", IEEE Signal Processing Magazine 20(2), 2003.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra.compiled import summing_kernel, takes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

_EDGE = 2  # neighbours beyond either end of the spectrum


def summed_powers(x: Float64, width: int, scale: Float64) -> Float64:
    """Sum the power spectra of all Hann windows of a series.

    Parameters
    ----------
    x : ndarray of shape (at least n_windows + width - 1,)
        The series; window t starts at sample t.
    width : int
        Length of a window, at least 3; the window function is `stft.periodic_hann`.
    scale : ndarray of shape (n_windows,)
        Factor of the power of each window; those with 0 are left out.

    Returns
    -------
    ndarray of shape (width + 1,)
        At frequencies of k half periods in a window. Rounding is that of float64 numbers as large as the
        largest values of the series, also in windows of small ones.
    """
    first = np.fft.rfft(x[:width], 2 * width)
    spectrum = np.zeros((2, width + 1 + 2 * _EDGE))
    spectrum[:, _EDGE:-_EDGE] = first.real, first.imag
    total = np.zeros(width + 1)
    _add_powers(x, scale, spectrum, *_turns(width), total)
    return total / 16


@lru_cache(maxsize=8)
def _turns(width: int) -> tuple[Float64, Float64]:
    """Return what a point is turned by at a step, (2, n_points), and at the length of a window."""
    at = np.arange(width + 1)
    angle = np.pi * at / width
    return np.stack([np.cos(angle), np.sin(angle)]), np.where(at % 2 == 0, 1.0, -1.0)


@takes("f8[::1], f8[::1], f8[:, ::1], f8[:, ::1], f8[::1], f8[::1]")
@summing_kernel
def _add_powers(
    x: Float64, scale: Float64, spectrum: Float64, turn: Float64, sign: Float64, total: Float64
) -> None:
    """Add powers of Hann windows, 16 times as large, to `total` (n_points).

    `spectrum` (2, n_points + 4) has real and imaginary parts of the first window, without a window function,
    between two places at either end; for `turn` and `sign` see `_turns`.
    """
    n_points = len(total)
    width = n_points - 1
    re, im, turn_re, turn_im = spectrum[0], spectrum[1], turn[0], turn[1]
    below_re, here_re, above_re = re[:n_points], re[_EDGE : _EDGE + n_points], re[2 * _EDGE :]
    below_im, here_im, above_im = im[:n_points], im[_EDGE : _EDGE + n_points], im[2 * _EDGE :]
    for t in range(len(scale)):
        if scale[t] > 0.0:
            for i in range(1, _EDGE + 1):  # of real samples: either end goes on with conjugates
                re[_EDGE - i], im[_EDGE - i] = re[_EDGE + i], -im[_EDGE + i]
                last = _EDGE + width
                re[last + i], im[last + i] = re[last - i], -im[last - i]
            for k in range(n_points):
                x_re = here_re[k] + here_re[k] - below_re[k] - above_re[k]
                x_im = here_im[k] + here_im[k] - below_im[k] - above_im[k]
                total[k] += scale[t] * (x_re * x_re + x_im * x_im)
        if t + 1 < len(scale):
            gone, new = x[t], x[t + width]
            for k in range(n_points):
                moved = here_re[k] + (sign[k] * new - gone)
                here_re[k] = moved * turn_re[k] - here_im[k] * turn_im[k]
                here_im[k] = moved * turn_im[k] + here_im[k] * turn_re[k]
