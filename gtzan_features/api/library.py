"""Answers to a whole library in a file: read, made into playlists, written into tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.api.given import place
from gtzan_features.api.showing import showing
from gtzan_features.api.words import speaks_python
from gtzan_features.errors import AudioError, ConfigError
from gtzan_features.prediction.answers import columns_for
from gtzan_features.prediction.answers_file import checked_out, read_answers
from gtzan_features.prediction.genre_tags import restore_tags as restore_each
from gtzan_features.prediction.library import predict_library, rows_of, tag_library
from gtzan_features.prediction.library_config import LibraryOptions, TagOptions
from gtzan_features.prediction.playlists import write_playlists
from gtzan_features.prediction.predict import Listing, list_files
from gtzan_features.storage import here

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from gtzan_features.api.showing import ShowProgress
    from gtzan_features.prediction.answers import Column
    from gtzan_features.prediction.genre_tags import TagChange, TagReport
    from gtzan_features.prediction.library_summary import LibrarySummary
    from gtzan_features.prediction.predictor import Predictor


@dataclass(frozen=True, eq=False, repr=False)
class LibraryAnswers:
    """The answers to a library in a file, of which memory holds none. Made by `Model.predict_to`.

    Iterating gives each row as a dict, in the order of the paths.

    Attributes
    ----------
    path : Path
        The file.
    genres : tuple of str
        Of the model.
    listing : Listing
        The recordings, and how many other files were passed over.
    summary : LibrarySummary
        Counts: ``genres``, ``failed``, ``warnings``, ``n_computed``, ``seconds`` and so on.
    columns : tuple of Column
        Name and kind of each column of the file.
    frame : DataFrame
        All rows, read into memory when asked for, indexed by ``file``: those of `Model.predict`, and
        ``status``, ``bytes``, ``modified``, ``answered_by``.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import soundfile
    >>> import gtzan_features as gf
    >>> model, rng = gf.pretrained("gtzan10"), np.random.default_rng(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("rain", "sea"):
    ...         soundfile.write(f"{folder}/{name}.wav", rng.uniform(-1, 1, 4 * 22_050), 22_050)
    ...     answers = model.predict_to(f"{folder}/genres.csv", folder)
    ...     again = model.predict_to(f"{folder}/genres.csv", folder)
    ...     lists = answers.write_playlists(f"{folder}/playlists")
    >>> answers.summary.genres, answers.summary.n_computed, again.summary.n_computed
    ({'none of these': 2}, 2, 0)
    >>> lists
    {'none of these.m3u8': 2}
    """

    path: Path
    genres: tuple[str, ...]
    listing: Listing
    summary: LibrarySummary
    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give each row of the recordings that were named, one by one."""
        return rows_of(self.path, self.listing, self.columns)

    @property
    def frame(self) -> pd.DataFrame:
        """All rows of the file, in memory."""
        rows = list(read_answers(self.path, self.columns))
        return pd.DataFrame(rows, columns=[column.name for column in self.columns]).set_index("file")

    @speaks_python
    def write_playlists(self, folder: str | os.PathLike[str]) -> dict[str, int]:
        """Write a playlist of each genre (``rock.m3u8``), the surest answers first.

        Parameters
        ----------
        folder : path
            Made where it does not exist. Playlists of an earlier call are written anew.

        Returns
        -------
        dict of str to int
            How many tracks each file has.

        Raises
        ------
        OutputExistsError
            If a file of such a name is none of these playlists.
        """
        done = write_playlists(self, place(folder), self.genres)
        return {path.name: count for path, count in done.counts.items()}

    @speaks_python
    def write_tags(
        self,
        *,
        apply: bool = False,
        replace: bool = False,
        min_probability: float = 0.0,
        backup: str | os.PathLike[str] | None = None,
    ) -> pd.DataFrame:
        """Write the genres into the tags of the files, or say what would be written.

        A file is replaced by a tagged copy that decodes to the same samples. Recordings without a genre of
        the model, and files that are read-only or of a format without tags, are left alone.

        Parameters
        ----------
        apply : bool
            Whether anything is written.
        replace : bool
            Whether files that have another genre are tagged, too.
        min_probability : float
            Only files whose genre has at least this.
        backup : path, optional
            Where old tags are kept, for `restore_tags`; else a file beside `path`.

        Returns
        -------
        DataFrame
            A row for each file that was tagged, or would be: ``file``, ``old``, ``new``. Its
            ``attrs["left"]`` counts the files that were left alone, by why.

        Raises
        ------
        ConfigError
            If mutagen is not installed.
        """
        changes: list[TagChange] = []
        kept = self.path.with_name(f"{self.path.name}.old-tags.jsonl") if backup is None else place(backup)
        report = tag_library(
            self.path,
            self,
            self.columns,
            TagOptions(replace=replace, min_probability=min_probability),
            backup=kept,
            apply=apply,
            told=changes.append,
        )
        return _changes(changes, report)

    def __repr__(self) -> str:
        """Return the summary in lines."""
        return f"LibraryAnswers: {self.path}\n" + "\n".join(f"  {line}" for line in self.summary.lines())


def answer_to(
    out: Any,  # noqa: ANN401 - whatever a person gives
    x: Any,  # noqa: ANN401
    predictor: Predictor,
    options: LibraryOptions,
    progress: ShowProgress,
) -> LibraryAnswers:
    """Write answers as `Model.predict_to` says."""
    single = isinstance(x, str) or not hasattr(x, "__iter__")
    paths = [here(place(one), "predict_to") for one in ([x] if single else x)]
    if not paths:
        msg = "no recordings are named: give a folder, a path, or a list of these"
        raise ConfigError(msg)
    if single and not paths[0].exists():
        raise AudioError(paths[0], "no such file")
    target = checked_out(here(place(out), "predict_to"))
    with showing(progress) as shown:
        listing = list_files(paths, shown.notice)
        summary = predict_library(
            listing, predictor, target, options, progress=shown.progress, notice=shown.notice
        )
    return LibraryAnswers(target, predictor.genres, listing, summary, columns_for(predictor))


@speaks_python
def restore_tags(backup: str | os.PathLike[str], *, apply: bool = False) -> pd.DataFrame:
    """Write the genre tags again that `LibraryAnswers.write_tags` or ``gtzan predict --write-tags`` changed.

    Parameters
    ----------
    backup : path
        The file of old tags.
    apply : bool
        Whether anything is written.

    Returns
    -------
    DataFrame
        A row for each file that was restored, or would be: ``file``, ``old``, ``new``. Its ``attrs["left"]``
        counts files that were left alone, by why: those whose tag was changed since, for example.

    Raises
    ------
    TableError
        If `backup` is no file of old tags.
    ConfigError
        If mutagen is not installed.

    Examples
    --------
    >>> import json
    >>> import tempfile
    >>> from pathlib import Path
    >>> import gtzan_features as gf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     backup = Path(folder, "old-tags.jsonl")
    ...     _ = backup.write_text(json.dumps({"file": "gone.mp3", "genre": [], "written": ["rock"]}))
    ...     gf.restore_tags(backup).attrs["left"]
    {'its tags cannot be read': 1}
    """
    path = place(backup)
    if not path.is_file():
        msg = f"{path}: no such file. Give a file of old tags"
        raise ConfigError(msg)
    changes: list[TagChange] = []
    report = restore_each(path, apply=apply, told=changes.append)
    return _changes(changes, report)


def _changes(changes: list[TagChange], report: TagReport) -> pd.DataFrame:
    rows = [(str(one.path), "; ".join(one.old), "; ".join(one.new)) for one in changes]
    frame = pd.DataFrame(rows, columns=["file", "old", "new"])
    frame.attrs["left"] = dict(report.left)
    return frame
