"""The commands that are killed, and the small folder that each begins with."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line, and what it needs.

    Attributes
    ----------
    name : str
    words : tuple of str
        Of the line, without ``gtzan``; the folder of the trial is the working folder.
    needs : tuple of str
        What of the material the folder of the trial holds at the start.
    has_workers : bool
        Whether it has worker processes.
    in_ci : bool
        Whether it is one of the few that every test run tries.
    removes : bool
        Whether it takes away what it is given, so that it may find nothing left when it is given again.
    """

    name: str
    words: tuple[str, ...]
    needs: tuple[str, ...] = ()
    has_workers: bool = False
    in_ci: bool = False
    removes: bool = False


_EXTRACT = ("features", "extract", "music", "-o", "features", "-s", "3s")
_SLICE = ("features", "extract", "music", "-o", "slices", "-s", "3s", "-j", "1", "--shard")
_FIT = ("--tables", "features", "--holdout", "0.34", "-j", "1")
_BENCH = ("long", "--tables", "tables", "--features", "kaggle", "--models", "lda", "--family-model", "lda")

COMMANDS = (
    Command(name="extract", words=(*_EXTRACT, "-j", "1"), needs=("music",)),
    Command(
        name="extract-workers", words=(*_EXTRACT, "-j", "2"), needs=("music",), has_workers=True, in_ci=True
    ),
    Command(name="shard", words=(*_EXTRACT, "-j", "1", "--shard", "1/2"), needs=("music",)),
    Command(
        name="extract-shards",
        words=(*_EXTRACT, "-j", "2", "--shard-files", "4"),
        needs=("music",),
        has_workers=True,
    ),
    Command(
        name="merge",
        words=("features", "merge", "slices", "--layout", "file"),
        needs=("slices",),
    ),
    Command(
        name="extract-deformed",
        words=(*_EXTRACT, "-j", "1", "--deformed", "noise-20,mp3-64"),
        needs=("music",),
    ),
    Command(
        name="spectrograms",
        words=("features", "spectrograms", "music", "-o", "features", "-s", "3s", "-j", "1"),
        needs=("music",),
    ),
    Command(
        name="spectrograms-workers",
        words=("features", "spectrograms", "music", "-o", "features", "-s", "3s", "-j", "2"),
        needs=("music",),
        has_workers=True,
    ),
    Command(name="fit-lda", words=("fit", "lda", *_FIT), needs=("features",), in_ci=True),
    Command(name="fit-two", words=("fit", "svm", "xgboost", *_FIT), needs=("features",)),
    Command(
        name="tune",
        words=("tune", "lda", *_FIT, "--trials", "3", "--budget", "5"),
        needs=("features",),
        in_ci=True,
    ),
    Command(name="report", words=("report", "--html"), needs=("runs",), in_ci=True),
    Command(
        name="bench-accuracy",
        words=("bench", "accuracy", *_BENCH, "--protocols", "track", "-j", "1"),
        needs=("long", "tables"),
    ),
    Command(
        name="bench-robustness",
        words=(
            *("bench", "robustness", *_BENCH, "-s", "3s", "--protocol", "track", "-j", "1"),
            *("--deformations", "noise-20"),
        ),
        needs=("long", "tables"),
    ),
    Command(
        name="predict-csv",
        words=("predict", "music", "--out", "genres.csv", "--playlist", "lists", "-j", "1"),
        needs=("music",),
        in_ci=True,
    ),
    Command(
        name="predict-parquet",
        words=("predict", "music", "--out", "genres.parquet", "-j", "2"),
        needs=("music",),
        has_workers=True,
    ),
    Command(
        name="predict-tags",
        words=("predict", "music", "--out", "genres.csv", "--write-tags", "--yes", "-j", "1"),
        needs=("music",),
    ),
    Command(
        name="augment",
        words=("data", "augment", "music", "copies", "--augment", "noise,time-shift", "-j", "1"),
        needs=("music",),
    ),
    Command(
        name="synth",
        words=("data", "synth", "mini", "--tracks", "1", "--seconds", "2", "-j", "1"),
    ),
    Command(name="import", words=("features", "import", "rows.csv", "-o", "imported"), needs=("rows.csv",)),
    Command(
        name="export",
        words=("features", "export", "features", "-s", "3s", "-o", "rows.csv"),
        needs=("features",),
    ),
    Command(
        name="download",
        words=("--plugin", "local_gtzan.py", "data", "download", "mini", "gtzan"),
        needs=("local_gtzan.py", "archive.zip"),
        in_ci=True,
    ),
    Command(
        name="explain",
        words=("explain", "music/blues/blues.synth00.wav", "-m", "gtzan10", "-o", "picture.png"),
        needs=("music",),
    ),
    Command(
        name="remove",
        words=("runs", "remove", "--yes", "RUN"),
        needs=("runs",),
        removes=True,
        in_ci=True,
    ),
)
"""`RUN` stands for the name of the first run of the material."""

