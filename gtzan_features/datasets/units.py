"""Which tracks count as one where chance is reckoned with: those of an artist.

A model that knows an artist's sound has all of his tracks right together, and their recordings resemble each
other. Intervals draw such units, paired tests flip their signs; see `evaluation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gtzan_features.datasets.groups import artist_groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt


def track_units(tracks: Sequence[str], named: Mapping[str, str] | None = None) -> npt.NDArray[np.str_]:
    """Return what each track counts with: its artist, or the track itself where he is not known.

    Parameters
    ----------
    tracks : sequence of str
        Track identifiers; one for each row will do, too.
    named : mapping, optional
        Artist of each track by the labels, empty where they do not know him. Where labels name nobody,
        GTZAN's artists are those of its facts; of other music, folders tell, unless `named` is given.

    Returns
    -------
    ndarray of str, of the length of `tracks`
        No artist has the name of a track.

    Examples
    --------
    >>> track_units(["rock/Queen/a", "rock/Queen/b", "rock/c"]).tolist()
    ['artist Queen', 'artist Queen', 'track rock/c']
    >>> track_units(["a", "b"], {"a": "Queen"}).tolist()
    ['artist Queen', 'track b']
    """
    ids = pd.Series(tracks, dtype=object)
    units = ids.to_frame("track_id")
    if named is not None:
        units["artist"] = [named.get(track, "") for track in tracks]
    artists = artist_groups(units).map(lambda name: f"artist {name}", na_action="ignore")
    return artists.fillna("track " + ids).to_numpy(dtype=str)
