"""What a run was tested on: which protocol, all of it or a part, and how strict that is.

A manifest says so in ``protocol_settings``; manifests of older versions lack some of these, and there the
protocol's name, ``track fold 2 of 10``, says.
"""

from __future__ import annotations

import csv
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.config import LEFT_OUT, ON_BOTH, TRAIN_AND_VALID
from gtzan_features.tables.run_folder import SPLIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gtzan_features.tables.run_folder import Run, RunManifest

KINDS = ("segment", "track", "stratified", "given", "artist", "fault-filtered")
"""From the leaked one over the easiest to the strictest."""

PROTOCOLS = {
    "track": "Tracks are divided at random, stratified by genre. All segments of a track, and exact copies "
    "of it, are on one side; tracks of one artist may be on both.",
    "artist": "No artist is on both sides: published folds for GTZAN, artists of labels or of "
    "folders elsewhere.",
    "fault-filtered": "The published split of Kereliuk, Sturm and Larsen (2015): repetitions, distortions "
    "and wrong labels are removed, and no artist is on both sides.",
    "stratified": "The published 500/250/250 split of the same authors, without filtering of faults.",
    "given": "The parts that the labels name. Copies and groups of tracks are on one side; artists may be on "
    "both.",
    "custom": "Divided in Python, by the splitter that is named. Artists may be on both sides.",
    "segment": "LEAKED: segments of one track are on both sides. A model that knows the track needs not "
    "know the genre.",
}
"""What each protocol does, for a reader who does not know it."""

Order = tuple[int, bool, int, float, int, bool, str]

_FOLDED = ("segment", "track", "artist")
_COUNT, _SHARE = r"(\d{1,18})", r"(\d{1,3}(?:\.\d{1,20})?(?:e-\d{1,3})?)"
_FOLD = re.compile(f" fold {_COUNT} of {_COUNT}$")
_FOLDS = re.compile(f" {_COUNT}-fold$")
_SHARES = re.compile(f" {_SHARE}/{_SHARE}$")
_VALID = " (validation part)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a run was tested on.

    Attributes
    ----------
    kind : str
        The protocol, one of `KINDS`; empty for one that this version does not know.
    name : str
        The protocol's name, as tables have it.
    learned_from_validation : bool
        Whether the validation part was trained on, too.
    on_validation : bool
        Whether the validation part was tested, on which settings are chosen, and not the test part.
    fold : int or None
        The fold that alone was tested, from 1; 0 where it is not known which.
    folds : int
        Folds of the whole protocol; 1 where it has one test part.
    holdout : float
        Share of the test part, within (0, 1); 0 where the protocol has none.
    """

    kind: str
    name: str
    on_validation: bool = False
    learned_from_validation: bool = False
    fold: int | None = None
    folds: int = 1
    holdout: float = 0.0

    @property
    def leaked(self) -> bool:
        """Whether segments of one track are on both sides."""
        return self.kind == "segment"

    @property
    def is_whole(self) -> bool:
        """Whether the test part of the whole protocol was tested: every fold of it, and nothing else."""
        return bool(self.kind) and not self.on_validation and self.fold is None

    @property
    def keeps_artists_apart(self) -> bool:
        """Whether no artist is on both sides."""
        return self.kind in ("artist", "fault-filtered")

    @property
    def order(self) -> Order:
        """Sort key: leaked, then from easy to strict; a part before the whole, few folds before many.

        A run that was trained on the validation part, too, comes before one that was not.
        """
        kind = KINDS.index(self.kind) if self.kind else 0
        both = self.learned_from_validation
        return kind, self.is_whole, self.folds, self.holdout, self.fold or 0, not both, self.name

    @property
    def about(self) -> str:
        """What the protocol does, for a reader who does not know it; empty for one that is not known."""
        both = " The validation part was trained on, too." if self.learned_from_validation else ""
        return PROTOCOLS[self.kind] + both if self.kind else ""

    @property
    def mark(self) -> str:
        """Words in capitals where only a part was tested; else empty."""
        if self.on_validation:
            return "VALIDATION PART"
        if self.fold is not None:
            return f"ONE FOLD OF {self.folds}"
        return ""

    @property
    def caveat(self) -> str:
        """What the mark means, in a sentence; empty where there is none."""
        if self.on_validation:
            return (
                "The figures are of the validation part, on which settings are chosen, and not of the test "
                "part: expect less on music that no choice was made on."
            )
        if self.fold is not None:
            which = f"fold {self.fold}" if self.fold else "one"
            return f"The figures are of {which} of {self.folds} folds and not of the whole protocol."
        return ""


def leak(manifest: RunManifest) -> str:
    """Return what is on both sides of a leaked split, in words that end a sentence."""
    if manifest.n_rows > manifest.n_tracks:
        return "segments of one track are in training and test"
    return "exact copies of a track may be in training and test; it has one row, so that its segments are not"


def tested_on(manifest: RunManifest) -> Tested:
    """Return what a run was tested on: by its manifest's settings, and by the name where they are silent."""
    named = tested_by_name(manifest.protocol)
    settings: Mapping[str, Any] = manifest.protocol_settings
    kind = str(settings.get("protocol") or named.kind)
    if kind not in KINDS:
        return Tested(kind="segment" if manifest.leaked else "", name=manifest.protocol)
    holdout = float(settings.get("holdout") or named.holdout)
    folds = int(settings.get("folds") or named.folds)
    if kind not in _FOLDED or holdout:
        folds = 1
    elif folds == 1:
        folds = manifest.n_folds
    fold = settings.get("only") or named.fold
    if fold is None and manifest.n_folds == 1 < folds:
        fold = 0
    return Tested(
        kind=kind,
        name=manifest.protocol,
        on_validation=settings.get("evaluate_on", "test") != "test" or named.on_validation,
        learned_from_validation=settings.get("train_on") == TRAIN_AND_VALID or named.learned_from_validation,
        fold=None if fold is None else int(fold),
        folds=folds,
        holdout=holdout,
    )


