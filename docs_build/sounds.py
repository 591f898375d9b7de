"""Six sounds whose differences can be named, for pictures of what a feature hears."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.synthetic import SyntheticConfig, render_track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

SECONDS = 6.0
SR = 22_050
_N = round(SECONDS * SR)
_TIME = np.arange(_N) / SR
_CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (9, 12, 16))  # C, F, G, A minor; semitones over C4
_BPM = 120

WORDS = {
    "tone": "a sine of 440 Hz",
    "glide": "a sine that rises from 60 Hz to 8 kHz",
    "chords": "C, F, G and A minor, 1.5 s each, six harmonics a note",
    "noise": "white noise",
    "beat": "kick and hi-hat in turn, 120 BPM",
    "band": "a synthetic track of the package, rock",
}
"""The sounds in the order of the panels, and what they are."""


@lru_cache(maxsize=1)
def sounds() -> dict[str, Signal]:
    """Return the six sounds, each of shape (132300,), float32, at 22050 Hz."""
    rng = np.random.default_rng(0)
    glide = np.geomspace(60, 8_000, _N)
    track = render_track("rock", 0, SyntheticConfig(seconds=SECONDS, sr=SR))
    found = {
        "tone": 0.3 * np.sin(2 * np.pi * 440 * _TIME),
        "glide": 0.3 * np.sin(2 * np.pi * np.cumsum(glide) / SR),
        "chords": _chords(),
        "noise": 0.1 * rng.standard_normal(_N),
        "beat": _beat(rng),
        "band": track,
    }
    return {name: np.asarray(found[name], np.float32) for name in WORDS}


def _chords() -> NDArray[np.float64]:
    each = _N // len(_CHORDS)
    time = _TIME[:each]
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.02) * np.exp(-time / 2)
    parts = []
    for chord in _CHORDS:
        hz = 261.6256 * 2 ** (np.array(chord) / 12)
        notes = [np.sin(2 * np.pi * k * f * time) / k for f in hz for k in range(1, 7)]
        parts.append(0.08 * fade * np.sum(notes, axis=0))
    return np.pad(np.concatenate(parts), (0, _N - each * len(_CHORDS)))


def _beat(rng: np.random.Generator) -> NDArray[np.float64]:
    step = round(60 / _BPM * SR)
    time = np.arange(step) / SR
    kick = 0.7 * np.sin(2 * np.pi * (50 * time + 3 * np.exp(-time / 0.03))) * np.exp(-time / 0.08)
    hat = 0.2 * np.diff(rng.standard_normal(step + 1)) * np.exp(-time / 0.03)
    one = np.concatenate([kick, hat])
    beat: NDArray[np.float64] = 1e-4 * rng.standard_normal(_N) + np.tile(one, -(-_N // len(one)))[:_N]
    return beat
