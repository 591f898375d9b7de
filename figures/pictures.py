"""The pictures of reports, drawn from the CSVs beside them, and which of them are stale."""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from figures.sources import ROOT
from gtzan_features.audio.deform import ROBUST, deformations
from gtzan_features.evaluation.metrics import Metrics, evaluate
from gtzan_features.reports import accuracy_figure, colours, hero, lettering, robustness_figure
from gtzan_features.reports import figures as drawing
from gtzan_features.reports.html.data import slug
from gtzan_features.reports.protocols import protocol_order
from gtzan_features.reports.published import dataset_title
from gtzan_features.reports.robustness_frame import CLEAN, RobustnessFrames
from gtzan_features.reports.scored import TRACK
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.tables.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

REPORTS = ROOT / "reports"
RECORD = "pictures.json"
"""Of each picture, digits of the data and the code that it was drawn by, and of its own bytes."""

_CODE = (drawing, colours, lettering)
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture: its name, what it is drawn from and by, and how it is written into a folder."""

    name: str
    data: str
    code: tuple[ModuleType, ...]
    write: Callable[[Path], None]

    def made_of(self) -> dict[str, str]:
        """Return digits of the data and of the code."""
        code = "".join(inspect.getsource(module) for module in self.code)
        return {"data": _digits(self.data.encode()), "code": _digits(code.encode())}


def pictures(folder: Path = REPORTS) -> list[Picture]:
    """Return all pictures that the CSVs of a folder of reports give."""
    frame = pd.read_csv(folder / "accuracy.csv")
    measured = frame[frame["kind"] != "published"]
    measured = measured.astype({"leaked": bool, "synthetic": bool})
    found = [
        Picture(
            name=hero.PICTURE,
            data=hero.hero_rows(frame).to_csv(),
            code=(hero, *_CODE),
            write=lambda out: _write_hero(folder, out),
        )
    ]
    confusions = pd.read_csv(folder / "confusions.csv")
    for (dataset, synthetic), part in measured.groupby(["dataset", "synthetic"], sort=False):
        title = dataset_title(str(dataset), synthetic=bool(synthetic))
        found.append(_accuracy(part, title))
        found += _confusions(part, confusions, title)
    if (folder / "robustness.csv").exists():
        found.append(_robustness(folder))
    return found


def stale_pictures(folder: Path = REPORTS) -> list[Picture]:
    """Return the pictures that are missing, changed by hand, or of other data or code than there are now."""
    path = folder / RECORD
    recorded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [one for one in pictures(folder) if recorded.get(one.name) != _as_it_is(one, folder)]


def write_pictures(stale: list[Picture], folder: Path = REPORTS) -> None:
    """Draw pictures anew, and record what all are of."""
    for one in stale:
        one.write(folder)
    record = {one.name: _as_it_is(one, folder) for one in pictures(folder)}
    write_text(folder / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")


def confusion_metrics(counts: pd.DataFrame) -> Metrics:
    """Return the figures of a run's confusions, of rows of ``confusions.csv``, without probabilities."""
    genres = sorted({*counts["true"], *counts["predicted"]})
    at = {genre: i for i, genre in enumerate(genres)}
    pairs = [(at[true], at[taken]) for true, taken, n in _counted(counts) for _ in range(n)]
    truth, taken = np.array(pairs).T
    return evaluate(truth, np.eye(len(genres))[taken], genres)


def _counted(counts: pd.DataFrame) -> Iterator[tuple[str, str, int]]:
    for row in counts.to_dict("records"):
        yield str(row["true"]), str(row["predicted"]), int(row["count"])


def best_runs(part: pd.DataFrame) -> pd.DataFrame:
    """Return the best honest run of each protocol, the easiest first, of one data set's ``accuracy.csv``."""
    shown = part[~part["leaked"] & part["aggregation"].isin([TRACK, "mean"])]
    order = sorted(shown["protocol"].unique(), key=protocol_order)
    best = shown.loc[shown.groupby("protocol")["accuracy"].idxmax()]
    return best.set_index("protocol", drop=False).loc[order]


def best_words(run: pd.Series) -> str:
    """Return model, features, rows and accuracy of a row of ``accuracy.csv``, as titles have it."""
    by = "" if run["aggregation"] == TRACK else f" by {run['aggregation']}"
    cell = accuracy_cell(run["accuracy"], run["ci_low"], run["ci_high"])
    return f"{run['model']} on {run['features']}, {run['segments']} rows{by}, {cell} %"


def _accuracy(part: pd.DataFrame, title: str) -> Picture:
    def write(out: Path) -> None:
        figure = accuracy_figure.accuracy_figure(part, f"{title}: accuracy with 95 % intervals")
        drawing.save_figure(figure, out / name)

    name = f"accuracy-{slug(title)}.png"
    return Picture(name=name, data=part.to_csv(), code=(accuracy_figure, *_CODE), write=write)


def _confusions(part: pd.DataFrame, confusions: pd.DataFrame, title: str) -> Iterator[Picture]:
    for _, run in best_runs(part).iterrows():
        counts = confusions[confusions["run_id"] == run["run_id"]]
        words = f"{title}\n{run['protocol']}, {best_words(run)}"
        yield _confusion(f"confusion-{slug(title)}-{slug(str(run['protocol']))}.png", counts, words)


def _confusion(name: str, counts: pd.DataFrame, words: str) -> Picture:
    def write(out: Path) -> None:
        drawing.save_figure(drawing.confusion_figure(confusion_metrics(counts), words), out / name)

    return Picture(name=name, data=words + counts.to_csv(), code=_CODE, write=write)


def _robustness(folder: Path) -> Picture:
    def write(out: Path) -> None:
        figure = robustness_figure.robustness_figure(frames, title, deformations(ROBUST))
        drawing.save_figure(figure, out / "robustness.png")

    frames, title = robustness_frames(folder), _robustness_title(folder)
    data = frames.losses.to_csv() + frames.means.to_csv() + title
    return Picture(name="robustness.png", data=data, code=(robustness_figure, *_CODE), write=write)


def robustness_frames(folder: Path) -> RobustnessFrames:
    """Return the figures of ``robustness.csv`` and ``robustness-means.csv`` of a folder."""
    losses, means = (pd.read_csv(folder / f"{name}.csv") for name in ("robustness", "robustness-means"))
    names = losses.loc[losses["deformation"] != CLEAN, "deformation"].unique()
    known = {one.name: one for one in deformations(tuple(names))}
    labels = {CLEAN: CLEAN, **{name: one.label for name, one in known.items()}}
    groups = {CLEAN: "", **{name: one.group for name, one in known.items()}}
    told = losses.assign(
        kind=losses["kind"].fillna(""),
        label=losses["deformation"].map(labels),
        group=losses["deformation"].map(groups),
    )
    return RobustnessFrames(losses=told, means=means)


def _robustness_title(folder: Path) -> str:
    """Return the title, whose data set and protocol stand on the page that was written with the CSVs."""
    page = (folder / "robustness.md").read_text(encoding="utf-8")
    dataset = page.partition("Data: ")[2].partition(". Protocol:")[0]
    protocol = page.partition("Protocol: ")[2].partition(",")[0]
    return f"Accuracy lost, points: {dataset}, {protocol}"


def _write_hero(folder: Path, out: Path) -> None:
    path = hero.save_hero(folder)
    if out != folder:
        (out / hero.PICTURE).write_bytes(path.read_bytes())


def _as_it_is(one: Picture, folder: Path) -> dict[str, str]:
    path = folder / one.name
    return {**one.made_of(), "file": _digits(path.read_bytes()) if path.exists() else ""}


def _digits(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
