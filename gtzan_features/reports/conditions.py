"""What a figure depends on, and in what two runs differ. A comparison changes one thing or says what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gtzan_features.tables.runs import RunManifest

DATASET, PROTOCOL, ROWS, FEATURES, MODEL, SETTINGS, SEED = (
    "data set",
    "protocol",
    "rows",
    "features",
    "model",
    "settings",
    "seed",
)


def conditions(manifest: RunManifest) -> dict[str, object]:
    """Return all that a run's figures depend on, by name; two runs are alike where these are equal.

    Features are told by their name and by the fingerprint of how they are computed: two versions of one
    set are different features.
    """
    m = manifest
    return {
        DATASET: (m.dataset, m.synthetic),
        PROTOCOL: m.protocol,
        ROWS: m.segment,
        FEATURES: (m.feature_set, m.feature_fingerprint),
        MODEL: m.model,
        SETTINGS: repr(sorted((name, str(value)) for name, value in m.settings.items())),
        SEED: m.seed,
    }


def differences(a: RunManifest, b: RunManifest) -> tuple[str, ...]:
    """Return the names of the conditions in which two runs differ.

    Settings of two models are no comparison by themselves: they are named where the model is the same.
    """
    first, second = conditions(a), conditions(b)
    found = tuple(name for name in first if first[name] != second[name])
    return tuple(name for name in found if name != SETTINGS) if MODEL in found else found


def alike_but(manifest: RunManifest, *free: str) -> tuple[object, ...]:
    """Return a key that runs share which differ in nothing, or in the conditions `free` alone."""
    return tuple(value for name, value in conditions(manifest).items() if name not in free)


def in_words(names: tuple[str, ...]) -> str:
    """Return names as a list in words.

    Examples
    --------
    >>> in_words(("rows", "features", "model"))
    'rows, features and model'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
