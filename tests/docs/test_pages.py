"""The pages as a whole: the front page is short, links lead somewhere, and nothing stands in two places."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PROSE = [README, *sorted((ROOT / "docs").rglob("*.md"))]
FOLDERS = (ROOT, ROOT / "benchmarks", ROOT / "reports")
PAGES = sorted({*PROSE, *(path for folder in FOLDERS for path in folder.glob("*.md"))})
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")


def named(pages):
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.relative_to(ROOT).as_posix())


def prose(text):
    """The text without blocks of code and comments."""
    return _COMMENT.sub("", _FENCED.sub("", text))


def anchors(page):
    """What can stand behind a # in a link to the page, as GitHub and Python-Markdown make it of headings."""
    headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one)).lower() for one in headings)
    return {one.strip().replace(" ", "-") for one in plain}


def broken(page, text):
    """The relative links of the text, as of the page, that lead nowhere."""
    found = []
    for link in _LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        known = anchors(target) if anchor and target.suffix == ".md" and target.is_file() else {anchor}
        if not target.exists() or anchor not in known:
            found.append(link)
    return found


def test_a_broken_link_is_found():
    text = "[a](nowhere.md) [b](README.md#nothing) [c](#try-it) [d](README.md) [e](https://example.org/x)"
    assert broken(README, text) == ["nowhere.md", "README.md#nothing"]


@named(PAGES)
def test_links_lead_somewhere(page):
    assert broken(page, page.read_text(encoding="utf-8")) == []


@named([page for page in PROSE if page.parent.name in ("how-to", "explanation")])
def test_every_page_is_listed_at_the_start(page):
    listed = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert f"({page.relative_to(ROOT / 'docs')})" in listed


def test_the_front_page_is_short_and_has_both_commands():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 90
    assert max(len(_COMMENT.sub("", line)) for line in lines) <= 130
    assert {line.split("  #")[0].strip() for line in lines} >= {"make demo", "make test"}


def sentences(text):
    """The sentences and rows of tables of a text that say something: of eight words or more."""
    for block in re.split(r"\n\s*\n", prose(text)):
        lines = block.splitlines()
        rows = [line for line in lines if line.startswith("|")]
        words = " ".join(line.strip("-*> ") for line in lines if not line.startswith(("|", "#")))
        for one in [*rows, *re.split(r"(?<=[.!?:;])\s+", words)]:
            said = re.sub(r"\]\([^)]*\)|[^\w%.]+", " ", one).strip()
            if len(said.split()) >= 8:
                yield said


def test_sentences_are_told_apart():
    text = (
        "A sentence that has more than\neight words in it. Short.\n\n```\nno prose but a block of code\n```"
    )
    assert list(sentences(text)) == ["A sentence that has more than eight words in it."]


def test_nothing_stands_in_two_places():
    places = defaultdict(set)
    for page in PROSE:
        for one in sentences(page.read_text(encoding="utf-8")):
            places[one].add(page.relative_to(ROOT).as_posix())
    assert {one: sorted(where) for one, where in places.items() if len(where) > 1} == {}
