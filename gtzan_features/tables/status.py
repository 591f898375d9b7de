"""The status table: what became of each input file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from gtzan_features.errors import TableError
from gtzan_features.tables.store import read_parquet, write_parquet

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FILE_NAME = "status.parquet"
STATUSES = ("ok", "repaired", "short", "silent", "corrupt")

_SCHEMA = pa.schema(
    [
        ("track_id", pa.string()),
        ("genre", pa.string()),
        ("path", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("sha256", pa.string()),
        ("n_samples", pa.int64()),
        ("source_sr", pa.int32()),
        ("source_channels", pa.int32()),
    ]
)


class _Named(Protocol):
    @property
    def track_id(self) -> str: ...
    @property
    def genre(self) -> str: ...
    @property
    def path(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """One row of the status table.

    Attributes
    ----------
    track_id, genre, path : str
        As in the catalogue; `path` is relative to its root.
    status : {"ok", "repaired", "short", "silent", "corrupt"}
        Only ok and repaired files have rows in a feature table.
    reason : str
        Why, in words; empty for an intact file.
    sha256 : str
        Of the file's bytes; empty where the file could not be used.
    n_samples : int
        Length of the track at the sampling rate of the features, lost samples included; 0 if unknown.
    source_sr, source_channels : int
        As stored in the file; 0 if unknown.
    """

    track_id: str
    genre: str
    path: str
    status: str
    reason: str = ""
    sha256: str = ""
    n_samples: int = 0
    source_sr: int = 0
    source_channels: int = 0

    @classmethod
    def of(cls, track: _Named, **rest: Any) -> FileStatus:  # noqa: ANN401 - the other fields
        """Return the status of a catalogue's track."""
        return cls(track_id=track.track_id, genre=track.genre, path=track.path, **rest)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-able mapping."""
        return asdict(self)


def write_status(path: Path, rows: list[FileStatus]) -> None:
    """Write the status table, whole or not at all, in the order given."""
    write_parquet(path, pa.Table.from_pylist([row.to_dict() for row in rows], schema=_SCHEMA))


def read_status(path: Path) -> pd.DataFrame:
    """Read a status table; TableError if it is missing, damaged or something else."""
    table = read_parquet(path, "status table")
    if table.schema.names != _SCHEMA.names:
        raise TableError(path, "not a status table of this program. Extract the features again")
    frame: pd.DataFrame = table.to_pandas()
    return frame
