"""A model in one sentence: what it learned from, and how well it did on what it had not heard.

Prediction imports this module, so it needs no pandas and no Arrow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gtzan_features.reports.protocols import tested_on
from gtzan_features.rounding import percent
from gtzan_features.tables.run_folder import ALSO_WITH

if TYPE_CHECKING:
    from gtzan_features.tables.headline import Headline
    from gtzan_features.tables.run_folder import RunManifest

ACCURACY = "accuracy"

_HELD_OUT = {
    "track": "whole tracks held out",
    "artist": "whole artists held out",
    "fault-filtered": "on the published part without repetitions, whole artists held out",
    "stratified": "on the published part, whole tracks held out",
    "given": "on the part that the labels name",
    "custom": "on the parts that were given in Python",
}
_ALL = re.compile(r"all (\d+ tracks) of .*")
_PART = re.compile(r"the training part of .*: (\d+ tracks)")


def training_words(trained_on: str, dataset: str) -> str:
    """Return which tracks a model was trained on, by what its card says.

    Examples
    --------
    >>> training_words("all 32 tracks of track 8-fold, after the folds were tested", "four")
    'all 32 tracks of "four"'
    >>> training_words("all 9 tracks of artist 3-fold, after the folds; also with noise-20, mp3-64", "four")
    'all 9 tracks of "four" and 2 augmented copies of each'
    >>> training_words("the training part of track 70/30: 22 tracks", "four")
    '22 tracks of "four"'
    """
    tracks, _, kinds = trained_on.partition(ALSO_WITH)
    n_kinds = len(kinds.split(", ")) if kinds else 0
    copies = " and an augmented copy of each" if n_kinds else ""
    copies = f" and {n_kinds} augmented copies of each" if n_kinds > 1 else copies
    if found := _ALL.fullmatch(tracks):
        return f'all {found[1]} of "{dataset}"{copies}'
    if found := _PART.fullmatch(tracks):
        return f'{found[1]} of "{dataset}"{copies}'
    return f'{tracks}, of "{dataset}"{copies}'


def model_sentence(manifest: RunManifest, headline: Headline | None) -> str:
    """Return the model of a run in a sentence without its full stop.

    Parameters
    ----------
    manifest : RunManifest
    headline : Headline or None
        Its accuracy, where that is known.
    """
    trained = training_words(manifest.trained_on, manifest.dataset)
    what = f"{manifest.model} on {manifest.segment} rows, trained on {trained}"
    return f"{what}; tested: {tested_words(manifest, headline)}" if headline else what


def tested_words(manifest: RunManifest, headline: Headline) -> str:
    """Return how well a run did where it was tested: the accuracy, its interval, and what was held out."""
    tested = tested_on(manifest)
    shares = [percent(share) for share in (headline.accuracy, headline.low, headline.high)]
    measure = "" if headline.measure == ACCURACY else f"{headline.measure} "
    good = measure + "{} % ({}–{})".format(*shares)
    if manifest.leaked or tested.leaked:
        return f"LEAKED {good}, which says nothing about new music"
    mark = f", {tested.mark.lower()}" if tested.mark else ""
    mark += ", trained on the validation part, too" if tested.learned_from_validation else ""
    return f"{good}, {_HELD_OUT.get(tested.kind, manifest.protocol)}{mark}"
