"""The Python of the README and of the pages runs as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import gtzan_features as gf
from tests.conftest import SR, tone

ROOT = Path(__file__).resolve().parents[1]
README, START = ROOT / "README.md", ROOT / "docs" / "index.md"
HOW_TO = ROOT / "docs" / "how-to"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.fixture
def here(music, tmp_path, monkeypatch):
    """A folder with genres and a song, as the pages suppose."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    music.rename(tmp_path / "genres")
    soundfile.write("song.wav", tone(7.0, 440.0), SR)
    return tmp_path


def run(page: Path, known: dict[str, object]) -> dict[str, object]:
    found = blocks(page)
    assert found
    for block in found:
        exec(compile(block, str(page), "exec"), known)
    return known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_name_that_a_page_uses_is_public(page):
    assert set(re.findall(r"\bgf\.(\w+)", page.read_text(encoding="utf-8"))) <= set(gf.__all__)


@pytest.mark.usefixtures("here")
def test_the_code_of_the_page_on_python_runs():
    paths = sorted(Path("genres").rglob("*.wav"))
    known = {
        "samples": np.stack([tone(31.0, 220.0, sr=44_100)] * 2),
        "paths": paths,
        "genres": [path.parent.name for path in paths],
    }
    run(HOW_TO / "python.md", known)
    assert known["frame"].shape == (2, 57)
    assert len(known["table"]) == 12
    assert known["pipe"].predict(["song.wav"])[0] in known["genres"]


@pytest.mark.filterwarnings("ignore:.*(folds|not calibrated).*:gtzan_features.GtzanWarning")
def test_the_five_lines_of_the_front_page_run_and_start_has_the_same(here):
    genres = ("calm", "loud")
    shutil.rmtree("genres")  # they are too short for rows of 30 s
    for number in range(2 * len(genres)):
        path = here / "genres" / genres[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(31.0, 220.0 * (1 + number % 2) + 10 * number, seed=number), SR)
    (lines,) = blocks(README)
    assert len([line for line in lines.splitlines() if line.strip()]) == 5
    assert blocks(START) == [lines]
    assert len(run(README, {})["table"]) == 4


@pytest.mark.real
def test_the_code_of_the_page_on_kaggle_s_csvs_runs(real_material, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(real_material / "features" / "features_30_sec.csv", tmp_path)
    assert len(run(HOW_TO / "kaggle-csvs.md", {})["table"]) == 1000
