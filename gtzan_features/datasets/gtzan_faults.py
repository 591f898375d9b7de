"""What is known to be wrong with a data set, in sentences, for reports and model cards."""

from __future__ import annotations

import re

from gtzan_features.audio.repair import REPAIRS
from gtzan_features.datasets import gtzan

_WHOLE = re.compile(rf"{gtzan.NAME}(?: \([\w ]+ copies\))?")
"""All of GTZAN, as `gtzan.dataset_name` calls it, in copies or not."""


def known_faults(dataset: str) -> tuple[str, ...]:
    """Return the known faults of a data set; empty for one that nobody has examined.

    Every number is counted from the packaged facts, whose sources ``datasets/facts/README.md`` names.

    Examples
    --------
    >>> known_faults("my music")
    ()
    >>> known_faults("GTZAN")[0].startswith("Exact copies:")
    True
    """
    if not _WHOLE.fullmatch(dataset):
        return ()
    facts = gtzan.facts()
    copies = facts["duplicate_of"].notna()
    across = copies & (facts["duplicate_of"].str.split(".").str[0] != facts["genre"])
    excluded = int((facts["fault_filtered"] == "excluded").sum())
    artists = facts.groupby("genre")["artist_group"].nunique()
    unknown = int(facts["artist"].isna().sum())
    damaged = ", ".join(repair.track_id for repair in REPAIRS.values())
    return (
        (
            f"Exact copies: {int(copies.sum())} of 1000 tracks are copies of an earlier one, "
            f"{int(across.sum())} of them under another genre."
        ),
        (
            f"Few artists: the 100 tracks of a genre come from as few as {int(artists.min())} artists "
            f"({artists.idxmin()}); a random split puts most of them on both sides."
        ),
        f"Repetitions, distortions and wrong labels: the fault-filtered split leaves out {excluded} tracks.",
        f"Unidentified: the artist of {unknown} tracks is not known.",
        f"Damaged: {damaged} of the common Kaggle copy has lost its header and beginning.",
        "Age: 30 s excerpts collected in 2000 and 2001; today's pop, hiphop and metal are not in it.",
    )
