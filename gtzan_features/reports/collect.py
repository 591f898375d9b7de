"""From run folders to one long table: a row per run and level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.evaluation.comparison import PairedComparison, compare
from gtzan_features.reports.scores import SEGMENT, TRACK, LevelScore, score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gtzan_features.tables.runs import Run, RunManifest

COLUMNS = (
    "dataset",
    "synthetic",
    "model",
    "features",
    "segments",
    "aggregation",
    "protocol",
    "leaked",
    "n_tracks",
    "n_predictions",
    "accuracy",
    "ci_low",
    "ci_high",
    "ci_method",
    "top2_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "log_loss",
    "calibration_error",
    "train_accuracy",
    "most_confused",
    "least_confused",
    "seed",
    "run_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRun:
    """A run, its label in tables, and its figures at every level."""

    run: Run
    label: str
    scores: dict[str, LevelScore]

    @property
    def best_level(self) -> str:
        """The level that stands for the run where only one is shown: tracks, by mean probability."""
        return representative(self.scores)


def representative(scores: dict[str, LevelScore]) -> str:
    """Return the level that stands for a run: tracks, by mean probability where they have segments."""
    return TRACK if TRACK in scores else "mean"


def score_runs(runs: Iterable[Run]) -> list[ScoredRun]:
    """Score runs at every level, with labels that tell runs of the same model apart."""
    found = list(runs)
    labels = _labels(found)
    return [
        ScoredRun(run=run, label=label, scores=score(run.predictions))
        for run, label in zip(found, labels, strict=True)
    ]


def long_table(scored: Iterable[ScoredRun]) -> pd.DataFrame:
    """Return one row per run and level with the columns `COLUMNS`; sorted."""
    rows = [_row(one, level) for one in scored for level in one.scores]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    keys = ["dataset", "leaked", "protocol", "model", "features", "segments", "run_id"]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def segment_s(name: str) -> float:
    """Seconds of a row's name, for sorting: ``"3s"`` is 3.0; ``"3s+30s"`` comes right after."""
    own, *beside = (float(length.removesuffix("s")) for length in name.split("+"))
    return own + 1e-6 * sum(beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthTest:
    """A paired test of the mean of short segments against whole tracks, for one model and protocol."""

    label: str
    protocol: str
    short: str
    long: str
    comparison: PairedComparison


def length_tests(scored: Iterable[ScoredRun]) -> list[LengthTest]:
    """Test, for each honest run on short segments, its track means against the longest rows' run.

    Runs pair where model, settings, seed, features, data set and protocol are equal and the tested
    tracks are the same.
    """
    honest = [one for one in scored if not one.run.manifest.leaked]
    tests = []
    for long in honest:
        if TRACK not in long.scores:
            continue
        for short in honest:
            if SEGMENT in short.scores and _pair_key(short) == _pair_key(long):
                a, b = short.scores["mean"], long.scores[TRACK]
                if a.units == b.units:
                    tests.append(
                        LengthTest(
                            label=long.label,
                            protocol=long.run.manifest.protocol,
                            short=short.run.manifest.segment,
                            long=long.run.manifest.segment,
                            comparison=compare(a.correct, b.correct),
                        )
                    )
    return tests


def _pair_key(one: ScoredRun) -> tuple[Any, ...]:
    m = one.run.manifest
    return m.dataset, m.model, str(m.settings), m.seed, m.feature_set, m.protocol


def _labels(runs: list[Run]) -> list[str]:
    """Name each run by its model, and by what differs where a table would hold two such rows."""
    keys = [
        (m.dataset, m.model, m.feature_set, m.segment, m.protocol) for m in (run.manifest for run in runs)
    ]
    labels = []
    for run, key in zip(runs, keys, strict=True):
        twins = [r.manifest for r, k in zip(runs, keys, strict=True) if k == key]
        parts = _parts(run.manifest, twins)
        if sum(_parts(twin, twins) == parts for twin in twins) > 1:
            parts.append(run.manifest.run_id[-6:])
        labels.append(f"{run.manifest.model} ({', '.join(parts)})" if parts else run.manifest.model)
    return labels


def _parts(m: RunManifest, twins: list[RunManifest]) -> list[str]:
    """Name settings and seed of a run where they differ among `twins`; what a run has not is not named."""
    parts = [f"{name}={value}" for name, value in m.settings.items() if _differs(twins, name)]
    return [*parts, f"seed={m.seed}"] if len({t.seed for t in twins}) > 1 else parts


def _differs(manifests: list[RunManifest], name: str) -> bool:
    return len({str(m.settings.get(name)) for m in manifests}) > 1


def _row(one: ScoredRun, level: str) -> tuple[Any, ...]:
    m, s = one.run.manifest, one.scores[level]
    x = s.metrics
    return (
        m.dataset,
        m.synthetic,
        one.label,
        m.feature_set,
        m.segment,
        level,
        m.protocol,
        m.leaked,
        len(set(s.units)),
        x.n,
        x.accuracy,
        s.interval.low,
        s.interval.high,
        s.interval.method,
        x.top2_accuracy,
        x.macro_precision,
        x.macro_recall,
        x.macro_f1,
        x.log_loss,
        x.calibration_error,
        one.run.metrics.get("train_accuracy"),
        x.most_confused,
        x.least_confused,
        m.seed,
        m.run_id,
    )
