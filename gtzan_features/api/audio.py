"""From audio to a frame of features, and what the features are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.api.given import feature_config, row_length
from gtzan_features.api.recordings import recordings_of
from gtzan_features.api.showing import showing, warn
from gtzan_features.api.words import speaks_python
from gtzan_features.extraction.describe import describe as columns_of
from gtzan_features.extraction.recordings import each_recording, recording_rows
from gtzan_features.extraction.row_kinds import ExtractConfig

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.api.showing import ShowProgress
    from gtzan_features.extraction.row_cache import Part

    Audio = str | os.PathLike[str] | npt.NDArray[Any] | tuple[Any, float] | Sequence[Any]
    """A path, samples, samples with their rate, or several of these."""

_SHOWN = 3


@speaks_python
def features(
    x: Audio,
    sr: int | None = None,
    *,
    features: str = "kaggle",
    segments: str | float = "3s",
    n_jobs: int = 1,
    progress: ShowProgress = None,
) -> pd.DataFrame:
    """Compute features of audio: a row for each segment, a column for each feature.

    The numbers are those of ``gtzan features extract``, to the bit, and so is the rule for rows: segments
    follow each other without a gap, and the last one that is not whole has no row. A row of "30s" covers all
    of a recording of 27 to 45 s; a longer one is cut into rows of 30 s, a shorter one has none.

    Parameters
    ----------
    x : path, list of paths, folder, or samples
        Files of any format that libsndfile or ffmpeg reads; of a folder, the audio files in it and below,
        sorted. Samples are an array of shape (n,), (channels, n) or (n, channels), floats with full scale at
        1 or the whole numbers of a WAV file; a list may hold arrays and pairs ``(samples, sr)``, too.
    sr : int, optional
        Rate of samples in Hz. They are mixed down and resampled to 22050 Hz as a file's are.
    features : str
        The feature set, "kaggle" or "full", or some families of it: "kaggle:-rhythm", "full:timbre,tonal".
        `describe` says what the columns are.
    segments : str or float
        Length of a row: "3s", "30s", or any number of seconds from 0.5 to 3600.
    n_jobs : int
        Worker processes, where there are several files; -1 for one per processor. The numbers do not depend
        on it.
    progress : bool or callable, optional
        Whether a bar is drawn; where not given, in a terminal and in a notebook. A callable gets
        ``(done, total, what)`` after each file.

    Returns
    -------
    DataFrame
        Of float32, finite, indexed by ``file``, ``start_s`` and ``end_s`` (seconds). Its ``attrs["status"]``
        is a list with a dictionary for each file that gave no row or is damaged: ``file``, ``status``
        (damaged, repaired, short, silent, corrupt) and ``reason``; empty where all is well.

    Raises
    ------
    AudioError, SignalError
        If `x` is one recording and it cannot be read, is silent, or too short for a row. Of several, each
        that gives no row costs itself only.
    ConfigError
        If there is no such feature set, family or row length, or samples come without their rate.

    Warns
    -----
    GtzanWarning
        Of several files, where some gave no row.

    Examples
    --------
    >>> import numpy as np
    >>> import gtzan_features as gf
    >>> noise = np.random.default_rng(0).uniform(-0.5, 0.5, 7 * 44_100)
    >>> frame = gf.features(noise, sr=44_100)
    >>> frame.shape
    (2, 57)
    >>> frame[["rms_mean", "spectral_centroid_mean"]].round(2)
                                 rms_mean  spectral_centroid_mean
    file    start_s end_s
    samples 0.0     2.999955         0.2   ...
            3.0     5.999955         0.2   ...
    >>> gf.features(noise, sr=44_100, features="kaggle:rhythm").columns.tolist()
    ['perceptr_mean', 'perceptr_var', 'tempo']
    """
    recipe = ExtractConfig(features=feature_config(features), segments=(row_length(segments),))
    with showing(progress) as shown:
        found, is_single = recordings_of(x, sr, shown.notice)
        if is_single:
            recipe.prepare(shown.notice)
            parts = [recording_rows(found[0], recipe)]
        else:
            parts = list(
                each_recording(found, recipe, n_jobs=n_jobs, progress=shown.progress, notice=shown.notice)
            )
    frame = _frame(parts, recipe)
    _warn([entry for part, entry in _odd(parts) if not _n_rows(part)], len(parts))
    return frame


@speaks_python
def describe(features: str = "kaggle") -> pd.DataFrame:
    """Say what the columns of a feature set are.

    Parameters
    ----------
    features : str
        "kaggle" or "full", or some families of it: "full:-rhythm", "kaggle:timbre,tonal".

    Returns
    -------
    DataFrame
        A row for each column, in their order: ``column``, ``family``, ``unit`` ("1" where there is none),
        ``range`` of the values ("0 to 1", "0 or more", "any"), ``silence`` (what the feature's columns are
        for digital silence), ``definition`` and ``source`` (where it was published, and what computes it
        elsewhere).

    Raises
    ------
    ConfigError
        If there is no such set or family.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> table = gf.describe("kaggle")
    >>> len(table), table.family.unique().tolist()
    (57, ['tonal', 'energy', 'spectral', 'timbre', 'rhythm'])
    >>> table.set_index("column").loc["spectral_centroid_mean", ["unit", "range", "definition"]].tolist()
    ['Hz', '0 to 11025', "Mean of: centre of mass of a frame's magnitude spectrum"]
    """
    names = ["column", "family", "unit", "range", "silence", "definition", "source"]
    columns = columns_of(feature_config(features).feature_set)
    rows = [(c.name, c.family, c.unit, c.range, c.silence, c.description, c.source) for c in columns]
    return pd.DataFrame(rows, columns=names)


def _frame(parts: Sequence[Part], recipe: ExtractConfig) -> pd.DataFrame:
    (length,) = recipe.segments
    rows = [(part.status.path, *part.rows[length.name]) for part in parts if _n_rows(part)]
    files = np.repeat(np.array([name for name, *_ in rows], dtype=object), [len(keys) for _, keys, _ in rows])
    keys = np.concatenate([keys for _, keys, _ in rows]) if rows else np.empty((0, 3), dtype=np.int64)
    values = np.concatenate([v for *_, v in rows]) if rows else recipe.compute([], length)
    bounds = keys[:, 1], keys[:, 1] + keys[:, 2]
    index = pd.MultiIndex.from_arrays(
        [files, *(bound / recipe.sr for bound in bounds)], names=["file", "start_s", "end_s"]
    )
    frame = pd.DataFrame(values, index=index, columns=list(recipe.columns))
    frame.attrs = {
        "status": [entry for _, entry in _odd(parts)],
        "features": recipe.name,
        "segments": length.name,
        "fingerprint": recipe.values_fingerprint(),
    }
    return frame


def _odd(parts: Sequence[Part]) -> list[tuple[Part, dict[str, str]]]:
    """Return what is to be said of recordings that are not as they should be, as JSON takes it."""
    return [
        (part, {"file": part.status.path, "status": part.status.status, "reason": part.status.reason})
        for part in parts
        if part.status.status != "ok"
    ]


def _n_rows(part: Part) -> int:
    return sum(len(keys) for keys, _ in part.rows.values())


def _warn(without: Sequence[dict[str, str]], number: int) -> None:
    if without:
        shown = "; ".join(f"{one['file']} ({one['status']}: {one['reason']})" for one in without[:_SHOWN])
        more = f"; and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
        warn(f'{len(without)} of {number} files gave no row: {shown}{more}. See .attrs["status"]')
