"""Which files of a folder are tracks, and of which genre."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.config import Selection
from gtzan_features.datasets import gtzan, layout
from gtzan_features.datasets.label_sources import FOLDERS, label_tracks, sources_of
from gtzan_features.datasets.names import genre_name, label, numbered
from gtzan_features.datasets.tracks import Catalogue, TrackFile, genres_in
from gtzan_features.datasets.tree import MARKER as MARKER
from gtzan_features.datasets.tree import Tree, ending, read_tree
from gtzan_features.errors import CatalogueError, ConfigError
from gtzan_features.progress import Progress, silent
from gtzan_features.storage import is_file, is_remote
from gtzan_features.tables.checked import checked_bytes, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SHOWN = 3
_GENRES_SHOWN = 12


def read_catalogue(root: Path, selection: Selection | None = None, progress: Progress = silent) -> Catalogue:
    """List the tracks below `root`: a folder of genre folders, or any whose labels come from elsewhere.

    A track's identifier is its file's stem where that begins with the genre, as in GTZAN
    (``blues.00000``); elsewhere it is the path below `root` without the suffix (``blues/artist/song``).
    Sub-folders of a genre are searched too; the first of them is taken for the artist. Identifiers do not
    depend on where labels come from, so that a folder can be labelled anew. Genres and identifiers are valid
    text in Unicode's form NFC, whatever the names on the disk are; files whose names read alike then are
    numbered.

    Parameters
    ----------
    root : Path
        The folder.
    selection : Selection, optional
        Which genres, which file of a track that is there in several formats, and where labels come from.
    progress : callable
        Called after each file whose tags were read.

    Raises
    ------
    CatalogueError
        If there is no such folder or it cannot be read, no audio in genre folders, an unknown genre was
        asked for, the folders look like parts of a split, a track is there in several formats none of which
        is preferred, GTZAN's tracks lie in folders of other genres, or a table of labels names no file.
    TableError
        If a table of labels cannot be read.
    ConfigError
        If an ending that is preferred is none of audio, or labels come from nowhere.
    """
    chosen = selection or Selection()
    catalogue = survey(root, chosen, progress)
    if catalogue.labels.genres_from == FOLDERS and not (chosen.genres or chosen.as_genres):
        layout.check(root, [track.path for track in catalogue.tracks])
    if catalogue.pairs:
        raise CatalogueError(_pairs_text(root, catalogue.pairs, _endings(chosen.prefer)))
    return catalogue


def survey(root: Path, selection: Selection | None = None, progress: Progress = silent) -> Catalogue:
    """List the tracks below `root` as `read_catalogue`, but leave to the caller what is to be asked about.

    A track in several formats is in the list several times, and folders that look like parts of a split
    are taken for genres.
    """
    chosen = selection or Selection()
    prefer = _endings(chosen.prefer)
    sources = sources_of(chosen)
    in_genres = sources.genres == FOLDERS
    tree = _read(root, chosen.genres if in_genres else ())
    files, unread = layout.readable(tree)
    named = _name([path for path in files if "/" in path or not in_genres])
    taken, unpreferred = _prefer(named, prefer)
    pairs = tuple(tuple(sorted(t.path for t in same)) for same in taken if len(same) > 1)
    if not taken:
        raise CatalogueError(layout.nothing_found(tree, unread))
    tracks, labels = label_tracks(root, [t for same in taken for t in same], chosen, sources, progress)
    if in_genres:
        _check_gtzan(root, tracks)
    elif chosen.genres:
        tracks = _of_genres(root, tracks, chosen.genres, several=labels.several)
    dataset, synthetic = _identify(root, tracks)
    full = {path.partition("/")[0] for path in tree.files} | dict(tree.unreadable).keys()
    return Catalogue(
        root=root,
        dataset=dataset,
        synthetic=synthetic,
        tracks=tuple(sorted(tracks, key=lambda t: (t.genre, t.track_id, t.path))),
        empty_genres=tuple(label(name) for name in tree.folders if name not in full) if in_genres else (),
        tree=tree,
        loose=tuple(path for path in files if "/" not in path) if in_genres else (),
        unread=unread,
        unpreferred=unpreferred,
        pairs=pairs,
        labels=labels,
    )


def _of_genres(
    root: Path, tracks: list[TrackFile], genres: tuple[str, ...], *, several: bool
) -> list[TrackFile]:
    """Return the tracks that have one of some genres by their labels."""
    wanted = {genre_name(name) for name in genres}
    of_tracks = [set(genres_in(track.genre, several=several)) for track in tracks]
    known = set[str]().union(*of_tracks)
    unknown = sorted(wanted - known)
    if unknown:
        there = layout.listed(sorted(known), _GENRES_SHOWN) or "none"
        msg = f"{root}: no track of {', '.join(unknown)}; there are {there}."
        raise CatalogueError(msg)
    return [track for track, names in zip(tracks, of_tracks, strict=True) if wanted & names]


def artist_of(track_id: str) -> str | None:
    """Return the artist that a track's folder names, or None where there is no such folder.

    Examples
    --------
    >>> artist_of("rock/Queen/Greatest Hits/song"), artist_of("rock/song"), artist_of("rock.00001")
    ('Queen', None, None)
    """
    parts = PurePosixPath(track_id).parts
    return parts[1] if len(parts) > 2 else None


def _read(root: Path, genres: tuple[str, ...]) -> Tree:
    """Search the folder, or only the folders of the genres, in whatever form their names are given."""
    if not is_remote(root) and not root.is_dir():
        msg = f"{root}: no such folder. Give the folder that holds one folder per genre."
        raise CatalogueError(msg)
    if not genres:
        return read_tree(root)
    wanted = {genre_name(name) for name in genres}
    tree = read_tree(root, lambda folder: genre_name(folder) in wanted)
    unknown = sorted(wanted - {genre_name(folder) for folder in tree.folders})
    if unknown:
        known = ", ".join(sorted({genre_name(folder) for folder in read_tree(root).folders}))
        msg = f"{root}: no genre folder {', '.join(unknown)}; there are {known or 'none'}."
        raise CatalogueError(msg)
    return tree


def _name(paths: list[str]) -> list[list[TrackFile]]:
    """Give each file its genre and identifier; files that are one track in several formats are grouped."""
    groups = _recordings(paths)
    short = Counter(_short_id(same[0]) for same in groups)
    # A stem is enough where no other folder of the genre has it; GTZAN's tracks are known by theirs.
    known = gtzan.track_genres().keys() & {_short_id(path) for path in paths if _stem_begins_with_genre(path)}
    keep = {name for name, count in short.items() if count == 1 or name in known} - {""}
    by_id: dict[str, list[str]] = defaultdict(list)
    chosen = [_short_id(same[0]) if _short_id(same[0]) in keep else _path_id(same[0]) for same in groups]
    unique = numbered([name for name in chosen if name not in keep])
    others = iter(unique)
    for name, same in zip(chosen, groups, strict=True):
        by_id[name if name in keep else next(others)] += same
    return [
        [TrackFile(track_id=name, genre=_genre(path), path=path) for path in same]
        for name, same in by_id.items()
    ]


def _recordings(paths: Iterable[str]) -> list[list[str]]:
    """Put together what is one recording by its name: names that read alike but for the ending.

    Of two names that read alike with the same ending, each is a recording of its own.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        alike[_path_id(path)].append(path)
    found = []
    for same in alike.values():
        if len({ending(path) for path in same}) == len(same):
            found.append(same)
            continue
        by_stem: dict[str, list[str]] = defaultdict(list)
        for path in same:
            by_stem[str(PurePosixPath(path).with_suffix(""))].append(path)
        found += by_stem.values()
    return found


