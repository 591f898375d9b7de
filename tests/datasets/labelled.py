"""Folders of music without sound, and their labels."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gtzan_features.config import Selection
from gtzan_features.datasets.catalogue import read_catalogue

FILES = ("a/x.mp3", "a/y.mp3", "b/z.mp3", "b/caf\u00e9.mp3")
GENRES = {"a/x.mp3": "rock", "a/y.mp3": "jazz", "b/z.mp3": "R&B/Soul", "b/caf\u00e9.mp3": "jazz"}


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def by_path(found) -> dict[str, str]:
    return {track.path: track.genre for track in found.tracks}


def labelled(music: Path, labels, **options):
    return read_catalogue(music, Selection(labels=labels, **options))


def text(sep=",", header=("path", "genre"), form=str, order=1, quote='"') -> str:
    """The labels as CSV."""
    rows = (
        [header, *((form(path), genre) for path, genre in GENRES.items())]
        if header
        else [(form(path), genre) for path, genre in GENRES.items()]
    )
    return "".join(sep.join(f"{quote}{cell}{quote}" for cell in row[::order]) + "\n" for row in rows)


def frame() -> pd.DataFrame:
    return pd.DataFrame({"path": list(GENRES), "genre": list(GENRES.values())})