MATERIAL = (
    ("data", "synth", "made", "--tracks", "3", "--seconds", "6.2", "-j", "2"),
    ("data", "synth", "long", "--tracks", "3", "--seconds", "30.02", "-j", "2"),
    (*_EXTRACT, "-j", "2"),
    (*_SLICE, "1/2"),
    (*_SLICE, "2/2"),
    ("features", "export", "features", "-s", "3s", "-o", "rows.csv"),
    ("features", "extract", "long", "-o", "tables", "-j", "2"),
    ("fit", "lda", *_FIT),
    ("fit", "xgboost", *_FIT, "--set", "n_estimators=5"),
)
"""Commands that make the material, one after the other."""

GENRES = ("blues", "classical", "disco")

_PLUGIN = """
import gtzan_features as gf
from gtzan_features.datasets import download, gtzan

@gf.feature(unit="1", description="nothing", source="a test", family="mine")
def nothing(spectra):
    return spectra.magnitude[:, 0] * 0

def _local():
    facts = gtzan.facts().copy()
    for name, digest in {tracks!r}.items():
        facts.loc[name, "sha256_wav"] = digest
    gtzan._facts = lambda: facts
    source = download.Source(url={url!r}, digest={digest!r}, stated_in="a test")
    download.SOURCES["mini"] = (source,)

_local()
"""


def keep_few_genres(folder: Path) -> None:
    """Leave few genres in a synthetic data set, and no file that tells about the others."""
    for path in folder.iterdir():
        if path.name in GENRES:
            continue
        if path.is_dir():
            for file in path.iterdir():
                file.unlink()
            path.rmdir()
        else:
            path.unlink()


def write_archive(folder: Path, url: str) -> None:
    """Write an archive of six noises in the names of GTZAN's tracks, and a plugin that takes it for GTZAN."""
    rng = np.random.default_rng(0)
    tracks = {}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for i, genre in enumerate(("blues", "rock", "jazz")):
            for number in (0, 1):
                data = rng.integers(0, 256, 100_000 + i, dtype=np.uint8).tobytes()
                name = f"{genre}.{number:05d}"
                archive.writestr(zipfile.ZipInfo(f"x/{name}.wav"), data)
                tracks[name] = hashlib.sha256(data).hexdigest()
    (folder / "archive.zip").write_bytes(packed.getvalue())
    digest = f"md5:{hashlib.md5(packed.getvalue()).hexdigest()}"
    (folder / "local_gtzan.py").write_text(_PLUGIN.format(tracks=tracks, url=url, digest=digest))


def first_run(folder: Path) -> str:
    """Return the name of the first run of a folder of runs."""
    return sorted(path.parent.name for path in folder.glob("*/manifest.json"))[0]


def recorded_files(manifest: Path) -> dict[str, str]:
    """Return the hashes that the manifest of a run has of its files."""
    files = json.loads(manifest.read_text()).get("files", {})
    return {name: facts["sha256"] for name, facts in files.items()}
