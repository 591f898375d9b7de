"""From a folder of music to a table, cached: what is computed once is found again."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_features.api.given import feature_config, given_words, place
from gtzan_features.api.showing import showing, warn
from gtzan_features.api.table import Table
from gtzan_features.api.words import in_python, speaks_python
from gtzan_features.config import Selection, SpectrogramConfig, parse_rows, rows_name
from gtzan_features.errors import CatalogueError, ConfigError
from gtzan_features.extraction.deformed_tables import Extracted, extract_with_deformed
from gtzan_features.extraction.extract import ExtractConfig
from gtzan_features.extraction.spectrograms import SpectrogramRecipe
from gtzan_features.extraction.spectrograms import spectrograms as write_spectrograms
from gtzan_features.tables.spectrograms import PREFIX
from gtzan_features.training.load_rows import open_fittable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gtzan_features.api.showing import ShowProgress
    from gtzan_features.config import SegmentConfig
    from gtzan_features.extraction.extract import ExtractSummary
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.tables.file_status import FileStatus

_SHOWN = 3


@speaks_python
def extract(
    folder: str | os.PathLike[str],
    *,
    features: str = "kaggle",
    segments: str | float = "3s",
    deformed: str | Sequence[str] = (),
    out: str | os.PathLike[str] | None = None,
    genres: Sequence[str] = (),
    prefer: Sequence[str] = (),
    as_genres: bool = False,
    labels: Any = "folders",  # noqa: ANN401 - a word, a path, or a table of several kinds
    artists: str | None = None,
    columns: Mapping[str, str] | None = None,
    first_label: bool = False,
    overwrite: bool = False,
    recompute: bool = False,
    prune: bool = False,
    name: str = "",
    layout: str = "auto",
    shard_files: int = 0,
    n_jobs: int = -1,
    executor: Any = None,  # noqa: ANN401 - a word, an address, or an object of a library that need not be there
    progress: ShowProgress = None,
) -> Table:
    """Compute the features of every track in a folder, or find them where they were computed before.

    It is what ``gtzan features extract`` does, with the same tables, parts and numbers: a file that was done
    is not read again but to hash its bytes, a call that was interrupted goes on where it stopped, and a file
    that cannot be read costs its own rows only.

    Parameters
    ----------
    folder : path
        It holds a folder for each genre, with audio files of any format, in folders of artists where these
        are known (``genre/artist/track.wav``); or files in any folders, with `labels`.
    features : str
        The feature set, "kaggle" or "full", or some families of it: "full:-rhythm", "kaggle:timbre,tonal".
        "spectrogram-mel" and "spectrogram-decibel" are pictures, for the models cnn and mlp.
    segments : str or float
        Length of a row: "3s", "30s" (a row over all of a track of 27 to 45 s), any number of seconds, or
        "3s+30s", rows of 3 s with the columns of the longer row that each lies in.
    deformed : str or sequence of str
        Compute the features of deformed copies, too, for `evaluate` and `fit` with `augment`; no audio is
        written. "robust" is a choice that pays; or names of deformations, such as "noise-20".
    out : path, optional
        Folder of the tables and their parts, such as the ``data/features`` of the command line. Where it is
        not given, a folder for each `folder` in the user's cache: ``~/.cache/gtzan/tables``, or below
        ``XDG_CACHE_HOME``.
    genres : sequence of str
        Only these genres; all where empty.
    prefer : sequence of str
        Endings, best first: which file is taken where a track is there in several formats.
    as_genres : bool
        Take folders for genres although they are called train, test or by numbers.
    labels : str, path, DataFrame or mapping
        Where genres come from: "folders", "tags" or "tags:NAME" of the files (which needs mutagen), "none",
        or a table: a CSV or Parquet file, a frame, or genres by path, as a dict. A row has the path of a
        file (relative to `folder` or to the table, absolute, or its end, where that is one file's alone), its
        genre (several in a list, or with ; between), and artist, group and split, if known. Files that it
        does not name have an empty genre.
    artists : {"tags", "folders", "table"}, optional
        Where artists come from, if not from where genres do.
    columns : mapping, optional
        Columns of the table that are called otherwise: ``{"path": "clip", "label": "genre_top"}``, artist,
        split, group; ``{"label": "*"}`` for a column of zeros and ones for each label.
    first_label : bool
        Of a track of several genres take the first one alone.
    overwrite : bool
        Replace tables in `out` that are of another configuration or of other tracks.
    recompute : bool
        Compute every file again.
    prune : bool
        Remove the rows that are kept for the next call, about as large as the tables, once these are written;
        the next call computes every file again.
    name : str
        What the data set is called in tables, runs and reports; the folder's name where it is not given.
    layout : {"auto", "file", "shards"}
        Whether a table is one file or a folder of shards, which pandas, Polars and DuckDB read as it is;
        "auto" is one file for up to 32,000 files of music. The rows are the same.
    shard_files : int
        Files of music of a shard at most; 500 where it is 0, and fewer in small folders.
    n_jobs : int
        Worker processes; -1 for one per processor. The numbers do not depend on it.
    executor : str or object, optional
        Where files are worked on, if not in processes of this machine: any `concurrent.futures.Executor`, a
        `distributed.Client`, the address of a Dask scheduler ("tcp://10.0.0.1:8786"), or "dask" for a Dask
        cluster on this machine, which `n_jobs` says the size of. What is given as an object stays open. See
        ``docs/how-to/many-machines.md``.
    progress : bool or callable, optional
        Whether a bar is drawn; where not given, in a terminal and in a notebook. A callable gets
        ``(done, total, what)``.

    Returns
    -------
    Table

    Raises
    ------
    ConfigError
        If there is no such feature set, family, row length or deformation, or labels come from nowhere.
    TableError
        If a table of labels cannot be read.
    CatalogueError
        If `folder` holds no genre folders with audio, a table of labels names none of its files, or no file
        gives a row.
    OutputExistsError
        If `out` holds tables of another configuration or of other tracks, unless `overwrite`.
    OutputLockedError
        If another process writes into `out`.

    Warns
    -----
    GtzanWarning
        Of files that gave no row, or fewer than an intact file, of folders that cannot be listed, and of what
        in a table of labels did not fit. How the folder was read, what is passed over, and what looks odd, is
        logged.

    Examples
    --------
    Two genres of one track each, 4 s of noise and 4 s of a tone:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> import gtzan_features as gf
    >>> temporary = tempfile.TemporaryDirectory()
    >>> music = Path(temporary.name) / "music"
    >>> noise = np.random.default_rng(0).uniform(-0.5, 0.5, 4 * 22_050)
    >>> tone = np.sin(np.arange(4 * 22_050) * 0.1) + 0.01 * noise
    >>> for genre, samples in (("noise", noise), ("tones", tone / 2)):
    ...     (music / genre).mkdir(parents=True)
    ...     soundfile.write(music / genre / "one.wav", samples, 22_050)
    >>> table = gf.extract(music, out=Path(temporary.name) / "tables", n_jobs=1)
    >>> table
    Table(music: 2 rows of 3s, 57 columns (kaggle@1), 2 tracks, 2 genres)
    >>> table.y.tolist(), table.groups.tolist()
    (['noise', 'tones'], ['noise/one', 'tones/one'])
    >>> temporary.cleanup()
    """
    folder = place(folder)
    own, beside = parse_rows(str(segments))
    recipe, write = _recipe(features, own, beside, given_words(deformed))
    selection = _selection(genres, prefer, as_genres, labels, artists, columns, first_label)
    tables = place(out) if out is not None else cache_folder(folder)
    with showing(progress) as shown:
        done = write(
            folder,
            tables,
            n_jobs=n_jobs,
            executor=executor,
            selection=selection,
            overwrite=overwrite or out is None,
            recompute=recompute,
            prune=prune,
            name=name,
            layout=layout,
            shard_files=shard_files,
            progress=shown.progress,
            notice=lambda line: shown.notice(in_python(line)),
        )
    _tell(done, folder)
    return Table(open_fittable(tables, recipe.name, rows_name(own, beside)))


def _selection(
    genres: Sequence[str],
    prefer: Sequence[str],
    as_genres: bool,
    labels: Any,  # noqa: ANN401 - see `extract`
    artists: str | None,
    columns: Mapping[str, str] | None,
    first_label: bool,
) -> Selection:
    return Selection(
        genres=tuple(genres),
        prefer=tuple(prefer),
        as_genres=as_genres,
        labels=str(place(labels)) if isinstance(labels, str | os.PathLike) else labels,
        artist_from=artists,
        columns=tuple((columns or {}).items()),
        first_label=first_label,
    )


def _recipe(
    features: str, own: SegmentConfig, beside: SegmentConfig | None, deformed: tuple[str, ...]
) -> tuple[Recipe, Callable[..., Extracted]]:
    """Return what a row holds, and the step that writes tables of it."""
    if str(features).startswith(PREFIX):
        if deformed:
            msg = f"deformed={deformed[0]!r} goes with features: no spectrograms of deformed audio are made"
            raise ConfigError(msg)
        if beside is not None:
            msg = (
                f"segments={rows_name(own, beside)!r} goes with features: a spectrogram has no row beside it"
            )
            raise ConfigError(msg)
        config = SpectrogramConfig(scale=features.removeprefix(PREFIX))
        pictures = SpectrogramRecipe(spectrograms=config, segments=(own,))

        def write(music: Path, tables: Path, **options: Any) -> Extracted:  # noqa: ANN401 - those of extraction
            return Extracted(clean=write_spectrograms(music, tables, pictures, **options), deformed={})

        return pictures, write
    lengths = tuple(sorted({own, *([beside] if beside else [])}))
    rows = ExtractConfig(features=feature_config(features), segments=lengths)
    return rows, partial(extract_with_deformed, config=rows, names=deformed)


def cache_folder(folder: Path) -> Path:
    """Return where the tables of a folder of music lie, where nobody says it: one for each folder."""
    where = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(where) if Path(where).is_absolute() else Path.home() / ".cache"
    whole = folder.resolve()
    digits = hashlib.sha256(os.fsencode(str(whole))).hexdigest()[:8]
    return root / "gtzan" / "tables" / f"{whole.name or 'root'}-{digits}"


def _tell(done: Extracted, folder: Path) -> None:
    """Warn of what each table lacks; CatalogueError where one has no rows."""
    for kind, summary in (("", done.clean), *done.deformed.items()):
        _warn(summary, kind, done.clean)
        if summary.fault:
            msg = f"{folder}: {f'{kind}: ' if kind else ''}{summary.fault}"
            raise CatalogueError(msg)


def _warn(summary: ExtractSummary, kind: str, clean: ExtractSummary) -> None:
    """Warn of what a table lacks; of that of a deformation, where the clean one does not lack it, too."""
    skipped, notes = summary.skipped, summary.notes
    if kind:
        known = {file.track_id for file in (*clean.skipped, *clean.notes)}
        skipped = tuple(file for file in skipped if file.track_id not in known)
        notes = ()
    numbers = (len(skipped), len(notes)) if kind else (summary.n_skipped, summary.n_notes)
    words = ("gave no row", "are incomplete")
    for what, files, number in zip(words, (skipped, notes), numbers, strict=True):
        if files:
            where = f"{kind}: " if kind else ""
            count = f"{where}{number} of {summary.n_files} files"
            warn(f"{count} {what}: {_listed(files, number)}. See {summary.status}")
    if kind:
        return
    for line in summary.remarks:
        if summary.labels_table and line.startswith(f"{summary.labels_table}: "):
            warn(line)
    if summary.unreadable:
        warn(f"folders that cannot be listed: {', '.join(summary.unreadable)}")


def _listed(files: Sequence[FileStatus], number: int) -> str:
    shown = "; ".join(f"{file.path} ({file.status}: {file.reason})" for file in files[:_SHOWN])
    return shown if number <= _SHOWN else f"{shown}; and {number - _SHOWN} more"
