"""The one figure of a run that lists and predictions show: kept beside the predictions it was computed from.

Lists of many runs and prediction read it instead of the predictions, which takes Arrow and pandas. It holds
the hash of the predictions; of any others it says nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.checked import DamagedError, checked_bytes, from_json, parse_json

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.tables.checked import Record

HEADLINE = "headline.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """How well a run did where it was tested.

    Attributes
    ----------
    predictions : str
        SHA-256 of the predictions that it was computed from.
    level : str
        How segments were gathered.
    n : int
        Tested tracks.
    accuracy, low, high : float
        Share that is right and its 95 % interval, within [0, 1].
    interval : str
        What the interval is, by its name. Files of versions whose intervals took tracks of one artist as
        independent have none, and are computed anew.
    measure : str
        What `accuracy` is, if not the share that is right: ``mean average precision`` of several labels.
    """

    predictions: str
    level: str
    n: int
    accuracy: float
    low: float
    high: float
    interval: str = ""
    measure: str = "accuracy"


def write_headline(folder: Path, headline: Headline) -> None:
    """Write the figure of a run folder."""
    write_text(folder / HEADLINE, json.dumps(asdict(headline), indent=1, sort_keys=True) + "\n")


def read_headline(folder: Path, predictions: Record | None) -> Headline | None:
    """Return the figure of a run folder; None where there is none of these predictions.

    Parameters
    ----------
    folder : Path
        The run folder.
    predictions : Record or None
        What its manifest has of its predictions.
    """
    try:
        found = from_json(Headline, parse_json(checked_bytes(folder / HEADLINE)))
    except (OSError, DamagedError):
        return None
    shares = (found.low, found.accuracy, found.high)
    is_of_these = predictions is not None and found.predictions == predictions["sha256"]
    return found if found.interval and is_of_these and all(0 <= share <= 1 for share in shares) else None
