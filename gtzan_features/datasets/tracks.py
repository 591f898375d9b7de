"""The tracks of a folder, apart from what finds them: workers need no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.datasets.tree import Tree, ending
from gtzan_features.text import BETWEEN_LABELS

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFile:
    """One audio file of a catalogue.

    Attributes
    ----------
    track_id : str
        Its name in tables.
    genre : str
        Empty where it has no label; of several, the names in alphabetical order with semicolons between.
    path : str
        Relative to the catalogue's root, with forward slashes.
    artist, group, split : str
        Artist, what tracks share that stay together, and train, valid or test; empty where not known.
    """

    track_id: str
    genre: str
    path: str
    artist: str = ""
    group: str = ""
    split: str = ""


def genres_in(cell: str, *, several: bool) -> tuple[str, ...]:
    """Return the genres that a table's cell names.

    Examples
    --------
    >>> genres_in("jazz;soul", several=True), genres_in("a;b", several=False), genres_in("", several=False)
    (('jazz', 'soul'), ('a;b',), ())
    """
    names = cell.split(BETWEEN_LABELS) if several else [cell]
    return tuple(name for name in names if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Where the genres and artists of tracks come from, and what did not fit.

    Attributes
    ----------
    genres_from : str
        ``folders``, ``tags``, the name of a table; empty where nothing says them.
    artists_from : str
        Likewise.
    keys : tuple of str
        Key columns beside the usual ones that tables of these tracks have: artist, group, split.
    several : bool
        Whether a track may have several genres.
    table : str
        Name of the table of labels; empty where there is none.
    problems : dict of str to tuple of str
        What of a table did not fit: paths or files by ``missing`` (no such file), ``ambiguous`` (several
        files), ``twice`` (in two rows), ``contradicting`` (two rows that say something else) and ``unknown``
        (files that are in no row).
    notes : tuple of str
        What was assumed in reading a table.
    """

    genres_from: str = "folders"
    artists_from: str = "folders"
    keys: tuple[str, ...] = ()
    several: bool = False
    table: str = ""
    problems: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


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
    tree : Tree
        What lies in the folder.
    loose : tuple of str
        Audio files that lie in no genre folder, passed over.
    unread : dict
        How many files there are of each ending that needs ffmpeg, where there is none; passed over.
    unpreferred : tuple of str
        Files passed over because another of the same track is preferred.
    pairs : tuple of tuple of str
        Files that would be one track, in several formats; each is a track here, with the same identifier.
    labels : Labels
        Where genres and artists come from.
    """

    root: Path
    dataset: str
    synthetic: bool
    tracks: tuple[TrackFile, ...]
    empty_genres: tuple[str, ...]
    tree: Tree
    loose: tuple[str, ...] = ()
    unread: dict[str, int] = field(default_factory=dict)
    unpreferred: tuple[str, ...] = ()
    pairs: tuple[tuple[str, ...], ...] = ()
    labels: Labels = field(default_factory=Labels)

    @property
    def keys(self) -> tuple[str, ...]:
        """Key columns beside the usual ones that its tables have: artist, group, split."""
        return self.labels.keys

    @property
    def several_labels(self) -> bool:
        """Whether a track may have several genres."""
        return self.labels.several

    @property
    def n_unlabelled(self) -> int:
        """Tracks that have no genre."""
        return sum(not track.genre for track in self.tracks)

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that have a track, in alphabetical order."""
        return tuple(self.counts())

    def counts(self) -> dict[str, int]:
        """Return how many tracks each genre has, in alphabetical order; a track of several counts in each."""
        found = Counter(name for track in self.tracks for name in self.genres_of(track))
        return dict(sorted(found.items()))

    def genres_of(self, track: TrackFile) -> tuple[str, ...]:
        """Return the genres of a track: none, one, or where there are several all of them."""
        return genres_in(track.genre, several=self.several_labels)

    def passed_over(self) -> dict[str, int]:
        """Return how many files of each ending are no tracks, most first; those of systems do not count."""
        count = Counter(self.tree.passed_over)
        count.update(self.unread)
        count.update(ending(path) for path in (*self.loose, *self.unpreferred))
        return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))
