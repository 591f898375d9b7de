"""Tables of deformed copies, and fits that learn from them, too."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from gtzan_features.audio.deform import deformations
from gtzan_features.config import SplitConfig
from gtzan_features.tables.feature_tables import augmented_folder
from gtzan_features.training.augmented_rows import DEFORMED
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import save_table

NAMES = ("noise-10", "gain+6")
TRACK = SplitConfig(protocol="track", folds=3)


def deformed_table(table, kind, *, seed=0, spread=0.4, size=1.0):
    """The rows of a table, each column moved by an amount of the deformation, in another order."""
    rng = np.random.default_rng([seed, DEFORMED.index(kind)])
    (one,) = deformations((kind,))
    features = table.feature_names
    moved = (
        table.frame[features]
        + rng.normal(0, size, len(features))
        + rng.normal(0, spread, (len(table.frame), 1))
    )
    frame = table.frame.assign(**{name: moved[name].astype(np.float32) for name in features})
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    made_by = {"name": kind, "fingerprint": one.fingerprint(), "seed": 0}
    return dataclasses.replace(table, frame=frame, meta=dataclasses.replace(table.meta, deformation=made_by))


def with_deformed(folder, table, kinds=NAMES, **how):
    save_table(folder, table)
    for kind in kinds:
        save_table(augmented_folder(folder, kind), deformed_table(table, kind, **how))
    return folder


def with_artists(table):
    """Two tracks of each artist."""
    numbers = pd.factorize(table.frame["track_id"])[0] // 2
    frame = table.frame.copy()
    frame.insert(5, "artist", [f"artist {number:02d}" for number in numbers])
    return dataclasses.replace(table, frame=frame)


def config(model="lda", split=TRACK, augment=NAMES, **more):
    return FitConfig(model=model, split=split, augment=augment, **more)
