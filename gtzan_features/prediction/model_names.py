"""What a person calls a model, made a folder: the one place for commands, the page and Python.

It needs nothing that computes, so that a wrong name is refused at once.
"""

from __future__ import annotations

from pathlib import Path

from gtzan_features.config import RUNS_DIR
from gtzan_features.errors import ModelError, RunError
from gtzan_features.prediction.named_models import model_names, named_model, standing_in
from gtzan_features.tables.checked import is_there
from gtzan_features.tables.run_names import find_run, short_names
from gtzan_features.tables.run_storage import CARD, MANIFEST, restore_runs
from gtzan_features.text import one_line


def model_folder(name: str | Path, runs_dir: Path = RUNS_DIR) -> Path:
    """Return the folder that holds a model.

    Parameters
    ----------
    name : str or Path
        A folder of a run or of a model; else the name of a pretrained model (`gtzan10`),
        or a short name of a run in `runs_dir` (`tables.run_names.find_run`).
    runs_dir : Path
        Where run folders lie.

    Raises
    ------
    ModelError
        If there is no such folder and no such run, or several runs are called so.
    """
    path = Path(name)
    if not is_there(path):
        restore_runs(path.parent)  # a command that was killed while it replaced this folder
    pretrained = named_model(str(name))
    if (
        is_there(path)
        and path.is_dir()
        and (pretrained is None or any((path / one).exists() for one in (MANIFEST, CARD)))
    ):
        return path
    if pretrained is not None:  # of a folder of music that is called so, nothing else can be meant
        return pretrained
    shown = one_line(str(name))
    if is_there(path):
        msg = f"{shown}: is a file. Name a folder that gtzan fit wrote, or a run in {one_line(str(runs_dir))}"
        raise ModelError(msg)
    if len(path.parts) != 1:
        msg = f"{shown}: no such folder, so it holds no model. Name a folder that gtzan fit wrote."
        raise ModelError(msg)
    try:
        return find_run(str(name), runs_dir)
    except RunError as error:
        msg = f"{error}. Models with a name: {one_line(', '.join(model_names()))}"
        raise ModelError(msg) from error


def known_names(runs_dir: Path = RUNS_DIR) -> list[str]:
    """Return the short names of the runs in a folder, and the names of pretrained models.

    Nothing is written, whatever a killed command left.

    Examples
    --------
    >>> known_names(Path("nothere"))[0]
    'gtzan10'
    """
    manifests = runs_dir.glob(f"*/{MANIFEST}")
    names = (path.parent.name for path in manifests if not path.parent.name.startswith("."))
    return [*sorted(short_names(names).values()), *model_names()]


def stand_in(runs_dir: Path = RUNS_DIR) -> Path | None:
    """Return the folder of the pretrained model that answers where no run has a model; None where one has."""
    restore_runs(runs_dir)
    models = runs_dir.glob("*/model")
    return None if any(not path.parent.name.startswith(".") for path in models) else standing_in()
