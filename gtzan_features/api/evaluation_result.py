"""What an evaluation found, as a person reads it: in a line, in a notebook, as frames and on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gtzan_features.api import html
from gtzan_features.api.comparison import Comparison
from gtzan_features.api.showing import showing, warn
from gtzan_features.api.words import speaks_python
from gtzan_features.errors import ConfigError, RunError
from gtzan_features.reporting.compare import compare_scored
from gtzan_features.reporting.fit_run import fit_prepared
from gtzan_features.reporting.label_compare import ONE_OF_EACH
from gtzan_features.reports.collect import labelled, long_table
from gtzan_features.reports.figures import confusion_size, draw_confusion
from gtzan_features.reports.tables import accuracy_cell, genre_table, level_name
from gtzan_features.rounding import percent
from gtzan_features.storage import here

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes

    from gtzan_features.api.showing import ShowProgress
    from gtzan_features.evaluation.aggregate import Method
    from gtzan_features.evaluation.intervals import Interval
    from gtzan_features.reporting.run_report import RunReport
    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.tables.run_folder import RunManifest
    from gtzan_features.training.fold import Fitted
    from gtzan_features.training.prepare_fit import PreparedFit

_SCORES = (
    "n_predictions",
    "n_tracks",
    "accuracy",
    "ci_low",
    "ci_high",
    "top2_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "log_loss",
    "calibration_error",
)


class EvaluationResult:
    """What a model was right about, and how sure that is. Made by `evaluate`.

    Attributes
    ----------
    accuracy : float
        Share of the tracks that are right, within [0, 1]: by mean probability where a track has segments.
    interval : Interval
        95 % interval of the accuracy, ``interval.low`` to ``interval.high``: over artists within genres, or
        Wilson's where no two tracks are known to be of one artist; ``interval.n_units`` of them.
    scores : DataFrame
        A row for each level (``segment``, ``vote``, ``mean``, ``log-mean``; or ``track`` where each track has
        one row) with counts, accuracy, its interval and further figures.
    confusion : DataFrame
        Tracks by true genre (rows) and predicted genre (columns).
    predictions : DataFrame
        A row for each tested row: ``track_id``, ``segment``, ``fold``, ``genre`` and a probability
        ``p_GENRE`` for each genre.
    protocol : str
        What was tested on what.
    leaked : bool
        Whether segments of one track were in training and test: no accuracy on new music.
    manifest : RunManifest
        What was done, to what, with what.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> rng = np.random.default_rng(0)
    >>> genres = np.repeat(["jazz", "rock"], 20)
    >>> frame = pd.DataFrame({"track_id": [f"{g}/{i}" for i, g in enumerate(genres)], "genre": genres})
    >>> frame["tempo"] = np.where(genres == "rock", 120.0, 90.0) + rng.normal(0, 10, 40)
    >>> frame["rms"] = rng.normal(0, 1, 40)
    >>> table = gf.read_table(frame, segments="30s")
    >>> result = gf.evaluate("lda", table, protocol="track", folds=4, n_jobs=1)
    >>> result
    EvaluationResult: lda on own, 30s rows of DataFrame, track 4-fold
      accuracy 92.5 % (95 % interval 80.1 to 97.4), 40 tracks, one row per track
      most confused jazz, least rock
    >>> result.confusion
    predicted  jazz  rock
    genre
    jazz         18     2
    rock          1    19
    """

    def __init__(self, report: RunReport, prepared: PreparedFit, tested: list[Fitted]) -> None:
        self._report, self._prepared, self._tested = report, prepared, tested

    @property
    def scored(self) -> ScoredRun:
        """The figures as reports take them."""
        return self._report.scored

    @property
    def accuracy(self) -> float:
        """Share of the tracks that are right."""
        return self._report.metrics.accuracy

    @property
    def interval(self) -> Interval:
        """95 % interval of the accuracy, over artists within genres."""
        return self.scored.best.interval

    @property
    def scores(self) -> pd.DataFrame:
        """Figures by level."""
        found = long_table([self.scored]).set_index("aggregation")[list(_SCORES)]
        return found.rename_axis("level").rename(columns={"n_predictions": "n"})

    @property
    def confusion(self) -> pd.DataFrame:
        """Tracks by true and predicted genre."""
        metrics = self._report.metrics
        return pd.DataFrame(
            metrics.confusion,
            index=pd.Index(metrics.genres, name="genre"),
            columns=pd.Index(metrics.genres, name="predicted"),
        )

    @property
    def predictions(self) -> pd.DataFrame:
        """Probabilities of every tested row; a copy."""
        return self.scored.run.predictions.frame.copy()

    @property
    def protocol(self) -> str:
        """What was tested on what."""
        return self.manifest.protocol

    @property
    def leaked(self) -> bool:
        """Whether segments of one track were in training and test."""
        return self.scored.leaked

    @property
    def manifest(self) -> RunManifest:
        """What was done, to what, with what."""
        return self._report.manifest

    @property
    def notes(self) -> tuple[str, ...]:
        """What the tracks did not allow."""
        return self._report.notes

    def plot_confusion(self, ax: Axes | None = None) -> Axes:
        """Draw the confusion matrix of tracks.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            To draw into; those of a new figure where not given.

        Returns
        -------
        Axes
        """
        metrics = self._report.metrics
        if ax is None:
            from matplotlib import pyplot as plt

            _, ax = plt.subplots(figsize=confusion_size(metrics), layout="constrained")
        draw_confusion(ax, metrics)
        ax.set_title(f"{self._mark}{self._what}\n{self._figure}", fontsize=9)
        return ax

    @speaks_python
    def compare(self, other: EvaluationResult, *, aggregation: Method = "mean") -> Comparison:
        """Test this result against another one on the same tracks, as ``gtzan compare`` does.

        Parameters
        ----------
        other : EvaluationResult
            On the same tracks of the same data set.
        aggregation : {"vote", "mean", "log-mean"}
            How segments are gathered to tracks.

        Returns
        -------
        Comparison

        Raises
        ------
        RunError
            If the other tested other tracks.
        """
        check_result(other)
        if self.manifest.several_labels != other.manifest.several_labels:
            raise RunError(Path(other.manifest.run_id), ONE_OF_EACH)
        first, second = labelled((self.scored, other.scored))
        found, sentence = compare_scored(first, second, aggregation)
        return Comparison(found, sentence)

    @speaks_python
    def save(
        self, runs: str | os.PathLike[str] = "runs", *, n_jobs: int = -1, progress: ShowProgress = None
    ) -> Path:
        """Write the run folder that ``gtzan fit`` writes: `gtzan report`, `predict` and `explain` take it.

        Under folds, and with ``final=True``, the model that is kept is fitted on all tracks now.

        Parameters
        ----------
        runs : path
            Folder of run folders.
        n_jobs : int
            Worker processes.
        progress : bool or callable, optional
            Whether a bar is drawn; see `evaluate`.

        Returns
        -------
        Path
            The run folder; an earlier one of the same run is replaced.

        Raises
        ------
        OutputLockedError
            If another process writes this run.
        """
        if not self._prepared.plan.keep_model:
            warn(self.notes[-1])
        with showing(progress) as shown:
            report = fit_prepared(
                self._prepared,
                here(runs, "runs"),
                tested=self._tested,
                n_jobs=n_jobs,
                progress=shown.progress,
            )
        return report.folder

    @property
    def _mark(self) -> str:
        return "LEAKED " if self.leaked else ""

    @property
    def _what(self) -> str:
        m = self.manifest
        synthetic = " (SYNTHETIC)" if m.synthetic else ""
        return f"{m.model} on {m.feature_set}, {m.segment} rows of {m.dataset}{synthetic}, {m.protocol}"

    @property
    def _figure(self) -> str:
        return self._figure_of("accuracy", self.accuracy)

    def _figure_of(self, name: str, figure: float, further: str = "") -> str:
        """Return a figure of tracks in words, with its interval, and how many and how gathered they are."""
        level, n = self.scored.best_level, self._report.metrics.n
        how = level_name(level) if level == "track" else f"segments gathered by {level}"
        low, high = percent(self.interval.low), percent(self.interval.high)
        by = " by artist" if self.interval.n_units < n else ""
        return (
            f"{name} {percent(figure)} % (95 % interval {low} to {high}{by}{further}), "
            f"{n} track{'' if n == 1 else 's'}, {how}"
        )

    def __repr__(self) -> str:
        """Return the result in a few lines; a leak stands first."""
        metrics = self._report.metrics
        lines = [f"{self._mark}EvaluationResult: {self._what}", f"  {self._figure}"]
        lines += [f"  {caveat}" for caveat in self._report.caveats]
        lines.append(f"  most confused {metrics.most_confused or 'none'}, least {metrics.least_confused}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the result for a notebook: accuracy with its interval by level, and confusions."""
        scored = self.scored
        rows = []
        for level, one in scored.scores.items():
            x, i = one.metrics, one.interval
            name = f"{self._mark}{level_name(level)}"
            rows.append((name, x.accuracy, i.low, i.high, f"{accuracy_cell(x.accuracy, i.low, i.high)} %"))
        genres = genre_table(self._report.metrics)
        return html.card(
            f"{self._mark}{self._what}",
            html.intervals(rows, header=("aggregation", "accuracy, 95 % interval")),
            html.confusion_matrix(self._report.metrics.confusion, self._report.metrics.genres),
            html.details("by genre", html.table(genres.header, genres.rows)),
            subtitle=self._figure,
            notes=[*self._report.caveats, self._report.drawn, *self.notes],
        )


def check_result(one: object) -> None:
    """Refuse what is no `EvaluationResult`, before an attribute of it is missed."""
    if not isinstance(one, EvaluationResult):
        msg = f"{type(one).__name__} is no result to compare: give what gf.evaluate returns"
        raise ConfigError(msg)
