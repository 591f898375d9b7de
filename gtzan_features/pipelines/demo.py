"""The whole job on the synthetic data set: synthesise, extract, fit, report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.config import SegmentConfig
from gtzan_features.datasets.splits import SplitConfig
from gtzan_features.datasets.synthetic import SyntheticConfig
from gtzan_features.pipelines.extract import ExtractSummary, extract
from gtzan_features.pipelines.fit import FitConfig, fit
from gtzan_features.pipelines.progress import Notice, Progress, mute, silent
from gtzan_features.pipelines.report import report
from gtzan_features.pipelines.synthesise import synthesise
from gtzan_features.tables.store import table_path

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gtzan_features.parallel.executor import Executor

MODELS = ("xgboost", "svm", "logistic-regression", "majority")
SEGMENTS = ("30s", "3s")
SPLITS = (SplitConfig(protocol="track", folds=5), SplitConfig(protocol="segment", folds=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demo made: the extraction's summary, the results, and where the report lies."""

    extraction: ExtractSummary
    results: pd.DataFrame
    reports_dir: Path


def demo(
    folder: Path,
    config: SyntheticConfig,
    *,
    executor: Executor,
    progress: Progress = silent,
    notice: Notice = mute,
) -> DemoResult:
    """Run the whole job on synthetic music in `folder`: audio, features, runs and reports.

    Each model is tested honestly (``track``) and with the leak (``segment``), on 30 s and on 3 s rows.
    """
    synthesise(folder / "audio", config, executor=executor, progress=progress)
    extraction = extract(
        folder / "audio",
        folder / "features",
        executor=executor,
        overwrite=True,
        progress=progress,
        notice=notice,
    )
    jobs = [(m, s, split) for m in MODELS for s in SEGMENTS for split in SPLITS if s == "3s" or not split.leaked]
    for model, segment, split in jobs:
        settings = ("n_estimators=100", "learning_rate=0.1") if model == "xgboost" else ()
        fit(
            table_path(folder / "features", "kaggle", SegmentConfig.parse(segment).name),
            folder / "runs",
            FitConfig(model=model, settings=settings, split=split, allow_leak=True),
            executor=executor,
            progress=progress,
        )
    results = report(folder / "runs", folder / "reports")
    return DemoResult(extraction=extraction, results=results, reports_dir=folder / "reports")
