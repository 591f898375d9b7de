"""Short evaluations, and what their runs hold."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gtzan_features as gf

PIPE = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5_000))


def quick(model, table, **more):
    return gf.evaluate(model, table, **{"protocol": "track", "folds": 3, "n_jobs": 1, **more})


def files(folder):
    """Bytes of a run's files by name, but for the time."""
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: p.read_bytes() for name, p in sorted(found.items()) if name != "fitted_at.txt"}
