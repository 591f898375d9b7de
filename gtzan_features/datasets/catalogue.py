"""Which files of a folder are tracks, and of which genre."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gtzan_features.audio.decode import SUFFIXES
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.tracks import TrackFile as TrackFile
from gtzan_features.errors import CatalogueError

MARKER = "dataset.json"
"""A file of this name in the folder names the data set and says whether it is synthetic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The tracks of a folder, sorted by genre and identifier.

    Attributes
    ----------
    root : Path
        The folder that holds the genre folders.
    dataset : str
        The name in ``dataset.json``; ``GTZAN``, or which part of it, if every track is one of GTZAN's;
        else the folder's name.
    synthetic : bool
        Whether ``dataset.json`` marks the music as synthetic.
    tracks : tuple of TrackFile
        At least one.
    empty_genres : tuple of str
        Folders without audio files, which are passed over.
    """

    root: Path
    dataset: str
    synthetic: bool
    tracks: tuple[TrackFile, ...]
    empty_genres: tuple[str, ...] = ()

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that have a track, in alphabetical order."""
        return tuple(sorted({track.genre for track in self.tracks}))


def read_catalogue(root: Path, genres: tuple[str, ...] = ()) -> Catalogue:
    """List the tracks below `root`, a folder of genre folders.

    A track's identifier is its file's stem where that begins with the genre, as in GTZAN
    (``blues.00000``); elsewhere it is the path below `root` without the suffix (``blues/artist/song``).
    Sub-folders of a genre are searched too; the first of them is taken for the artist.

    Parameters
    ----------
    root : Path
        The folder.
    genres : tuple of str
        Only these genre folders; all where empty.

    Raises
    ------
    CatalogueError
        If there is no such folder, no audio in genre folders, an unknown genre was asked for, two files
        would be the same track, or a GTZAN track lies in the folder of another genre.
    """
    if not root.is_dir():
        msg = f"{root}: no such folder. Give the folder that holds one folder per genre."
        raise CatalogueError(msg)
    folders = [d for d in sorted(root.iterdir()) if d.is_dir() and not d.name.startswith(".")]
    if genres:
        folders = _only(root, folders, genres)
    tracks: list[TrackFile] = []
    empty = []
    for folder in folders:
        found = _tracks(root, folder)
        tracks += found
        if not found:
            empty.append(folder.name)
    if not tracks:
        raise CatalogueError(_nothing_found(root))
    _check_unique(root, tracks)
    dataset, synthetic = _identify(root, tracks)
    ordered = tuple(sorted(tracks, key=lambda t: (t.genre, t.track_id)))
    return Catalogue(
        root=root, dataset=dataset, synthetic=synthetic, tracks=ordered, empty_genres=tuple(empty)
    )


def artist_of(track_id: str) -> str | None:
    """Return the artist that a track's folder names, or None where there is no such folder.

    Examples
    --------
    >>> artist_of("rock/Queen/Greatest Hits/song"), artist_of("rock/song"), artist_of("rock.00001")
    ('Queen', None, None)
    """
    parts = PurePosixPath(track_id).parts
    return parts[1] if len(parts) > 2 else None


def _tracks(root: Path, folder: Path) -> list[TrackFile]:
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    return [_track(root, folder.name, p) for p in files if not p.name.startswith(".")]


def _track(root: Path, genre: str, path: Path) -> TrackFile:
    relative = path.relative_to(root)
    gtzan_genre = gtzan.track_genres().get(path.stem)
    if gtzan_genre is not None and gtzan_genre != genre:
        msg = (
            f"{path}: GTZAN's {path.stem} lies in a folder named {genre!r}. Give the folder that holds the "
            f"genre folders ({path.parent.parent}), or move the file to {gtzan_genre}/."
        )
        raise CatalogueError(msg)
    named_by_genre = path.stem.startswith(f"{genre}.")
    track_id = path.stem if named_by_genre else relative.with_suffix("").as_posix()
    return TrackFile(track_id=track_id, genre=genre, path=relative.as_posix())


def _only(root: Path, folders: list[Path], genres: tuple[str, ...]) -> list[Path]:
    known = [d.name for d in folders]
    unknown = [g for g in genres if g not in known]
    if unknown:
        msg = f"{root}: no genre folder {', '.join(unknown)}; there are {', '.join(known) or 'none'}."
        raise CatalogueError(msg)
    return [d for d in folders if d.name in genres]


def _nothing_found(root: Path) -> str:
    kinds = ", ".join(SUFFIXES)
    if any(p.suffix.lower() in SUFFIXES for p in root.iterdir()):
        return (
            f"{root}: audio lies in it directly, not in genre folders. Give the folder above: {root.parent}."
        )
    return (
        f"{root}: no audio ({kinds}) in any folder below it. Give a folder that holds one folder per genre."
    )


def _check_unique(root: Path, tracks: list[TrackFile]) -> None:
    seen: dict[str, str] = {}
    for track in tracks:
        other = seen.setdefault(track.track_id, track.path)
        if other != track.path:
            msg = f"{root}: {other} and {track.path} are both track {track.track_id}. Rename or remove one."
            raise CatalogueError(msg)


def _identify(root: Path, tracks: list[TrackFile]) -> tuple[str, bool]:
    marker = root / MARKER
    if marker.is_file():
        try:
            content = json.loads(marker.read_text(encoding="utf-8"))
            return str(content["name"]), bool(content.get("synthetic", False))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"{marker}: no data set marker ({error!r}). Remove it, or write it anew: gtzan data synth."
            raise CatalogueError(msg) from error
    return gtzan.dataset_name({t.track_id for t in tracks}) or root.resolve().name, False
