"""Measure training against scikit-learn and XGBoost used plainly, and write ``benchmarks/TRAINING.md``.

    python benchmarks/training.py MATERIAL [--tables DIR] [--rows 10000] [--svm-rows 3000] [--turns 5]
        [--threads N] [--columns N]

MATERIAL holds features/features_3_sec.csv (57 columns), audio/ and audio_six/. Rows of all columns of
``full`` are 1 s of those tracks; they are read from DIR, or extracted into it, which takes two minutes of a
processor and is not counted. With --columns, so many of them are taken at equal steps: a short run, of more
than 500. Ours and the plain way take turns in one process; figures are medians over turns, and a pair takes
no more turns once its time is used up. Fits take one thread, and N, one for each processor by default. Both
learn from the same rows, and are tested on the same tenth of the tracks, of which neither saw a row.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

CORES = len(os.sched_getaffinity(0))
os.environ["OMP_NUM_THREADS"] = str(CORES)  # before NumPy is imported: cases ask for fewer

import numpy as np  # noqa: E402
import scipy  # noqa: E402
import sklearn  # noqa: E402
import xgboost  # noqa: E402
from predict import machine  # noqa: E402 - the script beside
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: E402
from sklearn.model_selection import StratifiedGroupKFold  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import QuantileTransformer, StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

import gtzan_features as gf  # noqa: E402
from gtzan_features.extraction.csv_exchange import import_csv  # noqa: E402
from gtzan_features.models.registry import model_spec  # noqa: E402
from gtzan_features.models.spec import TrainingData  # noqa: E402
from gtzan_features.text_table import TextTable  # noqa: E402
from gtzan_features.training.load_rows import open_fittable  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
PREDICTIONS = 5
"""In each turn, of which the median counts: a prediction takes a hundredth of a second."""


class Side(NamedTuple):
    """One way to train: ``fit(rows)``, and what predicts from what that returned."""

    fit: Callable[[TrainingData], Any]
    predict: str = "predict_proba"


@dataclass(frozen=True, slots=True)
class Pair:
    """Ours and the plain way of one thing, with the rows of both.

    `seconds` is the time for all turns; at least one is taken.
    """

    name: str
    train: TrainingData
    test: TrainingData
    threads: int
    ours: Side
    plain: Side
    seconds: float = 12.0


class Spent(NamedTuple):
    """Seconds of the processors and of the clock for a fit and a prediction, and the share that is right."""

    fit_cpu: float
    fit_clock: float
    predict_cpu: float
    predict_clock: float
    right: float


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    cpu, clock = time.process_time(), time.perf_counter()
    found = work()
    return found, time.process_time() - cpu, time.perf_counter() - clock


def once(side: Side, pair: Pair) -> Spent:
    model, fit_cpu, fit_clock = timed(lambda: side.fit(pair.train))
    predicted = [
        timed(lambda: np.asarray(getattr(model, side.predict)(pair.test.X))) for _ in range(PREDICTIONS)
    ]
    values, (cpu, clock) = predicted[0][0], (median(one[i] for one in predicted) for i in (1, 2))
    answers = values.argmax(axis=1) if values.ndim == 2 else values
    return Spent(fit_cpu, fit_clock, cpu, clock, float((answers == pair.test.y).mean()))


def measured(pair: Pair, turns: int) -> tuple[str, ...]:
    """Let both take turns, and return a line of the table."""
    found: dict[str, list[Spent]] = {"ours": [], "plain": []}
    start = time.perf_counter()
    with threadpool_limits(pair.threads):
        for turn in range(turns):
            sides = [("ours", pair.ours), ("plain", pair.plain)]
            for name, side in sides if turn % 2 else reversed(sides):
                found[name].append(once(side, pair))
            if (time.perf_counter() - start) * (turn + 2) / (turn + 1) > pair.seconds:
                break
    ours, plain = (Spent(*(median(column) for column in zip(*found[name], strict=True))) for name in found)
    ratios = [f"{plain[i] / ours[i]:.3g}" for i in range(4)]
    line = (
        pair.name,
        f"{len(pair.train.y)} × {pair.train.X.shape[1]}",
        str(pair.threads),
        str(len(found["ours"])),
        f"{ours.fit_cpu:.2f}",
        f"{plain.fit_cpu:.2f}",
        *ratios,
        f"{100 * ours.right:.1f} / {100 * plain.right:.1f}",
    )
    print(*line, sep=" | ", file=sys.stderr, flush=True)
    return line


HEADER = (
    "model",
    "rows × columns",
    "threads",
    "turns",
    "fit: ours, s",
    "plain, s",
    "fit: times as fast (processor)",
    "(clock)",
    "prediction: times as fast (processor)",
    "(clock)",
    "right, % of rows: ours / plain",
)


def of_spec(name: str, threads: int, **settings: object) -> Side:
    """Return a model of ours as ``gtzan fit`` fits it."""
    spec = model_spec(name)
    return Side(lambda rows: spec.fit(replace(rows, threads=threads), {**spec.defaults, **settings}, 0))


def alone(make: Callable[[], Any]) -> Side:
    """Return an estimator by itself."""
    return Side(lambda rows: make().fit(rows.X, rows.y), "predict")


def calibrated(make: Callable[[], Any]) -> Side:
    """Return an estimator with a temperature on three folds of tracks, by scikit-learn."""

    def fit(rows: TrainingData) -> Any:  # noqa: ANN401
        folds = StratifiedGroupKFold(3, shuffle=True, random_state=0).split(rows.X, rows.y, rows.groups)
        model = CalibratedClassifierCV(make(), method="temperature", cv=list(folds), ensemble=False)
        return model.fit(rows.X, rows.y)

    return Side(fit)


def plain_lda() -> Any:  # noqa: ANN401
    ranks = QuantileTransformer(n_quantiles=200, output_distribution="normal")
    return make_pipeline(ranks, LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))


def plain_svm() -> Any:  # noqa: ANN401
    return make_pipeline(StandardScaler(), SVC(C=10.0))


def plain_xgboost(threads: int, **settings: object) -> Side:
    keep = {name: value for name, value in model_spec("xgboost").defaults.items() if name != "max_bin"}
    given = {**keep, "n_jobs": threads, "random_state": 0, **settings}
    return Side(lambda rows: xgboost.XGBClassifier(**given).fit(rows.X, rows.y))


def our_lda() -> Any:  # noqa: ANN401
    return make_pipeline(gf.RankNormal(), gf.ShrinkageLDA())


def our_svm() -> Any:  # noqa: ANN401
    return make_pipeline(StandardScaler(), gf.KernelSVM(C=10.0))


def opened(folder: Path, name: str, segment: str) -> TrainingData:
    table = open_fittable(folder, name, segment)
    data = table.data
    return TrainingData(X=data.X, y=data.y, groups=data.groups(), families=table.families)


def divided(rows: TrainingData, most: int) -> tuple[TrainingData, TrainingData]:
    """Return a tenth of the tracks to test on, and about `most` of the other rows.

    Of each genre the same share of its tracks is taken, by chance, and three at least.
    """
    folds = StratifiedGroupKFold(10, shuffle=True, random_state=0)
    train, test = next(folds.split(rows.X, rows.y, rows.groups))
    tracks, first = np.unique(rows.groups[train], return_index=True)
    share = np.empty(len(tracks))
    for genre in np.unique(rows.y):
        own = np.flatnonzero(rows.y[train][first] == genre)
        place = np.random.default_rng(0).permutation(len(own))
        share[own] = np.where(place < 3, 0, place / len(own))
    of = share[np.searchsorted(tracks, rows.groups[train])]
    return rows.take(train[of <= np.sort(of)[min(most, len(of)) - 1]]), rows.take(test)


def music_rows(material: Path, folder: Path) -> TrainingData:
    """Return 1 s rows of the real tracks with all columns of ``full``; extract them where they are not."""
    if not (folder / "full-1s.parquet").exists():
        with tempfile.TemporaryDirectory() as work:
            for track in sorted(material.glob("audio*/*/*.*")):
                link = Path(work) / track.parent.name / track.name
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(track.resolve())
            gf.extract(work, features="full", segments="1s", out=folder, prefer=("wav",))
    return opened(folder, "full", "1s")


def pairs(few: TrainingData, many: TrainingData, n_rows: int, n_svm: int, most: int) -> list[Pair]:
    narrow, wide, wide_svm = divided(few, n_rows), divided(many, n_rows), divided(many, n_svm)
    found = []
    for threads in sorted({1, most}):
        ours = of_spec("xgboost", threads, n_estimators=50)
        plain = plain_xgboost(threads, n_estimators=50, max_bin=256)
        found.append(Pair("xgboost, 50 rounds", *narrow, threads, ours, plain))
    for threads in sorted({1, most}):
        ours = of_spec("xgboost", threads, n_estimators=5)
        for bins in (32, 256):
            plain = plain_xgboost(threads, n_estimators=5, max_bin=bins)
            found.append(Pair(f"xgboost, 5 rounds, plain with {bins} bins", *wide, threads, ours, plain))
    found += [
        Pair("lda alone", *narrow, 1, alone(our_lda), alone(plain_lda)),
        Pair("lda, temperature", *narrow, 1, of_spec("lda", 1), calibrated(plain_lda)),
        Pair("svm alone", *narrow, 1, alone(our_svm), alone(plain_svm)),
        Pair("svm, temperature", *narrow, 1, of_spec("svm", 1), calibrated(plain_svm)),
        Pair("svm alone", *wide_svm, 1, alone(our_svm), alone(plain_svm)),
        Pair("svm, temperature", *wide_svm, 1, of_spec("svm", 1), calibrated(plain_svm)),
        Pair("lda alone", *wide, 1, alone(our_lda), alone(plain_lda)),
    ]
    if most > 1:
        found.append(Pair("svm alone", *wide_svm, most, alone(our_svm), alone(plain_svm)))
        found.append(Pair("lda alone", *wide, most, alone(our_lda), alone(plain_lda)))
    return found


def command(words: list[str]) -> tuple[float, float, str]:
    """Run a program: seconds of processors, on the clock, and the last line that it printed."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True)
    after, clock = os.times(), time.perf_counter() - start
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, clock, done.stdout.strip().splitlines()[-1]


