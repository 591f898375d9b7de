"""What folders, tags and a table say of the tracks of a folder: genre, artist, group and part of a split."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gtzan_features.audio.tags import GENRE, Tags, check_mutagen, read_tags
from gtzan_features.datasets.label_columns import LabelRow
from gtzan_features.datasets.label_match import Matching, match_paths
from gtzan_features.datasets.names import genre_name, label
from gtzan_features.datasets.tracks import Labels, TrackFile
from gtzan_features.errors import CatalogueError, ConfigError
from gtzan_features.progress import Progress, silent
from gtzan_features.storage import inside, is_there, location
from gtzan_features.text import BETWEEN_LABELS, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gtzan_features.config import Selection
    from gtzan_features.datasets.label_table import LabelTable

FOLDERS, TAGS, NONE, TABLE = "folders", "tags", "none", "table"
_WORDS = {"folders": FOLDERS, "folder": FOLDERS, "tags": TAGS, "tag": TAGS, "none": NONE}
_ARTISTS = {"folders": FOLDERS, "folder": FOLDERS, "tags": TAGS, "tag": TAGS, "table": TABLE}
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where genres and artists come from.

    Attributes
    ----------
    genres : str
        `FOLDERS`, `TAGS`, `NONE` or `TABLE`.
    artists : str
        `FOLDERS`, `TAGS`, `TABLE` or `NONE`.
    tag : str
        The tag that holds genres.
    """

    genres: str
    artists: str
    tag: str = GENRE

    @property
    def are_folders(self) -> bool:
        """Whether folders alone say both, so that tables need no column for it."""
        return self.genres == FOLDERS and self.artists == FOLDERS


def sources_of(chosen: Selection) -> Sources:
    """Return where genres and artists come from.

    Raises
    ------
    ConfigError
        If the words name no source, do not go together, or the file named is not there.
    """
    genres, tag = TABLE, GENRE
    if isinstance(chosen.labels, str):
        word, _, rest = chosen.labels.partition(":")
        known = _WORDS.get(word.casefold())
        if known and (not rest or known == TAGS):
            genres, tag = known, rest.strip().casefold() or GENRE
        elif not is_there(location(chosen.labels)):
            msg = (
                f"--labels {chosen.labels}: no such file. Give a table (CSV or Parquet), or one of folders, "
                "tags, tags:genre and none"
            )
            raise ConfigError(msg)
    usual = {FOLDERS: FOLDERS, TAGS: TAGS, TABLE: TABLE, NONE: NONE}[genres]
    artists = _ARTISTS.get(chosen.artist_from.casefold()) if chosen.artist_from else usual
    if artists is None:
        msg = f"--artist-from {chosen.artist_from}: give tags, folders or table"
        raise ConfigError(msg)
    if artists == TABLE and genres != TABLE:
        msg = "--artist-from table goes with a table of labels: --labels TABLE"
        raise ConfigError(msg)
    if chosen.columns and genres != TABLE:
        msg = "--columns goes with a table of labels: --labels TABLE"
        raise ConfigError(msg)
    if TAGS in (genres, artists):
        check_mutagen()
    return Sources(genres=genres, artists=artists, tag=tag)


def label_tracks(
    root: Path,
    tracks: Sequence[TrackFile],
    chosen: Selection,
    sources: Sources,
    progress: Progress = silent,
) -> tuple[list[TrackFile], Labels]:
    """Give tracks the labels of their sources.

    Parameters
    ----------
    root : Path
        The folder of music.
    tracks : sequence of TrackFile
        Named; with the genres of their folders, where these are the source.
    chosen : Selection
        With the table, and what its columns are called.
    sources : Sources
    progress : callable
        Called after each file whose tags were read.

    Returns
    -------
    list of TrackFile
        In the same order.
    Labels
        What was found, for those who read it.

    Raises
    ------
    TableError, CatalogueError
        If the table cannot be read, or names none of the files; if no file has the tag.
    """
    told = [LabelRow(labels=(track.genre,) if track.genre else ()) for track in tracks]
    problems: dict[str, tuple[str, ...]] = {}
    table: LabelTable | None = None
    if sources.genres == TABLE:
        from gtzan_features.datasets.label_table import read_label_table  # pandas, which the rest needs not

        table = read_label_table(chosen.labels, dict(chosen.columns))
        told, problems = _by_table(root, told, [track.path for track in tracks], table)
    tags = _tags(root, tracks, sources.tag, progress) if TAGS in (sources.genres, sources.artists) else []
    if sources.genres == TAGS:
        told = [LabelRow(labels=tuple(map(genre_name, one.genres))) for one in tags]
        if not any(row.labels for row in told):
            msg = (
                f"{root}: none of {len(tracks)} files has a tag {sources.tag}. Give --labels tags:NAME for "
                "another, --labels TABLE for a CSV with path and genre, or --labels none"
            )
            raise CatalogueError(msg)
    if sources.genres == NONE:
        told = [LabelRow()] * len(tracks)
    in_genres = sources.genres == FOLDERS or (table is not None and "label" not in table.has)
    artists: dict[str, Callable[[int, TrackFile], str]] = {
        FOLDERS: partial(_folder_artist, in_genres=in_genres),
        TAGS: lambda at, _: label(tags[at].artist),
        TABLE: lambda at, _: told[at].artist,
        NONE: lambda *_: "",
    }
    artist_of = artists[sources.artists]
    labelled = [
        replace(
            track,
            genre=BETWEEN_LABELS.join(row.labels[:1] if chosen.first_label else sorted(set(row.labels))),
            artist=artist_of(at, track) if not sources.are_folders else "",
            group=row.group,
            split=row.split,
        )
        for at, (track, row) in enumerate(zip(tracks, told, strict=True))
    ]
    several = not chosen.first_label and any(len(set(row.labels)) > 1 for row in told)
    return labelled, replace(_report(sources, table, labelled, problems), several=several)


