"""Which number to trust, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.reports.conditions import PROTOCOL, alike_but
from gtzan_features.reports.paired import FLOOR
from gtzan_features.reports.protocols import command_for_the_whole, has_test_part, leak
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.rounding import decimals, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.reports.collect import ScoredRun

WIDEST = 0.4
"""An interval wider than this is too uncertain for a headline: that of some twenty tracks."""

_WHY = {
    "fault-filtered": "there no artist is in both training and test, and known faults are left out",
    "artist": "there no artist is in both training and test",
    "stratified": "there no track is on both sides; tracks of one artist do, so expect less on artists "
    "that the model does not know",
    "given": "there the labels say what is tested; no track is on both sides, artists may be",
    "track": "there no track is on both sides; tracks of one artist may, so expect less on artists that "
    "the model does not know",
}


def trust(runs: Sequence[ScoredRun]) -> list[str]:
    """Say which figure of one data set to trust, and why the higher ones are no better.

    Only an honest run on the test part of a whole protocol can be the headline: neither one on a validation
    part, nor one on some of the folds, nor the floor, nor one on too few tracks. Where there is
    none, that is said, with the command that gives one.

    Parameters
    ----------
    runs : sequence of ScoredRun
        All runs on one data set.

    Returns
    -------
    list of str
        Sentences, in order.
    """
    said = []
    if any(one.run.manifest.synthetic for one in runs):
        said.append("The music is SYNTHETIC: no figure here says anything about real music.")
    whole = [one for one in runs if _may_be_headline(one)]
    enough = [one for one in whole if _width(one) <= WIDEST]
    said += _headline(runs, enough, whole) if enough else [_nothing(runs, whole)]
    return [*said, *_leaked(runs, any_honest=any(not one.leaked for one in runs))]


def _may_be_headline(one: ScoredRun) -> bool:
    return not one.leaked and one.tested.is_whole and one.run.manifest.model != FLOOR


def _headline(
    runs: Sequence[ScoredRun], enough: Sequence[ScoredRun], whole: Sequence[ScoredRun]
) -> list[str]:
    strictest = max(one.tested.order for one in enough)
    same = _on_most_tracks([one for one in enough if one.tested.order == strictest])
    best = max(same, key=_accuracy)
    tested = best.tested
    sentence = (
        f"The number to trust is {_figure(best)} ({best.on_features}, protocol {tested.name}, "
        f"{best.best.metrics.n} tracks): {_WHY[tested.kind]}."
    )
    said = [sentence]
    rivals = len({alike_but(one.run.manifest) for one in same})
    if rivals > 1:
        said.append(f"It is the best of {rivals} runs tested on the same tracks, and so a little too good.")
    small = [one for one in whole if one.tested.order > strictest]
    said += [f"{_too_few(max(small, key=lambda one: -_width(one)))}."] if small else []
    return [*said, *_easier(best, enough), *_parts(runs)]


def _on_most_tracks(runs: Sequence[ScoredRun]) -> list[ScoredRun]:
    """Return the runs on the largest set of tracks: a data set of one name may have grown between fits."""
    sets: dict[tuple[str, ...], list[ScoredRun]] = {}
    for one in runs:
        sets.setdefault(tuple(one.best.units), []).append(one)
    return max(sets.items(), key=lambda item: (len(item[0]), item[0]))[1]


def _easier(best: ScoredRun, whole: Sequence[ScoredRun]) -> list[str]:
    """Compare with the same model where artists are on both sides; in nothing else may the two differ."""
    if not best.tested.keeps_artists_apart:
        return []
    key = alike_but(best.run.manifest, PROTOCOL)
    easier = [
        one
        for one in whole
        if alike_but(one.run.manifest, PROTOCOL) == key
        and not one.tested.keeps_artists_apart
        and _accuracy(one) > _accuracy(best)
    ]
    if not easier:
        return []
    other = max(easier, key=lambda one: one.tested.order)
    sentence = (
        f"The same model reaches {_figure(other)} under {other.tested.name}, on the same features and rows: "
        "that holds what it gains from artists and recordings that it knows already, and from more music to "
        "train on."
    )
    return [sentence]


def _parts(runs: Sequence[ScoredRun]) -> list[str]:
    parts = [one for one in runs if not one.leaked and one.tested.mark and one.run.manifest.model != FLOOR]
    if not parts:
        return []
    names = ", ".join(dict.fromkeys(one.tested.name for one in parts))
    return [f"Figures of a part of a protocol ({names}) are none to quote, whatever their height."]


def _nothing(runs: Sequence[ScoredRun], whole: Sequence[ScoredRun]) -> str:
    """Say that there is no number to trust, why, and what gives one."""
    if whole:
        best = max(whole, key=lambda one: (-_width(one), one.tested.order))
        return (
            f"There is no number to trust here yet: {_too_few(best)}. Add tracks, extract their features "
            f"and fit again: {best.run.manifest.command}"
        )
    models = [one for one in runs if one.run.manifest.model != FLOOR]
    honest = [one for one in models if not one.leaked]
    if not models:
        return (
            "There is no number to trust here yet: the only runs are of the most frequent genre, the floor. "
            f"This gives one: {_other_model(runs[0])}"
        )
    if not honest:
        return (
            "Trust none of these numbers: every run here is leaked. Fit one with --protocol track: "
            f"{command_for_the_whole(models[0].run.manifest, protocol='track')}"
        )
    best = max(honest, key=lambda one: (one.tested.order, _accuracy(one)))
    return (
        "There is no number to trust here yet: no run was tested on the test part of a whole protocol. "
        f"{_figure(best)} is of {best.on_features}, {best.tested.name}. {best.tested.caveat} "
        f"This gives a number: {_command(best)}"
    )


def _too_few(one: ScoredRun) -> str:
    span = decimals(100 * _width(one), 0)
    return (
        f"{_figure(one)} ({one.on_features}, protocol {one.tested.name}) rests on {one.best.metrics.n} "
        f"tracks, too few to say: its interval spans {span} points"
    )


def _command(one: ScoredRun) -> str:
    """Return the command that tests the whole protocol, or another where these tracks have no test part."""
    if one.tested.on_validation and not has_test_part(one.run):
        return command_for_the_whole(one.run.manifest, protocol="track")
    protocol = None if one.tested.kind else "track"
    return command_for_the_whole(one.run.manifest, protocol=protocol)


def _other_model(one: ScoredRun) -> str:
    words = command_for_the_whole(one.run.manifest, protocol="track" if one.leaked else None)
    return words.replace(f" {FLOOR} ", " xgboost ", 1)


def _leaked(runs: Sequence[ScoredRun], *, any_honest: bool) -> list[str]:
    leaked = [one for one in runs if one.leaked and one.run.manifest.model != FLOOR]
    if not leaked or not any_honest:
        return []
    value, top = max(((_highest(one), one) for one in leaked), key=lambda pair: pair[0])
    m = top.run.manifest
    sentence = (
        f"Ignore the {percent(value)} % of the leaked protocol ({top.label} on {m.feature_set}, {m.segment} "
        f"rows, {m.protocol}): there {leak(m)}."
    )
    return [sentence + (" That measures memory." if m.n_rows > m.n_tracks else "")]


def _highest(one: ScoredRun) -> float:
    return max(s.metrics.accuracy for s in one.scores.values())


def _accuracy(one: ScoredRun) -> float:
    return one.best.metrics.accuracy


def _width(one: ScoredRun) -> float:
    return one.best.interval.high - one.best.interval.low


def _figure(one: ScoredRun) -> str:
    s = one.best
    return accuracy_cell(s.metrics.accuracy, s.interval.low, s.interval.high) + " %"
