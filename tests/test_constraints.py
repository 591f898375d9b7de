"""The locked versions: the same in both files, each with hashes, none missing that the project asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)")


def versions(name: str) -> set[tuple[str, str]]:
    text = (ROOT / "constraints" / name).read_text()
    found = (LINE.match(line) for line in text.splitlines())
    return {(one["name"], one["version"]) for one in found if one is not None}


def test_hashes_are_of_the_locked_versions():
    assert versions("hashed.txt") == versions("locked.txt")


def test_every_version_has_a_hash():
    text = (ROOT / "constraints" / "hashed.txt").read_text()
    entries = re.split(r"\n(?=[a-z])", text.partition("\n")[2])
    assert all("--hash=sha256:" in one for one in entries)


@pytest.mark.parametrize("extra", ["", "dev"])
def test_what_the_project_asks_for_is_locked(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["optional-dependencies"][extra] if extra else project["dependencies"]
    names = {re.match(r"[\w.-]+", one)[0].lower().replace("_", "-") for one in asked} - {"gtzan"}
    missing = names - {name for name, _ in versions("hashed.txt")}
    assert not missing, f"write constraints/ anew (make lock): {sorted(missing)}"
