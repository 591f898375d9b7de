"""Pictures of one run on the page: matplotlib's, as SVG in the colours of the page, in dark mode too.

Every picture has a sentence that says what it shows, for a reader who cannot see it, and its data as CSV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.curves import curves_figure, curves_words
from gtzan_features.reports.figures import reliability_figure
from gtzan_features.reports.html.data import CsvLink, csv_link
from gtzan_features.reports.inline_svg import page_svg
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from markupsafe import Markup

    from gtzan_features.evaluation.calibration import ReliabilityBin


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture: its SVG, what it shows in words, and its data."""

    title: str
    svg: Markup
    words: str
    csv: CsvLink
    wide: bool = False


def reliability_chart(name: str, bins: Sequence[ReliabilityBin], error: float) -> Chart:
    """Draw how often predictions of each confidence are right.

    Parameters
    ----------
    name : str
        Of the run; for the name of the CSV.
    bins : sequence of ReliabilityBin
        One of them not empty.
    error : float
        Calibration error within [0, 1].
    """
    over = sum(b.n * ((b.confidence or 0) - (b.accuracy or 0)) for b in bins) > 0
    words = (
        f"Calibration error {percent(error)} points; on the whole the model is "
        f"{'too sure' if over else 'not sure enough'} of itself. Larger dots stand for more predictions."
    )
    rows = [(b.low, b.high, b.n, b.confidence, b.accuracy) for b in bins]
    return Chart(
        title="Reliability",
        svg=page_svg(reliability_figure(bins), f"Reliability diagram. {words}", name),
        words=words,
        csv=csv_link(f"reliability {name}", ("low", "high", "n", "confidence", "accuracy"), rows),
    )


def curves_chart(name: str, curves: pd.DataFrame) -> Chart:
    """Draw loss and accuracy by epoch, training and validation; `name` is that of the run."""
    words = curves_words(curves)
    rows = curves.astype(object).where(curves.notna(), None).itertuples(index=False)
    return Chart(
        title="Training curves",
        svg=page_svg(curves_figure(curves, ""), words, name),
        words=f"{words} Solid: training; dashed: validation, on other tracks. Thin lines are folds, thick "
        "ones their mean; dots: the weights that were kept.",
        csv=csv_link(f"curves {name}", list(curves.columns), [tuple(row) for row in rows]),
        wide=curves["stage"].nunique() > 1,
    )
