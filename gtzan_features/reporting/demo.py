"""The whole job on the synthetic data set: synthesise, extract, fit, report."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import ConfigError
from gtzan_features.extraction.extract import ExtractSummary, extract
from gtzan_features.music.synthesise import synthesise
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import ReportResult, report
from gtzan_features.training.fit_config import FitConfig

if TYPE_CHECKING:
    from pathlib import Path


MODELS = ("xgboost", "svm", "logistic-regression", "majority")
SEGMENTS = (SegmentConfig(30.0), SegmentConfig(3.0))
PROTOCOLS = ("track", "segment")
FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demo made: the extraction's summary and the report."""

    extraction: ExtractSummary
    report: ReportResult


def demo(
    folder: Path,
    *,
    tracks_per_genre: int = 20,
    n_jobs: int = -1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> DemoResult:
    """Run the whole job on synthetic music in `folder`: audio, features, runs and reports.

    Each model is tested honestly (``track``) and with the leak (``segment``), on 30 s and on 3 s rows, in
    five folds, or as many as there are tracks of a genre.

    Raises
    ------
    ConfigError
        If there are fewer than two tracks of a genre.
    """
    if tracks_per_genre < 2:
        msg = f"--tracks {tracks_per_genre}: at least 2 of a genre are needed, one to train on, one to test"
        raise ConfigError(msg)
    folds = min(FOLDS, tracks_per_genre)
    splits = [SplitConfig(protocol=protocol, folds=folds) for protocol in PROTOCOLS]
    synthesise(folder / "audio", tracks_per_genre=tracks_per_genre, n_jobs=n_jobs, progress=progress)
    extraction = extract(
        folder / "audio",
        folder / "features",
        n_jobs=n_jobs,
        overwrite=True,
        progress=progress,
        notice=notice,
    )
    # On one row per track the leaked protocol has no segments to leak through.
    jobs = [
        (model, segment, split)
        for model, segment, split in product(MODELS, SEGMENTS, splits)
        if not (segment.is_track and split.leaked)
    ]
    for model, segment, split in jobs:
        settings = ("n_estimators=100", "learning_rate=0.1") if model == "xgboost" else ()
        fit_run(
            folder / "features",
            folder / "runs",
            FitConfig(model=model, segment=segment, settings=settings, split=split, allow_leak=True),
            n_jobs=n_jobs,
            progress=progress,
        )
    return DemoResult(extraction=extraction, report=report(folder / "runs", folder / "reports"))
