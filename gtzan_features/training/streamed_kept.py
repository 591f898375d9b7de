"""What is known of the rows behind a model that was fitted in batches: their range, level and likeness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.datasets.training_arrays import answers
from gtzan_features.models.applying.kept_model import KeptModel
from gtzan_features.models.applying.training_range import QUANTILES, TrainingRange
from gtzan_features.models.applying.usual_level import level_rule
from gtzan_features.training.kept import known_music
from gtzan_features.training.unlike_rule import MOST_TRACKS, at_equal_steps, unlike_rule

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.datasets.training_arrays import Dataset
    from gtzan_features.models.applying.training_files import TrainingFiles
    from gtzan_features.models.save import ModelCard
    from gtzan_features.models.streaming.rows import StreamedRows
    from gtzan_features.training.load_rows import Fittable

LEVEL_VALUES = 1 << 22
"""Values from which the usual level is learned: 73 584 rows of 57 columns, of tracks of all genres."""


def streamed_kept_model(
    opened: Fittable,
    card: ModelCard,
    rows: StreamedRows,
    row_track: npt.NDArray[np.int32],
    segment: npt.NDArray[np.int32],
    estimator: Any,  # noqa: ANN401
    files: TrainingFiles,
) -> KeptModel:
    """Return a fitted model with what is known of the rows that it was fitted on; see `training.kept`.

    The range is that of all rows, exactly. The rule for "none of these" takes 2000 tracks, here as in
    memory; the rule of the usual level as many as have `LEVEL_VALUES`, where there are more.

    Parameters
    ----------
    opened : Fittable
        A row for each track.
    card : ModelCard
    rows : StreamedRows
        With the rows that were fitted.
    row_track, segment : ndarray of int32 of shape (n_rows,)
        Position of each row's track in `opened`, and its segment.
    estimator : classifier
        Fitted.
    files : TrainingFiles
    """
    columns = opened.table.feature_names
    y, groups = opened.data.y, opened.data.groups()
    trained = np.zeros(len(y), dtype=np.bool_)
    trained[row_track[rows.train]] = True
    first = np.unique(groups[trained], return_index=True)[1]
    first = np.flatnonzero(trained)[first]
    n_level = _tracks_of(LEVEL_VALUES, int(rows.train.sum()) * len(columns), len(first))

    def some(number: int) -> Dataset:
        chosen = np.isin(groups, groups[at_equal_steps(y, first, number)])
        positions = np.flatnonzero(rows.train & chosen[row_track])
        return _read(opened, rows, row_track, segment, positions)

    level, music = some(n_level), some(MOST_TRACKS)
    return KeptModel(
        estimator=estimator,
        card=card,
        seen=streamed_range(rows, columns),
        level=level_rule(level.X, columns, level.groups()),
        unlike=unlike_rule(known_music(music, columns, np.arange(len(music.y)))),
        trained_on=files,
    )


def _tracks_of(values: int, n_values: int, n_tracks: int) -> int:
    """Return how many tracks have so many values, of tracks that have `n_values` in all.

    Examples
    --------
    >>> _tracks_of(100, 100, 7), _tracks_of(100, 400, 80)
    (7, 20)
    """
    return n_tracks if n_values <= values else max(1, n_tracks * values // n_values)


def _read(
    opened: Fittable,
    rows: StreamedRows,
    row_track: npt.NDArray[np.int32],
    segment: npt.NDArray[np.int32],
    positions: npt.NDArray[np.int64],
) -> Dataset:
    """Return some rows as arrays."""
    of = row_track[positions]
    keys = opened.data.rows.iloc[of].assign(segment=segment[positions]).reset_index(drop=True)
    copies = opened.data.copies.reindex(sorted(set(keys["track_id"])))
    return replace(
        opened.data, X=rows.cache.take(positions), **answers(keys, several=False), rows=keys, copies=copies
    )


def streamed_range(rows: StreamedRows, columns: list[str]) -> TrainingRange:
    """Return the range of the rows that are trained on, a column at a time: the same as in memory."""
    values = [np.quantile(rows.cache.column(number)[rows.train], QUANTILES) for number in range(len(columns))]
    return TrainingRange(
        columns=tuple(columns),
        quantiles=QUANTILES,
        values=tuple(tuple(float(v) for v in row) for row in values),
    )
