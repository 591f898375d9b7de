"""Facts on the 1000 tracks of GTZAN: labels, artists, published splits, duplicates, hashes.

Sources of every column: ``facts/README.md`` beside this file.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from gtzan_features.audio.formats import LOSSY_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

NAME = "GTZAN"
_SPELT = {".ogg": "Ogg", ".oga": "Ogg", ".opus": "Opus"}
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


_FACTS = files("gtzan_features.datasets") / "facts" / "gtzan_tracks.csv"


@cache
def _facts() -> pd.DataFrame:
    import pandas as pd

    with _FACTS.open("r", encoding="utf-8") as handle:
        table: pd.DataFrame = pd.read_csv(handle, dtype={"artist_fold": "Int64", "artist_group": "Int64"})
    return table.set_index("track_id")


@cache
def _column(name: str) -> dict[str, str]:
    """Map each track to its cell of a column, "" where that is empty; without pandas, which takes long."""
    with _FACTS.open("r", encoding="utf-8") as handle:
        return {row["track_id"]: row[name] for row in csv.DictReader(handle)}


def facts() -> pd.DataFrame:
    """Return the facts table, indexed by ``track_id``, in GTZAN's order; a copy that is yours.

    Examples
    --------
    >>> table = facts()
    >>> len(table), table.loc["rock.00016", "duplicate_of"]
    (1000, 'metal.00058')
    """
    return _facts().copy()


def track_genres() -> dict[str, str]:
    """Map each of the 1000 track identifiers to its genre."""
    return _column("genre")


def artist_groups() -> dict[str, str]:
    """Map each of the 1000 tracks to the number of its artist, as text; "" where nobody is known.

    Examples
    --------
    >>> groups = artist_groups()
    >>> len(groups), groups["blues.00000"] == groups["blues.00001"]
    (1000, True)
    """
    return _column("artist_group")


def fault_filtered_roles() -> dict[str, str]:
    """Map each of the 1000 tracks to train, valid, test or excluded, by the fault-filtered split."""
    return _column("fault_filtered")


def dataset_name(track_ids: set[str], endings: Iterable[str] = ()) -> str | None:
    """Return what a set of tracks is called: GTZAN, a part of it, or None for other music.

    GTZAN's originals are without losses. A file of an ending that stands for losses is a copy, whose
    features are others, so that the name says so wherever a figure on it is printed.

    Parameters
    ----------
    track_ids : set of str
    endings : iterable of str
        Ending of each track's file, such as ``.ogg``, where files are known.

    Examples
    --------
    >>> dataset_name({"blues.00000", "rock.00099"}), dataset_name({"mine"})
    ('GTZAN (2 of 1000 tracks)', None)
    >>> dataset_name({"blues.00000", "rock.00099"}, [".ogg", ".ogg"])
    'GTZAN (2 of 1000 tracks, Ogg copies)'
    >>> dataset_name({"blues.00000", "rock.00099"}, [".mp3", ".wav"])
    'GTZAN (2 of 1000 tracks, 1 of them mp3 copies)'
    """
    if not is_gtzan(track_ids):
        return None
    whole = len(track_genres())
    said = [] if len(track_ids) == whole else [f"{len(track_ids)} of {whole} tracks"]
    copies = [ending.lower() for ending in endings if ending.lower() in LOSSY_SUFFIXES]
    if copies:
        kinds = sorted({_SPELT.get(ending, ending.removeprefix(".")) for ending in copies})
        count = "" if len(copies) == len(track_ids) else f"{len(copies)} of them "
        said.append(f"{count}{' and '.join(kinds)} copies")
    return f"{NAME} ({', '.join(said)})" if said else NAME


def is_gtzan(track_ids: set[str]) -> bool:
    """Whether every identifier is one of GTZAN's 1000 (a subset of GTZAN counts).

    Examples
    --------
    >>> is_gtzan({"blues.00000", "rock.00099"}), is_gtzan({"blues.00000", "mine"}), is_gtzan(set())
    (True, False, False)
    """
    return bool(track_ids) and track_ids <= track_genres().keys()
