"""What became of a library in a few lines: counts of genres, of doubts and of what has no answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.datasets.layout import endings_text
from gtzan_features.prediction.answers import warning_kind
from gtzan_features.rounding import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gtzan_features.datasets.listing import Listing

_OK = "ok"
_NO_LABEL = "no label"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrarySummary:
    """Counts over the answers of a library, most first.

    Attributes
    ----------
    genres : dict
        Recordings by genre, "none of these" among them.
    failed : dict
        Recordings without an answer, by `FilePrediction.status`: corrupt, short, silent, lost.
    warnings : dict
        How many recordings got a warning, by what it is about.
    needs_ffmpeg, passed_over : dict
        Files of folders that were not tried, by their endings; see `datasets.listing.Listing`.
    n_answered : int
        Recordings with an answer; with several labels, `genres` counts each label.
    n_computed : int
        Recordings that were answered now; the rest was found answered.
    n_gone : int
        Rows of the output whose files were not named now; they are in no other count.
    seconds : float
        What computing took.
    """

    genres: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    needs_ffmpeg: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    n_answered: int = 0
    n_computed: int = 0
    n_gone: int = 0
    seconds: float = 0.0

    @property
    def n_failed(self) -> int:
        """Recordings without an answer."""
        return sum(self.failed.values())

    @property
    def files_per_s(self) -> float:
        """Recordings that were answered now, per second."""
        return self.n_computed / self.seconds if self.seconds else 0.0

    def lines(self) -> list[str]:
        """Return the summary in words."""
        found = [self._first(), f"Genres: {_listed(self.genres)}."] if self.genres else [self._first()]
        if self.warnings:
            found.append(f"Warnings: {_listed(self.warnings)}.")
        if self.needs_ffmpeg:
            found.append(f"Not read, for they need ffmpeg: {endings_text(self.needs_ffmpeg)}.")
        if self.passed_over:
            found.append(f"Passed over: {endings_text(self.passed_over)}.")
        if self.n_gone:
            found.append(
                f"{self.n_gone} row{_s(self.n_gone)} of files that were not named or are gone: kept. "
                "Leave them out with --prune."
            )
        return found

    def _first(self) -> str:
        total = self.n_answered + self.n_failed
        text = f"{total} file{_s(total)}: {self.n_answered} with an answer"
        if self.failed:
            text += f", {self.n_failed} without ({_listed(self.failed)})"
        before = total - self.n_computed
        if before:
            text += f"; {before} answered before"
        if self.n_computed:
            text += f"; {self.n_computed} now in {clock(self.seconds)}, {self.files_per_s:.3g} files/s"
        return f"{text}."

    def __str__(self) -> str:
        return "\n".join(self.lines())


class Tally:
    """Counts answers one by one."""

    def __init__(self) -> None:
        self.genres, self.failed, self.warnings = Counter[str](), Counter[str](), Counter[str]()
        self.n_answered = 0

    def add(self, genres: Sequence[str], status: str, warnings: Iterable[str]) -> None:
        """Count an answer: one genre, or the labels that a model of several gives."""
        if status == _OK:
            self.n_answered += 1
            self.genres.update(genres or (_NO_LABEL,))
        else:
            self.failed[status] += 1
        self.warnings.update({warning_kind(text) for text in warnings})

    def summary(
        self, listing: Listing, seconds: float, *, n_computed: int | None = None, n_gone: int = 0
    ) -> LibrarySummary:
        """Return the counts of the files of `listing`; by default all were answered now."""
        genres, failed, warnings = (dict(_ordered(c)) for c in (self.genres, self.failed, self.warnings))
        return LibrarySummary(
            genres=genres,
            failed=failed,
            warnings=warnings,
            needs_ffmpeg=listing.needs_ffmpeg,
            passed_over=listing.passed_over,
            n_answered=self.n_answered,
            n_computed=self.n_answered + sum(failed.values()) if n_computed is None else n_computed,
            n_gone=n_gone,
            seconds=seconds,
        )


def _ordered(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in _ordered(counts))


def _s(count: int) -> str:
    return "" if count == 1 else "s"
