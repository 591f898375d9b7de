"""Everything that changes numbers, and nothing that does not, as frozen dataclasses.

Workers, verbosity and paths are no part of a configuration: the same configuration on the same
input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from gtzan_features import plugins
from gtzan_features.errors import ConfigError
from gtzan_features.presets import NEWEST, preset_name, without_versions
from gtzan_features.selection import Selection as Selection
from gtzan_features.setting_types import wrong_type
from gtzan_features.split_config import DEFAULT_FOLDS as DEFAULT_FOLDS
from gtzan_features.split_config import LEFT_OUT as LEFT_OUT
from gtzan_features.split_config import ON_BOTH as ON_BOTH
from gtzan_features.split_config import PROTOCOLS as PROTOCOLS
from gtzan_features.split_config import TRAIN as TRAIN
from gtzan_features.split_config import TRAIN_AND_VALID as TRAIN_AND_VALID
from gtzan_features.split_config import WITH_PARTS as WITH_PARTS
from gtzan_features.split_config import SplitConfig as SplitConfig

TRACK_S = 30.0
"""Nominal length of a GTZAN track in seconds."""


RUNS_DIR = Path("runs")
"""Where run folders lie, unless another folder is named."""


def fingerprint(settings: dict[str, Any]) -> str:
    """Twelve hexadecimal digits that identify `settings` (any JSON-able mapping).

    Examples
    --------
    >>> fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    True
    """
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


FEATURE_SETS = tuple(NEWEST)
"""Sets of this package; to them, or alone, features of plugins are added by their names."""


def feature_set_parts(feature_set: str) -> tuple[str, ...]:
    """Return the names of which a feature set is made: a set, features of plugins.

    Examples
    --------
    >>> feature_set_parts("kaggle+spectral_flux:-rhythm")
    ('kaggle', 'spectral_flux')
    """
    return tuple(feature_set.partition(":")[0].split("+"))


def tidy_feature_set(text: str) -> str:
    """Write a feature set, what is added to it and its families in one way: equal sets have equal names.

    A version that it names is checked and left out: the one that is computed is the only one.

    Raises
    ------
    ConfigError
        If it names a version that this program does not compute.

    Examples
    --------
    >>> tidy_feature_set("kaggle: -tonal, -rhythm")
    'kaggle:-rhythm,-tonal'
    >>> tidy_feature_set("zero_run + spectral_flux + kaggle")
    'kaggle+spectral_flux+zero_run'
    >>> tidy_feature_set("full@3:-rhythm")
    'full:-rhythm'
    """
    name, _, families = without_versions(text.replace(" ", ""))[0].partition(":")
    parts = sorted(set(name.split("+")), key=lambda part: (part not in FEATURE_SETS, part))
    words = sorted({word for word in families.split(",") if word})
    return "+".join(parts) + (f":{','.join(words)}" if words else "")


def file_name(feature_set: str) -> str:
    """Return how a feature set is written in the names of files and run folders.

    Examples
    --------
    >>> file_name("kaggle:-rhythm,-tonal")
    'kaggle-without-rhythm-tonal'
    >>> file_name("kaggle+spectral_flux")
    'kaggle+spectral_flux'
    """
    name, _, families = feature_set.partition(":")
    if not families:
        return name
    kind = "without" if families.startswith("-") else "only"
    return "-".join([name, kind, *(word.removeprefix("-") for word in families.split(","))])


PAD_MODES = ("reflect", "edge", "constant")
"""How a signal may be continued beyond its ends, by the names that numpy.pad has for it."""

_RATES = (1_000, 384_000)  # Hz
_LARGEST_FRAME = 1 << 20  # samples
_FULL_MELS, _FULL_SR = 32, 24_000  # blocks of mel bands, and the highest rate of fluctuation patterns


def _check_types(config: FeatureConfig | SpectrogramConfig) -> None:
    """Refuse settings of another type than their fields: tables and model cards may hold anything."""
    wrong = wrong_type(type(config), {field.name: getattr(config, field.name) for field in fields(config)})
    if wrong:
        raise ConfigError(wrong)


def _check_frames(sr: int, n_fft: int, hop: int, pad_mode: str) -> None:
    """Refuse settings of an STFT that has no frames or no bins."""
    low, high = _RATES
    if not low <= sr <= high:
        msg = f"sr {sr} is out of range: choose {low} to {high} Hz"
        raise ConfigError(msg)
    if not 2 <= n_fft <= _LARGEST_FRAME:
        msg = f"n_fft {n_fft} is out of range: choose 2 to {_LARGEST_FRAME} samples"
        raise ConfigError(msg)
    if hop < 1 or n_fft % 2 or (n_fft // 2) % hop:
        msg = f"hop {hop} must divide half of n_fft {n_fft}: choose, for example, n_fft // 4"
        raise ConfigError(msg)
    if pad_mode not in PAD_MODES:
        msg = f"pad_mode {pad_mode!r} is not known; there are {', '.join(PAD_MODES)}"
        raise ConfigError(msg)


def _code(parts: tuple[str, ...]) -> str:
    """Return the digits of the source of the features of plugins among the parts of a feature set."""
    added = {part: plugins.find(plugins.FEATURE, part) for part in parts if part not in FEATURE_SETS}
    digits = {name: one.digits for name, one in added.items() if one is not None}
    return fingerprint(digits) if digits else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureConfig:
    """What the values of a feature table depend on, but for the segment length.

    The defaults are the recipe of the Kaggle GTZAN CSVs (docs: ``ARCHITECTURE.md``). Settings that no feature
    is defined for are a `ConfigError`; a few that depend on a family are one when it is computed.
    """

    # "kaggle:-rhythm": without a family; "kaggle+mine": with a plugin's feature; "kaggle@1": of a version
    feature_set: str = "kaggle"
    version: int = 0  # of the set, raised when a value of an existing column changes; 0 for the present one
    sr: int = 22_050  # Hz
    n_fft: int = 2_048  # samples
    hop: int = 512  # samples
    pad_mode: str = "reflect"  # of every frame-wise feature but the zero-crossing rate
    n_mels: int = 128
    n_mfcc: int = 20
    roll_percent: float = 0.85
    hpss_kernel: int = 31  # frames, and bins
    hpss_power: float = 2.0
    code: str = ""  # digits of the source of the plugins' features; empty for the present one, and for none

    def __post_init__(self) -> None:
        _check_types(self)
        asked = without_versions(self.feature_set)[1]
        object.__setattr__(self, "feature_set", tidy_feature_set(self.feature_set))
        newest = max(NEWEST.get(part, 1) for part in self.parts)
        if not self.version:
            object.__setattr__(self, "version", newest)
        elif asked and self.version != newest:
            msg = f"version={self.version} and {self.feature_set}@{asked} are two versions: give one"
            raise ConfigError(msg)
        if not self.code:
            object.__setattr__(self, "code", _code(self.parts))
        self._check()

    def _check(self) -> None:
        """Refuse settings that no feature is defined for."""
        _check_frames(self.sr, self.n_fft, self.hop, self.pad_mode)
        if not 1 <= self.n_mfcc <= self.n_mels:
            msg = f"n_mfcc {self.n_mfcc} is out of range: choose 1 to n_mels, which is {self.n_mels}"
            raise ConfigError(msg)
        if not 0 < self.roll_percent < 1:
            msg = f"roll_percent {self.roll_percent:g} is out of range: choose a number between 0 and 1"
            raise ConfigError(msg)
        if self.hpss_kernel < 1:
            msg = f"hpss_kernel {self.hpss_kernel} is out of range: choose 1 or more frames, for example 31"
            raise ConfigError(msg)
        if self.hpss_power != 2:
            msg = f"hpss_power {self.hpss_power:g} is not supported: only 2 is"
            raise ConfigError(msg)
        if "full" not in self.parts:
            return
        if self.n_mels % _FULL_MELS:
            msg = f"full: n_mels {self.n_mels} is no multiple of {_FULL_MELS}: choose, for example, 128"
            raise ConfigError(msg)
        if self.sr > _FULL_SR:
            msg = f"full: sr {self.sr} is above {_FULL_SR} Hz, where it is not defined: choose 22050"
            raise ConfigError(msg)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of which the feature set is made: a set, features of plugins."""
        return feature_set_parts(self.feature_set)

    @property
    def preset(self) -> str:
        """The feature set with its version, for example ``full@3:-rhythm``."""
        return preset_name(self.feature_set, self.version)

    @property
    def is_current(self) -> bool:
        """Whether the features are computed as this program and the plugins that are loaded compute them."""
        present = replace(self, version=0, code="")
        return (self.version, self.code) == (present.version, present.code)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a JSON-able mapping; `code` only where there are features of plugins."""
        return {name: value for name, value in asdict(self).items() if name != "code" or value}

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; equal fingerprints mean comparable columns."""
        return fingerprint(self.to_dict())


