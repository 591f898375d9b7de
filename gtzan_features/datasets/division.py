"""A division of tracks as data, with the notes that go with it, whatever the protocol that made it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.config import DEFAULT_FOLDS, TRAIN_AND_VALID, fingerprint
from gtzan_features.datasets.fixed_splits import ALL_SEGMENTS, given_frame, published_frame
from gtzan_features.datasets.parts import EXCLUDED
from gtzan_features.errors import SplitError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from gtzan_features.config import SplitConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A division of tracks, as data.

    Attributes
    ----------
    frame : DataFrame
        Columns ``track_id``, ``segment`` (-1: all), ``fold`` and ``role`` (train, valid, test or excluded).
        Under folds a row is trained on in every fold but the one where its role is test.
    config : SplitConfig
        How it was made: with the number of folds that there are.
    notes : tuple of str
        What the tracks did not allow: ``7 folds: blues has 7 tracks``.
    """

    frame: pd.DataFrame
    config: SplitConfig
    notes: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; equal for equal divisions of equal tracks."""
        return fingerprint({"rows": self.frame.to_csv(index=False)})

    def folds(self, rows: pd.DataFrame) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Return, for each fold, the positions in `rows` to train on and to test on.

        Parameters
        ----------
        rows : DataFrame
            Feature rows with ``track_id`` and ``segment``.
        """
        by_segment = bool((self.frame["segment"] != ALL_SEGMENTS).any())
        keys = ["track_id", "segment"] if by_segment else ["track_id"]
        plan = rows[keys].merge(self.frame[[*keys, "fold", "role"]], on=keys, how="left")
        fold, role = plan["fold"].to_numpy(), plan["role"].to_numpy(dtype=str)
        tested = self.config.evaluate_on
        result = []
        for number in np.unique(fold[role == tested]):
            test = (role == tested) & (fold == number)
            # A split with one test part names its training part; under folds, the rest is trained on.
            train = (role == "train") | ((role == tested) & (fold != number))
            result.append((np.flatnonzero(train), np.flatnonzero(test)))
        return result

    def used_rows(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return the positions in `rows` of all tracks that the protocol does not exclude."""
        excluded = self.frame.loc[self.frame["role"] == "excluded", "track_id"]
        return np.flatnonzero(~rows["track_id"].isin(set(excluded)).to_numpy())


def fitting_folds(
    config: SplitConfig,
    most: int,
    divided: Callable[[SplitConfig], Split],
    why: Callable[[int], str],
    otherwise: SplitError,
) -> Split:
    """Divide into as many folds as the tracks allow, and note why these are fewer than usual.

    Parameters
    ----------
    config : SplitConfig
        Without a number of folds.
    most : int
        The number that is tried first; no more than is usual.
    divided : callable
        Divides by a configuration with a number of folds.
    why : callable
        Says why there are no more folds than so many.
    otherwise : SplitError
        What is raised where no number was tried; else the first error is.
    """
    usual = DEFAULT_FOLDS[config.protocol]
    first: SplitError | None = None
    for folds in range(most, 1, -1):
        try:
            split = divided(config if folds == usual else replace(config, folds=folds))
        except SplitError as error:
            first = first or error
            continue
        notes = () if folds == usual else (f"{folds} folds: {why(folds)}",)
        return replace(split, notes=(*notes, *split.notes))
    raise first or otherwise


def told_frame(tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> pd.DataFrame:
    """Return a division that labels or a publication name."""
    if config.protocol == "given":
        return given_frame(tracks, copies)
    return published_frame(tracks, copies, config)


def told_split(frame: pd.DataFrame, tracks: pd.DataFrame, config: SplitConfig) -> Split:
    """Return a division of tracks with its notes.

    With ``config.only``, one fold of it is tested. Where the validation part is trained on, it is a piece of
    the training part.
    """
    if config.only is not None:
        trained = (frame["role"] == "test") & (frame["fold"] != config.only - 1)
        frame.loc[trained, "role"] = "train"
    if config.train_on == TRAIN_AND_VALID:
        frame.loc[frame["role"] == "valid", "role"] = "train"
    return _told_parts(_told_share(Split(frame=frame, config=config)), tracks)


def _told_parts(split: Split, tracks: pd.DataFrame) -> Split:
    """Note how many tracks a given split leaves out, and why."""
    if split.config.protocol != "given":
        return split
    none = int((tracks["split"] == "").sum())
    crossed = int((split.frame["role"] == EXCLUDED).sum()) - none
    why = {"without a part": none, "whose copy or group is in another part": crossed}
    left = [f"{number} of {len(tracks)} tracks {words}" for words, number in why.items() if number]
    return replace(split, notes=(*split.notes, f"left out: {', '.join(left)}")) if left else split


def _told_share(split: Split) -> Split:
    """Note the share of a random test part where it is not the one that was asked for, to one per cent."""
    asked = split.config.holdout
    if asked is None:
        return split
    found = round(float((split.frame["role"] == "test").mean()), 3)
    if abs(found - asked) < 0.01:
        return split
    note = f"--holdout {asked:g}: whole tracks of each genre make it {100 * found:g} per cent"
    return replace(split, config=replace(split.config, share=found), notes=(note,))
