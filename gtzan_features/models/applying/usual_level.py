"""Whether a file's level decides its genre: for models whose columns change with a gain.

Of the Kaggle columns seven do: a track that is 26 dB down may pass from blues to classical, though nothing
changed but the volume. Absolute bounds on loudness catch no more than the extremes, as classical music is
quieter than metal by 20 dB. So the level of a file is compared with that of training music that sounds like
it: a linear rule tells the level of a row from columns that no gain changes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.config import BESIDE
from gtzan_features.errors import ModelError
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.checked import DamagedError, checked_bytes, from_json, parse_json, what_is_wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

LEVEL = "level.json"

_CEPSTRAL = np.sqrt(128)  # a gain of 1 dB raises all 128 mel bands by 1 dB, and the first coefficient by this
_POWERS = {"rms_var": 2, "harmony_var": 2, "perceptr_var": 2, "rms_mean": 1}
"""By how much a gain's factor is raised in columns that are positive."""

_SIGNED = {"harmony_mean": 1, "perceptr_mean": 1}  # means of waveforms: around zero, so no measure of level
_CEPSTRUM = "mfcc1_mean"
_MEASURES = ("rms_mean", "rms_var", "perceptr_var", "harmony_var", _CEPSTRUM)
"""Columns that measure level, the best first."""

FEWEST_TRACKS = 30
_FOLDS = 5
_PENALTY = 10.0
_CLIP = 3.0
_TAIL = 0.05
"""Share of the training tracks on either side that lie beyond the bounds."""

_NARROWEST_DB = 3.0
_SMALLEST = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """Tells how much louder a file is than training music that sounds like it.

    Attributes
    ----------
    columns : tuple of str
        The model's.
    means, scales, weights : tuple of float
        Of the inputs, in dB per standard deviation; see `_inputs`.
    offset : float
        Mean level of the training rows in dB.
    low, high : float
        Bounds of the deviation in dB within which 90 % of the training tracks lie, each measured by a
        rule that did not know it.
    """

    columns: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    offset: float
    low: float
    high: float

    def deviation(self, rows: FloatArray) -> float:
        """Return by how many dB the rows of a file are louder than expected, by their median."""
        expected = _told(_inputs(rows, self.columns), self.means, self.scales, self.weights, self.offset)
        return float(np.median(_level(rows, self.columns) - expected))

    def is_usual(self, deviation: float) -> bool:
        """Whether a deviation in dB is one of training music."""
        return self.low <= deviation <= self.high

    def moved(self, rows: FloatArray, gain_db: float) -> FloatArray:
        """Return the rows of the same sound with a gain of `gain_db`, in closed form."""
        return with_gain(rows, self.columns, gain_db)


def with_gain(rows: FloatArray, columns: Sequence[str], gain_db: float) -> FloatArray:
    """Return rows of features as they would be of the same sound with a gain, where nothing clips.

    Examples
    --------
    >>> with_gain(np.array([[0.1, 120.0]]), ["rms_mean", "tempo"], 20.0)
    array([[ 1., 120.]])
    """
    moved = np.array(rows, dtype=np.float64)
    factor = 10 ** (gain_db / 20)
    for i, name in enumerate(_bare(columns)):
        if name == _CEPSTRUM:
            moved[:, i] += gain_db * _CEPSTRAL
        else:
            moved[:, i] *= factor ** (_POWERS | _SIGNED).get(name, 0)
    return moved


