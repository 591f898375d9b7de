"""What decides: the values, and how they are shown as a table and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gtzan_features.reports.contribution_bars import bars_figure
from gtzan_features.reports.figures import save_figure
from gtzan_features.reports.saliency import SaliencyMaps, saliency_figure
from gtzan_features.rounding import decimals, points
from gtzan_features.tables.locking import output_lock
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

FAMILIES: dict[str, str] = {
    "timbre": "colour of the sound: MFCCs",
    "contrast": "peaks against valleys of the spectrum",
    "spectral": "how bright and how wide the spectrum is",
    "tonal": "pitches and chords",
    "harmonicity": "harmonic against percussive sound",
    "rhythm": "tempo, and how strong and regular beats are",
    "energy": "loudness, and how it changes",
    "fluctuation": "loudness of bands, and how fast it swells",
    "blocks": "levels of bands within up to 6 s",
    "modulation": "how fast timbre and contrast change",
}
"""What each family of features hears, in words under its name."""

SHOWN = 8
"""Features, or windows of a spectrogram, that a table lists."""


class Contribution(NamedTuple):
    """What a feature or a family of features contributes."""

    kind: str
    """``family`` or ``feature``."""
    name: str
    family: str
    value: float
    deviation: float | None = None
    """Standard deviation over the repeats, where the measurement was repeated."""


class Region(NamedTuple):
    """A window of a spectrogram, and what it contributes by two methods."""

    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    fall: float
    """Fall of the probability of the window's row when the window is hidden."""
    gradient: float
    """Gradient times input, summed over the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What decides, for one recording or for a model on its table.

    Attributes
    ----------
    title : str
        Over the table and the picture.
    method : str
        How it was found, in words.
    unit : str
        What a contribution measures.
    genre : str
        The predicted genre; empty for a model on its table.
    probability : float or None
        Of that genre, as `predict` gives it.
    contributions : tuple of Contribution
        Of all families, then of all features where they are known one by one; each the largest first. Empty
        for networks on spectrograms.
    regions : tuple of Region
        Every window of the spectrogram, the largest fall first. Empty for models on features.
    maps : SaliencyMaps or None
        The spectrogram and both methods over it.
    agreement : float or None
        Spearman's rank correlation of the two methods over the windows; None where one of them does not vary.
    """

    title: str
    method: str
    unit: str
    genre: str = ""
    probability: float | None = None
    contributions: tuple[Contribution, ...] = ()
    regions: tuple[Region, ...] = ()
    maps: SaliencyMaps | None = None
    agreement: float | None = None

    @property
    def families(self) -> dict[str, float]:
        """Contribution of each family of features, the largest first."""
        return {one.name: one.value for one in self.contributions if one.kind == "family"}

    @property
    def table(self) -> TextTable:
        """What decides most, in words, the largest first."""
        if self.regions:
            return self._regions_table()
        if not self.genre:
            return self._model_table()
        single = [one for one in self.contributions if one.kind == "feature"][:SHOWN]
        family = "family {}" if single else "{}"
        rows = [(family.format(name), f"{value:+.3f}") for name, value in self.families.items()]
        rows += [(one.name, f"{one.value:+.3f}") for one in single]
        header = ("feature", "adds to the genre's margin") if single else ("family", self.unit)
        return TextTable(title=self.title, header=header, rows=tuple(rows))

    def figure(self, into: Figure | None = None) -> Figure:
        """Draw it, where wanted into an empty figure: maps over the spectrogram, or a bar for each family."""
        title = f"{self.title}\nby {self.method}"
        if self.maps is not None:
            return saliency_figure(self.maps, title, into)
        words = {name: FAMILIES[name] for name in self.families if name in FAMILIES}
        return bars_figure(self.families, self.unit, title, into, words=words, genre=self.genre)

    def save(self, path: Path) -> Path:
        """Write the picture as PNG, whole or not at all; return its path."""
        with output_lock(path):
            save_figure(self.figure(), path)
        return path

    def _model_table(self) -> TextTable:
        rows = tuple(
            (one.name, points(one.value / 100), decimals(one.deviation or 0.0, 1))
            for one in self.contributions
        )
        return TextTable(title=self.title, header=("family", self.unit, "deviation"), rows=rows)

    def _regions_table(self) -> TextTable:
        rows = tuple(
            (
                f"{one.start_s:.1f}–{one.end_s:.1f} s",
                f"{one.low_hz:.0f}–{one.high_hz:.0f} Hz",
                f"{one.fall:+.3f}",
                f"{one.gradient:+.3f}",
            )
            for one in self.regions[:SHOWN]
        )
        header = ("time", "bands", self.unit, "gradient × input")
        return TextTable(title=self.title, header=header, rows=rows)
