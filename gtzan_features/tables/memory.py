"""Whether a table can be fitted on in the memory that there is, told before it is read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from gtzan_features.errors import TableError
from gtzan_features.tables.table_files import table_rows, table_schema

_MEMORY = Path("/proc/meminfo")
_LIMIT = Path("/sys/fs/cgroup/memory.max")
_FEATURE_BYTES = 4 + 8
"""Of each value in a fit, at the least: as it is read, and in double precision as classifiers take it."""
_PIXEL_BYTES = 1 + 4


def available_bytes() -> int | None:
    """Return how much memory a process may get here, swap included; None where the system does not say."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMORY.read_text(encoding="ascii").splitlines())
        found = sum(int(lines[name].split()[0]) * 1024 for name in ("MemAvailable", "SwapFree"))
    except (OSError, ValueError, KeyError):
        return None
    try:
        return min(found, int(_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # "max", or no such limit
        return found


def needed_bytes(path: Path) -> int:
    """Return how much memory a fit on the table at `path` takes at the least; 0 where it is no table.

    A table may be a folder of shards: the first says what the columns are, the manifest how many rows.

    What is no table is for whoever reads it to say.
    """
    try:
        n_rows, kinds = table_rows(path), [one.type for one in table_schema(path)]
    except (TableError, OSError, pa.ArrowException, ValueError, TypeError, KeyError):
        return 0
    features = sum(pa.types.is_floating(kind) for kind in kinds)
    pixels = sum(kind.byte_width for kind in kinds if pa.types.is_fixed_size_binary(kind))
    return int(n_rows * (features * _FEATURE_BYTES + pixels * _PIXEL_BYTES))


def lacks_memory(*paths: Path) -> bool:
    """Whether a fit on tables that are read together takes more memory than there is, at the least."""
    available = available_bytes()
    return available is not None and sum(needed_bytes(one) for one in paths) > available


def check_memory(path: Path, *copies: Path, otherwise: str = "") -> None:
    """Refuse a table that no fit here has the memory for, before minutes go into reading it.

    Parameters
    ----------
    path : Path
    *copies : Path
        Tables of augmented audio that are read with it.
    otherwise : str
        What else can be done, after a semicolon.

    Raises
    ------
    TableError
        If what the fit needs at the least is more than there is.
    """
    if lacks_memory(path, *copies):
        available, needed = available_bytes() or 0, sum(needed_bytes(one) for one in (path, *copies))
        what = f"it and {len(copies)} more of copies" if copies else "it"
        reason = (
            f"a fit on {what} takes {needed / 1e9:.1f} GB of memory at the least, and "
            f"{available / 1e9:.1f} GB are free. Use a table of longer rows (--segments 30s) or of fewer "
            f"columns (--features kaggle), or a machine with more memory{otherwise}"
        )
        raise TableError(path, reason)
