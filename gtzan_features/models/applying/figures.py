"""How well a model did where it was tested, kept beside it: for models that come without a run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ModelError
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.checked import DamagedError, checked_bytes, from_json, parse_json, what_is_wrong

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIGURES = "figures.json"

UNDEFORMED = ("table", "clean")
"""What deformed audio is compared with: rows of the tracks in the training table, and the audio as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Measured figures of a model; shares lie within [0, 1].

    Attributes
    ----------
    name : str
        As after ``--model``.
    headline : str
        What the model is and how good, in plain words.
    protocol : str
        How training and test were divided.
    n_tracks : int
        Tracks that were tested.
    accuracy, low, high : float
        Share that is right, with its 95 % interval over artists.
    top2, top2_low, top2_high : float
        Share whose genre is among the first two.
    calibration_error : float
        Expected calibration error of the probabilities of whole tracks.
    genres : dict
        For each genre the tracks that were right, and those that were tested.
    deformations : dict
        What was done to the sound, by name, after `UNDEFORMED`: ``label``, ``accuracy``, ``low``, ``high``,
        ``n_tracks``; ``changed`` and ``rejected``, the shares of tracks with another answer and with "none of
        these". Empty where nothing was tested.
    deformed : str
        Of which audio these are, in words.
    """

    name: str
    headline: str
    protocol: str
    n_tracks: int
    accuracy: float
    low: float
    high: float
    top2: float
    top2_low: float
    top2_high: float
    calibration_error: float
    genres: dict[str, Any]
    deformations: dict[str, Any] = field(default_factory=dict)
    deformed: str = ""

    @property
    def tested_on(self) -> tuple[str, ...]:
        """Labels of the deformations that the model was tested on."""
        named = self.deformations.items()
        return tuple(str(one["label"]) for name, one in named if name not in UNDEFORMED)


def save_figures(folder: Path, figures: Figures) -> None:
    """Write ``figures.json`` into a model folder, before its card."""
    write_text(folder / FIGURES, json.dumps(asdict(figures), indent=1, allow_nan=False) + "\n")


def load_figures(folder: Path, record: Mapping[str, Any] | None) -> Figures | None:
    """Read ``figures.json``; None for a model that was stored without: `record` is what its card says of it.

    Raises
    ------
    ModelError
        If the file is missing though there is a record, or is damaged.
    """
    if record is None:
        return None
    try:
        figures = from_json(Figures, parse_json(checked_bytes(folder / FIGURES, record)))
        if not all(isinstance(one, dict) and "label" in one for one in figures.deformations.values()):
            msg = "a deformation has no label"
            raise DamagedError(msg)
    except (DamagedError, OSError) as error:
        msg = f"{folder / FIGURES}: {what_is_wrong(error)}. Fit the model again"
        raise ModelError(msg) from error
    return figures
