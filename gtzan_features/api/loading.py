"""Models by the folders that they lie in or by their names, and why such a model answers as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.api.model import Model
from gtzan_features.api.showing import showing
from gtzan_features.api.words import speaks_python
from gtzan_features.config import RUNS_DIR
from gtzan_features.prediction.model_names import model_folder
from gtzan_features.prediction.named_models import pretrained_folder
from gtzan_features.prediction.predictor import holds_model, kept_model_of, newest_predictor
from gtzan_features.storage import here

if TYPE_CHECKING:
    import os

    from gtzan_features.api.audio import Audio
    from gtzan_features.api.results import Explanation
    from gtzan_features.api.table import Table


@speaks_python
def load_model(folder: str | os.PathLike[str], *, runs: str | os.PathLike[str] = RUNS_DIR) -> Model:
    """Load a model that `Model.save` or ``gtzan fit`` wrote; nothing is unpickled.

    Parameters
    ----------
    folder : path or str
        A model folder, the folder of a run, or the folder of all runs: of these the one that was fitted last.
        Where no such folder exists, the name of a pretrained model (see `pretrained`), or a short name of a
        run in `runs`, such as ``"55857e"``: ``gtzan runs`` lists them.
    runs : path
        Where runs are looked for by short names.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If it holds no model, or a damaged one, or no run or more than one is called so.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> frame = pd.DataFrame({"track_id": list("abcdef"), "genre": ["jazz", "rock"] * 3})
    >>> frame["tempo"] = [90.0, 120.0, 92.0, 125.0, 88.0, 119.0]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gf.fit("knn", gf.read_table(frame, segments="30s"), n_neighbors=1).save(folder)
    ...     gf.load_model(folder)
    Model(knn on own, 30s rows of DataFrame, 2 genres)
    """
    path = here(folder, "a model")
    if path.is_dir() and not holds_model(path):
        with showing(False) as shown:
            newest = newest_predictor(path, shown.notice)
        return Model(newest.kept, origin=str(newest.folder))
    path = model_folder(path, here(runs, "runs"))
    return Model(kept_model_of(path), origin=str(path))


@speaks_python
def pretrained(name: str = "gtzan10") -> Model:
    """Load a model that comes with the package, or one of your own by its name.

    ``gtzan10`` knows GTZAN's ten genres, by the Kaggle columns. ``gtzan10-full``, on the full set, is made
    once from GTZAN's audio: ``gtzan pretrain gtzan10-full AUDIO_DIR``. `Model.figures` and the ``README.md``
    beside the model say how good it is.

    Parameters
    ----------
    name : str
        Of a model in the package or in the folder of your own models: ``~/.local/share/gtzan/models``, or
        below ``XDG_DATA_HOME``.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If there is none of this name; the message lists those that there are.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> model = gf.pretrained("gtzan10")
    >>> len(model.genres), len(model.columns)
    (10, 57)
    >>> round(model.figures.accuracy, 1), model.figures.protocol
    (0.6, 'artist')
    """
    folder = pretrained_folder(name)
    return Model(kept_model_of(folder), origin=str(folder))


def explain(
    model: Model | str | os.PathLike[str],
    x: Audio,
    sr: int | None = None,
    *,
    table: Table | str | os.PathLike[str] | None = None,
    aggregation: str = "mean",
) -> Explanation:
    """Say why a model takes a recording for its genre.

    Parameters
    ----------
    model : Model or path
        From `fit` or `load_model`, or a folder for the latter.
    x, sr, table, aggregation
        As for `Model.explain`.

    Returns
    -------
    Explanation

    Raises
    ------
    AudioError, SignalError, ModelError, TableError
        As `Model.explain` and `load_model`.

    Examples
    --------
    >>> import numpy as np
    >>> import gtzan_features as gf
    >>> noise = np.random.default_rng(0).uniform(-0.8, 0.8, 4 * 22_050)
    >>> why = gf.explain("gtzan10", noise, sr=22_050)  # none of these: the nearest genre is explained
    >>> why.genre
    'jazz'
    """
    chosen = model if isinstance(model, Model) else load_model(model)
    return chosen.explain(x, sr, table=table, aggregation=aggregation)
