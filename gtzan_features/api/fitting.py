"""From a table to a model to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gtzan_features.api.asked import asked_model, asked_settings, fit_config
from gtzan_features.api.given import given_words
from gtzan_features.api.model import Model
from gtzan_features.api.showing import showing, warn
from gtzan_features.api.table import Table, check_table
from gtzan_features.api.words import speaks_python
from gtzan_features.config import SplitConfig
from gtzan_features.training.divide import labelled
from gtzan_features.training.fit import fit_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.api.showing import ShowProgress


@speaks_python
def fit(
    model: Any,  # noqa: ANN401 - a name, or whatever scikit-learn calls a classifier
    table: Table,
    *,
    seed: int = 0,
    augment: str | Sequence[str] = (),
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
    augment : str or sequence of str
        Learn from augmented copies of the tracks, too; see `evaluate`.
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
    TableError
        If no track has a genre, or a table of augmented copies is missing or does not go with this one.

    Warns
    -----
    GtzanWarning
        Of tracks that have no genre: they are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> frame = pd.DataFrame({"track_id": list("abcdef"), "genre": ["jazz", "rock"] * 3})
    >>> frame["tempo"] = [90.0, 120.0, 92.0, 125.0, 88.0, 119.0]
    >>> gf.fit("lda", gf.read_table(frame, segments="30s"))
    Model(lda on own, 30s rows of DataFrame, 2 genres)
    """
    check_table(table)
    opened, notes = labelled(table.opened)
    for note in notes:
        warn(note)
    name, pairs, python = asked_model(model, settings)
    config = fit_config(table, name, pairs, SplitConfig(seed=seed), augment=given_words(augment))
    with showing(progress) as shown:
        kept = fit_whole(
            opened,
            config,
            asked_settings(name, pairs, python),
            tables_dir=opened.folder,
            python=python,
            progress=shown.progress,
        )
    return Model(kept, table=table)
