"""How often prediction warns that a file's level decides: tracks as they are, and with a gain.

python benchmarks/level.py AUDIO_DIR features_3_sec.csv [MODEL]

The tracks of AUDIO_DIR are left out of training. A warning is right where the gain changed the answer.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile

from gtzan_features.config import SplitConfig
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.prediction.predict import predict
from gtzan_features.prediction.predictor import Predictor, load_predictor
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.feature_tables import read_table, table_path, write_table
from gtzan_features.tables.schema import feature_schema
from gtzan_features.training.fit_config import FitConfig

GAINS_DB = (0, -26, -20, -12, -6, 6, 12)
SETTINGS = {"xgboost": ("n_estimators=200",)}


def fitted(tracks: list[Path], csv: Path, model: str, work: Path) -> Predictor:
    import_csv(csv, work / "whole")
    whole = read_table(table_path(work / "whole", "kaggle", "3s"))
    others = ~whole.frame["track_id"].isin({path.stem for path in tracks})
    table = dataclasses.replace(whole, frame=whole.frame[others].reset_index(drop=True))
    path = table_path(work / "others", "kaggle", "3s")
    write_table(path, table, feature_schema(table.columns, table.meta, pa.float64()))
    split = SplitConfig(protocol="track", holdout=0.1)
    config = FitConfig(model=model, settings=SETTINGS.get(model, ()), split=split, final=True)
    return load_predictor(fit_run(path.parent, work / "runs", config, n_jobs=1).folder)


def answers(
    tracks: list[Path], predictor: Predictor, gain_db: float, work: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Return the genre of each track with a gain, and whether its level was warned of."""
    genres, warned = [], []
    for track in tracks:
        y, sr = soundfile.read(track)
        path = work / track.name
        soundfile.write(path, np.clip(y * 10 ** (gain_db / 20), -1, 1 - 2**-15), sr, subtype="PCM_16")
        (found,) = predict([path], predictor, n_jobs=1)
        genres.append(found.genre)
        warned.append(any(warning.startswith("level: ") for warning in found.warnings))
    return np.array(genres), np.array(warned)


def main() -> None:
    tracks, csv = sorted(Path(sys.argv[1]).glob("*/*.wav")), Path(sys.argv[2])
    model = sys.argv[3] if len(sys.argv) > 3 else "xgboost"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        predictor = fitted(tracks, csv, model, work)
        plain, _ = answers(tracks, predictor, 0, work)
        for gain_db in GAINS_DB:
            genres, warned = answers(tracks, predictor, gain_db, work)
            moved = genres != plain
            print(
                f"{model} {gain_db:+d} dB: {moved.sum()} of {len(tracks)} answers changed, "
                f"{(warned & moved).sum()} of them warned of; {(warned & ~moved).sum()} others warned of"
            )


if __name__ == "__main__":
    main()
