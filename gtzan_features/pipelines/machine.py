"""What a measurement was made on."""

from __future__ import annotations

import platform
from pathlib import Path

from gtzan_features.parallel.local import available_processors

_CPU_INFO = Path("/proc/cpuinfo")


def describe_machine() -> str:
    """Return processor, number of processors and system in a line.

    Examples
    --------
    >>> " processors, " in describe_machine() or " processor, " in describe_machine()
    True
    """
    count = available_processors()
    return f"{_processor()}, {count} processor{'s'[: count != 1]}, {platform.system()}"


def _processor() -> str:
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
