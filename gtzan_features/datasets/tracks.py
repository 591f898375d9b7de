"""The tracks of a folder, apart from what finds them: workers need no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.datasets.tree import Tree, ending

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
    keys : tuple of str
        Key columns beside the usual ones that its tables have: artist, group, split.
    several_labels : bool
        Whether a track may have several genres.
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
    keys: tuple[str, ...] = ()
    several_labels: bool = False

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that have a track, in alphabetical order."""
        return tuple(self.counts())

    def counts(self) -> dict[str, int]:
        """Return how many tracks each genre has, in alphabetical order."""
        return dict(sorted(Counter(track.genre for track in self.tracks).items()))

    def passed_over(self) -> dict[str, int]:
        """Return how many files of each ending are no tracks, most first; those of systems do not count."""
        count = Counter(self.tree.passed_over)
        count.update(self.unread)
        count.update(ending(path) for path in (*self.loose, *self.unpreferred))
        return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))
