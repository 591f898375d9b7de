"""Paired tests between the runs of a report: which pairs, corrected for their number, in full words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from gtzan_features.evaluation.comparison import PairedComparison, holm, verdict
from gtzan_features.reports.conditions import ROWS, alike_but, differences, in_words
from gtzan_features.reports.scored import SEGMENT, TRACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.reports.scores import LevelScore

FLOOR = "majority"
"""The model that knows nothing: that another beats it is no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """A paired test of two runs on the same tracks.

    Attributes
    ----------
    first, second : ScoredRun
    protocol : str
    comparison : PairedComparison
        First minus second; its p-value is corrected by Holm.
    differs_in : tuple of str
        The conditions in which the two differ, in words.
    """

    first: ScoredRun
    second: ScoredRun
    protocol: str
    comparison: PairedComparison
    differs_in: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What the test shows: of what, on how many tracks, and what else than the model differs."""
        said = verdict(self.comparison, self.first.on_features, self.second.on_features)
        return (
            f"{self.protocol}, {self.comparison.n} tracks: {said} They differ in {in_words(self.differs_in)}."
        )


def length_tests(scored: Iterable[ScoredRun]) -> list[PairedTest]:
    """Test, for each honest run on short rows, its track means against the run on one row per track.

    Runs pair where all but the rows' length is equal (model, settings, seed, features and their version,
    data set and protocol) and the tested tracks are the same. P-values are corrected by Holm for the number
    of these tests.
    """
    honest = _once(one for one in scored if not one.leaked and one.run.manifest.model != FLOOR)
    pairs = [
        (short, long)
        for long in honest
        for short in honest
        if TRACK in long.scores
        and SEGMENT in short.scores
        and alike_but(short.run.manifest, ROWS) == alike_but(long.run.manifest, ROWS)
        and _same_tracks(short.best, long.best)
    ]
    found = [_compared(short, long) for short, long in pairs]
    corrected = with_correction(found, holm([one.p_value for one in found]).tolist(), len(found))
    return [_test(a, b, one) for (a, b), one in zip(pairs, corrected, strict=True)]


def best_tests(scored: Iterable[ScoredRun]) -> list[PairedTest]:
    """Test the best honest run of each protocol against every other on the same tracks.

    The best was chosen on these tracks, so that any pair might have been the one that is looked at:
    p-values are corrected by Holm for all pairs of the group, not for those with the best alone. Pairs that
    differ in the rows' length alone are those of `length_tests`.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[ScoredRun]] = {}
    for one in _once(one for one in scored if not one.leaked and one.run.manifest.model != FLOOR):
        groups.setdefault((one.run.manifest.protocol, tuple(one.best.units)), []).append(one)
    return [test for group in groups.values() for test in _against_best(group)]


def with_correction(
    found: Sequence[PairedComparison], corrected: Sequence[float], n_tests: int
) -> list[PairedComparison]:
    """Return comparisons with p-values that are corrected by Holm, and a test's name that says so."""
    if n_tests < 2:
        return list(found)
    return [
        replace(one, p_value=p, test=f"{one.test}, corrected by Holm for {n_tests} pairs,")
        for one, p in zip(found, corrected, strict=True)
    ]


def _against_best(group: Sequence[ScoredRun]) -> list[PairedTest]:
    best = max(group, key=lambda one: one.best.metrics.accuracy)
    pairs = list(combinations(group, 2))
    p = dict(zip(map(_pair, pairs), holm([_p_value(a.best, b.best) for a, b in pairs]).tolist(), strict=True))
    others = [
        one
        for one in group
        if one is not best and differences(best.run.manifest, one.run.manifest) not in ((), (ROWS,))
    ]
    found = [_compared(best, one) for one in others]
    values = [p[_pair((best, one))] for one in others]
    corrected = with_correction(found, values, len(pairs))
    return [_test(best, one, test) for one, test in zip(others, corrected, strict=True)]


def _pair(pair: tuple[ScoredRun, ScoredRun]) -> frozenset[int]:
    return frozenset(id(one) for one in pair)


def _p_value(a: LevelScore, b: LevelScore) -> float:
    return a.drawn.p_value(a.correct, b.correct)


def _compared(first: ScoredRun, second: ScoredRun) -> PairedComparison:
    a, b = first.best, second.best
    return a.drawn.compare(a.correct, b.correct)


def _test(first: ScoredRun, second: ScoredRun, found: PairedComparison) -> PairedTest:
    a, b = first.run.manifest, second.run.manifest
    return PairedTest(
        first=first,
        second=second,
        protocol=a.protocol,
        comparison=found,
        differs_in=differences(a, b),
    )


def _once(scored: Iterable[ScoredRun]) -> list[ScoredRun]:
    """Return each run once: with and without ``--final`` there are two folders of the same figures."""
    found: dict[tuple[object, ...], ScoredRun] = {}
    for one in scored:
        found.setdefault(
            (*alike_but(one.run.manifest), tuple(one.best.units), one.best.correct.tobytes()), one
        )
    return list(found.values())


def _same_tracks(a: LevelScore, b: LevelScore) -> bool:
    return a.units == b.units
