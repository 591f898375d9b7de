"""Ways in for what a fit wrote: model folders and run folders."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

from tests.fuzz.file_mutators import arrow_mutation, zip_mutation
from tests.fuzz.mutators import Seeds, bytes_mutation, json_mutation
from tests.fuzz.reader import Mutate, Reader

_SETTINGS = {"xgboost": ("n_estimators=3",), "svm": (), "lda": ()}


@cache
def run_of(model: str) -> Path:
    """A run of a small fit, made once in a process, in the folder for temporary files."""
    import tempfile

    from gtzan_features.config import SplitConfig
    from gtzan_features.reporting.fit_run import fit_run
    from gtzan_features.training.fit_config import FitConfig
    from tests.conftest import make_table, save_table

    root = Path(tempfile.mkdtemp())
    save_table(root / "t", make_table(3, 8, 2))
    config = FitConfig(
        model=model, settings=_SETTINGS[model], split=SplitConfig(protocol="track", holdout=0.25)
    )
    return fit_run(root / "t", root / "r", config, n_jobs=1).folder


def _folder_of(model: str) -> Path:
    """A run, or something like one around the packaged model."""
    from gtzan_features.prediction.named_models import PACKAGED

    return PACKAGED if model == "gtzan10" else run_of(model)


def _model(model: str):
    def around(folder: Path) -> None:
        name = "gtzan10" if model == "gtzan10" else "model"
        shutil.copytree(_folder_of(model) / name, folder, dirs_exist_ok=True)

    return around


def _file_of(model: str, name: str):
    def seeds(_: Path) -> Seeds:
        return [(_folder_of(model) / name).read_bytes()]

    return seeds


def _load(path: Path) -> str:
    from gtzan_features.models.applying.kept_model import load_kept_model

    load_kept_model(path.parent)
    return "loaded"


def _load_recorded(path: Path) -> str:
    """As one who means to deceive hands it on: with the hash of the changed file in the card."""
    from tests.conftest import recorded_again

    recorded_again(path.parent)
    return _load(path)


def _whole_run(model: str, *, recorded: bool = True):
    def around(folder: Path) -> None:
        from gtzan_features.tables.run_storage import MANIFEST

        target = folder / "runs" / "r"
        shutil.copytree(run_of(model), target, dirs_exist_ok=True)
        content = json.loads((target / MANIFEST).read_text())
        if not recorded:  # as in runs of earlier versions, whose files are parsed as they are
            (target / MANIFEST).write_text(json.dumps(content | {"files": {}}))
            (target / "headline.json").unlink()

    return around


def _read_run(path: Path) -> str:
    from gtzan_features.reporting.runs import card_of_run, listed_runs
    from gtzan_features.reports.collect import score_runs
    from gtzan_features.reports.protocols import tested_on
    from gtzan_features.tables.run_folder import read_run

    folder = path.parent
    listed_runs(folder.parent)
    run = read_run(folder)
    score_runs([run])
    tested_on(run.manifest)
    card_of_run(folder)
    return "read"


def _read_curves(path: Path) -> str:
    from gtzan_features.reports.curves import curves_words, read_curves

    found = read_curves(path)
    return "none" if found is None else curves_words(found)[:0] or "read"


def _curves(_: Path) -> Seeds:
    head = b"fold,stage,epoch,train_loss,train_accuracy,valid_loss,valid_accuracy\n"
    return [head + b"0,,1,2.1,0.3,2.2,0.2\n0,,2,1.9,0.4,,\n1,,1,2.0,0.3,2.1,0.3\n"]


def _in_model(
    name: str, file: str, model: str, mutate: Mutate, weight: float = 1.0, *, recorded: bool = True
) -> Reader:
    return Reader(
        name=f"models/{name}",
        seeds=_file_of(model, f"{'gtzan10' if model == 'gtzan10' else 'model'}/{file}"),
        read=_load_recorded if recorded else _load,
        file=file,
        mutate=mutate,
        around=_model(model),
        path_named=True,
        weight=weight,
    )


def _in_run(name: str, file: str, mutate: Mutate, weight: float, *, recorded: bool) -> Reader:
    return Reader(
        name=f"runs/{name}",
        seeds=_file_of("lda", file),
        read=_read_run,
        file=f"runs/r/{file}",
        mutate=mutate,
        around=_whole_run("lda", recorded=recorded),
        weight=weight,
        path_named=False,
    )


MODELS = (
    _in_model("card", "model.json", "lda", json_mutation, 1, recorded=False),
    _in_model("arrays", "model.npz", "lda", zip_mutation, 0.4),
    _in_model("skops", "model.skops", "svm", zip_mutation, 0.05),
    _in_model("range", "range.json", "gtzan10", json_mutation, 0.5),
    _in_model("unlike", "unlike.json", "gtzan10", json_mutation, 0.5),
    _in_model("unlike arrays", "unlike.npz", "gtzan10", zip_mutation, 0.3),
    _in_model("training files", "training_files.json", "gtzan10", json_mutation, 0.5),
    _in_model("trees, other hash", "model.ubj", "xgboost", bytes_mutation, 1, recorded=False),
    Reader(name="runs/curves", seeds=_curves, read=_read_curves, file="curves.csv", weight=0.5),
    _in_run("manifest", "manifest.json", json_mutation, 0.05, recorded=True),
    _in_run("headline", "headline.json", json_mutation, 0.05, recorded=True),
    _in_run("metrics", "metrics.json", json_mutation, 0.05, recorded=False),
    _in_run("predictions", "predictions.parquet", arrow_mutation, 0.03, recorded=False),
)
