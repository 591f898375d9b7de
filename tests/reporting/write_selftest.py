"""Write the values that ``gtzan selftest`` compares: ``python -m tests.reporting.write_selftest``."""

from __future__ import annotations

import json
from pathlib import Path

from gtzan_features.config import FeatureConfig
from gtzan_features.reporting import selftest

FILE = Path(selftest.__file__).with_name(selftest.FILE)


def released() -> dict:
    """Return what the file must hold: the values to seven digits."""
    values = {column: float(f"{value:.7g}") for column, value in selftest.known_values().items()}
    return {"preset": FeatureConfig().preset, "values": values}


if __name__ == "__main__":
    text = json.dumps(released(), indent=1) + "\n"
    FILE.write_text(text, encoding="utf-8")
