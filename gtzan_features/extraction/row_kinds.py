"""What the rows of a table hold, and how a piece of signal becomes one.

Workers of extraction and prediction import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.load import VERSION as READING
from gtzan_features.audio.segments import SHORTEST_TRACK, around
from gtzan_features.cache import Key
from gtzan_features.config import (
    BESIDE,
    DEFAULT_SEGMENTS,
    FeatureConfig,
    SegmentConfig,
    SpectrogramConfig,
    parse_rows,
)
from gtzan_features.descriptors import sets
from gtzan_features.descriptors.added import plugin_fault
from gtzan_features.environment import row_program
from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.presets import computed_again
from gtzan_features.spectra import Scratch
from gtzan_features.spectra.spectrogram import decode, spectrogram
from gtzan_features.tables import file_status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.extraction.segment_rows import SegmentRows
    from gtzan_features.models.applying.load import ModelCard
    from gtzan_features.progress import Notice


class Recipe(ABC):
    """What one kind of table holds; sent to the workers, so it must pickle.

    Attributes
    ----------
    segments : tuple of SegmentConfig
        Segment lengths, a table for each.
    """

    __slots__ = ()
    segments: tuple[SegmentConfig, ...]

    @property
    @abstractmethod
    def config(self) -> FeatureConfig | SpectrogramConfig:
        """What the values depend on."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the tables: what `TableMeta.feature_set` says."""

    @property
    @abstractmethod
    def status_name(self) -> str:
        """Name of the status table."""

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Names of a row's features, or of the bands in each of its frames.

        Raises
        ------
        ConfigError
            If there is no such feature set.
        """

    @property
    def is_compiled(self) -> bool:
        """Whether the kernels that rows need are compiled here, or for this processor in numba's cache."""
        return sets.is_compiled(self.config if isinstance(self.config, FeatureConfig) else FeatureConfig())

    @abstractmethod
    def prepare(self, notice: Notice, *, loaded: bool = False) -> None:
        """Compile what the workers will need; called once, before them.

        Parameters
        ----------
        notice : callable
            Told when there is something to compile.
        loaded : bool
            Whether what is compiled is loaded here, too: for workers that are copies of this process.
        """

    @abstractmethod
    def compute(self, pieces: list[npt.NDArray[np.float32]], length: SegmentConfig) -> npt.NDArray[Any]:
        """Return one row of values, as a table keeps them, for each piece of signal; (0, ...) for none."""

    @property
    def model_lengths(self) -> tuple[SegmentConfig, ...]:
        """Lengths of the segments that rows for a model are made of; the first is that of the rows."""
        return self.segments[:1]

    def model_values(self, rows: SegmentRows) -> npt.NDArray[Any]:
        """Return the values of a recording's segments of the first length, as a model's table has them.

        Parameters
        ----------
        rows : SegmentRows
            The finished rows of the recording, of `model_lengths`.
        """
        return rows.values(self.segments[0])

    @abstractmethod
    def inputs(self, values: npt.NDArray[Any]) -> npt.NDArray[np.floating]:
        """Turn values as `compute` gives them into rows as a model takes them, shape (n_rows, n_values)."""

    @property
    def shape(self) -> tuple[int, int] | None:
        """Frames and bands of a row of the first length, where rows are spectrograms."""
        return None

    @property
    def shortest_share(self) -> float:
        """Share of a segment that a signal must last, to be classified by itself."""
        return 0.0

    @property
    def sr(self) -> int:
        """Sampling rate of the signals in Hz."""
        return self.config.sr

    @property
    def settings(self) -> dict[str, Any]:
        """The configuration as a JSON-able mapping."""
        return self.config.to_dict()

    def values_fingerprint(self) -> str:
        """Twelve hexadecimal digits of the configuration; equal ones mean comparable values."""
        return self.config.fingerprint()

    def key(self, made_by: Mapping[str, Any]) -> Key:
        """Return all that rows depend on, but for the bytes of their file, which name each part.

        `made_by` is what was done to the audio between decoding and features; empty for audio as it is.
        """
        settings = {
            "values": self.values_fingerprint(),
            "segments": [s.name for s in self.segments],
            "columns": self.columns,
            "reading": READING,
            "deformation": dict(made_by),
        }
        return Key(inputs={}, settings=settings, program=row_program())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractConfig(Recipe):
    """Rows of features: the feature set and the segment lengths."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    segments: tuple[SegmentConfig, ...] = DEFAULT_SEGMENTS

    @property
    def config(self) -> FeatureConfig:
        """The feature configuration."""
        return self.features

    @property
    def name(self) -> str:
        """The feature set."""
        return self.features.feature_set

    @property
    def status_name(self) -> str:
        """Name of the status table."""
        return file_status.FILE_NAME

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features in order; ConfigError where there is no such set."""
        return tuple(column.name for column in sets.columns(self.features))

    def prepare(self, notice: Notice, *, loaded: bool = False) -> None:
        """Compile the kernels where they are not yet, or load them; see `Recipe.prepare`."""
        if not self.is_compiled:
            notice("Compiling the feature kernels, once; later runs find them in numba's cache.")
            loaded = True
        if loaded:
            sets.warm_up(self.features)
        sets.try_added(self.features)

    def compute(
        self,
        pieces: list[npt.NDArray[np.float32]],
        length: SegmentConfig,  # noqa: ARG002 - features have as many columns for every length
    ) -> npt.NDArray[np.float32]:
        """Return one row of features for each piece of signal."""
        return sets.compute(pieces, self.features).astype(np.float32)

    def inputs(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the features in double precision, as they are read from a table."""
        return values.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideRecipe(ExtractConfig):
    """Rows of features with those of the longer segment that each lies in beside its own; for prediction.

    Attributes
    ----------
    beside : SegmentConfig
        The longer segment. A recording too short for one has one over all of it.
    """

    beside: SegmentConfig

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features in order, then those of the longer row."""
        own = tuple(column.name for column in sets.columns(self.features))
        return own + tuple(BESIDE + name for name in own)

    @property
    def model_lengths(self) -> tuple[SegmentConfig, ...]:
        """The rows' own length, and that of those beside them."""
        return (self.segments[0], self.beside)

    def model_values(self, rows: SegmentRows) -> npt.NDArray[np.float32]:
        """Return the values of a recording's segments; see `Recipe.model_values`."""
        own, long = (rows.rows[length].cuts for length in self.model_lengths)
        at = around([cut.start for cut in own], [cut.start for cut in long])
        return np.hstack([rows.values(self.segments[0]), rows.values(self.beside)[at]])


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrogramRecipe(Recipe):
    """Rows of spectrograms: their settings and the segment lengths."""

    spectrograms: SpectrogramConfig = field(default_factory=SpectrogramConfig)
    segments: tuple[SegmentConfig, ...] = (SegmentConfig(3.0),)

    @property
    def config(self) -> SpectrogramConfig:
        """The spectrograms' configuration."""
        return self.spectrograms

    @property
    def name(self) -> str:
        """Name of the tables, for example ``spectrogram-mel``."""
        return self.spectrograms.name

    @property
    def status_name(self) -> str:
        """Name of the status table: one for each scale, beside that of the features."""
        return f"status-{self.name}.parquet"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the bands, low to high."""
        return self.spectrograms.band_names

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and bands of a row of the first length."""
        return self.spectrograms.n_frames(self.segments[0]), self.spectrograms.n_bands

    @property
    def shortest_share(self) -> float:
        """A row has a fixed length: what is missing is filled from the start, as in tables of 30 s."""
        return SHORTEST_TRACK

    def prepare(self, notice: Notice, *, loaded: bool = False) -> None:
        """Compile the kernels where they are not yet, or load them; see `Recipe.prepare`."""
        is_compiled = self.is_compiled
        if not is_compiled:
            notice("Compiling the kernels, once; later runs find them in numba's cache.")
            sets.warm_up(FeatureConfig())
        if loaded or not is_compiled:
            noise = np.random.default_rng(0).standard_normal(16 * self.spectrograms.n_fft)
            spectrogram(noise.astype(np.float32), self.spectrograms, 1)

    def compute(self, pieces: list[npt.NDArray[np.float32]], length: SegmentConfig) -> npt.NDArray[np.uint8]:
        """Return one spectrogram of shape (n_frames, n_bands) for each piece of signal."""
        n_frames, scratch = self.spectrograms.n_frames(length), Scratch()
        rows = np.empty((len(pieces), n_frames, self.spectrograms.n_bands), dtype=np.uint8)
        for row, piece in zip(rows, pieces, strict=True):
            row[:] = spectrogram(piece, self.spectrograms, n_frames, scratch)
        return rows

    def inputs(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the levels in dB, frame after frame, as they are read from a table."""
        return decode(values, self.spectrograms).reshape(len(values), -1)


def recipe_of(card: ModelCard, where: Path) -> Recipe:
    """Return the recipe of the rows that a stored model was trained on.

    Raises
    ------
    ModelError
        If this program cannot compute them from audio: they are those of a CSV of unknown recipe, of another
        program or of another version.
    """
    if not card.feature_config:
        msg = (
            f"{where}: trained on a CSV of unknown recipe: its features cannot be computed from audio. "
            "Extract features (gtzan features extract AUDIO_DIR) and fit on them"
        )
        raise ModelError(msg)
    recipe: Recipe
    try:
        fault = "" if card.shape else plugin_fault(FeatureConfig(**card.feature_config), card.plugins)
        if fault:
            msg = f"{where}: {fault}"
            raise ModelError(msg)
        own, beside = parse_rows(card.segment)
        segments = (own,)
        if card.shape:
            recipe = SpectrogramRecipe(
                spectrograms=SpectrogramConfig(**card.feature_config), segments=segments
            )
        elif beside:
            features = FeatureConfig(**card.feature_config)
            recipe = BesideRecipe(features=features, segments=segments, beside=beside)
        else:
            recipe = ExtractConfig(features=FeatureConfig(**card.feature_config), segments=segments)
        columns = recipe.columns
    except (TypeError, ConfigError) as error:
        msg = (
            f"{where}: trained on the {card.feature_set} table, and this program computes feature sets and "
            "spectrograms only. Fit a model on one, for example: gtzan fit xgboost"
        )
        raise ModelError(msg) from error
    expected = (card.feature_fingerprint, card.columns, card.shape)
    if (recipe.values_fingerprint(), columns, recipe.shape) != expected or not _is_current(recipe.config):
        what = "spectrograms" if card.shape else "features"
        again = "Compute them again and fit on them"
        if isinstance(recipe.config, FeatureConfig) and not recipe.config.is_current:
            again = f"They are {recipe.config.preset}. {computed_again(card.feature_set)}. Then fit on them"
        msg = f"{where}: trained on {what} of another version. {again}"
        raise ModelError(msg)
    return recipe


def _is_current(config: FeatureConfig | SpectrogramConfig) -> bool:
    if isinstance(config, FeatureConfig):
        return config.is_current
    return config.version == SpectrogramConfig().version
