"""Tracks with several labels: the column ``genre`` holds their names, sorted, with semicolons between."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.text import BETWEEN_LABELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import numpy.typing as npt
    import pandas as pd


def tidy_labels(cell: str) -> str:
    """Return the labels in a cell as tables keep them: each once, sorted, without blanks around.

    Examples
    --------
    >>> tidy_labels("rock; blues;;rock")
    'blues;rock'
    """
    names = {name.strip() for name in cell.split(BETWEEN_LABELS)} - {""}
    return BETWEEN_LABELS.join(sorted(names))


def names_in(cell: str) -> tuple[str, ...]:
    """Return the labels in a cell.

    Examples
    --------
    >>> names_in("blues;rock"), names_in("")
    (('blues', 'rock'), ())
    """
    return tuple(name for name in cell.split(BETWEEN_LABELS) if name)


def names_of(cells: Iterable[str]) -> set[str]:
    """Return all labels that occur in cells."""
    return {name for cell in set(cells) for name in names_in(cell)}


def indicator(cells: npt.ArrayLike, labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which labels each row has, of shape (n_rows, n_labels).

    Parameters
    ----------
    cells : array_like of str of shape (n_rows,)
        The column ``genre``; names that are not among the labels are passed over.
    labels : sequence of str
        Names of the columns.

    Examples
    --------
    >>> indicator(["blues;rock", "rock"], ["blues", "rock"]).tolist()
    [[True, True], [False, True]]
    """
    distinct, of_row = np.unique(np.asarray(cells, dtype=str), return_inverse=True)
    places = {name: i for i, name in enumerate(labels)}
    found = np.zeros((len(distinct), len(places)), dtype=bool)
    for i, cell in enumerate(distinct):
        found[i, [places[name] for name in names_in(str(cell)) if name in places]] = True
    return found[of_row]


def with_labels_only(cells: pd.Series, labels: Collection[str]) -> pd.Series:
    """Return cells without the names that are not among `labels`; empty where none is left."""
    kept = {
        cell: BETWEEN_LABELS.join(name for name in names_in(cell) if name in labels)
        for cell in {str(cell) for cell in cells}
    }
    return cells.astype(str).map(kept)


def rarest(cells: pd.Series) -> pd.Series:
    """Return the label of each track that the fewest tracks have, by which folds are stratified.

    Of equally rare ones the first by name; empty for a track without labels.

    Parameters
    ----------
    cells : Series of str
        The column ``genre``, a row per track.

    Examples
    --------
    >>> import pandas as pd
    >>> rarest(pd.Series(["loud;rock", "loud", "jazz;loud", "jazz"])).tolist()
    ['rock', 'loud', 'jazz', 'jazz']
    """
    counts = Counter(name for cell in cells.astype(str) for name in names_in(cell))
    chosen = {
        cell: min(names_in(cell), key=lambda name: (counts[name], name), default="")
        for cell in {str(cell) for cell in cells}
    }
    return cells.astype(str).map(chosen)
