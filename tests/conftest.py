"""What several test modules share: the real material, and small tables and tracks made here."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

# Before anything imports numba: processes that fill one cache at once can break it, and whoever then
# calls the function crashes (https://github.com/numba/numba/issues/10128). So each worker has its own.
if _worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).resolve().parents[1] / ".numba_cache" / _worker)

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import soundfile

from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig
from gtzan_features.tables.feature_tables import FeatureTable, table_path, write_table
from gtzan_features.tables.schema import TableMeta, feature_schema
from gtzan_features.tables.spectrograms import SpectrogramTable, write_spectrograms
from tests.audio import material
from tests.browser import start_browser
from tests.order import arrange

MATERIAL = "GTZAN_MATERIAL"
SR = 22_050

# Commands that are tested import its module at Python's start. Debian's Python has one of the same name, and
# pytest, looking for doctests, could not import this one.
collect_ignore = ["kills/shim"]


def pytest_configure(config: pytest.Config) -> None:
    """Take signals as a command of a shell does, and compile the kernels once, on all processors.

    Tests under nohup or in the background of a script ignore SIGHUP or SIGINT, and so would all they start.
    """
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)
    made = config.rootpath / ".numba_cache" / "made"
    if _worker:
        shutil.copytree(made, os.environ["NUMBA_CACHE_DIR"], dirs_exist_ok=True)
    elif getattr(config.option, "numprocesses", None):
        command = (sys.executable, "-m", "gtzan_cli", "-q", "warm", "--set", "all")
        subprocess.run(command, env={**os.environ, "NUMBA_CACHE_DIR": str(made)}, check=True)


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    arrange(config.rootpath, items)


@pytest.fixture(scope="session")
def real_material() -> Path:
    """The folder with real GTZAN tracks and Kaggle's CSVs; never part of the repository."""
    default = Path(__file__).resolve().parents[2] / "shared" / "gtzan"
    folder = Path(os.environ.get(MATERIAL, default))
    if not (folder / "tracks.csv").is_file():
        reason = f"no real GTZAN material in {folder}: set {MATERIAL} to its folder"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


