"""What a model says of a recording, and why: values, pictures, and how both look in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.api import html
from gtzan_features.prediction.timeline_files import draw_prediction
from gtzan_features.reports.html.over_time import spans_in_words
from gtzan_features.rounding import percent
from gtzan_features.storage import here
from gtzan_features.text import one_line

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gtzan_features.models.applying.load import ModelCard
    from gtzan_features.prediction.explanation import Explanation as Found
    from gtzan_features.prediction.predict import FilePrediction

_SHOWN = 3
_BARS = 10


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """What a model says of one recording. Made by `Model.predict`.

    Attributes
    ----------
    found : FilePrediction
        The prediction as the steps below and ``gtzan predict --json`` have it.
    card : ModelCard
        Of the model.
    name : str
        The file, or "samples".
    genre : str
        The answer: the most probable genre, or "none of these" for music unlike the training music.
    none_of_these : bool
        Whether the recording is unlike the training music; False where the model has no rule for it.
    nearest : str
        The most probable genre, whatever the answer is.
    labels : tuple of str
        Of a model of several labels: those that the recording gets, the most probable first. Else the genre.
    probabilities : Series
        Probability of each genre, the largest first; of several labels they do not sum to one.
    ranking : tuple of str
        The genres, best first.
    segments : DataFrame
        The timeline: ``start_s`` and ``end_s`` (s) of each segment, its ``genre``, and one column with the
        probability of each genre.
    duration_s : float
        Of the recording in seconds.
    warnings : tuple of str
        What makes this prediction doubtful, a sentence each.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> import gtzan_features as gf
    >>> rng = np.random.default_rng(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for genre, level in (("loud", 0.8), ("soft", 0.1)):
    ...         Path(folder, "music", genre).mkdir(parents=True)
    ...         for track in "abc":
    ...             noise = level * rng.uniform(-1, 1, 4 * 22_050)
    ...             soundfile.write(f"{folder}/music/{genre}/{track}.wav", noise, 22_050)
    ...     table = gf.extract(f"{folder}/music", out=f"{folder}/tables", n_jobs=1)
    >>> model = gf.fit("lda", table)
    >>> found = model.predict(0.1 * rng.uniform(-1, 1, 7 * 22_050), sr=22_050)
    >>> found.genre, found.ranking
    ('soft', ('soft', 'loud'))
    >>> found.probabilities.index.tolist(), found.segments[["start_s", "genre"]].values.tolist()
    (['soft', 'loud'], [[0.0, 'soft'], [3.0, 'soft']])
    """

    found: FilePrediction
    card: ModelCard

    @property
    def name(self) -> str:
        """The file, or what the samples are called."""
        return self.found.path

    @property
    def genre(self) -> str:
        """The most probable genre, or "none of these"."""
        return self.found.genre

    @property
    def none_of_these(self) -> bool:
        """Whether the recording is unlike the training music; False where the model has no rule for it."""
        return self.found.none_of_these

    @property
    def nearest(self) -> str:
        """The most probable genre, whatever the answer is."""
        return self.found.nearest

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the recording gets, of a model of several; else its genre."""
        return self.found.labels if self.found.several else (self.found.genre,)

    @property
    def probabilities(self) -> pd.Series:
        """Probability of each genre, the largest first; a Series indexed by ``genre``."""
        names, values = zip(*self.found.top(len(self.found.genres)), strict=True)
        return pd.Series(values, index=pd.Index(names, name="genre"), name="probability")

    @property
    def ranking(self) -> tuple[str, ...]:
        """The genres, best first; ties are broken as in every report."""
        return self.found.ranking

    @property
    def segments(self) -> pd.DataFrame:
        """The timeline: a row for each segment."""
        p = pd.DataFrame(list(self.found.segments), columns=list(self.found.genres), dtype=float)
        frame = pd.DataFrame({"start_s": self.found.starts_s, "end_s": self.found.ends_s})
        frame["genre"] = p.idxmax(axis=1)
        return pd.concat([frame, p], axis=1)

    @property
    def duration_s(self) -> float:
        """Length of the recording in seconds."""
        return self.found.duration_s

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes this prediction doubtful, a sentence each; empty where nothing does."""
        return self.found.warnings

    def plot(self) -> Axes:
        """Draw the genre over time, and the probabilities of the whole recording beside it.

        Returns
        -------
        Axes
            That of the timeline, in a new figure of pyplot.
        """
        return _on_new_figure(lambda figure: draw_prediction(self.found, figure, by=self.card.title))

    def __repr__(self) -> str:
        """Return genre, best three and warnings at a glance."""
        top = self._given or ", ".join(f"{genre} {percent(p)} %" for genre, p in self.found.top(_SHOWN))
        if self.none_of_these:
            top = f"{self.genre}, nearest: {top}"
        n = len(self.found.segments)
        lines = [f"Prediction: {top} ({one_line(Path(self.name).name)}, {_size(n, self.duration_s)})"]
        lines += [f"  {caveat}" for caveat in caveats(self.card)]
        lines += [f"  warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the prediction for a notebook: genre, warnings, probabilities, and the genre over time."""
        top = self.found.top(_BARS)
        more = len(self.found.genres) - len(top)
        parts: list[Any] = [html.bars([(genre, p, f"{percent(p)} %") for genre, p in top])]
        if more > 0:
            parts.append(f"and {more} less probable")
        if len(self.found.segments) > 1:
            picture = html.figure(draw_prediction(self.found), self._in_words())
            parts.append(html.details("over time", picture))
        said = f"{self.nearest}, {percent(self.found.top(1)[0][1])} %"
        return html.card(
            self._given or (f"{self.genre} (nearest: {said})" if self.none_of_these else said),
            *parts,
            subtitle=f"{Path(self.name).name}, {_size(len(self.found.segments), self.duration_s)}; "
            f"{self.card.title}",
            notes=[*caveats(self.card), *self.warnings],
        )

    @property
    def _given(self) -> str:
        """The given labels of a model of several in words; empty for one genre."""
        found = self.found
        if not found.several:
            return ""
        given = [(name, p) for name, p in found.top(len(found.genres)) if name in found.labels]
        best, most = found.top(1)[0]
        named = ", ".join(f"{name} {percent(p)} %" for name, p in given)
        return named or f"no label (the most probable: {best} {percent(most)} %)"

    def _in_words(self) -> str:
        bounds = list(zip(self.found.starts_s, self.found.ends_s, strict=True))
        return spans_in_words(list(self.segments["genre"]), bounds)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why a model takes a recording for its genre. Made by `explain` and `Model.explain`.

    Attributes
    ----------
    found : Explanation of the steps below
        All values.
    card : ModelCard
        Of the model.
    genre : str
        The most probable genre, which is explained.
    probability : float
        Of that genre, as `Model.predict` gives it.
    method : str
        How it was found, in words.
    frame : DataFrame
        Models on features: ``kind`` ("family" or "feature"), ``name``, ``family`` and ``value``, families
        first; of XGBoost what each adds to the margin of the genre (TreeSHAP), of other models how much the
        genre's probability falls without the family. Networks on spectrograms: windows, with ``start_s``,
        ``end_s`` (s), ``low_hz``, ``high_hz`` (Hz), the ``fall`` of the probability when the window is
        hidden, and ``gradient`` times input. The most decisive first.
    agreement : float or None
        Rank correlation of the two methods over the windows of a spectrogram.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> import gtzan_features as gf
    >>> rng = np.random.default_rng(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for genre, level in (("loud", 0.8), ("soft", 0.1)):
    ...         Path(folder, "music", genre).mkdir(parents=True)
    ...         for track in "abc":
    ...             noise = level * rng.uniform(-1, 1, 4 * 22_050)
    ...             soundfile.write(f"{folder}/music/{genre}/{track}.wav", noise, 22_050)
    ...     table = gf.extract(f"{folder}/music", out=f"{folder}/tables", n_jobs=1)
    >>> model = gf.fit("svm", table)
    >>> why = model.explain(0.1 * rng.uniform(-1, 1, 4 * 22_050), sr=22_050)
    >>> why.genre, why.frame.columns.tolist()
    ('soft', ['kind', 'name', 'family', 'value'])
    """

    found: Found
    card: ModelCard

    @property
    def genre(self) -> str:
        """The most probable genre, which is explained."""
        return self.found.genre

    @property
    def probability(self) -> float:
        """Probability of that genre, as `Model.predict` gives it."""
        return float(self.found.probability or 0.0)

    @property
    def method(self) -> str:
        """How it was found, in words."""
        return self.found.method

    @property
    def agreement(self) -> float | None:
        """Rank correlation of the two methods over the windows of a spectrogram; None for other models."""
        return self.found.agreement

    @property
    def frame(self) -> pd.DataFrame:
        """What decides, the most decisive first."""
        if self.found.regions:
            return pd.DataFrame(list(self.found.regions))
        return pd.DataFrame(list(self.found.contributions)).drop(columns="deviation")

    def plot(self) -> Axes:
        """Draw it: a bar for each family of features, or maps over the spectrogram.

        Returns
        -------
        Axes
            The first one, in a new figure of pyplot.
        """
        return _on_new_figure(self.found.figure)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture as PNG, as ``gtzan explain --out`` does.

        Parameters
        ----------
        path : path
            Of the picture.
        """
        self.found.save(here(path, "a picture"))

    def __repr__(self) -> str:
        """Return the genre, how it was found and what decides most."""
        lines = [f"Explanation: {one_line(self.found.title)}"]
        lines += [f"  {caveat}" for caveat in caveats(self.card)]
        lines += ["  " + ", ".join(row) for row in self.found.table.rows[:_SHOWN]]
        lines.append(f"  by {self.method}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the explanation for a notebook: what decides, as bars, or as a picture and a table."""
        table = self.found.table
        if self.found.maps is not None:
            picture = html.figure(
                self.found.figure(), f"Spectrogram and what decides in it: {self.found.title}"
            )
            parts = [picture, html.details("where", html.table(table.header, table.rows))]
        else:
            parts = self._bars()
        return html.card(
            f"Why {self.genre}, {percent(self.probability)} %",
            *parts,
            subtitle=f"{self.found.title}. By {self.method}.",
            notes=caveats(self.card),
        )

    def _bars(self) -> list[Markup]:
        """Return bars of families, and of the features that decide most where they are known."""
        found, shown = self.found, []
        for kind, unit in (("family", found.unit), ("feature", "adds to the genre's margin")):
            some = [one for one in found.contributions if one.kind == kind][:_BARS]
            if not some:
                continue
            most = max(abs(one.value) for one in some) or 1.0
            rows = [(one.name, one.value, f"{one.value:+.3f}") for one in some]
            shown.append(html.bars(rows, header=(kind, unit), low=-most, high=most, signed=True))
        return shown


def caveats(card: ModelCard) -> list[str]:
    """Return what must be said wherever a model answers: that it learned from no real music, or is a leak."""
    found = []
    if card.leaked:
        found.append("LEAKED: this model's measured accuracy says nothing about new music")
    if card.synthetic:
        found.append("trained on synthetic music: it says nothing about real music")
    return found


def _size(n_segments: int, seconds: float) -> str:
    return f"{n_segments} segment{'' if n_segments == 1 else 's'}, {seconds:.1f} s"


def _on_new_figure(draw: Callable[[Figure], Figure]) -> Axes:
    """Draw into a figure of pyplot, which notebooks and ``plt.show()`` know; return its first axes."""
    from matplotlib import pyplot as plt

    first: Axes = draw(plt.figure()).axes[0]
    return first
