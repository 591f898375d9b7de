"""What an evaluation with several labels a track found, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pandas as pd

from gtzan_features.api import html
from gtzan_features.api.comparison import LabelsComparison
from gtzan_features.api.evaluation_result import EvaluationResult, check_result
from gtzan_features.api.words import speaks_python
from gtzan_features.errors import RunError
from gtzan_features.reporting.label_compare import ONE_OF_EACH, LabelComparison, compare_labels
from gtzan_features.reports.label_tables import EXPLAINED, FIGURES, OF_LABEL, label_figures
from gtzan_features.reports.tables import accuracy_cell, level_name
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gtzan_features.evaluation.aggregate import Method
    from gtzan_features.reporting.label_run_report import LabelRunReport
    from gtzan_features.reports.label_scores import ScoredLabels
    from gtzan_features.training.fold import Fitted
    from gtzan_features.training.prepare_fit import PreparedFit

_NONE = "a track may have several labels, so there is no {}: see average_precision, scores and labels"


class LabelsResult(EvaluationResult):
    """How well labels were told, where a track may have several. Made by `evaluate`.

    It has the attributes of `EvaluationResult` but accuracy and confusion, and further:

    Attributes
    ----------
    average_precision : float
        Mean over labels, of tracks by mean probability; chance gives `base_rate`.
    base_rate : float
        Mean share of the tracks that have a label.
    interval : Interval
        95 % interval of the average precision, over artists and tracks of unknown artist.
    scores : DataFrame
        A row for each level with means over labels and further figures.
    labels : DataFrame
        A row for each label, of tracks: ``support``, ``base_rate``, ``n_given``, ``average_precision``,
        ``roc_auc``, ``precision``, ``recall`` and ``f1``.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> rng = np.random.default_rng(0)
    >>> fast, loud = rng.uniform(size=(2, 40)) < 0.5
    >>> fast |= ~loud
    >>> frame = pd.DataFrame({"track_id": [f"track {i}" for i in range(40)]})
    >>> frame["genre"] = np.where(fast & loud, "fast;loud", np.where(fast, "fast", "loud"))
    >>> frame["tempo"] = np.where(fast, 130.0, 90.0) + rng.normal(0, 5, 40)
    >>> frame["rms"] = np.where(loud, 0.3, 0.1) + rng.normal(0, 0.1, 40)
    >>> table = gf.read_table(frame, segments="30s", several_labels=True)
    >>> result = gf.evaluate("lda", table, protocol="track", folds=4, n_jobs=1)
    >>> result.labels["support"].to_dict()
    {'fast': 29, 'loud': 23}
    >>> bool(result.average_precision > result.base_rate)
    True
    """

    def __init__(self, report: LabelRunReport, prepared: PreparedFit, tested: list[Fitted]) -> None:
        self._report = report  # type: ignore[assignment]  # with the same names but those of accuracies
        self._labels = report
        self._prepared, self._tested = prepared, tested

    @property
    def scored_labels(self) -> ScoredLabels:
        """The figures as reports take them."""
        return self._labels.scored

    @property
    def average_precision(self) -> float:
        """Mean over labels, of tracks."""
        return self._labels.metrics.macro_average_precision

    @property
    def base_rate(self) -> float:
        """Average precision of chance."""
        return self._labels.metrics.base_rate

    @property
    def scores(self) -> pd.DataFrame:
        """Figures over all labels, by level."""
        rows = {
            level: {
                "n": one.metrics.n,
                **{name: getattr(one.metrics, name) for name in FIGURES},
                "ci_low": one.interval.low,
                "ci_high": one.interval.high,
            }
            for level, one in self._labels.scores.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("level")

    @property
    def labels(self) -> pd.DataFrame:
        """Figures of each label, of tracks."""
        rows = [label_figures(one) for one in self._labels.metrics.per_label]
        return pd.DataFrame(rows, columns=list(OF_LABEL)).set_index("label")

    @property
    def accuracy(self) -> NoReturn:
        """None here."""
        raise AttributeError(_NONE.format("accuracy"))

    @property
    def confusion(self) -> NoReturn:
        """None here."""
        raise AttributeError(_NONE.format("confusion"))

    def plot_confusion(self, ax: Axes | None = None) -> NoReturn:  # noqa: ARG002
        """None here."""
        raise AttributeError(_NONE.format("confusion"))

    @speaks_python
    def compare(self, other: EvaluationResult, *, aggregation: Method = "mean") -> LabelsComparison:  # type: ignore[override]
        """Test this result against another one on the same tracks, by average precision.

        Raises
        ------
        RunError
            If the other tested other tracks, or has one genre a track.
        """
        return LabelsComparison(*compare_label_results(self, other, aggregation=aggregation))

    @property
    def _figure(self) -> str:
        chance = f"; chance {percent(self.base_rate)}"
        return self._figure_of("average precision", self.average_precision, chance)

    def __repr__(self) -> str:
        """Return the result in a few lines, with the labels that are told best and worst."""
        lines = [f"{self._mark}LabelsResult: {self._what}", f"  {self._figure}"]
        lines += [f"  {caveat}" for caveat in self._labels.caveats]
        ranked = self.labels["average_precision"].dropna().sort_values(kind="stable")
        worst, best = str(ranked.index[0]), str(ranked.index[-1])
        lines.append(
            f"  {len(self.labels)} labels; told best {best} {percent(ranked.iloc[-1])}, "
            f"worst {worst} {percent(ranked.iloc[0])}"
        )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the result for a notebook: average precision with its interval by level, and the labels."""
        rows = []
        for level, one in self._labels.scores.items():
            figure, i = one.metrics.macro_average_precision, one.interval
            rows.append(
                (level_name(level), figure, i.low, i.high, f"{accuracy_cell(figure, i.low, i.high)} %")
            )
        labels = self._labels.label_table
        return html.card(
            f"{self._mark}{self._what}",
            html.intervals(rows, header=("aggregation", "average precision, 95 % interval")),
            html.table(labels.header, labels.rows, caption="Labels, per cent"),
            EXPLAINED,
            subtitle=self._figure,
            notes=[*self._labels.caveats, *self.notes],
        )


def compare_label_results(
    first: EvaluationResult, second: EvaluationResult, *, aggregation: str = "mean", n_pairs: int = 1
) -> tuple[LabelComparison, str]:
    """Test two results of several labels against each other; RunError where one has one genre a track."""
    for one in (first, second):
        check_result(one)
    if not (isinstance(first, LabelsResult) and isinstance(second, LabelsResult)):
        plain = second if isinstance(first, LabelsResult) else first
        raise RunError(plain.scored.run.folder, ONE_OF_EACH)
    return compare_labels(first.scored_labels, second.scored_labels, aggregation, n_pairs)
