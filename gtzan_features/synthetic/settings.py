"""What a synthetic data set depends on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gtzan_features.errors import ConfigError
from gtzan_features.synthetic.recipes import RECIPES

SYNTHETIC_GENRES: tuple[str, ...] = tuple(RECIPES)
"""The ten genres in the order in which they are rendered, which is alphabetical."""

VERSION = 1
"""Raised when the sound of any track changes."""

_MAX_TRACKS = 1_000
_SECONDS = (1.0, 600.0)
_SR = (8_000, 96_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticConfig:
    """Everything that the files of a synthetic data set depend on.

    A track depends on `seconds`, `sr`, `seed`, `version` and `tracks_per_artist`, on its genre and on its
    index; never on `genres` or `tracks_per_genre`. A larger set therefore begins with the files of a
    smaller one.

    Parameters
    ----------
    genres : tuple of str
        Which of `SYNTHETIC_GENRES` to render, each once.
    tracks_per_genre : int
        1 to 1000.
    seconds : float
        Length of each track in s, 1 to 600.
    sr : int
        Sample rate in Hz, 8000 to 96000.
    seed : int
        Not negative.
    version : int
        Version of the recipes; only the current one, `VERSION`, can be rendered.
    tracks_per_artist : int
        So many tracks after each other, within a genre, are played by one band and recorded in one room:
        they share instruments, mix and recording, not tempo, key, chords and melody. With 1 every track has
        its own.

    Raises
    ------
    ConfigError
        If a setting is out of its range.

    Examples
    --------
    >>> SyntheticConfig(tracks_per_genre=2).genres[0]
    'blues'
    """

    genres: tuple[str, ...] = SYNTHETIC_GENRES
    tracks_per_genre: int = 20
    seconds: float = 30.0
    sr: int = 22_050
    seed: int = 0
    version: int = VERSION
    tracks_per_artist: int = 1

    def __post_init__(self) -> None:
        if not self.genres or len(set(self.genres)) != len(self.genres):
            msg = f"synthetic genres {self.genres!r} are empty or repeat one: name each genre once"
            raise ConfigError(msg)
        for genre in self.genres:
            check_genre(genre)
        _check_range("tracks_per_genre", self.tracks_per_genre, 1, _MAX_TRACKS)
        _check_range("tracks_per_artist", self.tracks_per_artist, 1, _MAX_TRACKS)
        _check_range("seconds", self.seconds, *_SECONDS)
        _check_range("sr", self.sr, *_SR)
        _check_range("seed", self.seed, 0, 2**63 - 1)
        if self.version != VERSION:
            msg = f"synthetic version {self.version} cannot be rendered: leave it at {VERSION}"
            raise ConfigError(msg)

    @property
    def n_samples(self) -> int:
        """Samples of each track."""
        return round(self.seconds * self.sr)

    def artist_of(self, index: int) -> int:
        """Return which of its genre's bands plays a track; as many bands as tracks where each has its own."""
        return index // self.tracks_per_artist


def check_genre(genre: str) -> None:
    """Refuse a genre that has no recipe.

    Raises
    ------
    ConfigError
        If `genre` is not one of `SYNTHETIC_GENRES`.
    """
    if genre not in RECIPES:
        msg = f"genre {genre!r} has no synthetic recipe: choose from {', '.join(SYNTHETIC_GENRES)}"
        raise ConfigError(msg)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        msg = f"synthetic {name} {value:g} is out of range: choose {low:g} to {high:g}"
        raise ConfigError(msg)
