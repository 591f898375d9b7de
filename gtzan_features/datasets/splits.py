"""Which track is trained on and which is tested, as data, for each protocol.

========================  =====================================================================
``track``                 k folds, stratified by genre; exact duplicates stay together
``artist``                no artist in two folds (GTZAN: the 3 folds of Foleis and Tavares 2020)
``fault-filtered``        GTZAN: train 443, valid 197, test 290 (Kereliuk et al. 2015)
``stratified``            GTZAN: train 500, valid 250, test 250, nothing filtered (the same)
``given``                 the parts that the labels name: train, valid, test
``segment``               k folds of single rows: LEAKED, segments of a track on both sides
========================  =====================================================================
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, train_test_split

from gtzan_features.config import DEFAULT_FOLDS
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.division import Split as Split
from gtzan_features.datasets.division import fitting_folds, told_frame, told_split
from gtzan_features.datasets.fixed_splits import ALL_SEGMENTS as ALL_SEGMENTS
from gtzan_features.datasets.fixed_splits import one_side_only, split_frame
from gtzan_features.datasets.groups import (
    are_gtzans,
    artist_groups,
    artists_together,
    count_units,
    counted,
    track_table,
    units_by_genre,
    with_groups,
)
from gtzan_features.datasets.stratified_groups import StratifiedGroups
from gtzan_features.errors import SplitError

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import SplitConfig


def make_split(rows: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> Split:
    """Divide the tracks of a table by a protocol.

    Parameters
    ----------
    rows : DataFrame
        One row per segment, with ``track_id``, ``genre`` and ``segment``; ``artist``, ``group`` and ``split``
        where the labels gave them.
    copies : Series
        For each track identifier (the index), a label that exact duplicates share.
    config : SplitConfig
        The protocol.

    Returns
    -------
    Split

    Raises
    ------
    SplitError
        If the protocol cannot be applied to these tracks; the message suggests another.
    """
    tracks = track_table(rows)
    copies = with_groups(tracks, copies)
    genres = sorted(set(tracks["genre"]))
    if len(genres) < 2:
        found = f"all tracks are {genres[0]}" if genres else "there are no rows"
        msg = f"{found}, and a classifier needs two genres at least. Extract music of others, too"
        raise SplitError(msg)
    if config.protocol not in DEFAULT_FOLDS or config.folds is not None or config.holdout is not None:
        return _divide(rows, tracks, copies, config)
    return _with_fitting_folds(rows, tracks, copies, config)


def _with_fitting_folds(
    rows: pd.DataFrame, tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig
) -> Split:
    """Divide into the usual number of folds, or as many as the smallest genre allows."""
    usual = DEFAULT_FOLDS[config.protocol]
    units = units_by_genre(rows, tracks, copies, config)
    smallest = str(units.idxmin())
    if config.protocol == "artist" and not units.any():
        _artist_folds(tracks, config)  # says that the artists are not known
    most = min(usual, int(units.min()))
    if most < 2:
        raise SplitError(_too_few(config, smallest, int(units.min()), int((units >= 2).sum())))
    few = f"{smallest} has {counted(config, most, tracks)}"
    return fitting_folds(
        config,
        most,
        partial(_divide, rows, tracks, copies),
        lambda folds: few if folds == most else "with more, one lacks a genre",
        SplitError(_too_few(config, smallest, most, len(units))),
    )


def _too_few(config: SplitConfig, genre: str, number: int, n_fitting: int) -> str:
    """Say that a genre cannot be divided, and the ways out."""
    advice = "Add tracks of it."
    if config.protocol == "artist":
        advice = "Add artists, or use --protocol track."
    if n_fitting >= 2:
        advice += " Or leave out genres with fewer: --min-tracks 2."
    of = "rows" if config.protocol == "segment" else f"{config.protocol}s"
    return f"{genre} has {counted(config, number)}, and folds need 2 {of} of each genre at least. {advice}"


def _divide(rows: pd.DataFrame, tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> Split:
    if config.protocol == "segment":
        frame = _segment(rows, config)
    elif config.protocol == "track":
        frame = _track(tracks, copies, config)
    elif config.protocol == "artist":
        frame = _artist(tracks, copies, config)
    else:
        frame = told_frame(tracks, copies, config)
    split = told_split(frame, tracks, config)
    _check(split, tracks)
    return split


def _segment(rows: pd.DataFrame, config: SplitConfig) -> pd.DataFrame:
    keys = rows[["track_id", "segment", "genre"]].sort_values(["track_id", "segment"], ignore_index=True)
    if config.holdout is not None:
        role = _random_part(keys["genre"], config)
        return keys[["track_id", "segment"]].assign(fold=0, role=role)
    folds = config.folds or DEFAULT_FOLDS["segment"]
    _check_count(keys["genre"].value_counts(), folds, config)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=config.seed)
    fold = np.empty(len(keys), dtype=np.int64)
    for number, (_, test) in enumerate(splitter.split(keys, keys["genre"])):
        fold[test] = number
    return keys[["track_id", "segment"]].assign(fold=fold, role="test")


def _random_part(genre: pd.Series, config: SplitConfig) -> npt.NDArray[np.str_]:
    # Not stratified: the usual notebook's train_test_split(X, y, test_size=0.3) is not.
    try:
        _, test = train_test_split(np.arange(len(genre)), test_size=config.holdout, random_state=config.seed)
    except ValueError as error:
        msg = (
            f"--holdout {config.holdout:g} leaves no row of {len(genre)} on one side. Give a share nearer 0.5"
        )
        raise SplitError(msg) from error
    role = np.full(len(genre), "train", dtype="<U8")
    role[test] = "test"
    return role


def _track(tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> pd.DataFrame:
    ids, genre = tracks["track_id"], tracks["genre"]
    groups = copies.reindex(ids).to_numpy()
    if config.holdout is None:
        folds = config.folds or DEFAULT_FOLDS["track"]
        return split_frame(ids, group_folds(genre, groups, folds, config), "test")
    # A share of n/d: d folds, of which n make up the test part; so it is grouped and stratified too.
    share = Fraction(config.holdout).limit_denominator(20)
    even = not (genre.value_counts() % share.denominator).any()
    if even and abs(share - Fraction(config.holdout)) < 1e-9:
        fine = group_folds(genre, groups, share.denominator, config)
        return split_frame(ids, 0, np.where(fine < share.numerator, "test", "train"))
    return split_frame(ids, 0, _test_part(genre, groups, config))


def _test_part(
    genre: pd.Series, groups: npt.NDArray[np.object_], config: SplitConfig
) -> npt.NDArray[np.str_]:
    """Take tracks by chance, copies together, until each genre has its share in the test part."""
    share = config.holdout or 0.0
    quota = {}
    for name, n in genre.value_counts().items():
        quota[name] = round(share * n)
        if not 0 < quota[name] < n:
            nearest = 1 / n if quota[name] == 0 else 1 - 1 / n
            msg = (
                f"--holdout {share:g}: of the {n} tracks of {name}, {quota[name]} would be tested. The "
                f"nearest share that leaves some on both sides is {nearest:.2g}"
            )
            raise SplitError(msg)
    role = np.full(len(genre), "train", dtype="<U8")
    members = pd.Series(groups).groupby(groups, sort=True).indices
    order = np.random.default_rng(config.seed).permutation(len(members))
    units = [np.asarray(at) for at in members.values()]
    for number in order:
        taken = genre.iloc[units[number]].value_counts()
        if all(quota[name] >= n for name, n in taken.items()):
            role[units[number]] = "test"
            for name, n in taken.items():
                quota[name] -= n
    return role


def group_folds(
    genre: pd.Series, groups: npt.NDArray[np.object_], folds: int, config: SplitConfig
) -> npt.NDArray[np.int64]:
    """Return the fold of each row, stratified by genre; SplitError where a genre has too few groups."""
    _check_count(count_units(genre, groups), folds, config)
    splitter = StratifiedGroups(folds, shuffle=True, random_state=config.seed)
    fold = np.empty(len(genre), dtype=np.int64)
    for number, (_, test) in enumerate(splitter.split(genre, genre, groups)):
        fold[test] = number
    return fold


def _artist(tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> pd.DataFrame:
    ids = tracks["track_id"]
    if are_gtzans(tracks) and config.folds in (None, 3):
        if config.folds is not None:
            artists = artist_groups(tracks).to_numpy()
            _check_count(count_units(tracks["genre"], artists), config.folds, config)
        fold = published_artist_folds(ids)
    else:
        fold = _artist_folds(tracks, config)
    role = np.where(fold >= 0, "test", "excluded")
    return one_side_only(split_frame(ids, fold, role), copies)


def published_artist_folds(track_ids: pd.Series) -> npt.NDArray[np.int64]:
    """Return the published artist fold of GTZAN's tracks, from 0; -1 for those that are in none."""
    published = gtzan.facts()["artist_fold"].reindex(track_ids)
    return np.asarray(published.fillna(0).to_numpy(dtype=np.int64) - 1)


