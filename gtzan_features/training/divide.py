"""The tracks of a table divided by a protocol, without those that it cannot take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gtzan_features.datasets.groups import counted, small_genres
from gtzan_features.datasets.label_splits import make_label_split, small_labels
from gtzan_features.datasets.splits import Split, make_split
from gtzan_features.errors import TableError
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from gtzan_features.config import SplitConfig
    from gtzan_features.training.load_rows import Fittable


def divide(opened: Fittable, config: SplitConfig) -> tuple[Fittable, Split]:
    """Divide the tracks of a table by a protocol, without those that have no genre or too small a one.

    Returns
    -------
    Fittable
        The rows that are left; all where no genre is smaller than ``config.min_tracks``.
    Split
        Its configuration has the folds that there are, and `min_tracks` only where it left out something;
        its notes say what.

    Raises
    ------
    SplitError
        If the protocol cannot be applied to these tracks.
    TableError
        If no track has a genre.
    """
    opened, unlabelled = labelled(opened)
    opened, split = _divided(opened, config)
    return opened, replace(split, notes=unlabelled + split.notes)


def labelled(opened: Fittable) -> tuple[Fittable, tuple[str, ...]]:
    """Return the rows that have a genre, and a note where others are left out.

    Raises
    ------
    TableError
        If there is none.
    """
    has = (opened.data.rows["genre"] != "").to_numpy()
    if has.all():
        return opened, ()
    tracks = opened.data.rows["track_id"]
    if not has.any():
        reason = (
            "no track has a genre. Label them: gtzan features extract AUDIO_DIR --labels TABLE (a CSV with "
            "the columns path and genre), or gtzan features extract AUDIO_DIR --labels tags"
        )
        raise TableError(opened.place, reason)
    left = tracks[~has].nunique()
    note = f"left out: {left} of {tracks.nunique()} tracks, which have no genre"
    return opened.of_genres(set(opened.data.genres) - {""}), (note,)


def refuse_several_labels(opened: Fittable, who: str) -> None:
    """Raise TableError for a table of several labels a track, which measures of one genre do not take."""
    if opened.data.several:
        reason = f"a track may have several labels, and {who} measures one genre a track. Use gtzan fit"
        raise TableError(opened.place, reason)


def _divided(opened: Fittable, config: SplitConfig) -> tuple[Fittable, Split]:
    several = opened.data.several
    find_small, divide_tracks = (small_labels, make_label_split) if several else (small_genres, make_split)
    small = find_small(opened.data.rows, opened.data.copies, config)
    if not small:
        data = opened.data
        return opened, divide_tracks(data.rows, data.copies, replace(config, min_tracks=0))
    opened = opened.of_genres(set(opened.data.genres) - set(small))
    split = divide_tracks(opened.data.rows, opened.data.copies, config)
    left = ", ".join(f"{one_line(genre)} ({counted(config, n)})" for genre, n in small.items())
    return opened, replace(split, notes=(f"left out: {left}", *split.notes))
