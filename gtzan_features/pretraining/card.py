"""What is written of a pretrained model: its figures, its card, the page on how it was chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.models.applying.figures import Figures
from gtzan_features.pretraining.trial import ARTIST, CHOICE_FOLDS
from gtzan_features.reports.drawn import interval_words
from gtzan_features.reports.hub_metadata import Measured, genre_figures, hub_block
from gtzan_features.reports.tables import accuracy_cell, genre_table
from gtzan_features.reports.templating import environment
from gtzan_features.rounding import decimals, percent
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.applying.unlike import UnlikeRates
    from gtzan_features.pretraining.candidates import Candidate
    from gtzan_features.pretraining.deformed import Robustness
    from gtzan_features.pretraining.trial import Tested, Trial
    from gtzan_features.reports.scores import LevelScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was measured of a pretrained model.

    Attributes
    ----------
    name, command : str
        Its name, and what makes it.
    trials : tuple of Trial
        All candidates on inner folds of all tracks, the best first.
    chosen : Candidate
        The best of those that may be chosen.
    filtered, artist : Tested
        The choice and the fit under both protocols that keep artists apart.
    robustness : tuple of Robustness
        The chosen one, for each folder of audio.
    rival : Candidate or None
        The best of those that look at the level, too.
    of_rival : tuple of Robustness
        That one.
    measured : str
        What its rows were made from, a sentence.
    license_name : str
        Of the model, by the Hub's names.
    """

    name: str
    command: str
    trials: tuple[Trial, ...]
    chosen: Candidate
    filtered: Tested
    artist: Tested
    robustness: tuple[Robustness, ...] = ()
    rival: Candidate | None = None
    of_rival: tuple[Robustness, ...] = ()
    measured: str = ""
    license_name: str = "unknown"

    def figures(self) -> Figures:
        """Return the figures that go with the model: those of most tracks, of the artist folds."""
        score = self.artist.score
        m, interval = score.metrics, score.interval
        top2 = score.drawn.interval(score.top2)
        of = {one.genre: [round((one.recall or 0.0) * one.support), one.support] for one in m.per_genre}
        return Figures(
            name=self.name,
            headline=_headline(self.name, score, of),
            protocol=ARTIST,
            n_tracks=m.n,
            accuracy=m.accuracy,
            low=interval.low,
            high=interval.high,
            top2=m.top2_accuracy,
            top2_low=top2.low,
            top2_high=top2.high,
            calibration_error=m.calibration_error,
            genres=of,
            deformations=dict(self.robustness[0].rows) if self.robustness else {},
            deformed=self.robustness[0].audio if self.robustness else "",
        )


def _headline(name: str, score: LevelScore, of: Mapping[str, Sequence[int]]) -> str:
    m, i = score.metrics, score.interval
    shares = {genre: right / n for genre, (right, n) in of.items()}
    best, worst = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    return (
        f"{name} knows the ten genres of GTZAN. Of 100 tracks by artists that it never heard, "
        f"{_whole(m.accuracy)} get the right genre ({_whole(i.low)} to {_whole(i.high)}), and for "
        f"{_whole(m.top2_accuracy)} it is among the first two; from {_whole(shares[best])} of 100 in {best} "
        f"to {_whole(shares[worst])} in {worst}."
    )


def _whole(share: float) -> str:
    return decimals(100 * share, 0)


def card_text(kept: KeptModel, found: Findings) -> str:
    """Return the card of the model in Markdown, with metadata for the Hugging Face Hub before it."""
    tests = [_for_the_hub(words, one.score) for words, one in _tests(found)]
    block = hub_block(kept.card, tests, name=found.name, license_name=found.license_name)
    return block + _rendered(
        "pretrained_card.md.j2",
        found,
        card=kept.card,
        n_known=len(kept.trained_on.sha256),
        n_used=len(found.chosen.columns(kept.card.columns)),
        reliability=_reliability(found.artist.score),
        faults=known_faults("GTZAN"),
        **_none_of_these(kept.unlike.rates if kept.unlike is not None else None),
    )


def _tests(found: Findings) -> tuple[tuple[str, Tested], ...]:
    """Return what was tested, the test of most tracks first, by the name of its protocol."""
    return ("artist, 3-fold", found.artist), ("fault-filtered", found.filtered)


