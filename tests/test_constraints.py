"""The locked versions: the same in both files, each with hashes, none missing that the project asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("hashed.txt", "serve.txt")
LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)")


def versions(name: str) -> set[tuple[str, str]]:
    text = (ROOT / "constraints" / name).read_text()
    found = (LINE.match(line) for line in text.splitlines())
    return {(one["name"], one["version"]) for one in found if one is not None}


def test_hashes_are_of_the_locked_versions():
    assert versions("hashed.txt") == versions("locked.txt")


def entries(name: str) -> dict[str, str]:
    """What stands in a file for each package and version: for what it is, and its hashes."""
    text = (ROOT / "constraints" / name).read_text().partition("\n")[2]
    return {LINE.match(one)[0]: one.strip() for one in re.split(r"\n(?=[a-z])", text)}


@pytest.mark.parametrize("name", LOCKS)
def test_every_version_has_a_hash(name):
    assert all("--hash=sha256:" in one for one in entries(name).values())


def test_the_image_installs_what_the_page_needs_as_it_is_locked():
    of_all, of_image = entries("hashed.txt"), entries("serve.txt")
    for package, entry in of_image.items():
        hashes = [set(re.findall(r"sha256:\w+", one)) for one in (entry, of_all[package])]
        assert hashes[0] == hashes[1], package
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["app"], "hatchling"]
    names = {re.match(r"[\w.-]+", one)[0].lower().replace("_", "-") for one in asked}
    assert names <= {package.partition("==")[0] for package in of_image}
    assert not {"pytest", "mypy", "ruff", "mkdocs"} & {package.partition("==")[0] for package in of_image}


@pytest.mark.parametrize("extra", ["", "dev"])
def test_what_the_project_asks_for_is_locked(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["optional-dependencies"][extra] if extra else project["dependencies"]
    names = {re.match(r"[\w.-]+", one)[0].lower().replace("_", "-") for one in asked} - {"gtzan"}
    missing = names - {name for name, _ in versions("hashed.txt")}
    assert not missing, f"write constraints/ anew (make lock): {sorted(missing)}"
