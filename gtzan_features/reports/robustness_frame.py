"""Accuracy lost under deformed audio, one by one and on average, from predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.evaluation.arrays import units_in_strata
from gtzan_features.evaluation.bootstrap import DEFAULT_BOOTSTRAP, share_interval
from gtzan_features.reports.ablation import with_holm
from gtzan_features.reports.scores import LevelScore, score_tracks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from gtzan_features.audio.deform import Deformation
    from gtzan_features.reports.drawn import Drawn
    from gtzan_features.tables.predictions import Predictions

CLEAN = "clean"
MODELS, AUGMENTED, FAMILIES = "models", "augmented", "families"

NOT_AVERAGED = ("gain",)
"""Kinds that no mean counts: features that no gain changes lose nothing to them, which would flatter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deformed:
    """Predictions of one model on one selection of columns, of clean audio and under each deformation."""

    part: str
    name: str
    model: str
    features: str
    predictions: Mapping[str, Predictions]


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessFrames:
    """The figures of a measurement.

    Attributes
    ----------
    losses : DataFrame
        One row per part, name and deformation, that of clean audio first. Accuracies are those of tracks;
        ``clean_accuracy`` is that of the tracks that have rows under the deformation too. ``lost_difference``
        is the accuracy lost (clean minus deformed, a share), with its paired interval ``lost_low`` to
        ``lost_high``, the p-value ``lost_p`` of the exact test and ``lost_p_holm``, corrected for all such
        tests of the part. Intervals and tests are by artist, see `drawn`.
    means : DataFrame
        One row per part and name: accuracy on clean audio, ``mean_lost`` over the kinds of deformation,
        ``unseen_lost`` over those of them that no model was trained on, each with its interval; the largest
        loss ``worst_lost`` and ``worst``, the deformation. For a model of the part ``augmented`` also what
        it gained over the same model of the part ``models``: ``gained_clean`` on clean audio,
        ``gained_mean``, ``gained_unseen``, each with its interval. A mean is taken over the tracks that have
        rows under all of its deformations, each kind counted once, by the mean over its amounts; ``gain``
        is left out.
    """

    losses: pd.DataFrame
    means: pd.DataFrame


def robustness_frames(
    measured: Iterable[Deformed], tested: Sequence[Deformation], trained: Sequence[Deformation] = ()
) -> RobustnessFrames:
    """Compare predictions of clean and deformed audio on the same tracks.

    Parameters
    ----------
    measured : iterable of Deformed
        Models and families.
    tested : sequence of Deformation
        What the audio was deformed by, in the order of the tables.
    trained : sequence of Deformation
        What copies the models of the part ``augmented`` were trained on.
    """
    scored = [(one, {name: score_tracks(some) for name, some in one.predictions.items()}) for one in measured]
    losses = pd.DataFrame([row for one, scores in scored for row in _losses(one, scores, tested)])
    losses["lost_p_holm"] = with_holm(losses, "lost", ["part"])
    kinds = frozenset(one.kind for one in trained)
    averaged = [one for one in tested if one.kind not in NOT_AVERAGED]
    unseen = [one for one in averaged if one.kind not in kinds] if trained else []
    plain = {one.model: scores for one, scores in scored if one.part == MODELS}
    means = []
    for one, scores in scored:
        row: dict[str, object] = {"part": one.part, "name": one.name, "model": one.model}
        row["features"] = one.features
        row |= _on_average(scores, averaged, unseen)
        row |= _worst(losses, one)
        if one.part == AUGMENTED and one.model in plain:
            row |= _gained(scores, plain[one.model], averaged, unseen)
        means.append(row)
    return RobustnessFrames(losses=losses, means=pd.DataFrame(means))


def _losses(
    one: Deformed, scores: Mapping[str, LevelScore], tested: Sequence[Deformation]
) -> list[dict[str, object]]:
    shown = [(CLEAN, CLEAN, "", ""), *((some.name, some.label, some.kind, some.group) for some in tested)]
    return [
        {
            "part": one.part,
            "name": one.name,
            "model": one.model,
            "features": one.features,
            "deformation": name,
            "label": label,
            "kind": kind,
            "group": group,
            "n_tracks": scores[name].metrics.n,
            "accuracy": scores[name].metrics.accuracy,
            "ci_low": scores[name].interval.low,
            "ci_high": scores[name].interval.high,
            "ci_method": scores[name].interval.method,
            "ci_units": scores[name].interval.n_units,
            **_lost(scores[CLEAN], scores[name], is_clean=name == CLEAN),
        }
        for name, label, kind, group in shown
    ]


