"""What a release says of itself: version, CHANGELOG and CITATION.cff agree and keep their forms."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import yaml

from gtzan_features import __version__

ROOT = Path(__file__).resolve().parents[1]
GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
SECTION = re.compile(r"## \[(?P<version>\d+\.\d+\.\d+)\] - (?P<date>\d{4}-\d\d-\d\d)")


def changelog_faults(text: str) -> list[str]:
    """Return what is against the form of Keep a Changelog 1.1.0, and what a release must have in it."""
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    if headings[:1] != ["## [Unreleased]"]:
        return ["the first section is not Unreleased"]
    found = [SECTION.fullmatch(line) for line in headings[1:]]
    faults = [
        f"no version with a date: {line}" for line, one in zip(headings[1:], found, strict=True) if not one
    ]
    releases = [(tuple(map(int, one["version"].split("."))), one["date"]) for one in found if one]
    if releases != sorted(set(releases), reverse=True):
        faults.append("versions do not fall")
    dates = [dt.date.fromisoformat(date) for _, date in releases]
    if dates != sorted(dates, reverse=True):
        faults.append("dates do not fall")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        faults += _section_faults(section)
    return faults


def _section_faults(section: str) -> list[str]:
    name, _, body = section.partition("\n")
    groups = re.findall(r"^### (.*)$", body, flags=re.MULTILINE)
    faults = [f"{name}: no group of changes is called {group}" for group in groups if group not in GROUPS]
    if len(groups) != len(set(groups)):
        faults.append(f"{name}: a group stands twice")
    before, *parts = re.split(r"^### .*$", body, flags=re.MULTILINE)
    if re.search(r"^- ", before, flags=re.MULTILINE):
        faults.append(f"{name}: a change before the first group")
    for group, part in zip(groups, parts, strict=True):
        lines = [line for line in part.splitlines() if line]
        faults += [
            f"{name}, {group}: no change: {line}" for line in lines if not line.startswith(("- ", "  "))
        ]
        if not lines:
            faults.append(f"{name}, {group}: empty")
    return faults


def test_the_changelog_keeps_the_form():
    assert changelog_faults((ROOT / "CHANGELOG.md").read_text()) == []


@pytest.mark.parametrize(
    ("of", "to"),
    [
        ("## [Unreleased]", "## Next"),
        (f"## [{__version__}] - ", f"## [{__version__}] "),
        ("### Added\n", "### New\n"),
        ("### Added\n", "- a change of no group\n\n### Added\n"),
        ("### Fixed\n", "### Added\n"),
        ("### Removed\n", "### Removed\n\n### Deprecated\n"),
        (f"## [{__version__}] - ", f"## [0.0.1] - 2020-01-01\n\n## [{__version__}] - "),
        (f"## [{__version__}] - ", f"## [{__version__}] - 2020-01-01\n\n## [0.1.5] - "),
    ],
)
def test_what_is_against_the_form_is_found(of, to):
    text = (ROOT / "CHANGELOG.md").read_text()
    assert of in text
    assert changelog_faults(text.replace(of, to, 1))


def test_the_version_of_the_package_is_the_last_one_of_the_changelog():
    first = SECTION.search((ROOT / "CHANGELOG.md").read_text())
    assert first["version"] == __version__


def test_the_citation_is_of_this_version_and_date():
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    first = SECTION.search((ROOT / "CHANGELOG.md").read_text())
    assert (said["version"], str(said["date-released"])) == (first["version"], first["date"])


def test_the_citation_has_what_the_format_asks_for():
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert said["cff-version"] == "1.2.0"
    assert said["license"] in (ROOT / "pyproject.toml").read_text()
    assert said["type"] == "software"
    for work in (said, *said["references"]):
        assert isinstance(work["title"], str)
        assert work["authors"]
        for author in work["authors"]:
            assert set(author) in ({"name"}, {"family-names", "given-names"})
    for reference in said["references"]:
        assert reference["type"] == "article"
        assert re.fullmatch(r"10\.\d{4,9}/\S+", reference["doi"])
        assert reference["start"] <= reference["end"]