def _genre(path: str) -> str:
    """Return the genre that a file's folder names; empty where it lies in none."""
    folder, inside, _ = path.partition("/")
    return genre_name(folder) if inside else ""


def _stem(path: str) -> str:
    return label(PurePosixPath(path).stem)


def _path_id(path: str) -> str:
    """Return the path as text without the ending, its first folder as the genre."""
    between = path.split("/")[1:-1]
    return "/".join([*filter(None, [_genre(path)]), *map(label, between), _stem(path)])


def _short_id(path: str) -> str:
    """Return the stem of a file that is named by its genre, or is one of GTZAN's; "" for another."""
    stem = _stem(path)
    return stem if _stem_begins_with_genre(path) or stem in gtzan.track_genres() else ""


def _stem_begins_with_genre(path: str) -> bool:
    genre = _genre(path)
    return bool(genre) and _stem(path).startswith(f"{genre}.")


def _prefer(
    groups: list[list[TrackFile]], prefer: tuple[str, ...]
) -> tuple[list[list[TrackFile]], tuple[str, ...]]:
    """Of files that are one track keep the one whose ending is preferred; return also those passed over."""
    rank = {suffix: at for at, suffix in enumerate(prefer)}
    kept, passed = [], []
    for same in groups:
        best = min(rank.get(ending(track.path), len(rank)) for track in same)
        good = [track for track in same if rank.get(ending(track.path), len(rank)) == best]
        kept.append(good)
        passed += [track.path for track in same if track not in good]
    return kept, tuple(passed)


