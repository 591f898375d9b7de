"""The columns of a feature table and what its metadata says, known before audio is read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.presets import preset_name
from gtzan_features.tables.checked import parse_json

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SCHEMA_VERSION = 1
METADATA_KEY = b"gtzan"

KEYS: tuple[tuple[str, pa.DataType, str, str], ...] = (
    ("track_id", pa.string(), "", "identifier of the track; all its segments are on one side of a split"),
    ("genre", pa.dictionary(pa.int16(), pa.string()), "", "name of the genre folder"),
    ("segment", pa.int32(), "", "number of the segment within the track, from 0"),
    ("start_s", pa.float64(), "s", "start of the segment within the track"),
    ("n_samples", pa.int64(), "samples", "length of the segment"),
)
KEY_NAMES = tuple(name for name, *_ in KEYS)

_NAMES = pa.dictionary(pa.int32(), pa.string())
GIVEN_KEYS: tuple[tuple[str, pa.DataType, str, str], ...] = (
    ("artist", _NAMES, "", "artist of the track; empty where not known"),
    ("group", _NAMES, "", "what tracks share that are on one side of every split; empty for none"),
    ("split", _NAMES, "", "part of a given split: train, valid or test; empty for none"),
)
"""Keys that a table has where the labels of its tracks gave them, after the others."""

GIVEN_NAMES = tuple(name for name, *_ in GIVEN_KEYS)
_NEEDED = ("feature_set", "feature_fingerprint", "segment", "dataset")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMeta:
    """What a feature table says of itself.

    Attributes
    ----------
    feature_set : str
        Name of the feature set, for example ``kaggle``.
    feature_fingerprint : str
        Of the feature configuration; tables are comparable where it is equal.
    segment : str
        Segment length, for example ``3s``.
    dataset : str
        Name of the data set.
    synthetic : bool
        Whether the music is synthetic.
    origin : str
        ``audio``, or the name and hash of the imported CSV.
    config : dict
        The feature configuration; empty for a CSV of unknown recipe.
    versions : dict
        Version of each library that the values may depend on.
    several_labels : bool
        Whether a track may have several genres: ``jazz;soul``.
    deformation : dict
        What was done to the audio between decoding and features: its ``name``, its ``fingerprint`` and the
        ``seed`` of the chance in it; empty for audio as it is.
    """

    feature_set: str
    feature_fingerprint: str
    segment: str
    dataset: str
    synthetic: bool = False
    origin: str = "audio"
    config: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    several_labels: bool = False
    deformation: dict[str, Any] = field(default_factory=dict)

    @property
    def preset(self) -> str:
        """The feature set with its version, ``full@3:-rhythm``; without, where the recipe is not known."""
        version = self.config.get("version")
        return self.feature_set if version is None else preset_name(self.feature_set, version)

    def to_json(self) -> str:
        """Return the metadata as JSON with sorted keys, the schema version included."""
        content = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        for name in ("several_labels", "deformation"):  # earlier versions refuse what they do not know
            if not content[name]:
                del content[name]
        return json.dumps(content, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> TableMeta:
        """Read what `to_json` wrote; ValueError for anything else, with the reason."""
        content = parse_json(text.encode())
        if not isinstance(content, dict):
            msg = "it is no JSON object"
            raise ValueError(msg)
        version = content.pop("schema_version", None)
        if version != SCHEMA_VERSION:
            newer = isinstance(version, int) and version > SCHEMA_VERSION
            what = ": a newer gtzan wrote it, so update this one" if newer else ""
            msg = f"schema version {version}, this program reads version {SCHEMA_VERSION}{what}"
            raise ValueError(msg)
        kinds = {"synthetic": bool, "config": dict, "versions": dict, "several_labels": bool}
        kinds["deformation"] = dict
        for one in fields(cls):
            kind = kinds.get(one.name, str)
            if not isinstance(content.get(one.name, kind()), kind):
                msg = f"{one.name} is no {kind.__name__}"
                raise ValueError(msg)
        for name in ("config", "versions", "deformation"):
            if not all(isinstance(value, str | int | float) for value in content.get(name, {}).values()):
                msg = f"{name} holds more than words and numbers"
                raise ValueError(msg)
        known = {name: content[name] for name in (one.name for one in fields(cls)) if name in content}
        absent = [name for name in _NEEDED if name not in known]
        if absent or len(known) < len(content):
            msg = (
                f"{', '.join(absent or sorted(content.keys() - known.keys()))} not as this program writes it"
            )
            raise ValueError(msg)
        SegmentConfig.parse(known["segment"])
        return cls(**known)


_Recipe = TypeVar("_Recipe", FeatureConfig, SpectrogramConfig)


def recipe_of(path: Path, meta: TableMeta, kind: type[_Recipe], advice: str) -> _Recipe:
    """Return how the values of a table were computed, of whatever `meta` holds of that.

    Parameters
    ----------
    path : Path
        The table, for messages.
    meta : TableMeta
        What it says of itself; without a configuration, the default is returned.
    kind : type
        The configuration that the values have.
    advice : str
        What to do where it is none.

    Raises
    ------
    TableError
        If the configuration is none that this program knows.
    """
    try:
        return kind(**meta.config)
    except (TypeError, ConfigError) as error:
        what = "features" if kind is FeatureConfig else "spectrograms"
        raise TableError(path, f"of {what} of another version or program. {advice}") from error


def feature_schema(
    columns: tuple[tuple[str, str], ...],
    meta: TableMeta,
    value_type: pa.DataType | None = None,
    given: Collection[str] = (),
) -> pa.Schema:
    """Return the Arrow schema of a feature table.

    Parameters
    ----------
    columns : tuple of (name, unit)
        The feature columns in order.
    meta : TableMeta
        Goes into the schema's metadata.
    value_type : pa.DataType, optional
        float32 where not given; an imported CSV keeps its digits in float64.
    given : collection of str
        Which of `GIVEN_NAMES` the table has.
    """
    kind = value_type or pa.float32()
    fields = [pa.field(name, kind, nullable=False, metadata={"unit": unit}) for name, unit in columns]
    return pa.schema([*key_fields(given, meta), *fields], metadata=schema_metadata(meta))


def key_fields(given: Collection[str], meta: TableMeta) -> list[pa.Field]:
    """Return the Arrow fields of the key columns, and of those of `GIVEN_NAMES` that are in `given`."""
    # Combinations of genres may be more than an int16 counts.
    kinds = {"genre": _NAMES} if meta.several_labels else {}
    return [
        pa.field(name, kinds.get(name, type_), nullable=False, metadata={"unit": unit, "description": text})
        for name, type_, unit, text in (*KEYS, *GIVEN_KEYS)
        if name in KEY_NAMES or name in given
    ]


def key_names(names: Collection[str], features: Collection[str] = ()) -> list[str]:
    """Return the key columns among the columns of a table; what is called alike among its features is none.

    Examples
    --------
    >>> key_names(["track_id", "genre", "segment", "start_s", "n_samples", "artist", "tempo"])
    ['track_id', 'genre', 'segment', 'start_s', 'n_samples', 'artist']
    """
    return [*KEY_NAMES, *(name for name in GIVEN_NAMES if name in names and name not in features)]


def is_key(column: pa.Field) -> bool:
    """Whether a column is a key; one of numbers is none of `GIVEN_NAMES`, but a feature that is called so."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
    return column.name in KEY_NAMES or (is_text and column.name in GIVEN_NAMES)


def schema_metadata(meta: TableMeta) -> dict[bytes, bytes]:
    """Return the metadata of a table's schema."""
    return {METADATA_KEY: meta.to_json().encode()}
