"""Which track is trained on and which is tested, where a track may have several labels.

Tracks, copies, groups and artists stay together as in `splits`. Folds are stratified by the rarest label of
each track, so that rare labels are spread over the folds and common ones follow. Every label must be in the
training part of every fold; it need not be tested in each, and a note says where it is tested in none.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.config import DEFAULT_FOLDS
from gtzan_features.datasets.division import Split, fitting_folds, told_frame, told_split
from gtzan_features.datasets.fixed_splits import one_side_only, split_frame
from gtzan_features.datasets.groups import (
    are_gtzans,
    artists_together,
    counted,
    too_few,
    track_table,
    with_groups,
)
from gtzan_features.datasets.label_sets import indicator, names_of, rarest
from gtzan_features.datasets.splits import published_artist_folds
from gtzan_features.datasets.stratified_groups import StratifiedGroups
from gtzan_features.errors import SplitError
from gtzan_features.text import one_line

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import SplitConfig


def units_by_label(rows: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> pd.Series:
    """Return for each label what a protocol can divide: tracks without their copies, or artists."""
    tracks = track_table(rows)
    labels = sorted(names_of(tracks["genre"]))
    units = _units(tracks, copies, config)
    has = indicator(tracks["genre"].to_numpy(dtype=str), labels)
    return pd.Series({label: units[has[:, i]].nunique() for i, label in enumerate(labels)}, dtype=np.int64)


def small_labels(rows: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> dict[str, int]:
    """Return the labels that ``config.min_tracks`` leaves out, with how many tracks (artists) they have.

    Raises
    ------
    SplitError
        If fewer than two are left.
    """
    units = units_by_label(rows, copies, config)
    return too_few(units, config, "labels, and two are needed at least")


def make_label_split(rows: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> Split:
    """Divide the tracks of a table whose tracks may have several labels; see `splits.make_split`.

    Raises
    ------
    SplitError
        If the protocol cannot be applied to these tracks; the message suggests another.
    """
    tracks = track_table(rows)
    labels = sorted(names_of(tracks["genre"]))
    if len(labels) < 2:
        found = f"the only label is {one_line(labels[0])}" if labels else "there are no rows"
        msg = f"{found}: several labels a track need two at least"
        raise SplitError(msg)
    if config.leaked:
        msg = (
            "segment is leaked, and is there to reproduce leaked figures of one genre a track. "
            "Use --protocol track"
        )
        raise SplitError(msg)
    copies = with_groups(tracks, copies)
    if config.protocol not in DEFAULT_FOLDS or config.holdout is not None:
        return _divided(tracks, copies, config, labels)
    _check_units(units_by_label(rows, copies, config), tracks, config)
    if config.folds is not None:
        return _divided(tracks, copies, config, labels)
    return _with_fitting_folds(tracks, copies, config, labels)


def _check_units(units: pd.Series, tracks: pd.DataFrame, config: SplitConfig) -> None:
    if config.protocol == "artist" and not artists_together(tracks).notna().any():
        msg = (
            "artist: the artists of these tracks are not known. Take them from tags (gtzan features extract "
            "AUDIO_DIR --artist-from tags), or use --protocol track."
        )
        raise SplitError(msg)
    fewest, smallest = int(units.min()), str(units.idxmin())
    if fewest >= 2:
        return
    ways = "Add tracks of it." if config.protocol == "track" else "Add artists, or use --protocol track."
    if int((units >= 2).sum()) >= 2:
        ways += " Or leave out labels with fewer: --min-tracks 2."
    msg = (
        f"{one_line(smallest)} has {counted(config, fewest)}, and folds need 2 {config.protocol}s of each "
        f"label at least. {ways}"
    )
    raise SplitError(msg)


def _with_fitting_folds(
    tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig, labels: list[str]
) -> Split:
    """Divide into the usual number of folds, or as many as leave every label in each training part."""
    usual = DEFAULT_FOLDS[config.protocol]
    most = min(usual, _units(tracks, copies, config).nunique())
    none = SplitError(f"{config.protocol}: folds need two {config.protocol}s at least. Add music")
    return fitting_folds(
        config,
        most,
        lambda chosen: _divided(tracks, copies, chosen, labels),
        lambda _: "with more, a training part lacks a label",
        none,
    )


def _divided(tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig, labels: list[str]) -> Split:
    if config.protocol == "track":
        frame = _track(tracks, copies, config)
    elif config.protocol == "artist":
        frame = one_side_only(_artist(tracks, config), copies)
    else:
        frame = told_frame(tracks, copies, config)
    split = told_split(frame, tracks, config)
    return replace(split, notes=(*split.notes, *_checked(split, tracks, labels)))


def _track(tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> pd.DataFrame:
    ids, stratum = tracks["track_id"], rarest(tracks["genre"])
    groups = copies.reindex(ids).to_numpy()
    if config.holdout is None:
        folds = config.folds or DEFAULT_FOLDS["track"]
        return split_frame(ids, _folds(stratum, groups, folds, config), "test")
    # A share of n/d: d folds, of which n make up the test part.
    share = max(Fraction(config.holdout).limit_denominator(20), Fraction(1, 20))
    fine = _folds(stratum, groups, share.denominator, config)
    return split_frame(ids, 0, np.where(fine < share.numerator, "test", "train"))


def _artist(tracks: pd.DataFrame, config: SplitConfig) -> pd.DataFrame:
    ids = tracks["track_id"]
    if are_gtzans(tracks) and config.folds in (None, 3):
        fold = published_artist_folds(ids)
    else:
        artists = artists_together(tracks)
        known = artists.notna().to_numpy()
        fold = np.full(len(tracks), -1, dtype=np.int64)
        stratum = rarest(tracks["genre"])[known]
        folds = config.folds or DEFAULT_FOLDS["artist"]
        fold[known] = _folds(stratum, artists[known].to_numpy(dtype=str), folds, config)
    return split_frame(ids, fold, np.where(fold >= 0, "test", "excluded"))


def _folds(
    stratum: pd.Series, groups: npt.NDArray[np.generic], folds: int, config: SplitConfig
) -> npt.NDArray[np.int64]:
    """Return the fold of each track; groups stay whole, and strata are spread as evenly as that allows."""
    units = pd.Series(groups).nunique()
    if units < folds:
        msg = (
            f"{folds} parts need {counted(config, folds)}, and there are {units}. "
            f"Use {'--folds 2' if config.folds else 'a larger --holdout'}, or add music"
        )
        raise SplitError(msg)
    splitter = StratifiedGroups(folds, shuffle=True, random_state=config.seed)
    fold = np.empty(len(stratum), dtype=np.int64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        try:
            parts = list(splitter.split(stratum, stratum, groups))
        except ValueError:  # no stratum has so many tracks: nothing to stratify by
            parts = list(splitter.split(stratum, np.zeros(len(stratum), dtype=int), groups))
    for number, (_, test) in enumerate(parts):
        fold[test] = number
    return fold


def _units(tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> pd.Series:
    """Return what a protocol keeps together, a label per track; missing for a track of no known artist."""
    if config.protocol == "artist":
        return artists_together(tracks)
    return pd.Series(with_groups(tracks, copies).reindex(tracks["track_id"]).to_numpy(), index=tracks.index)


def _checked(split: Split, tracks: pd.DataFrame, labels: list[str]) -> tuple[str, ...]:
    """Refuse a training part that lacks a label, and note labels that are tested nowhere."""
    config, frame = split.config, split.frame
    cells = frame["track_id"].map(tracks.set_index("track_id")["genre"]).to_numpy(dtype=str)
    has = indicator(cells, labels)
    role, fold = frame["role"].to_numpy(dtype=str), frame["fold"].to_numpy()
    tested = role == config.evaluate_on
    other = "" if config.protocol == "track" else ", or use --protocol track"
    if not tested.any():
        where = config.evaluate_on
        msg = f"{config.protocol}: none of these tracks is in its {where} part. Use --protocol track"
        raise SplitError(msg)
    for number in np.unique(fold[tested]):
        lacking = _lacking(has[(role == "train") | (tested & (fold != number))], labels)
        if lacking:
            msg = (
                f"{config.protocol}: no track of {lacking} in a training part. Leave out rare labels: "
                f"--min-tracks 5{other}, or add tracks"
            )
            raise SplitError(msg)
    untested = _lacking(has[tested], labels)
    return (f"no track of {untested} is tested",) if untested else ()


def _lacking(has: npt.NDArray[np.bool_], labels: list[str]) -> str:
    """Return the labels that no row has, in words."""
    found = [one_line(labels[i]) for i in np.flatnonzero(~has.any(axis=0))]
    return ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
