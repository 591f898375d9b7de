"""Models that have a name: those that come with the package, and those in the user's own folder of models.

It needs nothing that computes, as `model_names`, which asks it.
"""

from __future__ import annotations

import os
from pathlib import Path

from gtzan_features.errors import ModelError
from gtzan_features.tables.checked import is_there
from gtzan_features.tables.run_storage import CARD

BY_RANK = ("gtzan10-full", "gtzan10")
"""What answers where there is no run, the better one first."""

PACKAGED = Path(__file__).parents[1] / "pretrained"
"""Where the models lie that come with the package."""

_VARIABLE = "XDG_DATA_HOME"


def own_models() -> Path:
    """Return the folder of the user's own models, in ``$XDG_DATA_HOME`` or ``~/.local/share``."""
    given = os.environ.get(_VARIABLE, "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"
    return base / "gtzan" / "models"


def model_names() -> tuple[str, ...]:
    """Return the names of the models that there are, sorted."""
    folders = (own_models(), PACKAGED)
    found = {path.parent.name for folder in folders if folder.is_dir() for path in folder.glob(f"*/{CARD}")}
    return tuple(sorted(name for name in found if not name.startswith(".")))


def named_model(name: str) -> Path | None:
    """Return the folder of a model by its name, None where there is none; the user's own goes first."""
    if not name or name != Path(name).name or name.startswith("."):
        return None
    folders = (base / name for base in (own_models(), PACKAGED))
    return next((folder for folder in folders if is_there(folder / CARD)), None)


def pretrained_folder(name: str) -> Path:
    """Return the folder of a model by its name.

    Raises
    ------
    ModelError
        If there is none; the message lists those that there are, and says how a known one is made.
    """
    found = named_model(name)
    if found is None:
        making = f". Make it: gtzan pretrain {name} AUDIO_DIR" if name in BY_RANK else ""
        msg = f"no model is called {name!r}; there are {', '.join(model_names())}{making}"
        raise ModelError(msg)
    return found


def standing_in() -> Path:
    """Return the folder of the model that answers where there is no run: the first of `BY_RANK`."""
    found = next((folder for name in BY_RANK if (folder := named_model(name)) is not None), None)
    return found or pretrained_folder(BY_RANK[-1])
