"""The main job runs as it stands on its page, on the smallest folder that it promises to run on."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import soundfile
from gtzan_cli import main as entry

from tests.conftest import SR, tone

PAGE = Path(__file__).resolve().parents[1] / "docs" / "how-to" / "audio-to-accuracy.md"


def main_job() -> list[str]:
    """The commands of the first block, without their comments."""
    block = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]
    return [line.partition("  #")[0].strip() for line in block.splitlines()]


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_the_main_job_runs_on_two_tracks_in_each_of_two_genres(tmp_path, monkeypatch, capsys):
    for g, genre in enumerate(("calm", "loud")):
        (tmp_path / "AUDIO_DIR" / genre).mkdir(parents=True)
        for i in range(2):
            y = tone(31.0, 220.0 * (g + 1) + 20 * i, seed=10 * g + i)
            soundfile.write(tmp_path / "AUDIO_DIR" / genre / f"Song {i}.flac", y, SR)
    monkeypatch.chdir(tmp_path)
    # Workers for four files take longer than the files; other tests have them.
    monkeypatch.setattr("gtzan_features.parallel.local.available_processors", lambda: 1)
    commands = main_job()
    assert len(commands) == 8
    for line in commands:
        first, *words = shlex.split(line)
        assert first == "gtzan"
        assert entry.run(words) == 0, line
    shown = capsys.readouterr()
    assert shown.err.count("track, 2 folds: calm has 2 tracks.") == 4
    assert "2 genres, 4 files, artists not known: calm 2, loud 2." in shown.err
    assert len(list((tmp_path / "runs").iterdir())) == 4
