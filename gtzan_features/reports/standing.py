"""Where we stand: ``standing.md``, published figures of the fault-filtered split and our own.

Three kinds of evidence are kept in tables of their own: what others published on all ten genres; our runs
on the same 290 test tracks; and what was measured on six genres only. Figures under other protocols are
named with the reason why they are no rival.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.evaluation.intervals import accuracy_interval
from gtzan_features.reports.own_runs import Part, own_runs
from gtzan_features.reports.published import FAULT_FILTERED, PublishedFigure, is_real_gtzan, published
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.reports.templating import environment
from gtzan_features.rounding import percent
from gtzan_features.tables.atomic import write_text
from gtzan_features.text import one_line
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.reports.own_runs import OwnRun

PAGE = "standing.md"
TEST_TRACKS = 290
"""Tracks of the test part of the fault-filtered split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOnce:
    """A figure that was measured on audio which is not at hand now: tracks right, of how many."""

    what: str
    audio: str
    right: int
    tracks: int

    @property
    def cell(self) -> str:
        """The accuracy with its interval, in per cent."""
        return _wilson_cell(self.right, self.tracks)


PRODUCT = MeasuredOnce(what="lda on full (version 2), 30 s rows", audio="WAV", right=137, tracks=177)
RIVAL = MeasuredOnce(
    what="MusiCNN's published tag probabilities, LDA with shrinkage",
    audio="as published",
    right=138,
    tracks=178,
)
SIX_GENRES = (
    PRODUCT,
    RIVAL,
    MeasuredOnce(
        what=PRODUCT.what,
        audio="Ogg copies of the WAV, in training and test",
        right=142,
        tracks=177,
    ),
)
"""The kept test part in six genres: 178 of the 290 tracks, of one of which the WAV was missing.

Noted were the shares 77.4 (70.7–82.9), 77.5 and 80.2; each is that of one count only.
"""

RIVAL_ON_TEN = MeasuredOnce(what=RIVAL.what, audio=RIVAL.audio, right=227, tracks=TEST_TRACKS)


