"""``gtzan warm``: once there is something to compile, and never again in that folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_what_is_compiled_is_in_the_folder_that_it_names(tmp_path):
    environ = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_OPT": "1"}

    def warm(*words):
        done = subprocess.run(
            [sys.executable, "-m", "gtzan_cli", "warm", *words],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = json.loads(warm("--set", "kaggle", "--json"))
    assert first["sets"] == ["kaggle"]
    assert Path(first["folder"]).parent == tmp_path
    files = set(Path(first["folder"]).glob("*.nbc"))
    assert first["compiled"] <= len(files)
    assert warm("--set", "kaggle") == f"All are compiled: {first['folder']}\n"
    assert set(Path(first["folder"]).glob("*.nbc")) == files
    more = json.loads(warm("--json"))
    assert more["sets"] == ["kaggle", "full"]
    assert more["compiled"] > 0
    assert set(Path(first["folder"]).glob("*.nbc")) > files
