"""Which floor and which band `full` hears best over: the figure by which they were chosen.

    python benchmarks/hearing.py AUDIO_DIR [--floors 20/35/0.5/40-8000 …] [--jobs 2]

AUDIO_DIR holds GTZAN in genre folders. For each choice the `full` rows of 30 s are computed of the
music as it is, with white noise 50 dB below it, and through a low-pass at 8 kHz. `lda` is trained on
each of the three and tested on each of the three, by `artist` and by `track` folds; the figure is the
mean accuracy of these eighteen. A choice is written as the floor's two distances in dB (under the
frame's mean power, under the signal's), its slope (exponent of frequency) and the band in Hz; ``none``
is the spectrum itself. reports/hearing.md has the figures.
"""

from __future__ import annotations

import argparse
import hashlib
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from gtzan_features.audio.deform import deformations
from gtzan_features.audio.load import load
from gtzan_features.config import FeatureConfig, SplitConfig
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.groups import artist_groups
from gtzan_features.datasets.splits import make_split
from gtzan_features.descriptors import sets
from gtzan_features.environment import describe_machine
from gtzan_features.models.registry import model_spec
from gtzan_features.models.spec import TrainingData
from gtzan_features.spectra import hearing
from gtzan_features.text_table import TextTable

CONFIG = FeatureConfig(feature_set="full")
CONDITIONS = ("clean", "noise-50", "low-pass-8k")
USED = "20/35/0.5/40-8000"
HEADER = ("floor", "figure", "artist", "track", "trained and tested alike", "clean, artist", "least")


def hear(choice: str) -> None:
    """Make the `full` set of this process hear by a choice."""
    if choice == "none":
        hearing.heard_magnitude = unchanged
        return
    frame, track, slope, band = choice.split("/")
    hearing.FRAME_FLOOR_DB, hearing.TRACK_FLOOR_DB = float(frame), float(track)
    hearing._SLOPE = float(slope)
    hearing.LOWEST_HZ, hearing.HIGHEST_HZ = (float(hz) for hz in band.split("-"))


def unchanged(magnitude: np.ndarray, sr: int, result: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """Hear the spectrum itself."""
    np.copyto(result, magnitude)
    return result


@lru_cache(maxsize=1)
def samples(path: Path) -> np.ndarray:
    """Decode a file."""
    return load(path, CONFIG.sr).samples


def row(path: Path, condition: str) -> np.ndarray:
    """Compute the row of a whole track under a condition."""
    signal = samples(path)
    if condition != "clean":
        digest = hashlib.sha256(f"{condition} {path.name}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        (one,) = deformations((condition,))
        signal = one.apply(signal, CONFIG.sr, rng)
    return sets.compute([np.ascontiguousarray(signal)], CONFIG)[0]


def accuracies(X: dict[str, np.ndarray], tracks: pd.DataFrame, protocol: str) -> np.ndarray:
    """Per cent right of each pair of conditions, (trained, tested)."""
    names = tracks["track_id"].to_numpy(dtype=str)
    y = np.unique(tracks["genre"].to_numpy(dtype=str), return_inverse=True)[1]
    alone = pd.Series(names, index=names)
    artists = artist_groups(tracks).fillna(pd.Series(names, index=tracks.index))
    apart = np.unique(artists.to_numpy(dtype=str), return_inverse=True)[1]
    families = tuple(column.family for column in sets.columns(CONFIG))
    spec = model_spec("lda")
    right = np.full((len(X), len(X), len(y)), np.nan)
    for train, test in make_split(tracks, alone, SplitConfig(protocol=protocol)).folds(tracks):
        for number, trained in enumerate(X.values()):
            data = TrainingData(
                X=trained[train], y=y[train], groups=train, families=families, apart=apart[train]
            )
            model = spec.fit(data, spec.defaults, 0)
            for other, tested in enumerate(X.values()):
                right[number, other, test] = model.predict_proba(tested[test]).argmax(axis=1) == y[test]
    return 100 * np.nanmean(right, axis=2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio_dir", type=Path)
    parser.add_argument("--floors", nargs="+", default=["none", USED], help="choices, as above")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    catalogue = read_catalogue(given.audio_dir)
    paths = [catalogue.root / track.path for track in catalogue.tracks]
    tracks = pd.DataFrame(
        {
            "track_id": [track.track_id for track in catalogue.tracks],
            "genre": [track.genre for track in catalogue.tracks],
            "segment": 0,
        }
    )
    rows = []
    for choice in given.floors:
        with get_context("spawn").Pool(given.jobs, hear, (choice,)) as pool:
            X = {
                name: np.stack(pool.map(partial(row, condition=name), paths, chunksize=8))
                for name in CONDITIONS
            }
        artist, track = (accuracies(X, tracks, protocol) for protocol in ("artist", "track"))
        both = np.stack([artist, track])
        alike = np.mean([np.diagonal(one).mean() for one in both])
        cells = (both.mean(), artist.mean(), track.mean(), alike, artist[0, 0], both.min())
        rows.append((choice, *(f"{cell:.1f}" for cell in cells)))
        print(*rows[-1], flush=True)
    table = TextTable(title="", header=HEADER, rows=tuple(rows))
    print(f"\n{table.markdown()}\n\n{len(paths)} tracks. {describe_machine()}.")


if __name__ == "__main__":
    main()
