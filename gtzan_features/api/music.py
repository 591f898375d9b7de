"""Music made by a program, for examples and tests that need sound and no licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.api.showing import showing
from gtzan_features.api.words import speaks_python
from gtzan_features.music.synthesise import TRACK_S
from gtzan_features.music.synthesise import synthesise as write_tracks
from gtzan_features.storage import here

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from gtzan_features.api.showing import ShowProgress


@speaks_python
def synthesise(
    folder: str | os.PathLike[str],
    *,
    tracks_per_genre: int = 20,
    seconds: float = TRACK_S,
    seed: int = 0,
    n_jobs: int = -1,
    progress: ShowProgress = None,
) -> Path:
    """Write ten genres of synthetic music into a folder, as ``gtzan data synth`` does.

    The same arguments give the same bytes. Accuracies on this music say nothing about real music, and every
    result on it is marked as synthetic.

    Parameters
    ----------
    folder : path
        New, empty, or a synthetic data set, which is whose files are written anew.
    tracks_per_genre : int
        1 to 1000.
    seconds : float
        Length of each track in s, 1 to 600.
    seed : int
        Not negative.
    n_jobs : int
        Worker processes; -1 for one per processor.
    progress : bool or callable, optional
        Whether a bar is drawn; where not given, in a terminal and in a notebook.

    Returns
    -------
    Path
        The folder: ``blues/blues.synth00.wav`` and so on, mono, 22050 Hz.

    Raises
    ------
    ConfigError
        If a setting is out of its range.
    OutputExistsError
        If `folder` holds something else.
    OutputLockedError
        If another process writes into `folder`.

    Examples
    --------
    >>> import tempfile
    >>> import gtzan_features as gf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     music = gf.synthesise(folder, tracks_per_genre=1, seconds=1, n_jobs=1)
    ...     len(list(music.glob("*/*.wav")))
    10
    """
    with showing(progress) as shown:
        write_tracks(
            here(folder, "synthesise"),
            tracks_per_genre=tracks_per_genre,
            seconds=seconds,
            seed=seed,
            n_jobs=n_jobs,
            progress=shown.progress,
        )
    return here(folder, "synthesise")