def tested_by_name(name: str) -> Tested:
    """Return what a protocol's name says.

    Examples
    --------
    >>> tested_by_name("artist fold 2 of 3").mark, tested_by_name("track 10-fold").folds
    ('ONE FOLD OF 3', 10)
    >>> tested_by_name("fault-filtered (validation part)").is_whole
    False
    >>> both = tested_by_name("fault-filtered, train+valid")
    >>> both.is_whole, both.learned_from_validation
    (True, True)
    """
    kind = next((k for k in KINDS if re.match(rf"{k}(?=[ ,]|$)", name)), "")
    rest = name.removeprefix(kind).partition(LEFT_OUT)[0]
    if rest == ON_BOTH:
        return Tested(kind=kind, name=name, learned_from_validation=True)
    if rest == _VALID:
        return Tested(kind=kind, name=name, on_validation=True)
    if one := _FOLD.fullmatch(rest):
        return Tested(kind=kind, name=name, fold=int(one[1]), folds=int(one[2]))
    if every := _FOLDS.fullmatch(rest):
        return Tested(kind=kind, name=name, folds=int(every[1]))
    if shares := _SHARES.fullmatch(rest):
        return Tested(kind=kind, name=name, holdout=float(shares[2]) / 100)
    return Tested(kind=kind if not rest else "", name=name)


def protocol_order(name: str) -> Order:
    """Sort key of a protocol's name: leaked first, then from the easiest to the strictest.

    Examples
    --------
    >>> sorted(["artist 3-fold", "track 10-fold", "artist fold 1 of 3", "track 5-fold"], key=protocol_order)
    ['track 5-fold', 'track 10-fold', 'artist fold 1 of 3', 'artist 3-fold']
    """
    return tested_by_name(name).order


def command_for_the_whole(manifest: RunManifest, *, protocol: str | None = None) -> str:
    """Return the command of a run, changed so that it tests the test part of a whole protocol.

    With `protocol`, that protocol takes the place of the run's own, with its usual folds.
    """
    try:
        words = shlex.split(manifest.command)
    except ValueError:  # a manifest that was edited
        words = ["gtzan", "fit", manifest.model, "--segments", manifest.segment]
    of_protocol = {"--protocol", "--folds", "--holdout", "--train-on"} if protocol else set()
    dropped = {"--fold", "--evaluate-on", *of_protocol}
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in dropped:
            skip = True
        elif not (protocol and word == "--allow-leak"):
            kept.append(word)
    return shlex.join([*kept, *(["--protocol", protocol] if protocol else [])])


def has_test_part(run: Run) -> bool:
    """Return whether tracks of the run's table are in its protocol's test part, by its split."""
    try:
        with (run.folder / SPLIT).open(encoding="utf-8", newline="") as file:
            return any(row.get("role") == "test" for row in csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return True
