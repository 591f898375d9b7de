"""What became of one input file: a row of the status table.

Not in the table's module, so that workers can use it without importing Arrow.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

from gtzan_features.text import printable

FILE_NAME = "status.parquet"
USABLE = ("ok", "repaired", "damaged")
"""Only these files have rows in a feature table."""


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
        As in the catalogue; `path` is relative to its root, as printable text.
    status : {"ok", "repaired", "damaged", "short", "silent", "corrupt"}
        ``repaired`` is a known damage undone, ``damaged`` a file of which a part is missing; only these and
        ok files have rows in a feature table.
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

    def __post_init__(self) -> None:
        for name in ("path", "reason"):  # a path may hold bytes that are no text, a reason the path
            object.__setattr__(self, name, printable(getattr(self, name)))

    @classmethod
    def of(cls, track: _Named, **rest: Any) -> FileStatus:  # noqa: ANN401 - the other fields
        """Return the status of a catalogue's track."""
        return cls(track_id=track.track_id, genre=track.genre, path=track.path, **rest)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-able mapping."""
        return asdict(self)