def _lost(clean: LevelScore, found: LevelScore, *, is_clean: bool) -> dict[str, float | None]:
    """Compare on the tracks that both have; a deformation may leave a track too short for a row."""
    drawn, (a, b) = _shared([clean, found])
    names = ("lost_difference", "lost_low", "lost_high", "lost_p")
    if is_clean:
        return {"clean_accuracy": float(a.mean()), **dict.fromkeys(names)}
    test = drawn.compare(a, b)
    values = (test.difference, test.ci_low, test.ci_high, test.p_value)
    return {"clean_accuracy": test.accuracy_a, **dict(zip(names, values, strict=True))}


def _shared(scores: Sequence[LevelScore]) -> tuple[Drawn, list[npt.NDArray[np.bool_]]]:
    """Return the tracks that all scores have, as they are drawn, and what each has right of them."""
    right = [dict(zip(one.units, one.correct.tolist(), strict=True)) for one in scores]
    units = scores[0].units
    places = np.array([i for i, unit in enumerate(units) if all(unit in some for some in right)], dtype=int)
    kept = [units[i] for i in places]
    return scores[0].drawn.at(places), [np.array([some[unit] for unit in kept], dtype=bool) for some in right]


def _on_average(
    scores: Mapping[str, LevelScore], averaged: Sequence[Deformation], unseen: Sequence[Deformation]
) -> dict[str, float]:
    """Return accuracy on clean audio and mean losses, with intervals."""
    clean = scores[CLEAN]
    row = {
        "accuracy": clean.metrics.accuracy,
        "ci_low": clean.interval.low,
        "ci_high": clean.interval.high,
    }
    for name, some in (("mean_lost", averaged), ("unseen_lost", unseen)):
        pairs = {one.name: (clean, scores[one.name]) for one in some}
        row |= _mean_difference(name, pairs, some)
    return row


def _gained(
    scores: Mapping[str, LevelScore],
    plain: Mapping[str, LevelScore],
    averaged: Sequence[Deformation],
    unseen: Sequence[Deformation],
) -> dict[str, float]:
    """Return what training on deformed copies gained on clean audio and under deformations."""
    drawn, (a, b) = _shared([scores[CLEAN], plain[CLEAN]])
    test = drawn.compare(a, b)
    row = {
        "gained_clean": test.difference,
        "gained_clean_low": test.ci_low,
        "gained_clean_high": test.ci_high,
    }
    for name, some in (("gained_mean", averaged), ("gained_unseen", unseen)):
        pairs = {one.name: (scores[one.name], plain[one.name]) for one in some}
        row |= _mean_difference(name, pairs, some)
    return row


def _mean_difference(
    name: str, pairs: Mapping[str, tuple[LevelScore, LevelScore]], deformations: Sequence[Deformation]
) -> dict[str, float]:
    """Average the difference of two accuracies over kinds of deformation, with a paired interval."""
    fields = (name, f"{name}_low", f"{name}_high")
    if not deformations:
        return dict.fromkeys(fields, float("nan"))
    flat = [one for some in deformations for one in pairs[some.name]]
    drawn, shared = _shared(flat)
    right = np.array(shared, dtype=np.float64).reshape(len(deformations), 2, -1)
    difference = right[:, 0] - right[:, 1]
    if not difference.size:
        return dict.fromkeys(fields, float("nan"))
    kinds = np.array([one.kind for one in deformations])
    by_kind = [difference[kinds == kind].mean(axis=0) for kind in dict.fromkeys(kinds.tolist())]
    of_track = np.mean(by_kind, axis=0)
    unit, stratum = units_in_strata(drawn.units, drawn.genres, of_track.size)
    per_unit = np.column_stack([np.bincount(unit, weights=of_track), np.bincount(unit)]).astype(np.float64)
    low, high = share_interval(per_unit, (-1.0, 1.0), DEFAULT_BOOTSTRAP, stratum)
    return dict(zip(fields, (float(of_track.mean()), low, high), strict=True))


def _worst(losses: pd.DataFrame, one: Deformed) -> dict[str, object]:
    """Return the largest loss, and the first deformation that causes it; none where nothing is lost."""
    own = losses[(losses["part"] == one.part) & (losses["name"] == one.name)]
    own = own[own["deformation"] != CLEAN]
    row = own.iloc[int(np.argmax(own["lost_difference"].to_numpy(dtype=np.float64)))]
    lost = float(row["lost_difference"])
    return {"worst_lost": lost, "worst": str(row["deformation"]) if lost > 0 else ""}
