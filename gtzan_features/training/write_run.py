"""A fit that is done, onto the disk: the files of a run folder that others compute from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gtzan_features.models.save import save_kept_model
from gtzan_features.tables import run_folder as runs
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.predictions import write_predictions

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.training.fit import Trained


def write_run(folder: Path, trained: Trained) -> None:
    """Write split, predictions, training accuracy, model and curves into a folder, and the manifest last.

    Equal fits give equal bytes, but for the time in ``fitted_at.txt``.

    Parameters
    ----------
    folder : Path
        An empty folder, as `tables.run_storage.new_run_folder` gives it.
    trained : Trained

    Raises
    ------
    ModelError
        If the model cannot be stored without pickle.
    """
    families: dict[str, Any] = {"families": trained.families} if trained.families else {}
    metrics = {**families, "train_accuracy": trained.train_accuracy}
    if trained.kept is not None and trained.kept.card.several_labels:
        metrics["label_thresholds"] = list(trained.kept.card.thresholds)
    write_text(folder / runs.SPLIT, trained.split.frame.to_csv(index=False, lineterminator="\n"))
    write_predictions(folder / runs.PREDICTIONS, trained.predictions)
    write_text(folder / runs.METRICS, json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n")
    if trained.kept is not None:
        save_kept_model(folder / runs.MODEL, trained.kept)
    if len(trained.curves):
        curves = trained.curves.to_csv(index=False, lineterminator="\n", float_format="%.6g")
        write_text(folder / runs.CURVES, curves)
    runs.finish_run(folder, trained.manifest)
