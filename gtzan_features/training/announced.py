"""What is said before the first fold: the music, its genres and their tracks, the folds, the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.config import FEATURE_SETS, FeatureConfig, feature_set_parts
from gtzan_features.presets import computed_again
from gtzan_features.text import counted
from gtzan_features.training.durations import duration_words

if TYPE_CHECKING:
    from gtzan_features.training.load_rows import Fittable
    from gtzan_features.training.prepare_fit import PreparedFit
    from gtzan_features.training.streamed_fit import StreamedFit

_SHOWN = 12


def announced(prepared: PreparedFit | StreamedFit) -> tuple[str, str]:
    """Return a line on the rows that are fitted, and a line on the fits."""
    plan = prepared.plan
    n_rows, n_columns = plan.opened.data.X.shape
    if plan.n_rows is not None:  # there is a row for each track, of keys
        n_rows, n_columns = plan.n_rows, len(plan.opened.table.feature_names)
    fits = f"{plan.config.model}, {prepared.manifest.protocol}: {counted(len(prepared.folds), 'fit')}"
    n_all = n_rows + sum(len(one.X) for one in plan.extra)
    takes = duration_words(plan.config.model, n_all, n_columns)
    copies = ""
    if plan.extra:
        n_made = sum(len(one.X) for one in plan.extra)
        copies = f"Trained also on {counted(n_made, 'row')} of {', '.join(one.kind for one in plan.extra)}. "
    fits = f"{copies}{fits}"
    if plan.config.stream:
        fits += ", in batches"
    return _rows_line(plan.opened, n_rows, n_columns), f"{fits}. It takes {takes}." if takes else f"{fits}."


def genre_counts(opened: Fittable) -> dict[str, int]:
    """Return the number of tracks of each genre; a track of several counts for each."""
    tracks = opened.data.rows.drop_duplicates("track_id")["genre"].astype(str)
    if opened.table.meta.several_labels:
        tracks = tracks.str.split(";").explode()
    return {str(genre): int(count) for genre, count in tracks.value_counts().sort_index().items()}


def _rows_line(opened: Fittable, n_rows: int, n_columns: int) -> str:
    meta, counts = opened.table.meta, genre_counts(opened)
    n_tracks = opened.data.rows["track_id"].nunique()
    shown = ", ".join(f"{genre} {count}" for genre, count in list(counts.items())[:_SHOWN])
    more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    music = f"{meta.dataset}: {counted(n_tracks, 'track')}; {counted(len(counts), 'genre')}: {shown}{more}"
    rows = f"{counted(n_rows, 'row')} of {meta.segment} with {n_columns} values, {meta.preset}"
    return f"{music}; {rows}.{_other_version(opened)}"


def _other_version(opened: Fittable) -> str:
    """Say that the columns are of another version of their set; empty where they are of this one."""
    meta = opened.table.meta
    version = meta.config.get("version")
    if version is None or not set(feature_set_parts(meta.feature_set)) & set(FEATURE_SETS):
        return ""
    if version == FeatureConfig(feature_set=meta.feature_set).version:
        return ""
    return (
        f" These columns are {meta.preset}: figures do not compare with those of "
        f"the newest version, and gtzan predict refuses the model. {computed_again(meta.feature_set)}."
    )
