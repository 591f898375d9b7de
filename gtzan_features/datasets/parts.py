"""What the parts of a given split are called, whoever named them."""

from __future__ import annotations

import re

PARTS = ("train", "valid", "test")
EXCLUDED = "excluded"
"""Role of a track that is in no part."""

_SYNONYMS = {
    "train": ("train", "training", "tr", "trn", "learn", "learning"),
    "valid": (
        "valid",
        "validation",
        "validate",
        "validating",
        "val",
        "vali",
        "dev",
        "devel",
        "development",
        "va",
    ),
    "test": ("test", "testing", "te", "tst", "eval", "evaluation", "holdout"),
}
_PARTS = {name: part for part, names in _SYNONYMS.items() for name in names}
_DECORATION = re.compile(r"(?<![\s_-])[\s_-]*(set|split|part|data)$")


def part_of(name: str) -> str:
    """Return the part of a split that a word means: train, valid or test; empty where it is none.

    Examples
    --------
    >>> [part_of(name) for name in ("Training", " test ", "dev-set", "validation", "fold 3")]
    ['train', 'test', 'valid', 'valid', '']
    """
    word = name.strip().casefold()
    return _PARTS.get(_DECORATION.sub("", word), _PARTS.get(word.replace("-", "").replace("_", ""), ""))