def _folder_artist(_: int, track: TrackFile, *, in_genres: bool) -> str:
    """Return the folder of the artist: the first below the folder of music, or below that of the genre."""
    folders = track.path.split("/")[:-1][int(in_genres) :]
    return label(folders[0]) if folders else ""


def _tags(root: Path, tracks: Sequence[TrackFile], tag: str, progress: Progress) -> list[Tags]:
    found = []
    for track in tracks:
        found.append(read_tags(inside(root, track.path), tag))
        progress(len(found), len(tracks), "tags")
    return found


def _by_table(
    root: Path, told: list[LabelRow], files: Sequence[str], table: LabelTable
) -> tuple[list[LabelRow], dict[str, tuple[str, ...]]]:
    """Return what a table says of each file, and what of it did not fit."""
    paths, matching = _matching(root, files, table)
    of_file: dict[int, list[int]] = defaultdict(list)
    for row, file in enumerate(matching.files):
        if file is not None:
            of_file[file].append(row)
    found: list[LabelRow] = []
    twice, contradicting, unknown = [], [], []
    for at, path in enumerate(files):
        rows = of_file.get(at, [])
        said = {_comparable(table.rows[row]): table.rows[row] for row in rows}
        if len(said) > 1:
            lines = " and ".join(table.where[row] for row in rows[:2])
            contradicting.append(f"{label(path)} ({lines})")
        elif len(rows) > 1:
            twice.append(label(path))
        elif not rows:
            unknown.append(label(path))
        one = next(iter(said.values())) if len(said) == 1 else LabelRow()
        found.append(one if "label" in table.has else replace(one, labels=told[at].labels))
    several = [f"{one_line(paths[row])} ({count} files)" for row, count in matching.ambiguous.items()]
    missing = [
        one_line(path)
        for row, (path, file) in enumerate(zip(paths, matching.files, strict=True))
        if path and file is None and row not in matching.ambiguous
    ]
    problems = {
        "missing": missing,
        "ambiguous": several,
        "twice": twice,
        "contradicting": contradicting,
        "unknown": unknown,
    }
    return found, {kind: tuple(names) for kind, names in problems.items() if names}


def _comparable(row: LabelRow) -> tuple[frozenset[str], str, str, str]:
    return frozenset(row.labels), row.artist, row.group, row.split


def _matching(root: Path, files: Sequence[str], table: LabelTable) -> tuple[Sequence[str], Matching]:
    """Match the column of paths that names most files; the first that names half of those it may."""
    beside = table.place.parent
    if not table.paths:
        msg = f"{table.place}: no column is left for the paths. Name it: --columns path=NAME"
        raise CatalogueError(msg)
    best: tuple[Sequence[str], Matching] = ((), Matching(files=(), ambiguous={}))
    for _, paths in table.paths:
        matching = match_paths(paths, files, root, beside)
        if matching.n_found > best[1].n_found:
            best = (paths, matching)
        if 2 * matching.n_found >= min(len(files), len(paths)):
            break
    if not best[1].n_found:
        name, paths = table.paths[0]
        theirs = ", ".join(one_line(path) for path in [path for path in paths if path][:_SHOWN])
        ours = ", ".join(label(path) for path in files[:_SHOWN])
        msg = (
            f"{table.place}: no row names a file of {root}. Its column {one_line(name)} has "
            f"{theirs or 'nothing'}; the folder has {ours}. Name the column of paths: --columns path=NAME"
        )
        raise CatalogueError(msg)
    return best


def _report(
    sources: Sources,
    table: LabelTable | None,
    tracks: Sequence[TrackFile],
    problems: dict[str, tuple[str, ...]],
) -> Labels:
    """Say where genres and artists come from, and what did not fit."""
    has = table.has if table else ()
    tags = "tags" if sources.tag == GENRE else f"tags ({sources.tag})"
    names = {FOLDERS: "folders", TAGS: tags, NONE: "", TABLE: table.name if table else ""}
    genres = names[FOLDERS if table and "label" not in has else sources.genres]
    artists = (names | {TAGS: "tags"})[sources.artists]
    return Labels(
        genres_from=genres,
        artists_from=artists if sources.are_folders or any(track.artist for track in tracks) else "",
        keys=() if sources.are_folders else ("artist", *(name for name in ("group", "split") if name in has)),
        table=table.name if table else "",
        problems=problems,
        notes=tuple(f"{table.name}: {note}." for note in table.notes) if table else (),
    )
