"""Pages name no folder of the machine that they were written on."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "reports/*.md", "reports/*.csv", "docs/**/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
ABSOLUTE = re.compile(r"(?<![\w.])/(?:work|home|root|tmp|Users|mnt|srv)/\w[^\s`|]*")


def test_a_folder_of_a_machine_is_recognised():
    assert ABSOLUTE.search("gtzan fit --tables /home/me/data/features --seed 0")
    assert not ABSOLUTE.search("see docs/home/page.md and https://example.org/home/page")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_names_no_folder_of_a_machine(path):
    assert ABSOLUTE.findall(path.read_text(encoding="utf-8")) == []
