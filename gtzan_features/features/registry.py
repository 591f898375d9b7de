"""What a feature is, and which exist: name, unit, family, meaning, source and function of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gtzan_features.features import energy, rhythm, spectral, timbre, tonal

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig
    from gtzan_features.spectra import Spectra

Statistic = Literal[
    "mean", "var", "std", "skew", "kurt", "min", "max", "p10", "p50", "p90", "dmean", "dstd", "value"
]
Family = Literal[
    "timbre",
    "contrast",
    "spectral",
    "tonal",
    "harmonicity",
    "rhythm",
    "energy",
    "fluctuation",
    "blocks",
    "modulation",
]

STATISTICS: dict[Statistic, str] = {
    "mean": "Mean of: ",
    "var": "Population variance of: ",
    "std": "Standard deviation of: ",
    "skew": "Skewness of: ",
    "kurt": "Kurtosis (3 for a Gaussian) of: ",
    "min": "Minimum of: ",
    "max": "Maximum of: ",
    "p10": "10th percentile of: ",
    "p50": "Median of: ",
    "p90": "90th percentile of: ",
    "dmean": "Mean absolute step from frame to frame of: ",
    "dstd": "Standard deviation of the step from frame to frame of: ",
    "value": "",
}
"""What each statistic is called before the description of a feature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a feature table.

    Attributes
    ----------
    name : str
        ``feature``, ``index`` and ``statistic`` in one, for example ``mfcc3_mean``.
    unit : str
        Unit of the values; "1" where there is none.
    family : str
        What the column tells of: timbre, rhythm, ...
    statistic : str
        A key of `STATISTICS`.
    description : str
        What it is, in words.
    feature : str
        Name of the `FeatureSpec`.
    index : tuple of int
        Number of the band, or of both bands of a pair; empty where there is one series only.
    source : str
        Where the feature was published, and what computes it elsewhere.
    """

    name: str
    unit: str
    family: str
    statistic: Statistic
    description: str
    feature: str
    index: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One feature of a signal and the columns it fills.

    ``compute`` returns one value for each frame or sample, shape (n,), or for each band too, shape
    (n, n_bands). With ``indices``, every band has columns of its own, named by its index, from 1; without,
    all values are summarised together. A spec with the statistic "value" returns one value for each index,
    or shape (1,).
    """

    name: str
    unit: str
    family: Family
    description: str
    source: str
    silence: str
    compute: Callable[[Spectra], NDArray[np.floating]]
    statistics: tuple[Statistic, ...] = ("mean", "var")
    indices: Callable[[FeatureConfig], tuple[tuple[int, ...], ...]] | None = None

    def columns(self, config: FeatureConfig) -> tuple[Column, ...]:
        """Return the columns in the order in which `summary.summarise` fills them."""
        indices = ((),) if self.indices is None else self.indices(config)
        return tuple(self._column(index, statistic) for index in indices for statistic in self.statistics)

    def _column(self, index: tuple[int, ...], statistic: Statistic) -> Column:
        name = self.name + "x".join(str(number) for number in index)
        squared = "1" if self.unit == "1" else f"{self.unit}^2"
        unit = {"var": squared, "skew": "1", "kurt": "1"}.get(statistic, self.unit)
        number = f"; number {' and '.join(str(i) for i in index)}" if index else ""
        return Column(
            name=name if statistic == "value" else f"{name}_{statistic}",
            unit=unit,
            family=self.family,
            statistic=statistic,
            description=f"{STATISTICS[statistic]}{self.description}{number}",
            feature=self.name,
            index=index,
            source=self.source,
        )


def numbered(last: int, first: int = 1) -> Callable[[FeatureConfig], tuple[tuple[int, ...], ...]]:
    """Return the indices `first` to `last`, whatever the configuration."""
    return lambda _: tuple((i,) for i in range(first, last + 1))


