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
    from gtzan_features.training.augmented_rows import ExtraRows
    from gtzan_features.training.load_rows import Fittable


def kept_model(
    opened: Fittable,
    card: ModelCard,
    rows: npt.NDArray[np.int64],
    estimator: Any,  # noqa: ANN401
    files: TrainingFiles,
    extra: Sequence[ExtraRows] = (),
) -> KeptModel:
    """Return a fitted model with what is known of the rows that it was fitted on.

    Rows of augmented audio are such rows: the range of the columns, their usual level and the rule for "none
    of these" are learned from them as well (see `known_music`).

    Parameters
    ----------
    opened : Fittable
    card : ModelCard
    rows : ndarray of int
        Positions of the rows that were fitted.
    estimator : classifier
        Fitted.
    files : TrainingFiles
    extra : sequence of ExtraRows
        Rows of augmented audio, of which those were fitted that were made of `rows`.
    """
    data, columns = opened.data, opened.table.feature_names
    made = [(one.X[at], one.source[at]) for one in extra for at in [np.isin(one.source, rows)]]
    X = np.concatenate([data.X[rows], *(values for values, _ in made)])
    of = np.concatenate([rows, *(source for _, source in made)])
    return KeptModel(
        estimator=estimator,
        card=card,
        seen=training_range(range_rows(X, data.shape), columns),
        level=None if data.shape else level_rule(X, columns, data.groups()[of]),
        # The rule's error is measured by leaving out a genre, which no track of several labels is of alone.
        unlike=None if data.several else unlike_rule(known_music(data, columns, rows, extra)),
        trained_on=files,
    )


def known_music(
    data: Dataset,
    columns: Sequence[str],
    rows: npt.NDArray[np.int64],
    extra: Sequence[ExtraRows] = (),
) -> KnownMusic:
    """Return some rows of a table as `unlike_rule` takes them; artists stay whole, whatever the protocol.

    An augmented copy of a track is known music, too: a track by itself, of the same artist.
    """
    keys = data.rows
    together = kept_together(keys, data.copies, "artist").reindex(keys["track_id"]).to_numpy(dtype=str)
    nameless = keys["track_id"].iloc[rows][artist_groups(keys.iloc[rows]).isna().to_numpy()]
    pieces = [_in_order(data, data.X[rows], rows)]
    for one in extra:
        chosen = np.isin(one.source, rows)
        pieces.append(_in_order(data, one.X[chosen], one.source[chosen]))
    order = np.concatenate([source for _, source in pieces])
    number = np.repeat(np.arange(len(pieces)), [len(source) for _, source in pieces])
    present, y = np.unique(data.y[order], return_inverse=True)
    groups = data.groups()
    return KnownMusic(
        X=unlike_rows(np.concatenate([values for values, _ in pieces]), data.shape),
        y=y.astype(np.int64),
        tracks=groups[order] + number * (int(groups.max()) + 1),
        made=number > 0 if extra else None,
        artists=np.unique(together[order], return_inverse=True)[1].astype(np.int64),
        genres=tuple(data.genres[i] for i in present),
        columns=() if data.shape else columns,
        n_nameless=nameless.nunique(),
    )


def _in_order(
    data: Dataset, values: npt.NDArray[Any], source: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return rows, and the positions that they come from, by track and segment."""
    order = np.lexsort((data.rows["segment"].to_numpy()[source], data.groups()[source]))
    return values[order], source[order]


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