def _artist_folds(tracks: pd.DataFrame, config: SplitConfig) -> npt.NDArray[np.int64]:
    groups = artists_together(tracks)
    known = groups.notna().to_numpy()
    if not known.any():
        msg = (
            "artist: the artists of these tracks are not known. Put each artist in a folder of its own "
            "(genre/artist/track.wav), or take them from tags (gtzan features extract AUDIO_DIR "
            "--artist-from tags), or use --protocol track."
        )
        raise SplitError(msg)
    folds = config.folds or DEFAULT_FOLDS["artist"]
    fold = np.full(len(tracks), -1, dtype=np.int64)
    names = groups[known].astype(str).to_numpy(dtype=object)
    nobody = sorted(set(tracks["genre"]) - set(tracks["genre"][known]))
    if nobody:
        raise SplitError(_too_few(config, nobody[0], 0, tracks["genre"][known].nunique()))
    fold[known] = group_folds(tracks["genre"][known], names, folds, config)
    return fold


def _check_count(counts: pd.Series, folds: int, config: SplitConfig) -> None:
    fewest, smallest = int(counts.min()), str(counts.idxmin())
    if fewest >= folds:
        return
    if fewest < 2:
        raise SplitError(_too_few(config, smallest, fewest, int((counts >= 2).sum())))
    needed, found = counted(config, folds), counted(config, fewest)
    msg = (
        f"{folds} folds need {needed} of each genre, and {smallest} has {found}. "
        f"Use --folds {fewest}, or leave --folds out"
    )
    raise SplitError(msg)


