"""Measure how far columns of the same name lie apart in other libraries.

    python benchmarks/whose_mfcc.py AUDIO_DIR CSV [--envs FOLDER] [--python312 PYTHON] [--per-genre 2]

AUDIO_DIR has WAV files in a folder for each genre, CSV is Kaggle's ``features_30_sec.csv``: differences are
told in the standard deviations that each column has there, over 1000 tracks. Each library is installed in an
environment of its own (with pip; in FOLDER they are kept) and called as its documentation does, by
``whose_mfcc_rows.py``. Writes ``reports/whose-mfcc.csv`` and ``benchmarks/WHOSE_MFCC.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from peer_list import ENVIRONMENTS, Environment
from peers import install, interpreter

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.sets import columns

ROOT = Path(__file__).resolve().parents[1]
ROWS = ROOT / "benchmarks" / "whose_mfcc_rows.py"
CSV, PAGE = ROOT / "reports" / "whose-mfcc.csv", ROOT / "benchmarks" / "WHOSE_MFCC.md"
COLUMNS = [column.name for column in columns(FeatureConfig())]
SPEECH = Environment(
    name="python_speech_features", package="python_speech_features", version="0.6", beside=("numpy", "scipy")
)
_MFCC = re.compile(r"mfcc(\d+)_(mean|var)")


@dataclass(frozen=True)
class Library:
    """A library as it is called in the table, how it is called by, and where it is installed."""

    name: str
    rows: str
    environment: str


LIBRARIES = (
    Library("librosa 0.11, by its defaults", "librosa", "librosa-0.11"),
    Library("librosa 1.0, by its defaults", "librosa", "librosa-1.0"),
    Library("Essentia", "essentia", "essentia"),
    Library("openSMILE, ComParE 2016", "opensmile", "opensmile"),
    Library("python_speech_features", "python_speech_features", "python_speech_features"),
)


def rows_of(python: Path, library: str, paths: list[Path]) -> pd.DataFrame:
    """Compute the rows of the files with the interpreter of an environment; a row a file."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if library == "ours":
        environment["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as compiled:
        if library != "ours":
            environment |= {"NUMBA_CACHE_DIR": compiled, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [str(python), str(ROWS), library],
            input="".join(f"{path}\n" for path in paths),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        msg = f"{library}: {(done.stderr.strip().splitlines() or [str(done.returncode)])[-1]}"
        raise SystemExit(msg)
    return pd.DataFrame([json.loads(line) for line in done.stdout.splitlines()])


def compare(name: str, theirs: pd.DataFrame, ours: pd.DataFrame, spread: pd.Series) -> pd.DataFrame:
    """Compare the columns of a library with ours.

    Parameters
    ----------
    name : str
        What the library is called.
    theirs, ours : DataFrame of shape (n_files, n_columns)
        Rows of the same files in the same order.
    spread : Series
        Standard deviation of each column over many tracks, in its unit.

    Returns
    -------
    DataFrame
        A row for each column: the medians of both, the median size of the differences in standard deviations,
        and Pearson's correlation over the files (NaN where one side is constant). Columns that the library
        does not have are NaN.
    """
    found = []
    for column in COLUMNS:
        row = {"library": name, "column": column, "ours": float(ours[column].median())}
        if column in theirs:
            a, b = theirs[column].to_numpy(float), ours[column].to_numpy(float)
            varies = a.std() > 0 and b.std() > 0
            row["theirs"] = float(np.median(a))
            row["difference_sd"] = float(np.median(np.abs(a - b)) / spread[column])
            row["correlation"] = float(np.corrcoef(a, b)[0, 1]) if varies else float("nan")
        found.append(row)
    fields = ["library", "column", "ours", "theirs", "difference_sd", "correlation"]
    return pd.DataFrame(found).reindex(columns=fields)


def page(measured: pd.DataFrame, n_tracks: int, environments: list[Environment]) -> str:
    """Return the page."""
    versions = ", ".join(f"{one.package} {one.version}" for one in environments)
    return (
        "# Columns of the same name in other libraries\n\n"
        "Written by `python benchmarks/whose_mfcc.py AUDIO_DIR CSV`; do not edit.\n\n"
        f"- {n_tracks} tracks of 30 s, WAV; the row of the whole track. {versions}.\n"
        "- A cell has the median over tracks of how far the two values lie apart, in standard deviations of\n"
        "  the column over the 1000 tracks of Kaggle's CSV, and Pearson's correlation over the tracks. Of\n"
        "  several columns it has the medians, and how many of them the library has.\n"
        "- Every column, with the medians of both: `reports/whose-mfcc.csv`.\n\n" + table(measured)
    )


def table(measured: pd.DataFrame) -> str:
    """Return the table of the page: a line for each column, MFCCs from the second on in one line."""
    libraries = list(dict.fromkeys(measured["library"]))
    lines = ["| column | " + " | ".join(libraries) + " |", "|---" * (len(libraries) + 1) + "|"]
    groups: dict[str, list[str]] = {}
    for column in COLUMNS:
        match = _MFCC.fullmatch(column)
        key = f"`mfcc2` … `mfcc20`, {match[2]}" if match and match[1] != "1" else f"`{column}`"
        groups.setdefault(key, []).append(column)
    by_place = measured.set_index(["library", "column"])
    for key, members in groups.items():
        cells = [_cell(by_place.loc[[(one, column) for column in members]]) for one in libraries]
        lines.append(f"| {key} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(rows: pd.DataFrame) -> str:
    """Tell difference and correlation, of several columns the median and how many there are."""
    known = rows.dropna(subset=["difference_sd"])
    if known.empty:
        return "–"
    difference, correlation = known["difference_sd"].median(), known["correlation"].median()
    alike = "–" if np.isnan(correlation) else f"{correlation:.2f}"
    far = f"{difference:.0f}" if difference >= 10 else f"{difference:.2g}" if difference >= 0.001 else "0"
    of = f" ({len(known)} of {len(rows)})" if len(known) < len(rows) else ""
    return f"{far}; {alike}{of}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("audio_dir", type=Path)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--envs", type=Path)
    parser.add_argument("--python312", type=Path)
    parser.add_argument("--per-genre", type=int, default=2)
    given = parser.parse_args()
    genres = sorted(folder for folder in given.audio_dir.iterdir() if folder.is_dir())
    paths = [path for genre in genres for path in sorted(genre.glob("*.wav"))[: given.per_genre]]
    spread = pd.read_csv(given.csv)[COLUMNS].std(ddof=0)
    ours = rows_of(Path(sys.executable), "ours", paths)
    places = {one.name: one for one in (*ENVIRONMENTS, SPEECH)}
    parts = []
    with tempfile.TemporaryDirectory() as temporary:
        for library in LIBRARIES:
            environment = places[library.environment]
            maker = interpreter(environment, given.python312)
            if maker is None:
                sys.exit(f"{library.name} needs Python {'.'.join(map(str, environment.least))}: --python312")
            python, failure = install(environment, given.envs or Path(temporary), maker)
            if failure:
                sys.exit(f"{library.name}: {failure}")
            print(f"{library.name}: {len(paths)} files", file=sys.stderr)
            parts.append(compare(library.name, rows_of(python, library.rows, paths), ours, spread))
    measured = pd.concat(parts, ignore_index=True)
    measured.to_csv(CSV, index=False, float_format="%.6g")
    used = [places[library.environment] for library in LIBRARIES]
    PAGE.write_text(page(pd.read_csv(CSV), len(paths), used), encoding="utf-8")


if __name__ == "__main__":
    main()
