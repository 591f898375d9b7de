"""Paired tests of two results, as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.api import html

if TYPE_CHECKING:
    from gtzan_features.evaluation.comparison import PairedComparison
    from gtzan_features.reporting.label_compare import LabelComparison


class PairedResult:
    """What every paired test has: how much better the first is, and how sure that is."""

    def __init__(self, found: PairedComparison | LabelComparison, sentence: str) -> None:
        self.found, self.sentence = found, sentence

    @property
    def difference(self) -> float:
        """Figure of the first less that of the second."""
        return self.found.difference

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference."""
        return self.found.ci_low, self.found.ci_high

    def __repr__(self) -> str:
        """Return what the test shows."""
        return self.sentence


class Comparison(PairedResult):
    """A paired test of two results on the same tracks; it prints as a sentence.

    Attributes
    ----------
    difference : float
        Accuracy of the first less that of the second, within [-1, 1].
    interval : tuple of float
        95 % bootstrap interval of the difference, over artists within genres where they are known, else over
        tracks.
    p_value : float
        Of the exact test, two-sided.
    sentence : str
        What the test shows, and in what the two results differ.
    found : PairedComparison
        All figures of the test.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> genres = np.repeat(["jazz", "rock"], 8)
    >>> frame = pd.DataFrame({"track_id": [f"{g}/{i}" for i, g in enumerate(genres)], "genre": genres})
    >>> frame["tempo"] = np.where(genres == "rock", 120.0, 90.0) + np.arange(16)
    >>> table = gf.read_table(frame, segments="30s")
    >>> trained = gf.evaluate("knn", table, protocol="track", folds=4, n_jobs=1)
    >>> guessed = gf.evaluate("majority", table, protocol="track", folds=4, n_jobs=1)
    >>> comparison = trained.compare(guessed)
    >>> comparison.difference, comparison.p_value < 0.05
    (0.5, True)
    """

    found: PairedComparison

    @property
    def p_value(self) -> float:
        """Of the exact test."""
        return self.found.p_value

    def _repr_html_(self) -> str:
        """Return the test for a notebook."""
        f = self.found
        pairs = [
            ("tracks", f.n),
            ("units", f.n_units),
            ("only the first right", f.only_a),
            ("only the second right", f.only_b),
            ("test", f"{f.test}, p = {f.p_value:.2g}"),
        ]
        return html.card("Paired comparison", self.sentence, html.key_values(pairs))


class LabelsComparison(PairedResult):
    """A paired test of two results with several labels on the same tracks; it prints as a sentence.

    Attributes
    ----------
    difference, interval, sentence
        As of a `Comparison`, by average precision.
    shown : bool
        Whether the interval excludes zero.
    """

    found: LabelComparison

    @property
    def shown(self) -> bool:
        """Whether the interval excludes zero."""
        return self.found.is_shown

    def _repr_html_(self) -> str:
        """Return the test for a notebook."""
        return html.card("Paired comparison", self.sentence, self.found.counted)