def changed_by_gain(columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return for each column whether a gain changes it, shape (n_columns,).

    Examples
    --------
    >>> changed_by_gain(["rms_mean", "tempo"])
    array([ True, False])
    """
    changed = {_CEPSTRUM, *_POWERS, *_SIGNED}
    return np.array([name in changed for name in _bare(columns)], dtype=np.bool_)


def level_rule(
    X: npt.NDArray[np.floating], columns: Sequence[str], tracks: npt.NDArray[np.int64]
) -> LevelRule | None:
    """Learn the levels of training rows from their other columns.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Rows that the model is fitted on.
    columns : sequence of str
    tracks : ndarray of shape (n_rows,)
        Track of each row.

    Returns
    -------
    LevelRule or None
        None where no column measures level, or there are fewer than `FEWEST_TRACKS` tracks.
    """
    names = tuple(columns)
    of = np.unique(tracks, return_inverse=True)[1]
    n_tracks = int(of.max()) + 1
    if not set(_MEASURES) & set(names) or n_tracks < FEWEST_TRACKS:
        return None
    rows = np.asarray(X, dtype=np.float64)
    Z, level = _inputs(rows, names), _level(rows, names)
    unseen = np.empty(len(level))
    for fold in range(_FOLDS):
        held = of % _FOLDS == fold
        unseen[held] = level[held] - _told(Z[held], *_fitted(Z[~held], level[~held]))
    by_track = [np.median(unseen[of == track]) for track in range(n_tracks)]
    low, high = np.quantile(by_track, (_TAIL, 1 - _TAIL))
    means, scales, weights, offset = _fitted(Z, level)
    return LevelRule(
        columns=names,
        means=tuple(means.tolist()),
        scales=tuple(scales.tolist()),
        weights=tuple(weights.tolist()),
        offset=float(offset),
        low=min(float(low), -_NARROWEST_DB),
        high=max(float(high), _NARROWEST_DB),
    )


def save_level(folder: Path, rule: LevelRule) -> None:
    """Write ``level.json`` into a model folder, before its card."""
    write_text(folder / LEVEL, json.dumps(asdict(rule), sort_keys=True, allow_nan=False) + "\n")


def load_level(folder: Path, columns: Sequence[str], record: Mapping[str, Any] | None) -> LevelRule | None:
    """Read ``level.json``; None for a model that was stored without: `record` is what its card says of it.

    Raises
    ------
    ModelError
        If the file is missing though there is a record, is damaged or belongs to other columns.
    """
    if record is None:
        return None
    try:
        rule = from_json(LevelRule, parse_json(checked_bytes(folder / LEVEL, record)))
        sizes = {len(rule.means), len(rule.scales), len(rule.weights)}
        if rule.columns != tuple(columns) or sizes != {_inputs(np.ones((1, len(columns))), columns).shape[1]}:
            msg = "belongs to another model"
            raise DamagedError(msg)
    except (DamagedError, OSError) as error:
        msg = f"{folder / LEVEL}: {what_is_wrong(error)}. Fit the model again"
        raise ModelError(msg) from error
    return rule


def _bare(columns: Sequence[str]) -> list[str]:
    """Return names without the mark of rows beside."""
    return [name.removeprefix(BESIDE) for name in columns]


def _in_db(values: FloatArray, name: str) -> FloatArray:
    if name == _CEPSTRUM:
        return np.asarray(values / _CEPSTRAL)
    return np.asarray(20 / _POWERS[name] * np.log10(np.maximum(values, _SMALLEST)))


def _level(rows: FloatArray, columns: Sequence[str]) -> FloatArray:
    """Return the level of each row in dB, by the best measure there is."""
    name = next(measure for measure in _MEASURES if measure in columns)
    return _in_db(rows[:, list(columns).index(name)], name)


def _inputs(rows: FloatArray, columns: Sequence[str]) -> FloatArray:
    """Return what no gain changes: columns without level, and the levels of others less that of the row."""
    level, found = _level(rows, columns), []
    for i, name in enumerate(_bare(columns)):
        if name in _SIGNED:
            continue
        found.append(_in_db(rows[:, i], name) - level if name in _MEASURES else rows[:, i])
    return np.stack(found, axis=1)


def _fitted(Z: FloatArray, level: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return mean, scale and weight of each input, and the mean level, by ridge regression."""
    means, scales = Z.mean(axis=0), np.maximum(Z.std(axis=0), 1e-9)
    C = np.clip((Z - means) / scales, -_CLIP, _CLIP)
    offset = float(level.mean())
    weights = np.linalg.solve(C.T @ C + _PENALTY * np.eye(C.shape[1]), C.T @ (level - offset))
    return means, scales, weights, offset


def _told(Z: FloatArray, means: Any, scales: Any, weights: Any, offset: float) -> FloatArray:  # noqa: ANN401
    C = np.clip((Z - np.asarray(means)) / np.asarray(scales), -_CLIP, _CLIP)
    return np.asarray(offset + C @ np.asarray(weights))
