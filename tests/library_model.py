"""A small model and short files for tests of whole libraries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

import gtzan_features as gf
from tests.conftest import SR, tone


def small_model(folder: Path) -> Path:
    """Write the folder of a model of two genres, by how bright they are, on the Kaggle columns."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(6):
        sound = (
            tone(3.5, 300.0, seed=i) if i % 2 else 0.3 * rng.uniform(-1, 1, int(3.5 * SR)).astype(np.float32)
        )
        rows.append(gf.features(sound, sr=SR).iloc[:1])
    frame = pd.concat(rows, ignore_index=True)
    keys = {"track_id": [f"t{i}" for i in range(6)], "genre": ["noise", "tone"] * 3}
    table = gf.read_table(pd.concat([pd.DataFrame(keys), frame], axis=1), recipe="kaggle", segments="3s")
    gf.fit("xgboost", table, n_estimators=3, min_child_weight=0).save(folder)
    return folder


def write_library(root: Path, names: list[str], *, seconds: float = 1.0) -> Path:
    """Write a short tone, or noise, under each name below a folder."""
    for i, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sound = tone(seconds, 200.0 + i, seed=i)
        if i % 2:
            sound = np.random.default_rng(i).uniform(-0.3, 0.3, len(sound)).astype(np.float32)
        with path.open("wb") as file:
            soundfile.write(file, sound, SR, format="WAV")
    return root