def _check(split: Split, tracks: pd.DataFrame) -> None:
    """Every genre must be in the training and in the test part of every fold."""
    config, frame = split.config, split.frame
    genre = frame["track_id"].map(tracks.set_index("track_id")["genre"])
    tested = frame["role"] == config.evaluate_on
    genres = set(tracks["genre"])
    advice = _advice(split, genres, genre)
    if not tested.any():
        msg = f"{config.protocol}: none of these tracks is in its {config.evaluate_on} part. {advice}"
        raise SplitError(msg)
    for number in sorted(set(frame["fold"][tested])):
        test = tested & (frame["fold"] == number)
        train = (frame["role"] == "train") | (tested & ~test)
        for name, part in (("test", test), ("training", train)):
            missing = sorted(genres - set(genre[part]))
            if missing:
                where = f" of fold {number + 1}" if config.protocol in DEFAULT_FOLDS else ""
                lacking = ", ".join(map(str, missing))
                msg = f"{config.protocol}: no {lacking} track in the {name} part{where}. {advice}"
                raise SplitError(msg)


def _advice(split: Split, genres: set[str], genre: pd.Series) -> str:
    """Name the ways that these tracks leave open."""
    config, role = split.config, split.frame["role"]
    ways = [] if config.protocol == "track" else ["--protocol track"]
    if config.folds is not None and config.folds > 2 and config.holdout is None:
        ways.append("fewer folds")
    has_valid = all(set(genre[role == part]) == genres for part in ("train", "valid"))
    if has_valid and config.evaluate_on == "test":
        ways.insert(0, "--evaluate-on valid to report on the validation part")
    return f"Use {', or '.join(ways)}." if ways else "Add tracks."
