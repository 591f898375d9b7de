"""What the versions of the feature sets are frozen by: three sounds, and what the columns and values were.

``python -m tests.descriptors.frozen full`` writes ``frozen/full@4.npy`` once the version of `full` is raised
(`gtzan_features.presets`), and prints the line of `test_presets.FROZEN`. No file is replaced.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets

FOLDER = Path(__file__).with_name("frozen")
SR, SECONDS = 22_050, 6
TOLERANCE = 1e-3
"""By how much of the largest absolute value of its three a column may move."""


def noise(n: int, seed: int) -> np.ndarray:
    """Return even noise between -1 and 1 by splitmix64: the same numbers whatever computes them."""
    with np.errstate(over="ignore"):
        state = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (state ^ (state >> np.uint64(31))).astype(np.float64) / 2**63 - 1


def sounds() -> np.ndarray:
    """Return a beat of 125 per minute, a swelling chord and falling noise, rounded to 16 bits."""
    t = np.arange(SECONDS * SR) / SR
    since = t % 0.48
    beat = np.exp(-30 * since) * np.sin(2 * np.pi * 60 * since) + 0.3 * np.exp(-60 * (t % 0.24)) * noise(
        t.size, 1
    )
    chord = sum(
        np.sin(2 * np.pi * hz * t + 3 * np.sin(2 * np.pi * 5 * t)) / hz for hz in (220, 277.2, 329.6, 440)
    )
    swelling = 60 * chord * (1 + np.sin(2 * np.pi * t / 3)) + 0.01 * noise(t.size, 2)
    falling = np.convolve(noise(t.size, 3), np.hanning(16), "same") * np.exp(-t / 2) * (1 + (t % 1.2 < 0.1))
    music = np.stack([0.6 * beat, 0.5 * swelling, 0.1 * falling])
    return (np.round(np.clip(music, -1, 1) * 2**15) / 2**15).astype(np.float32)


def column_digits(config: FeatureConfig) -> str:
    """Return digits of what the columns are, but for their descriptions, which may be worded better."""
    each = [[c.name, c.unit, c.family, c.statistic, c.feature, c.index] for c in sets.columns(config)]
    return hashlib.sha256(json.dumps([config.to_dict(), each]).encode()).hexdigest()[:16]


def path(preset: str) -> Path:
    """Return where the values of a version lie: float32 of shape (3, n_columns)."""
    return FOLDER / f"{preset}.npy"


def file_digits(preset: str) -> str:
    """Return digits of the file of a version."""
    return hashlib.sha256(path(preset).read_bytes()).hexdigest()[:16]


def moved(values: np.ndarray, frozen: np.ndarray) -> np.ndarray:
    """Return by how much of its largest absolute value each column differs; shape (n_columns,)."""
    largest = np.abs(frozen).max(axis=0)
    return np.abs(values - frozen).max(axis=0) / np.where(largest > 0, largest, 1)


if __name__ == "__main__":
    config = FeatureConfig(feature_set=sys.argv[1])
    FOLDER.mkdir(exist_ok=True)
    with path(config.preset).open("xb") as file:
        np.save(file, sets.compute(list(sounds()), config).astype(np.float32))
    sys.stdout.write(f'"{config.preset}": ("{column_digits(config)}", "{file_digits(config.preset)}"),\n')
