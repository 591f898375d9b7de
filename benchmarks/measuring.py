"""What several benchmarks need: the machine in a line, Markdown tables, medians, one thread."""

from __future__ import annotations

import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path

THREADS = ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON", "NUMEXPR", "VECLIB")
"""Whose ``…_NUM_THREADS`` bounds how many threads a library starts."""


def one_thread() -> dict[str, str]:
    """Return the variables that keep libraries to one thread; to be set before they are imported."""
    return {f"{name}_NUM_THREADS": "1" for name in THREADS}


def compiled_modules(folder: Path) -> dict[str, str]:
    """Return this process's variables for one that keeps compiled modules in a folder, as a user has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder)}


def machine(*packages: str) -> str:
    """Return processor, load, Python and the versions of packages in one line."""
    from importlib.metadata import version

    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        cpu = names[0] if names else cpu
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"{cpu}, {os.cpu_count()} cores, {load}; Python {platform.python_version()}, {versions}; {when}."


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratio(above: list[float], below: list[float]) -> float:
    """Return the median of the ratios on single files."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