def _for_the_hub(protocol: str, score: LevelScore) -> Measured:
    m, interval = score.metrics, score.interval
    return Measured(
        protocol=protocol.replace(",", ""),
        level=score.level,
        n=m.n,
        figures=genre_figures(m),
        interval=(interval.low, interval.high),
    )


def _none_of_these(rates: UnlikeRates | None) -> dict[str, Any]:
    """Return what the card says of the rule that rejects what is unlike the training music."""
    if rates is None:
        return {"unlike": None}
    counts = zip(rates.genres, rates.tracks, rates.rejected, rates.detected, strict=True)
    rows = tuple((genre, *map(str, numbers)) for genre, *numbers in counts)
    header = ("genre", "tracks", "rejected", "rejected where the genre was left out")
    return {
        "unlike": TextTable(title="", header=header, rows=rows),
        "asked": _whole(rates.asked),
        "n_unlike": sum(rates.tracks),
        "rejected": sum(rates.rejected),
        "detected": sum(rates.detected),
    }


def report_text(found: Findings) -> str:
    """Return the page on how the model was chosen, in Markdown."""
    return _rendered(
        "pretrained_report.md.j2",
        found,
        trials=_trials_table(found.trials),
        with_level=any(trial.candidate.level for trial in found.trials),
        n_tracks=found.trials[0].score.metrics.n,
        folds=CHOICE_FOLDS,
        rival=[(one.audio, _deformed_table(one)) for one in found.of_rival],
    )


def _rendered(template: str, found: Findings, **more: Any) -> str:  # noqa: ANN401 - whatever a page shows
    text = (
        environment()
        .get_template(template)
        .render(
            found=found,
            headline=found.figures().headline,
            scores=_tested_table(found),
            drawn=_drawn(found),
            genres=genre_table(found.artist.score.metrics),
            robustness=[(one.audio, _deformed_table(one)) for one in found.robustness],
            **more,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _drawn(found: Findings) -> str:
    """Say what the intervals of the tested figures draw."""
    named = ((words, one.score) for words, one in _tests(found))
    return interval_words((words, one.metrics.n, one.interval.n_units) for words, one in named)


def _cell(score: LevelScore) -> str:
    return accuracy_cell(score.metrics.accuracy, score.interval.low, score.interval.high)


def _trials_table(trials: Sequence[Trial]) -> TextTable:
    rows = tuple(
        (
            one.candidate.words(),
            one.candidate.segment,
            "with level" if one.candidate.level else "without level",
            "yes" if one.candidate.eligible else "no",
            _cell(one.score),
            decimals(one.loss, 3),
        )
        for one in trials
    )
    header = ("model", "rows", "columns", "may be chosen", "right, %", "log-loss")
    return TextTable(title="", header=header, rows=rows)


def _tested_table(found: Findings) -> TextTable:
    rows = []
    for words, one in _tests(found):
        m = one.score.metrics
        cells = (str(m.n), _cell(one.score), percent(m.top2_accuracy), decimals(m.log_loss, 3))
        chosen = "; ".join(f"{name} ({n} of {sum(one.chosen.values())})" for name, n in one.chosen.items())
        rows.append((words, *cells, percent(m.calibration_error), chosen))
    header = ("protocol", "tracks", "right, %", "among the first two, %", "log-loss", "calibration error")
    return TextTable(title="", header=(*header, "chosen on inner folds"), rows=tuple(rows))


def _deformed_table(found: Robustness) -> TextTable:
    header = ("sound", "tracks", "right, %", "other answer, %", "none of these, %")
    rows = tuple(
        (
            str(row["label"]),
            str(row["n_tracks"]),
            accuracy_cell(*(float(row[name]) for name in ("accuracy", "low", "high"))),
            percent(float(row["changed"])),
            percent(float(row["rejected"])),
        )
        for row in found.rows.values()
    )
    return TextTable(title="", header=header, rows=rows)


def _reliability(score: LevelScore) -> TextTable:
    rows = tuple(
        (f"{_whole(one.low)}–{_whole(one.high)}", str(one.n), percent(one.confidence), percent(one.accuracy))
        for one in score.metrics.reliability
        if one.n and one.confidence is not None and one.accuracy is not None
    )
    return TextTable(title="", header=("it says, %", "tracks", "on average, %", "right, %"), rows=rows)
