"""The README's Python runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import soundfile

import gtzan_features as gf
from tests.conftest import SR, tone

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    text = README.read_text(encoding="utf-8")
    return BLOCK.findall(text[text.index("## From Python") : text.index("## Limits")])


def test_every_name_that_the_readme_uses_is_public():
    used = set(re.findall(r"\bgf\.(\w+)", README.read_text(encoding="utf-8")))
    assert used
    assert used <= set(gf.__all__)


def test_the_code_runs_as_it_stands_there(music, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    music.rename(tmp_path / "genres")
    soundfile.write("song.wav", tone(7.0, 440.0), SR)
    paths = sorted(Path("genres").rglob("*.wav"))
    known = {
        "samples": np.stack([tone(31.0, 220.0, sr=44_100)] * 2),
        "paths": paths,
        "genres": [path.parent.name for path in paths],
    }
    found = blocks()
    assert found
    for block in found:
        exec(compile(block, str(README), "exec"), known)
    assert known["frame"].shape == (2, 57)
    assert len(known["table"]) == 12
    assert known["pipe"].predict(["song.wav"])[0] in known["genres"]
