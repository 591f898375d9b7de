"""What a figure depends on, and in what two runs differ. A comparison changes one thing or says what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gtzan_features.tables.run_folder import RunManifest

DATASET, SOURCE, TABLE, PROTOCOL, ROWS, FEATURES, MODEL, SETTINGS, SEED = (
    "data set",
    "source",
    "table",
    "protocol",
    "rows",
    "features",
    "model",
    "settings",
    "seed",
)

_OF_TABLE = {DATASET, SOURCE, ROWS, FEATURES}
"""Conditions that a table has: where one of them differs, so does the table."""


def conditions(manifest: RunManifest) -> dict[str, object]:
    """Return all that a run's figures depend on, by name; two runs are alike where these are equal.

    Features are identified by their name and by the fingerprint of how they are computed: two versions of one
    set are different features. The source is audio or a CSV. Tables of one data set may be of other copies of
    its audio; a table holds one length of rows and one set of features, and differs where these do.
    """
    m = manifest
    return {
        DATASET: (m.dataset, m.synthetic),
        SOURCE: m.table_origin.partition(" ")[0],
        TABLE: (m.table_sha256, *sorted(m.augmented_sha256.items())),
        PROTOCOL: m.protocol,
        ROWS: m.segment,
        FEATURES: (m.feature_set, m.feature_fingerprint),
        MODEL: m.model,
        SETTINGS: repr(sorted((name, str(value)) for name, value in m.settings.items())),
        SEED: m.seed,
    }


def differences(a: RunManifest, b: RunManifest) -> tuple[str, ...]:
    """Return the names of the conditions in which two runs differ.

    What follows from another difference is not named: settings where the model is another, the table where
    rows, features, data set or source are.
    """
    first, second = conditions(a), conditions(b)
    found = tuple(name for name in first if first[name] != second[name])
    implied = {SETTINGS} if MODEL in found else set()
    implied |= {TABLE} if not _OF_TABLE.isdisjoint(found) else set()
    return tuple(name for name in found if name not in implied)


def alike_but(manifest: RunManifest, *free: str) -> tuple[object, ...]:
    """Return a key that runs share which differ in nothing, or in the conditions `free` alone."""
    left = {*free, *(() if _OF_TABLE.isdisjoint(free) else (TABLE,))}
    return tuple(value for name, value in conditions(manifest).items() if name not in left)


def in_words(names: tuple[str, ...]) -> str:
    """Return names as a list in words.

    Examples
    --------
    >>> in_words(("rows", "features", "model"))
    'rows, features and model'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
