"""ARCHITECTURE.md and the import contracts name every package and module that there is, and no other."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LIBRARY = ROOT / "gtzan_features"
TOP = {path.name for path in LIBRARY.glob("*.py")} - {"__init__.py"}
TOP |= {f"{path.parent.name}/" for path in LIBRARY.glob("*/__init__.py")}


def test_every_module_that_is_named_is_there():
    named = set(re.findall(r"`([\w/]+\.py)`", TEXT))
    assert len(named) > 30
    present = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/**/*.py")}
    assert [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in present)] == []


def test_the_table_of_packages_has_all_of_them():
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([\w/.]+)`", " ".join(rows))) == TOP | {"cli/gtzan_cli/"}


def test_every_package_has_its_layer_in_the_order_of_the_table():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {one["name"]: one for one in settings["tool"]["importlinter"]["contracts"]}
    layers = contracts["Data flows one way"]["layers"]
    rank = {
        name.strip().removeprefix("gtzan_features."): number
        for number, layer in enumerate(reversed(layers))
        for name in layer.split("|")
    }
    assert set(rank) == {name.removesuffix(".py").rstrip("/") for name in TOP} | {"gtzan_cli"}
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `")]
    ranks = [
        [
            rank[name.removesuffix(".py").rstrip("/").rpartition("/")[2]]
            for name in re.findall(r"`([\w/.]+)`", row)
        ]
        for row in rows
    ]
    assert all(max(lower) <= min(higher) for lower, higher in pairwise(ranks))