@dataclass(frozen=True, slots=True, order=True)
class SegmentConfig:
    """Length of one row of a feature table.

    A row of `seconds` covers ``sr * seconds - 1`` samples, as in the Kaggle CSVs. ``30s`` is the
    exception that GTZAN needs: its tracks last 29.9 to 30.7 s, and the row covers all of a track.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not 0.5 <= self.seconds <= 3600:
            msg = f"segment length {self.seconds:g} s is out of range: choose 0.5s to 3600s, for example 3s"
            raise ConfigError(msg)

    @classmethod
    def parse(cls, text: str) -> SegmentConfig:
        """Read ``"3s"``, ``"30s"`` or ``"2.5s"``.

        Raises
        ------
        ConfigError
            If `text` is not a number of seconds.

        Examples
        --------
        >>> SegmentConfig.parse("3s")
        SegmentConfig(seconds=3.0)
        >>> SegmentConfig.parse("2.50s").name
        '2.5s'
        """
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*s?", text.strip())
        if match is None:
            msg = f"segment length {text!r} is not a number of seconds: write it as 3s or 30s"
            raise ConfigError(msg)
        return cls(float(match[1]))

    @property
    def name(self) -> str:
        """How the length is written in file names and tables, for example ``3s``."""
        # The shortest decimal that is this number: no two lengths share a name.
        return f"{float(self.seconds)!r}".removesuffix(".0") + "s"

    @property
    def is_track(self) -> bool:
        """Whether a row covers a whole GTZAN track."""
        return self.seconds == TRACK_S

    def n_samples(self, sr: int) -> int:
        """Return the samples from the start of one segment to the start of the next."""
        return round(self.seconds * sr)


DEFAULT_SEGMENTS = (SegmentConfig(3.0), SegmentConfig(TRACK_S))
"""Lengths of the rows that are computed of a folder of music."""

BESIDE = "track_"
"""Prefix of the names of a longer row's columns, where a shorter row has them in addition to its own."""