def commands(csv: Path, tables: Path, work: Path, turns: int) -> list[tuple[str, ...]]:
    """Time ``gtzan fit lda`` and plain scripts on the same folds, in turns."""
    runs = work / "runs"
    fit = ["-m", "gtzan_cli", "fit", "lda", "--segments", "3s", "--tables", str(tables), "--runs", str(runs)]
    command(fit)
    (run,) = runs.iterdir()
    split = shutil.copy(run / "split.csv", work / "split.csv")
    plain = [str(HERE / "plain_lda.py"), str(csv), str(split)]
    words = {
        "gtzan fit lda --segments 3s": fit,
        "plain, calibrated": [*plain, "calibrated"],
        "plain, not calibrated": plain,
    }
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in words}
    for _ in range(turns):
        for name, one in words.items():
            if one is fit:
                shutil.rmtree(runs)
            cpu, clock, said = command(one)
            if one is fit:
                said = str(json.loads((run / "headline.json").read_text())["accuracy"])
            found[name].append((cpu, clock, said))
    return [
        (
            name,
            *(f"{median(one[i] for one in spent):.1f}" for i in (0, 1)),
            f"{100 * float(spent[-1][2]):.1f}",
        )
        for name, spent in found.items()
    ]


PAGE = """# Training, measured against scikit-learn and XGBoost used plainly

Written by `python benchmarks/training.py MATERIAL{given}`; do not edit.

- Machine: {machine}.
- NumPy {numpy}, SciPy {scipy}, scikit-learn {sklearn}, xgboost {xgboost}.
- 57 columns: rows of 3 s of Kaggle's CSV. {wide} columns: of `full`, rows of 1 s of the {tracks} real tracks,
  from WAV where that is at hand, else from Ogg copies.
- Ours and plain take turns in one process; medians. Times as fast: the plain way's seconds over ours, above 1
  where ours is faster. Both are tested on the same rows of a tenth of the tracks, which neither saw.

## Fits

{fits}

What plainly means:

- `xgboost`: `XGBClassifier` with the same parameters and the stated `max_bin`; ours takes 32 bins beyond
  500 columns.
- `lda`: `QuantileTransformer(n_quantiles=200, output_distribution="normal")`, then
  `LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")`. Ours alone: `RankNormal`, `ShrinkageLDA`.
- `svm`: `StandardScaler`, `SVC(C=10)`. Ours alone: `StandardScaler`, `KernelSVM(C=10)`.
- temperature: `CalibratedClassifierCV(method="temperature", ensemble=False)` on three folds of tracks,
  against the model of `gtzan fit`, which calibrates so, too.

`lda` multiplies all columns by each other and factors the result (ssyrk, Cholesky), which is most of its
time: beyond 500 columns in single precision, after which the rule is refined until it solves the equations
of double precision (a test compares it with scikit-learn's). The plain way takes a covariance for each genre,
and singular values.
Inner folds share nothing: each scales columns by its own training rows, by rank (which is not linear) or by
deviation, so that neither the scatter matrix nor the kernel of one fold is that of another. Of 57 columns and
10,000 rows, `svm` fits in libsvm as the plain way does: the kernel of all pairs would take more than 256 MB.
XGBoost's time is XGBoost's: ours is the same `XGBClassifier` with the same parameters (a test compares them),
so that with as many bins both sides do the same and differ by chance alone.

## Whole command, ten folds of tracks

{commands}

The command also fits the model that is kept, learns the rule for "none of these", takes intervals by artist,
and writes a run. Plain: `python benchmarks/plain_lda.py`, that is `cross_val_predict(n_jobs=-1)` on the same
folds.
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("material", type=Path)
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--svm-rows", type=int, default=3_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=CORES)
    parser.add_argument("--columns", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=HERE / "TRAINING.md")
    asked = parser.parse_args()
    csv = asked.material / "features" / "features_3_sec.csv"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        import_csv(csv, work / "kaggle")
        few = opened(work / "kaggle", "kaggle", "3s")
        many = music_rows(asked.material, asked.tables or work / "tables")
        chosen = np.unique(np.linspace(0, many.X.shape[1] - 1, asked.columns).round().astype(np.int64))
        many = replace(many, X=many.X[:, chosen], families=tuple(many.families[i] for i in chosen))
        planned = pairs(few, many, asked.rows, asked.svm_rows, asked.threads)
        lines = [measured(pair, asked.turns) for pair in planned]
        whole = commands(csv, work / "kaggle", work, min(asked.turns, 3))
    asked.out.write_text(
        PAGE.format(
            given=f" --rows {asked.rows} --svm-rows {asked.svm_rows} --turns {asked.turns}"
            f" --threads {asked.threads} --columns {asked.columns}",
            machine=machine(),
            numpy=np.__version__,
            scipy=scipy.__version__,
            sklearn=sklearn.__version__,
            xgboost=xgboost.__version__,
            wide=many.X.shape[1],
            tracks=len(np.unique(many.groups)),
            fits=TextTable(title="", header=HEADER, rows=tuple(lines)).markdown(),
            commands=TextTable(
                title="",
                header=("command", "processor seconds", "seconds", "right, % of tracks"),
                rows=tuple(whole),
            ).markdown(),
        )
    )


if __name__ == "__main__":
    main()
