"""Which number a stranger should trust, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.reports.tables import accuracy_cell, percent, protocol_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.reports.collect import ScoredRun

_WHY = {
    "fault-filtered": "there no artist stands in both training and test, and known faults are left out",
    "artist": "there no artist stands in both training and test",
    "stratified": "there no track stands on both sides; tracks of one artist do, so expect less on artists "
    "that the model has never heard",
    "track": "there no track stands on both sides; tracks of one artist may, so expect less on artists that "
    "the model has never heard",
}


def trust(runs: Sequence[ScoredRun]) -> list[str]:
    """Say which figure of one data set to trust, and why the higher ones are no better.

    Parameters
    ----------
    runs : sequence of ScoredRun
        All runs on one data set.

    Returns
    -------
    list of str
        Sentences, in order.
    """
    honest = [one for one in runs if not one.run.manifest.leaked]
    leaked = [one for one in runs if one.run.manifest.leaked]
    said = []
    if any(one.run.manifest.synthetic for one in runs):
        said.append("The music is SYNTHETIC: no figure here says anything about real music.")
    if not honest:
        return [
            *said,
            "Trust none of these numbers: every run here is leaked. Fit one with --protocol track.",
        ]
    strictest = max((one.run.manifest.protocol for one in honest), key=protocol_order)
    same = [one for one in honest if one.run.manifest.protocol == strictest]
    best = max(same, key=_accuracy)
    why = _WHY[best.run.manifest.protocol_settings["protocol"]]
    said.append(f"The number to trust is {_figure(best)} ({_what(best)}, protocol {strictest}): {why}.")
    if len(same) > 1:
        said.append(
            f"It is the best of {len(same)} runs tested on the same tracks, and so a little too good."
        )
    easier = [one for one in honest if one.label == best.label and _key(one) == _key(best)]
    easier = [one for one in easier if _accuracy(one) > _accuracy(best)]
    if easier:
        other = max(easier, key=_accuracy)
        said.append(
            f"The same model reaches {_figure(other)} under {other.run.manifest.protocol}: that holds what "
            "it gains from artists and recordings that it knows already, and from more music to train on."
        )
    if leaked:
        top = max(leaked, key=lambda one: max(s.metrics.accuracy for s in one.scores.values()))
        value = max(s.metrics.accuracy for s in top.scores.values())
        said.append(
            f"Ignore the {percent(value)} % of the leaked protocol: there the model was tested on parts of "
            "tracks that it had been trained on. That measures memory."
        )
    return said


def _accuracy(one: ScoredRun) -> float:
    return one.scores[one.best_level].metrics.accuracy


def _figure(one: ScoredRun) -> str:
    s = one.scores[one.best_level]
    return accuracy_cell(s.metrics.accuracy, s.interval.low, s.interval.high) + " %"


def _what(one: ScoredRun) -> str:
    m = one.run.manifest
    return f"{one.label} on {m.segment} of music" + (" by mean" if one.best_level == "mean" else "")


def _key(one: ScoredRun) -> tuple[str, str]:
    return one.run.manifest.feature_set, one.run.manifest.segment