def _endings(words: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple("." + word.lower().lstrip(".") for word in words)
    unknown = [suffix for suffix in found if suffix not in AUDIO_SUFFIXES]
    if unknown:
        msg = f"{unknown[0]} is no ending of audio that is read; there are {' '.join(AUDIO_SUFFIXES)}"
        raise ConfigError(msg)
    return found


def _pairs_text(root: Path, pairs: tuple[tuple[str, ...], ...], prefer: tuple[str, ...]) -> str:
    shown = "; ".join(" and ".join(label(path) for path in same) for same in pairs[:_SHOWN])
    more = f"; and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    present = {ending(path) for same in pairs for path in same}
    order = ",".join(suffix[1:] for suffix in AUDIO_SUFFIXES if suffix in present)
    given = f", and --prefer {','.join(s[1:] for s in prefer)} does not choose one" if prefer else ""
    plural = "tracks are" if len(pairs) > 1 else "track is"
    return (
        f"{root}: {len(pairs)} {plural} there in several files{given}: {shown}{more}. Say which to take, the "
        f"best first (--prefer {order}), or rename or remove the others; gtzan data verify lists all."
    )


def _check_gtzan(root: Path, tracks: Iterable[TrackFile]) -> None:
    """Refuse GTZAN's tracks in folders of other genres."""
    known = gtzan.track_genres()
    wrong = [t for t in tracks if known.get(_stem(t.path), t.genre) != t.genre]
    if wrong:
        path = root / wrong[0].path
        stem = _stem(wrong[0].path)
        more = f" ({len(wrong) - 1} more tracks likewise)" if len(wrong) > 1 else ""
        msg = (
            f"{path}: GTZAN's {stem} lies in a folder named {wrong[0].genre!r}{more}. Give the folder that "
            f"holds the genre folders ({path.parent.parent}), or move the file to {known[stem]}/."
        )
        raise CatalogueError(msg)


def _identify(root: Path, tracks: Iterable[TrackFile]) -> tuple[str, bool]:
    marker = root / MARKER
    if is_file(marker):
        try:
            content = parse_json(checked_bytes(marker))
            return label(str(content["name"])), bool(content.get("synthetic", False))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"{marker}: no data set marker ({error!r}). Remove it, or write it anew: gtzan data synth."
            raise CatalogueError(msg) from error
    whole = root.resolve()
    own = label(whole.name) or label(whole.drive) or "music"  # of a bucket
    here = list(tracks)
    found = gtzan.dataset_name({t.track_id for t in here}, (PurePosixPath(t.path).suffix for t in here))
    return found or own, False
