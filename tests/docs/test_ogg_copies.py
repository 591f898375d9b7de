"""Figures on the 389 tracks whose audio is at hand are figures on Ogg copies, and every page says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
    + [path for name in ("*.md", "*.j2") for path in (ROOT / "gtzan_features").rglob(name)]
    + [ROOT / "reports" / "standing.md"]
)
_NAMED = re.compile(r"\b389\b(?:\s+of\s+1000)?\s+(?:\w+\s+)?tracks\b|audio_six")
_SAID = re.compile(r"\bogg\b", re.IGNORECASE)


def silent(text):
    """The paragraphs that name these tracks and do not say that they are Ogg."""
    return [part for part in re.split(r"\n\s*\n", text) if _NAMED.search(part) and not _SAID.search(part)]


def test_a_paragraph_that_hides_it_is_found():
    hidden = "On 389 tracks that we have audio of, 81.1.\n\nOgg is another paragraph."
    assert silent(hidden) == ["On 389 tracks that we have audio of, 81.1."]
    assert silent("GTZAN (389 of 1000\ntracks): 81.1")
    assert silent("`gtzan features extract audio_six`")
    assert not silent("On Ogg copies of 389 tracks, 81.1.\n\nThe p is 0.389; 389 samples.")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_who_names_the_389_tracks_says_ogg(page):
    assert silent(page.read_text(encoding="utf-8")) == []
