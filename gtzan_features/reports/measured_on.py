"""What the rows of runs were made from, in a sentence: audio, the CSVs of somebody else, a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

_CSV = "csv "
"""What origins of imported files begin with."""


def measured_on(origins: Iterable[str]) -> str:
    """Say what rows were made from, by the origins of their tables (`TableMeta.origin`).

    Examples
    --------
    >>> measured_on(["audio", "audio"])
    'Measured on features that were computed from audio.'
    >>> measured_on(f"csv features_{n}_sec.csv, 9990 rows, sha256 0" for n in (30, 3))
    'Measured on the features in features_3_sec.csv and features_30_sec.csv (CSV); no audio was read.'
    """
    found = {one.partition(",")[0] for one in origins}
    parts = ["features that were computed from audio"] if "audio" in found else []
    if "frame" in found:
        parts.append("the features in frames that were given")
    files = {one_line(name.removeprefix(_CSV)) for name in found if name.startswith(_CSV)}
    if files:
        *first, last = sorted(files, key=lambda name: (len(name), name))
        names = " and ".join(filter(None, (", ".join(first), last)))
        parts.append(f"the features in {names} (CSV); no audio was read")
    return f"Measured on {', and on '.join(parts or ['features of unknown origin'])}."
