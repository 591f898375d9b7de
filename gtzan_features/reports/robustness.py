"""The report on deformed audio: a page, two CSVs and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.drawn import frame_tests, frame_words
from gtzan_features.reports.figures import save_figure
from gtzan_features.reports.protocols import PROTOCOLS, tested_by_name
from gtzan_features.reports.robustness_figure import robustness_figure
from gtzan_features.reports.robustness_tables import TRAINED_ON, robustness_tables
from gtzan_features.reports.templating import environment
from gtzan_features.tables.atomic import write_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gtzan_features.audio.deform import Deformation
    from gtzan_features.reports.robustness_frame import RobustnessFrames

PAGE, CSV, PICTURE = "robustness.md", "robustness.csv", "robustness.png"
MEANS_CSV = "robustness-means.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessContext:
    """Introductory text of the report: how, on what and with what the tables were made.

    `trained` are the deformations whose copies the models of the part ``augmented`` were trained on.
    """

    command: str
    dataset: str
    synthetic: bool
    protocol: str
    features: str
    rows: str
    family_model: str
    machine: str
    versions: str
    steps: tuple[tuple[str, float], ...]
    missing: tuple[str, ...]
    audio: str = ""
    trained: tuple[Deformation, ...] = ()


def write_robustness(frames: RobustnessFrames, context: RobustnessContext, folder: Path) -> Path:
    """Write page, CSVs and picture and return the path of the page."""
    _write_csv(frames.losses.drop(columns=["label", "group"]), folder / CSV)
    _write_csv(frames.means, folder / MEANS_CSV)
    title = f"Accuracy lost, points: {context.dataset}, {context.protocol}"
    title = f"SYNTHETIC: {title}" if context.synthetic else title
    save_figure(robustness_figure(frames, title, context.trained), folder / PICTURE)
    losses = frames.losses
    named = losses.assign(protocol=context.protocol)
    text = (
        environment()
        .get_template("robustness.md.j2")
        .render(
            context=context,
            about=PROTOCOLS.get(tested_by_name(context.protocol).kind, ""),
            n_tracks=int(losses["n_tracks"].max()),
            files={"picture": PICTURE, "losses": CSV, "means": MEANS_CSV},
            tables=robustness_tables(frames, context.trained),
            trained=[one.label for one in context.trained],
            dagger=TRAINED_ON,
            drawn=frame_words(named),
            test=frame_tests(named),
        )
    )
    write_text(folder / PAGE, text + "\n")
    return folder / PAGE


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    write_text(path, frame.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
