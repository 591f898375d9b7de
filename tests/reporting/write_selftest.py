"""Write the values that ``gtzan selftest`` compares: ``python -m tests.reporting.write_selftest``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from gtzan_features.config import FeatureConfig
from gtzan_features.progress import mute
from gtzan_features.reporting import selftest
from gtzan_features.tables.feature_tables import read_table, table_path

FILE = Path(selftest.__file__).with_name(selftest.FILE)


def released() -> dict:
    """Return what the file must hold: the values to seven digits."""
    config = FeatureConfig()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        selftest._sound(folder, mute)
        selftest.compute_features(folder, mute)
        path = table_path(folder / "tables", config.feature_set, selftest.SEGMENT.name)
        row = selftest.first_row(read_table(path).frame)
    values = {column: float(f"{value:.7g}") for column, value in row.items()}
    return {"preset": config.preset, "values": values}


if __name__ == "__main__":
    text = json.dumps(released(), indent=1) + "\n"
    FILE.write_text(text, encoding="utf-8")