def tone(seconds: float, hz: float, seed: int = 0, sr: int = SR) -> np.ndarray:
    """A sine with clicks at 120 BPM and a little noise, float32."""
    t = np.arange(round(seconds * sr)) / sr
    rng = np.random.default_rng(seed)
    y = 0.3 * np.sin(2 * np.pi * hz * t) + 0.01 * rng.standard_normal(t.size)
    y[:: sr // 2] += 0.5
    return y.astype(np.float32)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One piece of sound in every container, intact and damaged; see `tests.audio.material`."""
    material.needs_programs()
    folder = tmp_path_factory.mktemp("sounds")
    material.make(folder)
    return folder


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two genres of three 7 s WAV tracks each."""
    root = tmp_path / "music"
    for g, genre in enumerate(("calm", "loud")):
        (root / genre).mkdir(parents=True)
        for i in range(3):
            y = tone(7.0, 220.0 * (g + 1) + 20 * i, seed=10 * g + i)
            soundfile.write(root / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    return root


TOY_COLUMNS = (
    "chroma_stft_mean",
    "rms_mean",
    "rolloff_mean",
    "rolloff_var",
    "tempo",
    "mfcc1_mean",
    "mfcc2_mean",
    "mfcc2_var",
)
"""Of every family of the Kaggle set some."""


def make_table(
    n_genres: int = 4,
    n_tracks: int = 12,
    n_segments: int = 5,
    *,
    segment: str = "3s",
    track_spread: float = 2.0,
    seed: int = 0,
    dataset: str = "toy",
) -> FeatureTable:
    """A feature table of Gaussians: a centre per genre, a spread of tracks and a small one of segments.

    Tracks differ more from one another than segments of a track do, so that the leak shows.
    """
    rng = np.random.default_rng(seed)
    columns = tuple((name, "1") for name in TOY_COLUMNS)
    rows, values = [], []
    for g in range(n_genres):
        centre = rng.normal(0, 1.5, len(columns))
        for t in range(n_tracks):
            of_track = centre + rng.normal(0, track_spread, len(columns))
            for s in range(n_segments):
                rows.append((f"genre{g}/track{t:02d}", f"genre{g}", s, 3.0 * s, 66_149))
                values.append(of_track + rng.normal(0, 0.3, len(columns)))
    frame = pd.DataFrame(rows, columns=["track_id", "genre", "segment", "start_s", "n_samples"])
    features = pd.DataFrame(np.array(values, dtype=np.float32), columns=[c for c, _ in columns])
    meta = TableMeta(
        feature_set="kaggle",
        feature_fingerprint=FeatureConfig().fingerprint(),
        segment=SegmentConfig.parse(segment).name,
        dataset=dataset,
        config=FeatureConfig().to_dict(),
    )
    return FeatureTable(frame=pd.concat([frame, features], axis=1), columns=columns, meta=meta)


def make_several_table(
    n_tracks: int = 30, n_segments: int = 2, *, segment: str = "3s", seed: int = 0, artists: bool = False
) -> FeatureTable:
    """A feature table whose tracks have a genre, and "fast" or not by one of the columns."""
    table = make_table(3, n_tracks // 3, n_segments, segment=segment, track_spread=0.8, seed=seed)
    frame = table.frame
    tempo = frame["track_id"].map(frame.groupby("track_id")["tempo"].mean())
    fast = tempo > tempo.median()
    also = np.where(fast, "fast;", "").astype(object)  # before "genre0" by name
    frame = frame.assign(genre=also + frame["genre"].to_numpy(dtype=object))
    if artists:  # of two tracks each, over the genres
        numbers = pd.factorize(frame["track_id"])[0] // 2
        frame.insert(5, "artist", [f"artist {number:02d}" for number in numbers])
    return replace(table, frame=frame, meta=replace(table.meta, several_labels=True, dataset="several"))


def save_table(folder: Path, table: FeatureTable) -> Path:
    """Write a table where `gtzan fit` looks for it."""
    path = table_path(folder, table.meta.feature_set, table.meta.segment)
    write_table(path, table, feature_schema(table.columns, table.meta, pa.float32(), table.key_names))
    return path


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A folder with a toy table of 3 s rows and one of 30 s rows of the same tracks."""
    folder = tmp_path / "features"
    save_table(folder, make_table())
    save_table(folder, make_table(n_segments=1, segment="30s"))
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium for the tests marked ``browser``; see `tests.browser`."""
    with start_browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


def make_spectrograms(
    n_genres: int = 3,
    n_tracks: int = 8,
    n_segments: int = 3,
    *,
    scale: str = "mel",
    segment: str = "3s",
    n_frames: int = 20,
    n_bands: int = 16,
    seed: int = 0,
) -> SpectrogramTable:
    """Noise with short bursts at random times, in bands that belong to the genre."""
    rng = np.random.default_rng(seed)
    rows, pictures = [], []
    for g in range(n_genres):
        for t in range(n_tracks):
            for s in range(n_segments):
                rows.append((f"genre{g}/track{t:02d}", f"genre{g}", s, 3.0 * s, 66_149))
                picture = rng.normal(80, 8, (n_frames, n_bands))
                for start in rng.choice(n_frames - 3, 2, replace=False):
                    picture[start : start + 3, 4 * g + 1 : 4 * g + 4] += 40
                pictures.append(picture)
    config = SpectrogramConfig(scale=scale, n_bands=n_bands)
    meta = TableMeta(
        feature_set=config.name,
        feature_fingerprint=config.fingerprint(),
        segment=segment,
        dataset="toy",
        config=config.to_dict(),
    )
    frame = pd.DataFrame(rows, columns=["track_id", "genre", "segment", "start_s", "n_samples"])
    codes = np.clip(np.rint(pictures), 0, 255).astype(np.uint8)
    return SpectrogramTable(frame=frame, codes=codes, meta=meta)


def save_spectrograms(folder: Path, table: SpectrogramTable) -> Path:
    """Write a spectrogram table where `gtzan fit cnn` looks for it."""
    path = table_path(folder, table.meta.feature_set, table.meta.segment)
    write_spectrograms(path, table)
    return path


def recorded_again(folder: Path) -> None:
    """Write hash and size of each file of a model folder into its card, as one who means to deceive would."""
    card = json.loads((folder / "model.json").read_text())
    card["files"] = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in folder.iterdir()
        if path.name != "model.json"
    }
    (folder / "model.json").write_text(json.dumps(card))


def predicted_by_arrays_alone(folder: Path, X: np.ndarray) -> np.ndarray:
    """Probabilities by the model stored in `folder`, in a process that must not import scikit-learn."""
    np.save(folder / "X.npy", X)
    code = """
import sys, pathlib, numpy as np
from gtzan_features.models.applying.load import load_model
folder = pathlib.Path(sys.argv[1])
np.save(folder / "p.npy", load_model(folder).estimator.predict_proba(np.load(folder / "X.npy")))
assert not {"sklearn", "skops", "scipy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    return np.load(folder / "p.npy")
