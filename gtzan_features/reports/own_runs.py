"""Which runs were tested on the fault-filtered split of GTZAN, by their tracks and not by their names."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gtzan_features.reports.published import FAULT_FILTERED, is_real_gtzan
from gtzan_features.tables.run_folder import SPLIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.tables.run_folder import Run


class Part(Enum):
    """What was tested: the whole test part, a part of it, or the validation part."""

    WHOLE = "whole"
    SUBSET = "subset"
    VALID = "valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRun:
    """A run of ours under the fault-filtered split.

    Attributes
    ----------
    scored : ScoredRun
        The run with its figures.
    part : Part
        What was tested.
    trained : str
        ``train``, ``train + valid``, or how many tracks, where they are others.
    """

    scored: ScoredRun
    part: Part
    trained: str


def own_runs(
    scored: Iterable[ScoredRun], roles: Mapping[str, str]
) -> tuple[tuple[OwnRun, ...], tuple[OwnRun, ...]]:
    """Find the runs under the fault-filtered split, the highest accuracy first.

    Parameters
    ----------
    scored : iterable of ScoredRun
    roles : mapping
        ``train``, ``valid``, ``test`` or another word for each track of GTZAN, by that split.

    Returns
    -------
    tuple of tuple of OwnRun
        Runs on the whole test part, and runs on a part of it or on validation tracks. Synthetic music, other
        data sets, other protocols, leaked runs, and runs that were trained on tracks of the test part, are
        in neither.
    """
    found = [own for own in (_own(one, roles) for one in scored) if own]
    found.sort(key=lambda o: (o.part.value, -o.scored.best.metrics.accuracy, o.scored.run.manifest.run_id))
    whole = [o for o in found if o.part is Part.WHOLE]
    return tuple(whole), tuple(o for o in found if o.part is not Part.WHOLE)


def _own(one: ScoredRun, roles: Mapping[str, str]) -> OwnRun | None:
    m = one.run.manifest
    if not is_real_gtzan(m.dataset, synthetic=m.synthetic) or one.leaked:
        return None
    if one.tested.kind != FAULT_FILTERED or one.tested.fold is not None:
        return None
    part = _tested_part(set(one.best.units), roles, on_validation=one.tested.on_validation)
    training = training_tracks(one.run)
    outside = {track for track in training if roles.get(track) not in ("train", "valid")}
    if part is None or outside or (part is Part.VALID and not training.isdisjoint(one.best.units)):
        return None
    return OwnRun(scored=one, part=part, trained=_trained(training, roles))


def _tested_part(tracks: set[str], roles: Mapping[str, str], *, on_validation: bool) -> Part | None:
    """Return which part of the split the tracks are; None where they are of several parts, or of no part."""
    found = {roles.get(track) for track in tracks}
    if found == {"valid"} and on_validation:
        return Part.VALID
    if found != {"test"} or on_validation:
        return None
    return Part.WHOLE if len(tracks) == sum(role == "test" for role in roles.values()) else Part.SUBSET


def _trained(training: frozenset[str], roles: Mapping[str, str]) -> str:
    train = {track for track, role in roles.items() if role == "train"}
    both = train | {track for track, role in roles.items() if role == "valid"}
    words = {len(train): "train", len(both): "train + valid"}
    same = training in (train, both)
    return words[len(training)] if same else f"{len(training)} tracks" if training else "not known"


def training_tracks(run: Run) -> frozenset[str]:
    """Return the tracks that a run was trained on, by its split; none where the split cannot be read."""
    try:
        with (run.folder / SPLIT).open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            return frozenset(row["track_id"] for row in rows if row["role"] == "train")
    except (OSError, ValueError, KeyError, csv.Error):
        return frozenset()
