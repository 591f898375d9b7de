"""A fitted model with what is known of the rows behind it, to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features import plugins
from gtzan_features.config import feature_set_parts
from gtzan_features.datasets.groups import artist_groups, kept_together
from gtzan_features.models.applying.kept_model import KeptModel
from gtzan_features.models.applying.training_range import range_rows, training_range
from gtzan_features.models.applying.unlike import unlike_rows
from gtzan_features.models.applying.usual_level import level_rule
from gtzan_features.models.save import ModelCard
from gtzan_features.training.unlike_rule import KnownMusic, unlike_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.datasets.training_arrays import Dataset
    from gtzan_features.models.applying.training_files import TrainingFiles
    from gtzan_features.training.load_rows import Fittable


def kept_model(
    opened: Fittable,
    card: ModelCard,
    rows: npt.NDArray[np.int64],
    estimator: Any,  # noqa: ANN401
    files: TrainingFiles,
) -> KeptModel:
    """Return a fitted model with what is known of the rows that it was fitted on."""
    data, columns = opened.data, opened.table.feature_names
    X = data.X[rows]
    return KeptModel(
        estimator=estimator,
        card=card,
        seen=training_range(range_rows(X, data.shape), columns),
        level=None if data.shape else level_rule(X, columns, data.groups()[rows]),
        # The rule's error is measured by leaving out a genre, which no track of several labels is of alone.
        unlike=None if data.several else unlike_rule(known_music(data, columns, rows)),
        trained_on=files,
    )


def known_music(data: Dataset, columns: Sequence[str], rows: npt.NDArray[np.int64]) -> KnownMusic:
    """Return some rows of a table as `unlike_rule` takes them; artists stay whole, whatever the protocol."""
    keys = data.rows
    together = kept_together(keys, data.copies, "artist").reindex(keys["track_id"]).to_numpy(dtype=str)
    nameless = keys["track_id"].iloc[rows][artist_groups(keys.iloc[rows]).isna().to_numpy()]
    order = rows[np.lexsort((keys["segment"].to_numpy()[rows], data.groups()[rows]))]
    present, y = np.unique(data.y[order], return_inverse=True)
    return KnownMusic(
        X=unlike_rows(data.X[order], data.shape),
        y=y.astype(np.int64),
        tracks=data.groups()[order],
        artists=np.unique(together[order], return_inverse=True)[1].astype(np.int64),
        genres=tuple(data.genres[i] for i in present),
        columns=() if data.shape else columns,
        n_nameless=nameless.nunique(),
    )


def card_of(
    opened: Fittable,
    *,
    model: str,
    settings: dict[str, Any],
    trained_on: str,
    versions: dict[str, str],
    leaked: bool = False,
    thresholds: tuple[float, ...] = (),
) -> ModelCard:
    """Return what a model is to those who apply it.

    Parameters
    ----------
    opened : Fittable
        The table whose rows it was fitted on.
    model, settings, trained_on, versions, leaked, thresholds
        See `ModelCard`.
    """
    meta = opened.table.meta
    return ModelCard(
        model=model,
        genres=opened.data.genres,
        columns=tuple(opened.table.feature_names),
        feature_set=meta.feature_set,
        feature_fingerprint=meta.feature_fingerprint,
        segment=meta.segment,
        settings=settings,
        dataset=meta.dataset,
        synthetic=meta.synthetic,
        trained_on=trained_on,
        feature_config=meta.config,
        shape=opened.data.shape,
        leaked=leaked,
        versions=versions,
        plugins=plugins.described(feature_set_parts(meta.feature_set), model),
        several_labels=opened.data.several,
        thresholds=thresholds,
    )
