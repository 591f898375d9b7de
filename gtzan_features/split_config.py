"""How tracks are divided into training and test, as a frozen configuration; a part of `config`.

No value of a feature depends on it: cached rows outlive its changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from gtzan_features.errors import ConfigError

_LARGEST_SEED = 2**32 - 1
PROTOCOLS = ("track", "artist", "fault-filtered", "stratified", "given", "segment")
"""How tracks may be divided into training and test; `datasets.splits` says what each is."""

WITH_PARTS = ("fault-filtered", "stratified", "given")
"""Protocols that have one training, one validation and one test part."""

TRAIN, TRAIN_AND_VALID = "train", "train+valid"
"""What may be trained on where a protocol has a validation part."""

ON_BOTH = f", {TRAIN_AND_VALID}"
"""In a protocol's name where its validation part is trained on, too."""

LEFT_OUT = ", min tracks "
"""In a protocol's name before the fewest tracks of a genre that is not left out."""

DEFAULT_FOLDS = {"track": 10, "artist": 3, "segment": 5}
"""Number of folds of the protocols that have folds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConfig:
    """How tracks are divided.

    Attributes
    ----------
    protocol : str
        One of `PROTOCOLS`.
    folds : int or None
        Number of folds of ``track``, ``artist`` and ``segment``; None for the usual number, or fewer where
        the smallest genre has not enough tracks.
    holdout : float or None
        Instead of folds, one random test part with this share of the tracks (``track``) or of the rows
        (``segment``).
    evaluate_on : {"test", "valid"}
        The part that is reported on where the protocol has a validation part.
    train_on : {"train", "train+valid"}
        The parts that are trained on where the protocol has a validation part.
    seed : int
        Of the random divisions.
    only : int or None
        Number of the one fold that is tested, from 1; all folds are trained on in it but this one.
    min_tracks : int
        Genres with fewer tracks are left out (under ``artist``: with fewer artists; copies count once).
    share : float or None
        What `holdout` came to, where whole tracks do not allow it; found when tracks are divided.
    """

    protocol: str = "track"
    folds: int | None = None
    holdout: float | None = None
    evaluate_on: str = "test"
    train_on: str = TRAIN
    seed: int = 0
    only: int | None = None
    min_tracks: int = 0
    share: float | None = None

    def __post_init__(self) -> None:
        if self.min_tracks < 0:
            msg = f"--min-tracks {self.min_tracks}: give a number of tracks, such as 2"
            raise ConfigError(msg)
        if self.protocol not in PROTOCOLS:
            msg = f"protocol {self.protocol!r} is not known; there are {', '.join(PROTOCOLS)}"
            raise ConfigError(msg)
        if not 0 <= self.seed <= _LARGEST_SEED:
            msg = f"--seed {self.seed}: give a whole number from 0 to {_LARGEST_SEED}"
            raise ConfigError(msg)
        fixed = self.protocol in WITH_PARTS
        if fixed and (self.folds or self.holdout):
            msg = f"{self.protocol} is a fixed split: --folds and --holdout do not go with it"
            raise ConfigError(msg)
        if self.folds is not None and self.holdout is not None:
            msg = "--folds and --holdout exclude each other: give one of them"
            raise ConfigError(msg)
        if self.folds is not None and self.folds < 2:
            msg = f"--folds {self.folds}: at least 2 are needed"
            raise ConfigError(msg)
        if self.holdout is not None and not 0 < self.holdout < 1:
            msg = f"--holdout {self.holdout:g}: give a share between 0 and 1, for example 0.3"
            raise ConfigError(msg)
        if self.holdout is not None and self.protocol == "artist":
            msg = "--holdout goes with the protocols track and segment only: artist has folds"
            raise ConfigError(msg)
        if self.only is not None and not 1 <= self.only <= self.n_folds:
            msg = f"--fold {self.only}: {self.name_of_all} has {self.n_folds or 'no'} folds, numbered from 1"
            raise ConfigError(msg)
        if self.evaluate_on == "valid" and not fixed:
            msg = f"--evaluate-on valid: {self.protocol} has no such part; {', '.join(WITH_PARTS)} have"
            raise ConfigError(msg)
        self._check_train_on(has_parts=fixed)

    def _check_train_on(self, *, has_parts: bool) -> None:
        if self.train_on not in (TRAIN, TRAIN_AND_VALID):
            msg = f"--train-on {self.train_on}: choose one of {TRAIN}, {TRAIN_AND_VALID}"
            raise ConfigError(msg)
        if self.train_on == TRAIN_AND_VALID and not has_parts:
            msg = (
                f"--train-on {TRAIN_AND_VALID}: {self.protocol} has no validation part; "
                f"{', '.join(WITH_PARTS)} have"
            )
            raise ConfigError(msg)
        if self.train_on == TRAIN_AND_VALID and self.evaluate_on == "valid":
            msg = (
                f"--train-on {TRAIN_AND_VALID} learns from the validation part, which then tests nothing. "
                "Leave out --evaluate-on valid"
            )
            raise ConfigError(msg)

    @property
    def leaked(self) -> bool:
        """Whether segments of one track (or copies of it) are in both training and test."""
        return self.protocol == "segment"

    @property
    def n_folds(self) -> int:
        """Folds of the protocol; 0 where it has one test part."""
        return 0 if self.holdout is not None else self.folds or DEFAULT_FOLDS.get(self.protocol, 0)

    @property
    def name(self) -> str:
        """Short name with what differs from the usual, for example ``track 5-fold``."""
        left = f"{LEFT_OUT}{self.min_tracks}" if self.min_tracks else ""
        if self.only is not None:
            return f"{self.protocol} fold {self.only} of {self.n_folds}{left}"
        return self.name_of_all + left

    @property
    def name_of_all(self) -> str:
        """Name of the protocol with all its folds."""
        if self.holdout is not None:
            test = 100 * (self.holdout if self.share is None else self.share)
            return f"{self.protocol} {100 - test:g}/{test:g}"
        if self.protocol in DEFAULT_FOLDS:
            return f"{self.protocol} {self.folds or DEFAULT_FOLDS[self.protocol]}-fold"
        if self.evaluate_on == "valid":
            return f"{self.protocol} (validation part)"
        return self.protocol + (ON_BOTH if self.train_on == TRAIN_AND_VALID else "")
