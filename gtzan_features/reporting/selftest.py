"""The installation tried: synthetic sound through features, fit and prediction, in a temporary folder."""

from __future__ import annotations

import json
import math
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.config import FeatureConfig, SegmentConfig, SplitConfig
from gtzan_features.errors import SelftestError
from gtzan_features.progress import Notice, mute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt

    from gtzan_features.tables.predictions import Predictions

GENRES = ("classical", "metal")
N_TRACKS = 3
SECONDS = 6.1
SEGMENT = SegmentConfig(3.0)
MODEL = "logistic-regression"
FILE = "selftest.json"
_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step did.

    Attributes
    ----------
    name : {"sound", "features", "fit", "predict", "gtzan10"}
    said : str
        What was done and found.
    seconds : float
        By the clock.
    ok : bool
        Whether it did what it should; a step that did not is the last one, and its error follows.
    """

    name: str
    said: str
    seconds: float
    ok: bool = True


def selftest(notice: Notice = mute) -> Iterator[Step]:
    """Render tracks, compute features, fit a model, and apply it and the packaged one to another track.

    All of it lies in a temporary folder, which is removed; compiled kernels stay where numba keeps them.
    Nothing is read from a network.

    Parameters
    ----------
    notice : callable
        Called before kernels are compiled.

    Yields
    ------
    Step
        As soon as it is done.

    Raises
    ------
    SelftestError
        If a step gives something else than it should.
    Exception
        What a step or a library raises.
    """
    steps: dict[str, Callable[[Path, Notice], str]] = {
        "sound": _sound,
        "features": _features,
        "fit": _fit,
        "predict": _predict,
        "gtzan10": _pretrained,
    }
    with tempfile.TemporaryDirectory(prefix="gtzan-selftest-") as name:
        for step, do in steps.items():
            started = time.perf_counter()
            try:
                said = do(Path(name), notice)
            except Exception:
                yield Step(name=step, said="FAILED", seconds=time.perf_counter() - started, ok=False)
                raise
            yield Step(name=step, said=said, seconds=time.perf_counter() - started)


def _sound(folder: Path, _: Notice) -> str:
    from gtzan_features.synthetic import SyntheticConfig, write_marker, write_track

    config = SyntheticConfig(genres=GENRES, tracks_per_genre=N_TRACKS, seconds=SECONDS)
    for genre in GENRES:
        for index in range(N_TRACKS):
            write_track(folder / "music", genre, index, config)
    write_marker(folder / "music", config)
    write_track(folder / "new", GENRES[1], N_TRACKS, config)
    return f"{2 * N_TRACKS + 1} synthetic tracks of {SECONDS} s, {' and '.join(GENRES)}"


def _features(folder: Path, notice: Notice) -> str:
    from gtzan_features.tables.feature_tables import read_table

    path, n_rows = compute_features(folder, notice)
    expected = 2 * N_TRACKS * int(SECONDS / SEGMENT.seconds)
    if n_rows != expected:
        msg = f"{n_rows} rows of features were written, and there should be {expected}"
        raise SelftestError(msg)
    table = read_table(path)
    released = json.loads((files("gtzan_features.reporting") / FILE).read_text(encoding="utf-8"))
    off = other_values(known_values(), released["values"])
    if off:
        msg = (
            f"{', '.join(off)} of {released['preset']} differ from those of the release. Install the locked "
            "versions of the libraries"
        )
        raise SelftestError(msg)
    return (
        f"{n_rows} rows of {len(table.feature_names)} columns, {table.meta.preset}, the values of the release"
    )


def compute_features(folder: Path, notice: Notice) -> tuple[Path, int]:
    """Extract the Kaggle columns of the tracks; return where the table lies and its number of rows."""
    from gtzan_features.extraction.extract import ExtractConfig, extract

    config = ExtractConfig(segments=(SEGMENT,))
    config.prepare(notice)
    done = extract(folder / "music", folder / "tables", config, n_jobs=1)
    path, n_rows = done.tables[SEGMENT.name]
    return Path(path), n_rows


def known_sound() -> npt.NDArray[np.float32]:
    """Return a segment that is the same with all versions of libraries but for rounding.

    Synthetic tracks are not: their filters are scipy's. Here are four chords, a click each half second, and
    noise of whole numbers.
    """
    import numpy as np

    config = FeatureConfig()
    at = np.arange(int(SEGMENT.seconds * config.sr))
    seconds = at / config.sr
    root = 55.0 * 2.0 ** (np.array([0, 5, 7, 3])[at * 4 // len(at)] / 12)
    chord = sum(np.sin(2 * np.pi * ratio * root * seconds) / ratio for ratio in (1, 2, 3, 4, 5, 6, 8))
    beat = at % (config.sr // 2)
    noise = (at * at * 7919 % 65_537) / 65_537 - 0.5
    sound = 0.1 * chord + noise * (0.02 + 0.5 * np.exp(-beat / 400))
    return sound.astype(np.float32)


def known_values() -> dict[str, float]:
    """Return the Kaggle columns of `known_sound`, by their names."""
    from gtzan_features.descriptors import sets

    config = FeatureConfig()
    (row,) = sets.compute([known_sound()], config)
    return {column.name: float(value) for column, value in zip(sets.columns(config), row, strict=True)}


def other_values(found: dict[str, float], released: dict[str, float]) -> list[str]:
    """Return the columns whose values are not the released ones, but for rounding.

    A mean is known to a thousandth of itself and of the deviation that it is the mean of.
    """
    return [
        name
        for name, value in released.items()
        if not abs(found.get(name, math.nan) - value)
        <= _TOLERANCE * (abs(value) + math.sqrt(released.get(name.replace("_mean", "_var"), 0.0)))
    ]


def _fit(folder: Path, _: Notice) -> str:
    # No report is made: matplotlib would leave its list of fonts in the home folder.
    from gtzan_features.rounding import percent
    from gtzan_features.tables.run_storage import new_run_folder
    from gtzan_features.training.fit import train
    from gtzan_features.training.fit_config import FitConfig
    from gtzan_features.training.prepare_fit import prepare_fit
    from gtzan_features.training.write_run import write_run

    config = FitConfig(model=MODEL, segment=SEGMENT, split=SplitConfig(folds=N_TRACKS))
    trained = train(prepare_fit(folder / "tables", config), n_jobs=1)
    with new_run_folder(folder / "run") as new:
        write_run(new, trained)
    accuracy = _accuracy(trained.predictions)
    if accuracy <= 0.5:
        msg = f"{MODEL} tells {GENRES[0]} from {GENRES[1]} in {percent(accuracy)} % of the tracks"
        raise SelftestError(msg)
    return f"{MODEL}, {N_TRACKS} folds of whole tracks: {percent(accuracy)} % of synthetic tracks right"


def _accuracy(predictions: Predictions) -> float:
    """Return the share of tracks whose genre has the largest mean probability."""
    import numpy as np

    tracks = predictions.frame.groupby("track_id", observed=True)
    means = tracks[[f"p_{genre}" for genre in predictions.genres]].mean().to_numpy()
    truth = tracks["genre"].first().to_numpy(dtype=str)
    return float((np.array(predictions.genres)[means.argmax(axis=1)] == truth).mean())


def _predict(folder: Path, _: Notice) -> str:
    return _answer(folder, folder / "run", GENRES[1])


def _pretrained(folder: Path, _: Notice) -> str:
    from gtzan_features.prediction.named_models import PACKAGED

    return _answer(folder, PACKAGED / "gtzan10", "")


def _answer(folder: Path, model: Path, genre: str) -> str:
    """Apply a model to the track that no fit has seen; with `genre`, that must be the answer."""
    from gtzan_features.prediction.predict import predict
    from gtzan_features.prediction.predictor import load_predictor
    from gtzan_features.rounding import percent

    predictor = load_predictor(model).never_rejecting()
    (path,) = (folder / "new").rglob("*.wav")
    (found,) = predict([path], predictor, n_jobs=1)
    if found.error:
        raise SelftestError(found.error)
    if not math.isclose(sum(found.probabilities), 1, abs_tol=1e-6) or genre not in ("", found.genre):
        msg = f"{path.name} is {found.genre} with probabilities that sum to {sum(found.probabilities):g}"
        raise SelftestError(msg)
    ((_, probability),) = found.top(1)
    answer = f"{found.genre} of {len(found.genres)} genres ({percent(probability)} %)"
    return (
        f"a new {GENRES[1]} track is {answer}" if genre else f"answers {answer}: it knows no synthetic music"
    )
