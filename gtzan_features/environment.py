"""The machine, and the versions of what the numbers may depend on."""

from __future__ import annotations

import hashlib
import platform
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gtzan_features import __version__
from gtzan_features.cache import Program
from gtzan_features.parallel.local import available_processors

_LIBRARIES = ("numba", "numpy", "scipy", "soundfile", "soxr")
_PACKAGE = Path(__file__).resolve().parent
_ROWS = (
    "audio",
    "descriptors",
    "spectra",
    "config.py",
    "errors.py",
    "text.py",
    "extraction/changed_rows.py",
    "extraction/deformer.py",
    "extraction/row_cache.py",
    "extraction/row_kinds.py",
    "extraction/segment_rows.py",
    "tables/file_status.py",
)
"""Source of all that turns a file into rows."""

_FITS = (
    "config.py",
    "split_config.py",
    "datasets",
    "descriptors",
    "evaluation",
    "models",
    "tables",
    "training",
)
"""Source of all that turns rows into predictions."""

_CPU_INFO = Path("/proc/cpuinfo")
_OTHER_PACKAGES = {"xgboost": ("xgboost-cpu",)}
"""Which packages bring the same module under another name."""
_MODEL_LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "xgboost")


def library_versions() -> dict[str, str]:
    """Return the versions that a feature's value may depend on, by name."""
    import soundfile  # carries its own decoder, whose version is not the package's

    versions = {name: _version(name) for name in _LIBRARIES}
    return {"gtzan": __version__, "libsndfile": soundfile.__libsndfile_version__, **versions}


@lru_cache(maxsize=2)
def source_digits(sources: tuple[str, ...]) -> str:
    """Twelve hexadecimal digits of modules of this package, and of all modules in folders of it.

    A version number says what changed between releases; this says it while the program is being written.
    That of plugins is among settings: of a `FeatureConfig`, and in what `plugins.described` tells of a model.
    """
    places = [_PACKAGE / name for name in sources]
    files = [path for one in places for path in ([one] if one.suffix else sorted(one.rglob("*.py")))]
    digest = hashlib.sha256()
    for path in files:
        try:
            source = path.read_bytes()
        except OSError:  # a program without its source: its version must do
            source = b""
        digest.update(
            f"{path.relative_to(_PACKAGE).as_posix()} {len(source)}\n".encode(errors="surrogateescape")
            + source
        )
    return digest.hexdigest()[:12]


def row_program() -> Program:
    """Return what turns a file into rows: its source, and the versions that a feature's value depends on."""
    return Program(code=source_digits(_ROWS), versions=library_versions())


def fit_program() -> Program:
    """Return what turns rows into predictions: its source, and the versions that a model depends on."""
    return Program(code=source_digits(_FITS), versions=model_versions())


def model_versions() -> dict[str, str]:
    """Return the versions that a model may depend on, by name."""
    versions = {name: _version(name) for name in _MODEL_LIBRARIES}
    return {"gtzan": __version__, "python": platform.python_version(), **versions}


def versions_text() -> str:
    """Return all of these versions in a line, by name.

    Examples
    --------
    >>> "numpy " in versions_text() and "xgboost " in versions_text()
    True
    """
    versions = library_versions() | model_versions()
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


@cache  # a few milliseconds each, several times a command
def _version(name: str) -> str:
    for package in (name, *_OTHER_PACKAGES.get(name, ())):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "unknown"


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
