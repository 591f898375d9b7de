"""Versions of what the numbers may depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from gtzan_features import __version__

_LIBRARIES = ("librosa", "numba", "numpy", "scipy", "soundfile", "soxr")
_MODEL_LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "xgboost")


def library_versions() -> dict[str, str]:
    """Return the versions that a feature's value may depend on, by name."""
    return {"gtzan": __version__, **{name: _version(name) for name in _LIBRARIES}}


def model_versions() -> dict[str, str]:
    """Return the versions that a model may depend on, by name."""
    versions = {name: _version(name) for name in _MODEL_LIBRARIES}
    return {"gtzan": __version__, "python": platform.python_version(), **versions}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
