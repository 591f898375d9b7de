"""Write ``gtzan_features/descriptors/words.json`` from the registry: after a feature is new or reworded."""

from __future__ import annotations

import json
from pathlib import Path

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import words
from gtzan_features.descriptors.sets import SETS


def text() -> str:
    """Return what the file must hold."""
    found = words.to_words(SETS, FeatureConfig())
    sets = (
        f"{json.dumps(name)}: [\n" + ",\n".join(map(_line, specs)) + "\n]" for name, specs in found.items()
    )
    return "{\n" + ",\n".join(sets) + "\n}\n"


def _line(spec: dict) -> str:
    return json.dumps(spec, ensure_ascii=False, separators=(", ", ": "))


if __name__ == "__main__":
    Path(words.__file__).with_name(words.FILE).write_text(text(), encoding="utf-8")
