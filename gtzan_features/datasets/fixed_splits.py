"""Divisions of tracks that somebody made already: published splits of GTZAN, and those that labels name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.groups import artist_groups
from gtzan_features.datasets.parts import EXCLUDED, PARTS, part_of
from gtzan_features.errors import SplitError

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import SplitConfig

ALL_SEGMENTS = -1
"""In the column `segment` of a split: the row speaks of every segment of the track."""


def split_frame(ids: pd.Series, fold: npt.ArrayLike, role: npt.ArrayLike) -> pd.DataFrame:
    """Return a division whose rows speak of all segments of a track; see `Split.frame`."""
    return pd.DataFrame({"track_id": ids, "segment": ALL_SEGMENTS, "fold": fold, "role": role})


def published_frame(tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> pd.DataFrame:
    """Divide GTZAN's tracks as it was published; SplitError for others."""
    ids = tracks["track_id"]
    if not gtzan.is_gtzan(set(ids)):
        other = next(i for i in ids if i not in gtzan.track_genres())
        known = artist_groups(tracks).notna().any()
        instead = "artist, which keeps artists apart" if known else "track"
        msg = (
            f"{config.protocol} is a published split of GTZAN, and {other!r} is none of its tracks. Use "
            f"--protocol {instead}"
        )
        raise SplitError(msg)
    column = config.protocol.replace("-", "_")
    frame = split_frame(ids, 0, gtzan.facts()[column].reindex(ids).to_numpy(dtype=str))
    return one_side_only(frame, copies)


def given_frame(tracks: pd.DataFrame, copies: pd.Series) -> pd.DataFrame:
    """Divide as the labels say; tracks without a part are in none."""
    ids = tracks["track_id"]
    if "split" not in tracks or not (tracks["split"] != "").any():
        msg = (
            "given: these tracks have no split of their own. Label them by a table with a column split of "
            "train, valid and test (gtzan features extract AUDIO_DIR --labels TABLE), or use --protocol "
            "track."
        )
        raise SplitError(msg)
    role = [part_of(name) if name else EXCLUDED for name in tracks["split"]]
    unknown = [str(name) for name, part in zip(tracks["split"], role, strict=True) if not part]
    if unknown:
        msg = f"given: {unknown[0]!r} is no part of a split; there are {', '.join(PARTS)}. Correct the labels"
        raise SplitError(msg)
    return one_side_only(split_frame(ids, 0, np.array(role)), copies)


def one_side_only(frame: pd.DataFrame, copies: pd.Series) -> pd.DataFrame:
    """Exclude a track whose exact duplicate is on another side; the first of them stays."""
    used = frame[frame["role"] != "excluded"]
    label = copies.reindex(used["track_id"]).to_numpy()
    side = used["fold"].astype(str) + used["role"]
    first = side.groupby(label).transform("first")
    conflict = used.index[(side != first).to_numpy()]
    frame.loc[conflict, "role"] = "excluded"
    return frame