def grid(rows: int, columns: int) -> Callable[[FeatureConfig], tuple[tuple[int, ...], ...]]:
    """Return the pairs of indices of an array of `rows` x `columns`, row after row."""
    return lambda _: tuple((i + 1, j + 1) for i in range(rows) for j in range(columns))


def pairs(count: int) -> Callable[[FeatureConfig], tuple[tuple[int, ...], ...]]:
    """Return the pairs i < j of 1 to `count`, as ``numpy.triu_indices(count, 1)`` has them."""
    return lambda _: tuple((i + 1, j + 1) for i in range(count) for j in range(i + 1, count))


KAGGLE: tuple[FeatureSpec, ...] = (
    FeatureSpec(
        name="chroma_stft",
        unit="1",
        family="tonal",
        description="energy of the twelve pitch classes, each frame scaled to a maximum of 1",
        source="Ellis, Chroma feature analysis and synthesis, 2007; librosa.feature.chroma_stft",
        silence="0",
        compute=tonal.chroma_stft,
    ),
    FeatureSpec(
        name="rms",
        unit="1",
        family="energy",
        description="root mean square of the samples of a frame, full scale 1",
        source="librosa.feature.rms",
        silence="0",
        compute=energy.rms,
    ),
    FeatureSpec(
        name="spectral_centroid",
        unit="Hz",
        family="spectral",
        description="centre of mass of a frame's magnitude spectrum",
        source="Peeters, A large set of audio features, 2004; librosa.feature.spectral_centroid",
        silence="0",
        compute=spectral.spectral_centroid,
    ),
    FeatureSpec(
        name="spectral_bandwidth",
        unit="Hz",
        family="spectral",
        description="standard deviation of a frame's magnitude spectrum around its centroid",
        source="Klapuri and Davy, Signal processing methods for music transcription, 2006",
        silence="0",
        compute=spectral.spectral_bandwidth,
    ),
    FeatureSpec(
        name="rolloff",
        unit="Hz",
        family="spectral",
        description="frequency under which 85 % of a frame's magnitudes lie",
        source="Tzanetakis and Cook, Musical genre classification of audio signals, 2002",
        silence="0",
        compute=spectral.spectral_rolloff,
    ),
    FeatureSpec(
        name="zero_crossing_rate",
        unit="1",
        family="timbre",
        description="share of a frame's samples at which the sign changes",
        source="Tzanetakis and Cook, Musical genre classification of audio signals, 2002",
        silence="0",
        compute=timbre.zero_crossing_rate,
    ),
    FeatureSpec(
        name="harmony",
        unit="1",
        family="tonal",
        description="samples of the harmonic waveform, full scale 1",
        source="FitzGerald, Harmonic/percussive separation using median filtering, 2010",
        silence="0",
        compute=tonal.harmony,
    ),
    FeatureSpec(
        name="perceptr",
        unit="1",
        family="rhythm",
        description="samples of the percussive waveform, full scale 1",
        source="FitzGerald, Harmonic/percussive separation using median filtering, 2010",
        silence="0",
        compute=rhythm.perceptr,
    ),
    FeatureSpec(
        name="tempo",
        unit="BPM",
        family="rhythm",
        description="tempo of the beat tracker",
        source="Ellis, Beat tracking by dynamic programming, 2007; librosa.beat.beat_track",
        silence="0 (also without any onset)",
        compute=rhythm.tempo,
        statistics=("value",),
    ),
    FeatureSpec(
        name="mfcc",
        unit="dB",
        family="timbre",
        description="mel-frequency cepstral coefficient (orthonormal cosine transform of dB levels)",
        source="Davis and Mermelstein, 1980; librosa.feature.mfcc",
        silence="-100 sqrt(n_mels) for mfcc1_mean, 0 for the others",
        compute=timbre.mfcc,
        indices=lambda config: tuple((i + 1,) for i in range(config.n_mfcc)),
    ),
)
"""The features of the Kaggle GTZAN CSVs, in their order; with 20 MFCCs they fill 57 columns."""
