"""A folder of music in every state that a library is found in, extracted: one line for each thing to say.

Names that mean something to somebody else are in `tests.nasty`, sound in every container in
`tests.audio.material`; here is what surrounds it, and what the command says.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from tests.conftest import SR, tone
from tests.nasty import NFC, NFD

GENRE = unicodedata.normalize("NFD", "Klassík [1]\n(Ü)")
"""With a bracket and a line end, in the form that macOS writes."""


def sound(path, y=None, **kind):
    soundfile.write(path, tone(4.0, 300.0, seed=len(str(path))) if y is None else y, SR, format="WAV", **kind)


STATES = {
    "good.wav": ("ok", ""),
    f"{NFC}.wav": ("ok", ""),
    f"{NFD}.wav": ("ok", ""),
    "UPPER.WAV": ("ok", ""),
    "...And Justice.wav": ("ok", ""),
    "a blank behind.wav ": ("ok", ""),
    "dir.mp3/inner.wav": ("ok", ""),
    "zero.wav": ("corrupt", "the file is empty"),
    "text.mp3": ("corrupt", "Format not recognised"),
    "dead.flac": ("corrupt", r"a link to a file that is not there, /gone/new\\nline\.flac"),
    "loop.wav": ("corrupt", "a link that leads back to itself"),
    "nan.wav": ("corrupt", "not finite"),
    "silent.wav": ("silent", "every sample is 0"),
    "short.wav": ("short", r"1\.00 s of sound: too short for a row of 3s"),
}
"""What becomes of each file that is called like audio, and why."""

OTHERS = ("._good.wav", ".DS_Store", "Thumbs.db", "desktop.ini", "good.wav~")
"""Of systems and editors: not even counted."""

COUNTED = {".jpg": 2, ".m3u": 1, "special": 1, "": 1, "hidden .wav": 1}
"""What else is passed over."""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    root = tmp_path_factory.mktemp("library")
    here = root / GENRE
    (here / "dir.mp3").mkdir(parents=True)
    for name, (status, _) in STATES.items():
        if status == "ok":
            sound(here / name)
    (here / "zero.wav").touch()
    (here / "text.mp3").write_text("no music")
    (here / "dead.flac").symlink_to("/gone/new\nline.flac")
    (here / "loop.wav").symlink_to("loop.wav")
    sound(here / "nan.wav", np.full(4 * SR, np.nan), subtype="FLOAT")
    sound(here / "silent.wav", np.zeros(4 * SR))
    sound(here / "short.wav", tone(1.0, 300.0))
    for name in (*OTHERS, "a.jpg", "b.JPG", "list.m3u", "README", ".hidden.wav"):
        (here / name).write_bytes(b"x")
    os.mkfifo(here / "pipe.wav")
    (here / "again.wav").symlink_to("good.wav")
    (here / "circle").symlink_to(root)
    (root / "Empty" / "inside").mkdir(parents=True)
    sound(root / "loose.wav")
    return root


@pytest.fixture(scope="module")
def extracted(library):
    """What the command printed, as text and as JSON, and the folder of the tables."""
    out = library.parent / "tables"
    words = ["features", "extract", library, "-o", out, "-s", "3s", "--features", "kaggle:energy", "-j", 1]
    done = [
        subprocess.run(
            [sys.executable, "-m", "gtzan_cli", *map(str, words), *more],
            capture_output=True,
            text=True,
            check=True,
        )
        for more in ([], ["--json"])
    ]
    return done[0], json.loads(done[1].stdout), out


@pytest.mark.parametrize("name", STATES)
def test_what_becomes_of_a_file_and_why(extracted, name):
    status = pd.read_parquet(extracted[2] / "status.parquet").set_index("path")
    row = status.loc[f"{GENRE}/{name}"]
    kind, why = STATES[name]
    assert row.status == kind
    assert re.search(why, row.reason) if why else row.reason == ""
    assert unicodedata.is_normalized("NFC", row.genre)
    assert row.genre.isprintable()


def test_json_has_every_file_and_every_count(extracted):
    _, found, _ = extracted
    bad = {name: kind for name, (kind, _) in STATES.items() if kind != "ok"}
    assert {Path(one["path"]).name: one["status"] for one in found["skipped"]} == bad
    assert found["passed_over"] == COUNTED | {".wav": 1}  # the loose one
    assert found["empty_genres"] == ["Empty"]
    assert list(found["genres"].values()) == [len(STATES)]


def test_each_line_on_stderr_is_one_of_ours_and_says_what_where_and_why(extracted):
    done, _, _ = extracted
    words = "1 genre, 14 files|Skipped|Incomplete|Passed over|Folders without audio|Cannot be read|Compiling"
    own = re.compile(rf"({words})\b.*")
    lines = done.stderr.splitlines()
    assert [line for line in lines if not own.match(line)] == []  # nothing of a decoder
    assert all(line.isprintable() for line in lines)
    assert (
        "Passed over: 2 .jpg, 1 without ending, 1 .m3u, 1 hidden .wav, 1 special (pipe or device)." in lines
    )
    assert any(re.match(r"Passed over, read already under another name: 2, such as", line) for line in lines)
    assert "Passed over, in no genre folder: 1 audio file, such as loose.wav." in lines
    assert "Folders without audio, passed over: Empty." in lines
    skipped = [line for line in lines if line.startswith("Skipped: ")]
    assert len(skipped) == sum(kind != "ok" for kind, _ in STATES.values())
    assert "7 skipped (5 corrupt, 1 short, 1 silent)" in done.stdout


def test_many_of_a_kind_are_counted_and_the_first_are_named(tmp_path):
    (tmp_path / "music" / "rock").mkdir(parents=True)
    for number in range(8):
        (tmp_path / "music" / "rock" / f"{number}.mp3").write_bytes(b"")
    words = ["features", "extract", tmp_path / "music", "-o", tmp_path / "t", "-j", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "gtzan_cli", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    read, *named, rest, last = [line for line in done.stderr.splitlines() if not line.startswith("Compiling")]
    assert read == "1 genre, 8 files, artists not known: rock 8."
    assert named == [f"Skipped: rock/{n}.mp3: corrupt: the file is empty" for n in range(5)]
    assert rest == f"Skipped: 3 more corrupt: see {tmp_path}/t/status.parquet, or give --json."
    assert last.startswith("Error: no row of 3s or 30s: 8 of 8 files are corrupt, such as rock/0.mp3")
