"""A model to keep: fitted on a table, or loaded from a folder, and applied to rows and to sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.api.asked import asked_model, asked_settings, fit_config
from gtzan_features.api.showing import showing
from gtzan_features.api.table import Table
from gtzan_features.api.words import speaks_python
from gtzan_features.config import SplitConfig
from gtzan_features.errors import ModelError
from gtzan_features.models.save import save_kept_model
from gtzan_features.training.fit import fit_whole

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

    from gtzan_features.api.showing import ShowProgress
    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.applying.load import ModelCard


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Model:
    """A fitted model, with what it was trained on.

    Made by `fit` and `load_model`.

    Attributes
    ----------
    genres : tuple of str
        Genres in the order of the probabilities.
    columns : tuple of str
        Columns that a row needs, in order; bands where rows are spectrograms.
    card : ModelCard
        What the model was trained on, and so what it can be applied to.
    kept : KeptModel
        The fitted estimator, its card, and what is known of its training rows.
    origin : str
        Folder that it was loaded from; empty for one that was fitted here.

    Examples
    --------
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> frame = pd.DataFrame({"track_id": list("abcdef"), "genre": ["jazz", "rock"] * 3})
    >>> frame["tempo"] = [90.0, 120.0, 92.0, 125.0, 88.0, 119.0]
    >>> model = gf.fit("knn", gf.read_table(frame, segments="30s"), n_neighbors=1)
    >>> model.genres, model.columns
    (('jazz', 'rock'), ('tempo',))
    >>> model.predict_proba([[91.0], [118.0]]).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    kept: KeptModel
    origin: str = ""

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres in the order of the probabilities."""
        return self.kept.card.genres

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a row needs, in order; bands where rows are spectrograms."""
        return self.kept.card.columns

    @property
    def card(self) -> ModelCard:
        """What the model was trained on, and so what it can be applied to."""
        return self.kept.card

    @speaks_python
    def predict_proba(self, rows: Table | pd.DataFrame | npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the probability of each genre for rows of features.

        Parameters
        ----------
        rows : Table, DataFrame or array_like of shape (n_rows, n_columns)
            A table must be computed as the training rows were; a frame has the model's `columns` by name,
            in any order, among others; an array has them in their order.

        Returns
        -------
        ndarray of shape (n_rows, n_genres)
            In the order of `genres`; each row sums to one. `aggregate` gathers segments to tracks.

        Raises
        ------
        ModelError
            If columns are missing, the table was computed differently, or values are not finite.
        """
        if isinstance(rows, Table):
            self.kept.stored.check(rows.opened.table, rows.opened.place)
            X = rows.X
        else:
            X = self._values(rows)
        p = np.asarray(self.kept.estimator.predict_proba(X), dtype=np.float64)
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    @speaks_python
    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model into a folder, without pickle; `load_model` and `gtzan predict --model` read it.

        Parameters
        ----------
        folder : path
            Made where it does not exist. Files of an earlier model in it are replaced.

        Raises
        ------
        ModelError
            If it holds objects that cannot be stored without pickle; the message names their types.
        """
        save_kept_model(Path(folder), self.kept)

    def _values(self, rows: Any) -> npt.NDArray[Any]:  # noqa: ANN401 - whatever a person has
        """Return rows as an array of the model's columns."""
        if isinstance(rows, pd.DataFrame) and not self.card.shape:
            missing = [name for name in self.columns if name not in rows.columns]
            if missing:
                msg = f"the frame lacks {len(missing)} of the model's columns, such as {missing[0]}"
                raise ModelError(msg)
            rows = rows[list(self.columns)]
        X = np.asarray(rows, dtype=np.float64)
        width = len(self.columns) * (self.card.shape[0] if self.card.shape else 1)
        if X.ndim != 2 or X.shape[1] != width:
            msg = f"the model takes rows of {width} values, and the array has the shape {X.shape}"
            raise ModelError(msg)
        if not np.isfinite(X).all():
            msg = "the rows hold values that are not finite: leave these rows out, or compute them again"
            raise ModelError(msg)
        return X

    def __repr__(self) -> str:
        """Return the model in a line."""
        card = self.card
        rows = f"{card.feature_set}, {card.segment} rows"
        return f"Model({card.model} on {rows} of {card.dataset}, {len(card.genres)} genres)"


@speaks_python
def fit(
    model: Any,  # noqa: ANN401 - a name, or whatever scikit-learn calls a classifier
    table: Table,
    *,
    seed: int = 0,
    progress: ShowProgress = None,
    **settings: Any,  # noqa: ANN401
) -> Model:
    """Fit a model on all tracks of a table, to keep; `evaluate` says how well such a model does.

    It is the model that ``gtzan fit NAME --final`` keeps.

    Parameters
    ----------
    model : str or classifier
        A name of ``gtzan fit --list``, or a scikit-learn classifier that was not fitted; see `evaluate`.
    table : Table
        From `extract` or `read_table`.
    seed : int
        Of the model.
    progress : bool or callable, optional
        Whether a bar is drawn over the epochs of a model that has any; see `evaluate`.
    **settings
        Settings of a model by name: ``C=10``.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If there is no such model or setting, the estimator is no classifier, or it cannot be fitted.

    Examples
    --------
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> frame = pd.DataFrame({"track_id": list("abcdef"), "genre": ["jazz", "rock"] * 3})
    >>> frame["tempo"] = [90.0, 120.0, 92.0, 125.0, 88.0, 119.0]
    >>> gf.fit("lda", gf.read_table(frame, segments="30s"))
    Model(lda on own, 30s rows of DataFrame, 2 genres)
    """
    name, pairs, python = asked_model(model, settings)
    config = fit_config(table, name, pairs, SplitConfig(seed=seed))
    with showing(progress) as shown:
        kept = fit_whole(
            table.opened, config, asked_settings(name, pairs, python), python=python, progress=shown.progress
        )
    return Model(kept)
