"""From run folders to one long table: a row per run and level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.reports.scored import TRACK, Scored
from gtzan_features.reports.scores import LevelScore, score

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gtzan_features.tables.run_folder import Run, RunManifest

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
    "ci_units",
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
class ScoredRun(Scored[LevelScore]):
    """A run of one genre a track."""

    @property
    def on_features(self) -> str:
        """Model, features and rows in words: no figure is shown without them."""
        m = self.run.manifest
        rows = f"{m.segment} rows" + ("" if self.best_level == TRACK else f" by {self.best_level}")
        return f"{self.label} on {m.feature_set}, {rows}"


def score_runs(runs: Iterable[Run]) -> list[ScoredRun]:
    """Score runs at every level, with labels that distinguish runs of the same model."""
    return labelled([ScoredRun(run=run, label="", scores=score(run.predictions)) for run in runs])


def labelled(scored: Sequence[ScoredRun]) -> list[ScoredRun]:
    """Return scored runs with labels that distinguish them."""
    labels = run_labels([one.run for one in scored])
    return [replace(one, label=label) for one, label in zip(scored, labels, strict=True)]


def long_table(scored: Iterable[ScoredRun]) -> pd.DataFrame:
    """Return one row per run and level with the columns `COLUMNS`; sorted."""
    ordered = sorted(scored, key=_row_order)
    rows = [_row(one, level) for one in ordered for level in one.scores]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row_order(one: ScoredRun) -> tuple[Any, ...]:
    m = one.run.manifest
    by_words = one.label, m.feature_set, m.segment, m.run_id
    return m.dataset, m.synthetic, one.leaked, one.tested.order, *by_words


def by_dataset(scored: Iterable[ScoredRun]) -> dict[tuple[str, bool], list[ScoredRun]]:
    """Return the runs on each data set, real and synthetic music of one name apart; GTZAN's first."""
    found: dict[tuple[str, bool], list[ScoredRun]] = {}
    for one in scored:
        found.setdefault((one.run.manifest.dataset, one.run.manifest.synthetic), []).append(one)
    return dict(sorted(found.items(), key=lambda item: (not item[0][0].startswith("GTZAN"), item[0])))


def segment_s(name: str) -> float:
    """Seconds of a row's name, for sorting: ``"3s"`` is 3.0; ``"3s+30s"`` comes right after."""
    own, *beside = (float(length.removesuffix("s")) for length in name.split("+"))
    return own + 1e-6 * sum(beside)


def run_labels(runs: list[Run]) -> list[str]:
    """Name each run by its model, and by what distinguishes it from other runs of this model on the data set.

    A setting that differs between two runs is named with both, under whatever protocol, rows and features
    they stand: a row of a table never holds two models under one name.
    """
    manifests = [run.manifest for run in runs]
    labels = []
    for m in manifests:
        wide = [t for t in manifests if _same(m, t, "dataset", "synthetic", "model")]
        tables = [t for t in wide if _same(m, t, "feature_set", "segment")]
        twins = [t for t in tables if t.protocol == m.protocol]
        parts = _parts(m, wide, tables)
        same = [t for t in twins if _parts(t, wide, tables) == parts]
        if len(same) > 1:
            # Of the same figures with and without --final, that word says more than a hash.
            is_told = len(same) == 2 and same[0].final != same[1].final
            parts += ["final"] * m.final if is_told else [m.run_id[-6:]]
        labels.append(f"{m.model} ({', '.join(parts)})" if parts else m.model)
    return labels


def _same(a: RunManifest, b: RunManifest, *names: str) -> bool:
    return all(getattr(a, name) == getattr(b, name) for name in names)


def _parts(m: RunManifest, wide: list[RunManifest], tables: list[RunManifest]) -> list[str]:
    """Name settings and seed where they differ among `wide`, and the table where it does among `tables`.

    What a run has not is not named.
    """
    parts = [f"{name}={value}" for name, value in m.settings.items() if _differs(wide, name)]
    if len({t.seed for t in wide}) > 1:
        parts.append(f"seed={m.seed}")
    if len({t.n_tracks for t in tables}) > 1:
        parts.append(f"{m.n_tracks} tracks")
    if len({t.feature_fingerprint for t in tables}) > 1:
        parts.append(f"features {m.feature_fingerprint[:6]}")
    if len({t.table_sha256 for t in tables}) > 1:
        parts.append(f"table {m.table_sha256[:6]}")
    return parts


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
        one.leaked,
        len(set(s.units)),
        x.n,
        x.accuracy,
        s.interval.low,
        s.interval.high,
        s.interval.method,
        s.interval.n_units,
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
