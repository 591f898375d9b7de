"""An answer as a row of a file: what a model said of a recording, of which bytes, and which model it was."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_features.models.applying.unlike import UNLIKE
from gtzan_features.prediction.predict import FilePrediction
from gtzan_features.text import printable

if TYPE_CHECKING:
    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.applying.load import ModelCard
    from gtzan_features.prediction.predictor import Predictor

Row = dict[str, Any]
"""Values by the names of `columns_of`."""

P = "p_"
"""Before the name of a genre: the column of its probability."""

_SHARE = re.compile(r" in \d+ of \d+ ")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answers file.

    Attributes
    ----------
    name : str
    kind : {"text", "texts", "number", "count", "flag"}
        What its values are; texts are lists of text.
    """

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which bytes of a file an answer is of, as far as its folder tells.

    Attributes
    ----------
    n_bytes : int
        Size; 0 where there is no file.
    modified : str
        When the bytes were changed last, in UTC with nanoseconds; empty where there is no file.
    """

    n_bytes: int = 0
    modified: str = ""


def stamp_of(path: Path) -> Stamp:
    """Return the stamp of a file, of what a link leads to; an empty one where there is none."""
    try:
        info = path.stat()
    except OSError:
        return Stamp()
    seconds, ns = divmod(info.st_mtime_ns, 10**9)
    try:
        modified = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"
    except (OverflowError, ValueError, OSError):  # a year that no calendar has
        modified = f"{info.st_mtime_ns} ns"
    return Stamp(info.st_size, modified)


def columns_of(genres: tuple[str, ...], *, several: bool = False) -> tuple[Column, ...]:
    """Return the columns of an answers file: those of `FilePrediction.to_record`, and whence each row is."""
    record = FilePrediction(path="", genres=genres, several=several).to_record()
    own = [Column(name, "texts" if name == "warnings" else _kind(value)) for name, value in record.items()]
    more = [("status", "text"), ("bytes", "count"), ("modified", "text"), ("answered_by", "text")]
    return (*own, *(Column(name, kind) for name, kind in more))


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flag"
    return "count" if isinstance(value, int) else "number" if isinstance(value, float) else "text"


def row_of(one: FilePrediction, stamp: Stamp, by: str) -> Row:
    """Return an answer as a row."""
    whence = {"bytes": stamp.n_bytes, "modified": stamp.modified, "answered_by": by}
    return {**bare_row(one), **whence}


def bare_row(one: FilePrediction) -> Row:
    """Return an answer as a row that does not say of which bytes and of which model it is."""
    return {**one.to_record(), "warnings": list(one.warnings), "status": one.status}


def columns_for(predictor: Predictor) -> tuple[Column, ...]:
    """Return the columns of the answers of a model."""
    return columns_of(predictor.genres, several=predictor.card.several_labels)


def labels_in(row: Row) -> tuple[str, ...]:
    """Return the genres of a row: one, "none of these" among them, or as many as the model gives."""
    if "labels" in row:
        return tuple(label for label in row["labels"].split(";") if label)
    return (row["genre"],)


def probability_in(row: Row, genre: str) -> float:
    """Return the probability of a genre in a row; the highest of all where it is none of the model's."""
    found = row.get(f"{P}{genre}")
    if found is not None:
        return float(found)
    return max((value for name, value in row.items() if name.startswith(P) and value == value), default=0.0)


def warning_kind(text: str) -> str:
    """Return what a warning is about, without its figures.

    Examples
    --------
    >>> warning_kind("clipped: 3.1 % of the samples stand at full scale")
    'clipped'
    >>> warning_kind("silent in 3 of 10 segments")
    'silent in some segments'
    """
    return _SHARE.sub(" in some ", text.partition(":")[0])


def path_in(row: Row) -> Path:
    r"""Return the file of a row as the disk has its name; of one that is no UTF-8 a row has ``\xNN``."""
    text = row["file"]
    path = Path(text)
    if "\\x" in text and not path.exists():
        raw = _ESCAPED.sub(lambda found: chr(0xDC00 + int(found[1], 16)), text)
        if Path(raw).exists():
            return Path(raw)
    return path


def answered_by(predictor: Predictor, aggregation: str) -> str:
    """Return which model answers, and how: its name, digits of all that its folder holds, the aggregation.

    Two models of one name that answer differently have other digits; a model that was saved and loaded, or
    copied to another folder, has the same.
    """
    card = predictor.card
    text = json.dumps(asdict(card if card.files else _stored_card(predictor.kept)), sort_keys=True)
    how = aggregation
    if UNLIKE in card.files and predictor.kept.unlike is None:
        how += " no-reject"
    return f"{printable(card.model)} {hashlib.sha256(text.encode()).hexdigest()[:12]} {how}"


def _stored_card(kept: KeptModel) -> ModelCard:
    """Return the card of a model that was fitted in this session as its folder would have it."""
    # What stores models needs scikit-learn, which what answers does not.
    from gtzan_features.models.applying.kept_model import load_kept_model
    from gtzan_features.models.save import save_kept_model

    with tempfile.TemporaryDirectory(prefix="gtzan-") as folder:
        save_kept_model(Path(folder), kept)
        return load_kept_model(Path(folder)).card