def rows_name(segment: SegmentConfig, beside: SegmentConfig | None) -> str:
    """Return how rows are written in a manifest: their length, and that of the rows beside them.

    Examples
    --------
    >>> rows_name(SegmentConfig(3.0), SegmentConfig(30.0))
    '3s+30s'
    """
    return segment.name if beside is None else f"{segment.name}+{beside.name}"


def parse_rows(name: str) -> tuple[SegmentConfig, SegmentConfig | None]:
    """Read what `rows_name` wrote; ConfigError where it is none.

    Examples
    --------
    >>> parse_rows("3s+30s")
    (SegmentConfig(seconds=3.0), SegmentConfig(seconds=30.0))
    >>> parse_rows("3s")
    (SegmentConfig(seconds=3.0), None)
    """
    segment, plus, beside = name.partition("+")
    return SegmentConfig.parse(segment), SegmentConfig.parse(beside) if plus else None


SCALES = ("mel", "decibel")
"""Frequency scales of a spectrogram table: mel bands, or bands of equal width in Hz; levels are in dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrogramConfig:
    """What the values of a spectrogram table depend on, but for the segment length.

    A row holds ``n_frames(segment)`` frames of `n_bands` levels. A frame is the mean power of `pool`
    neighbouring STFT frames; its level in dB over a power of 1 is kept as a byte, ``floor_db`` being 0.
    """

    scale: str = "mel"
    version: int = 1  # raised when a value changes
    sr: int = 22_050  # Hz
    n_fft: int = 2_048  # samples
    hop: int = 512  # samples, of the STFT
    pad_mode: str = "reflect"
    n_bands: int = 64
    pool: int = 4  # STFT frames in one frame of the table
    floor_db: float = -80.0  # dB of code 0
    step_db: float = 0.5  # dB from one code to the next; code 255 is 47.5 dB

    def __post_init__(self) -> None:
        _check_types(self)
        if self.scale not in SCALES:
            msg = f"scale {self.scale!r} is not known; there are {', '.join(SCALES)}"
            raise ConfigError(msg)
        _check_frames(self.sr, self.n_fft, self.hop, self.pad_mode)
        if not 0 < self.step_db <= 100 or not -1000 <= self.floor_db <= 1000:
            msg = f"floor_db {self.floor_db:g}, step_db {self.step_db:g}: give a step above 0, such as 0.5"
            raise ConfigError(msg)
        if self.pool < 1 or not 8 <= self.n_bands <= 256:
            msg = f"{self.n_bands} bands, {self.pool} frames pooled: give 8 to 256 bands and at least 1 frame"
            raise ConfigError(msg)
        if self.scale == "decibel" and (self.n_fft // 2) % self.n_bands:
            msg = f"decibel: {self.n_bands} bands do not divide {self.n_fft // 2} bins; give 32, 64 or 128"
            raise ConfigError(msg)

    @property
    def name(self) -> str:
        """Name of the tables, for example ``spectrogram-mel``."""
        return spectrogram_name(self.scale)

    @property
    def band_names(self) -> tuple[str, ...]:
        """Names of the bands, low to high."""
        return tuple(f"band{b}" for b in range(self.n_bands))

    @property
    def frame_s(self) -> float:
        """Seconds from one frame of the table to the next."""
        return self.pool * self.hop / self.sr

    def n_frames(self, segment: SegmentConfig) -> int:
        """Return the frames of a row; those left over at the end are dropped."""
        return (1 + (segment.n_samples(self.sr) - 1) // self.hop) // self.pool

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a JSON-able mapping."""
        return asdict(self)

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; equal fingerprints mean comparable spectrograms."""
        return fingerprint(self.to_dict())


def spectrogram_name(scale: str) -> str:
    """Return the name of the spectrogram tables of a scale, for example ``spectrogram-mel``."""
    return f"spectrogram-{scale}"


def default_of(config: type, name: str) -> Any:  # noqa: ANN401 - of whatever type the field is
    """Return the default of a field of a configuration: the one place where it is written.

    Examples
    --------
    >>> default_of(SplitConfig, "protocol"), default_of(FeatureConfig, "sr")
    ('track', 22050)
    """
    (field,) = (one for one in fields(config) if one.name == name)
    return field.default if field.default_factory is MISSING else field.default_factory()
