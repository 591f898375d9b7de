"""The plain way to the columns of the Kaggle CSVs: one librosa call for each feature, nothing shared.

This is what `gtzan` is measured against, and an independent second opinion on its values. It works
by the recipe of the CSVs (see ``gtzan_features/config.py``): reflect padding, separation of the
transform and back without a length, the median onset envelope.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
from joblib import Parallel, delayed

SR = 22_050
SEGMENT = 3 * SR
PAD = {"pad_mode": "reflect"}


def features(y: np.ndarray) -> dict[str, float]:
    """Compute the 57 columns of one signal."""
    frames = {
        "chroma_stft": librosa.feature.chroma_stft(y=y, sr=SR, **PAD),
        "rms": librosa.feature.rms(y=y, **PAD),
        "spectral_centroid": librosa.feature.spectral_centroid(y=y, sr=SR, **PAD),
        "spectral_bandwidth": librosa.feature.spectral_bandwidth(y=y, sr=SR, **PAD),
        "rolloff": librosa.feature.spectral_rolloff(y=y, sr=SR, **PAD),
        "zero_crossing_rate": librosa.feature.zero_crossing_rate(y),
    }
    harmonic, percussive = librosa.decompose.hpss(librosa.stft(y, **PAD))
    frames["harmony"] = librosa.util.fix_length(librosa.istft(harmonic), size=len(y))
    frames["perceptr"] = librosa.util.fix_length(librosa.istft(percussive), size=len(y))
    onsets = librosa.onset.onset_strength(y=y, sr=SR, aggregate=np.median, **PAD)
    tempo, _ = librosa.beat.beat_track(onset_envelope=onsets, sr=SR)
    for i, coefficient in enumerate(librosa.feature.mfcc(y=y, sr=SR, n_mfcc=20, **PAD), start=1):
        frames[f"mfcc{i}"] = coefficient
    columns = {}
    for name, values in frames.items():
        columns[f"{name}_mean"] = float(np.mean(values))
        columns[f"{name}_var"] = float(np.var(values))
        if name == "perceptr":
            columns["tempo"] = float(np.atleast_1d(tempo)[0])
    return columns


def track_rows(path: Path, segments: str = "both", exact: bool = True) -> list[dict[str, float]]:
    """Compute the row of a whole track ("30s"), the rows of its 3 s segments ("3s"), or both."""
    if not exact:
        msg = "this script knows only the recipe of the Kaggle CSVs"
        raise ValueError(msg)
    y, _ = librosa.load(path, sr=SR, mono=True)
    rows = [features(y)] if segments != "3s" else []
    if segments != "30s":
        starts = range(0, len(y) - SEGMENT, SEGMENT)
        rows += [features(y[start : start + SEGMENT - 1]) for start in list(starts)[:10]]
    return rows


def main() -> None:
    """Write the rows of all WAV files below a folder to a CSV, with joblib, as such scripts do."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    files = sorted(options.audio.rglob("*.wav"))
    done = Parallel(n_jobs=options.jobs)(delayed(track_rows)(path) for path in files)
    pd.DataFrame([row for rows in done for row in rows]).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
