"""From segments to tracks, for frames and arrays of a person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.api.words import speaks_python
from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.evaluation.aggregate import aggregate as aggregate_rows
from gtzan_features.tables.predictions import PROBABILITY

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.evaluation.aggregate import Method


@speaks_python
def aggregate(
    probabilities: pd.DataFrame | npt.ArrayLike,
    tracks: npt.ArrayLike | None = None,
    *,
    method: Method = "mean",
) -> pd.DataFrame:
    """Gather the probabilities of segments to one prediction for each track.

    Parameters
    ----------
    probabilities : DataFrame, or array_like of shape (n_rows, n_genres)
        Of each segment; rows sum to one. A frame such as `EvaluationResult.predictions` has columns
        ``p_GENRE``, and ``track_id`` where `tracks` is not given; one without any ``p_`` is taken column by
        column.
    tracks : array_like of shape (n_rows,), optional
        What names the track of each row; ``table.groups`` for the rows of a table.
    method : {"mean", "vote", "log-mean"}
        Mean of the probabilities; shares of the segments' votes; or their normalised geometric mean, in which
        one sure segment can rule a genre out. Ties go by summed probability, then by the columns' order.

    Returns
    -------
    DataFrame
        Indexed by track, in order of their names: ``genre``, the predicted one; a probability for each genre
        by its name; and ``segments``, their number.

    Raises
    ------
    ConfigError
        If the method is not known, or nothing tells the tracks.
    ModelError
        If the values are no probabilities.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> gf.aggregate([[0.9, 0.1], [0.4, 0.6], [0.4, 0.6]], ["a", "a", "a"], method="vote")
           genre         0         1  segments
    track
    a          1  0.333333  0.666667         3
    >>> gf.aggregate([[0.9, 0.1], [0.4, 0.6], [0.4, 0.6]], ["a", "a", "a"])["genre"].tolist()
    [0]
    """
    values, genres, given = _probabilities(probabilities)
    names = given if tracks is None else np.asarray(tracks)
    if names is None:
        msg = "nothing tells the track of each row: give tracks=, such as table.groups"
        raise ConfigError(msg)
    if names.shape != (len(values),):
        msg = f"tracks= has the shape {names.shape} for {len(values)} rows"
        raise ConfigError(msg)
    of, index = np.unique(names, return_inverse=True)
    found = aggregate_rows(values, index, method)
    frame = pd.DataFrame(found.probabilities, index=pd.Index(of, name="track"), columns=genres)
    frame.insert(0, "genre", [genres[best] for best in found.predicted])
    frame["segments"] = found.n_segments
    return frame


def _probabilities(given: Any) -> tuple[npt.NDArray[np.float64], list[Any], npt.NDArray[Any] | None]:  # noqa: ANN401
    """Return values, genres and, where a frame tells them, the tracks."""
    if not isinstance(given, pd.DataFrame):
        values = _numbers(given)
        return values, list(range(values.shape[1] if values.ndim == 2 else 0)), None
    names = [name for name in given.columns if str(name).startswith(PROBABILITY)]
    track = given["track_id"].to_numpy() if "track_id" in given.columns else None
    if not names:
        names = [name for name in given.columns if name != "track_id"]
        return _numbers(given[names]), names, track
    genres = [str(name).removeprefix(PROBABILITY) for name in names]
    return _numbers(given[names]), genres, track


def _numbers(given: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"probabilities= holds what is no number: {error}"
        raise ModelError(msg) from error
    if values.ndim != 2:
        msg = f"probabilities= has {values.ndim} dimensions. Give rows of segments, columns of genres"
        raise ModelError(msg)
    return values
