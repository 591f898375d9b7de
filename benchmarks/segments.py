"""Why 3 s segments do not help honest accuracy: what nine more segments of a track are worth.

    python benchmarks/segments.py CSV_DIR [--out reports/segments.md]

CSV_DIR holds Kaggle's features_30_sec.csv and features_3_sec.csv. Each model is trained on one 30 s row
per track, on one 3 s segment per track (the fifth) and on all ten, and tested on the test tracks of the
same split: tracks at random, where the test tracks' artists are in training too, and fault-filtered,
where they are not.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.config import SplitConfig
from gtzan_features.datasets.splits import make_split
from gtzan_features.datasets.training_arrays import load_dataset
from gtzan_features.evaluation.aggregate import aggregate, per_track
from gtzan_features.models.registry import model_spec
from gtzan_features.models.spec import TrainingData
from gtzan_features.reports.drawn import Drawn, interval_words
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.kaggle_csv import read_kaggle_csv
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.datasets.training_arrays import Dataset

PROTOCOLS = (SplitConfig(protocol="track", holdout=0.3), SplitConfig(protocol="fault-filtered"))
MODELS = ("logistic-regression", "svm", "xgboost")
ONE_SEGMENT = 4
HEADER = ("protocol", "model", "trained on", "training rows", "single test rows", "test tracks, mean")


def cells(
    name: str, data: Dataset, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]
) -> tuple[str, str, str, tuple[int, int]]:
    """Fit on some rows, test on others: training rows, accuracy by row and by track; tracks and units."""
    spec = model_spec(name)
    rows = TrainingData(X=data.X[train], y=data.y[train], groups=data.groups()[train])
    model = spec.fit(rows, spec.defaults, 0)
    p = np.asarray(model.predict_proba(data.X[test]), dtype=np.float64)
    p /= p.sum(axis=1, keepdims=True)
    names = data.rows["track_id"].to_numpy(dtype=str)[test]
    _, first, track = np.unique(names, return_index=True, return_inverse=True)
    y = data.y[test]
    drawn = Drawn.of_tracks(names.tolist(), y.tolist())
    by_row = drawn.interval(p.argmax(axis=1) == y)
    by_track = drawn.at(first).interval(aggregate(p, track, "mean").predicted == per_track(y, track))
    row, whole = (accuracy_cell(i.estimate, i.low, i.high) for i in (by_row, by_track))
    return str(len(train)), row, whole, (len(first), by_track.n_units)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv_dir", type=Path)
    parser.add_argument("--out", type=Path, default=Path("reports/segments.md"))
    options = parser.parse_args()
    long = load_dataset(read_kaggle_csv(options.csv_dir / "features_30_sec.csv"))
    short = load_dataset(read_kaggle_csv(options.csv_dir / "features_3_sec.csv"))
    rows, counts = [], []
    for protocol in PROTOCOLS:
        ((train_long, test_long),) = make_split(long.rows, long.copies, protocol).folds(long.rows)
        ((train, test),) = make_split(short.rows, short.copies, protocol).folds(short.rows)
        one = train[short.rows["segment"].to_numpy()[train] == ONE_SEGMENT]
        for name in MODELS:
            cases = (
                ("30 s, one row per track", long, train_long, test_long),
                ("3 s, one segment per track", short, one, test),
                ("3 s, all segments", short, train, test),
            )
            for what, data, used, tested in cases:
                *found, count = cells(name, data, used, tested)
                rows.append((protocol.name, name, what, *found))
                counts.append((protocol.name, *count))
                print(" | ".join(rows[-1]), flush=True)
    table = TextTable(title="", header=HEADER, rows=tuple(rows))
    text = "# What more segments of a track are worth\n\nWritten by `python benchmarks/segments.py CSV_DIR`: "
    text += (
        f"Kaggle's CSVs of all 1000 tracks. Per cent right. {interval_words(counts)}\n\n{table.markdown()}\n"
    )
    write_text(options.out, text)


if __name__ == "__main__":
    main()