def write_standing(scored: Sequence[ScoredRun], folder: Path, roles: Mapping[str, str]) -> Path | None:
    """Write ``standing.md`` into `folder`; our figures are read from the predictions, nothing is trained.

    Where no run is on GTZAN there is nothing to compare: no page is written, and an earlier one is removed.

    Parameters
    ----------
    scored : sequence of ScoredRun
        All runs; those on other data, under other protocols, or leaked, are passed over.
    folder : Path
        Where the page goes.
    roles : mapping
        ``train``, ``valid``, ``test`` or another word for each track of GTZAN, by the fault-filtered split.

    Returns
    -------
    Path or None
        The page.
    """
    manifests = [one.run.manifest for one in scored]
    if not any(is_real_gtzan(m.dataset, synthetic=m.synthetic) for m in manifests):
        (folder / PAGE).unlink(missing_ok=True)
        return None
    whole, parts = own_runs(scored, roles)
    figures = sorted(published(), key=lambda p: (-p.accuracy, p.model))
    rivals = [p for p in figures if p.protocol == FAULT_FILTERED]
    others = [p for p in figures if p.protocol != FAULT_FILTERED]
    sources = tuple(dict.fromkeys(p.source for p in (*rivals, *others)))
    text = (
        environment()
        .get_template("standing.md.j2")
        .render(
            rivals=published_table(rivals, sources),
            others=other_table(others, sources),
            sources=sources,
            own=own_table(whole) if whole else None,
            own_commands=_commands(whole),
            own_range=_range(whole),
            is_kaggle_only=all(o.scored.run.manifest.feature_set == "kaggle" for o in whole),
            parts=part_table(parts) if parts else None,
            part_commands=_commands(parts),
            six=six_table(),
            product=PRODUCT,
            rival=RIVAL,
            rival_on_ten=RIVAL_ON_TEN.cell,
            hand_crafted=[f"{p.what} {p.stated}" for p in rivals if p.is_hand_crafted],
        )
    )
    write_text(folder / PAGE, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    return folder / PAGE


def published_table(figures: Sequence[PublishedFigure], sources: Sequence[str]) -> TextTable:
    """Lay out published figures of the fault-filtered split, in the order given; intervals are Wilson's."""
    rows = tuple(
        (
            p.stated,
            interval_text(p),
            f"{p.what}, hand-crafted" if p.is_hand_crafted else p.what,
            p.trained,
            _remarks(p),
            str(sources.index(p.source) + 1),
        )
        for p in figures
    )
    header = ("%", "95\u00a0%\u00a0interval", "features (year)", "trained on GTZAN", "remarks", "source")
    return TextTable(title="Published", header=header, rows=rows)


def other_table(figures: Sequence[PublishedFigure], sources: Sequence[str]) -> TextTable:
    """Lay out published figures under other protocols, leaked ones called so, with the reason."""
    rows = tuple(
        (
            f"LEAKED {p.stated}" if p.leaked else p.stated,
            p.what,
            p.protocol,
            _remarks(p),
            str(sources.index(p.source) + 1),
        )
        for p in figures
    )
    return TextTable(
        title="Not comparable", header=("%", "features (year)", "protocol", "why not", "source"), rows=rows
    )


def interval_text(figure: PublishedFigure) -> str:
    """Return the 95 % interval that so many test tracks allow, in per cent."""
    return _wilson_cell(round(figure.accuracy * TEST_TRACKS), TEST_TRACKS).partition(" ")[2].strip("()")


def own_table(runs: Sequence[OwnRun]) -> TextTable:
    """Lay out our runs on the whole test part, in the order given."""
    rows = tuple(
        (str(i), _own_cell(o), o.scored.on_features, o.trained, str(o.scored.run.manifest.seed))
        for i, o in enumerate(runs, start=1)
    )
    return TextTable(title="Ours", header=("", "%", "model", "trained on", "seed"), rows=rows)


def part_table(runs: Sequence[OwnRun]) -> TextTable:
    """Lay out our runs on parts of the split, in the order given."""
    rows = tuple(
        (
            str(i),
            _own_cell(o),
            o.scored.on_features,
            o.scored.run.manifest.dataset,
            "VALIDATION PART" if o.part is Part.VALID else "part of the test part",
            str(o.scored.best.metrics.n),
            str(o.scored.run.manifest.seed),
        )
        for i, o in enumerate(runs, start=1)
    )
    header = ("", "%", "model", "data", "tested", "tracks", "seed")
    return TextTable(title="Parts", header=header, rows=rows)


def six_table() -> TextTable:
    """Lay out what was measured on the kept test part of six genres."""
    rows = tuple(
        (one.cell, one.what, one.audio, str(one.tracks))
        for one in sorted(SIX_GENRES, key=lambda o: -o.right / o.tracks)
    )
    return TextTable(title="Six genres", header=("%", "model", "audio", "tracks"), rows=rows)


def _remarks(figure: PublishedFigure) -> str:
    said = (
        "split likely, not named" if figure.is_likely else "",
        figure.remarks,
        "" if figure.checked else "not checked",
    )
    return "; ".join(part for part in said if part)


def _own_cell(own: OwnRun) -> str:
    best = own.scored.best
    return accuracy_cell(best.metrics.accuracy, best.interval.low, best.interval.high)


def _wilson_cell(right: int, tracks: int) -> str:
    found = accuracy_interval(np.arange(tracks) < right)
    return accuracy_cell(found.estimate, found.low, found.high)


def _range(runs: Sequence[OwnRun]) -> str:
    """Return the lowest and the highest accuracy of runs that are sorted, in per cent."""
    shares = [percent(o.scored.best.metrics.accuracy) for o in reversed(runs)]
    return " to ".join(dict.fromkeys((shares[0], shares[-1]))) if shares else ""


def _commands(runs: Sequence[OwnRun]) -> str:
    return "\n".join(f"# {i}\n{one_line(o.scored.run.manifest.command)}" for i, o in enumerate(runs, start=1))
