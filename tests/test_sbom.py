"""The software bill of materials has every locked package, and tells what the program needs to run."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[1]
_SPEC = importlib.util.spec_from_file_location("sbom", ROOT / "constraints" / "sbom.py")
sbom = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sbom)


@pytest.fixture(scope="module")
def bill() -> dict:
    return sbom.written()


def test_every_locked_version_is_in_it_with_the_hashes_of_its_files(bill):
    # The other lock, read by another expression.
    lines = (ROOT / "constraints" / "locked.txt").read_text().splitlines()
    locked = {tuple(re.split(r"==| ;", line)[:2]) for line in lines if not line.startswith("#")}
    assert len(locked) > 100
    assert {(one["name"], one["version"]) for one in bill["components"]} == locked
    text = (ROOT / "constraints" / "hashed.txt").read_text()
    digests = [
        p["value"] for one in bill["components"] for p in one["properties"] if p["name"].endswith("256")
    ]
    assert sorted(digests) == sorted(re.findall(r"sha256:([0-9a-f]{64})", text))


def test_every_reference_is_of_a_component_and_all_are_different(bill):
    refs = [one["bom-ref"] for one in bill["components"]]
    root = bill["metadata"]["component"]["bom-ref"]
    assert len(set(refs)) == len(refs)
    assert all(one["purl"] == one["bom-ref"] for one in bill["components"])
    assert {one["ref"] for one in bill["dependencies"]} <= {root, *refs}
    assert {other for one in bill["dependencies"] for other in one["dependsOn"]} <= set(refs)


def test_what_runs_is_told_from_what_tests_and_builds(bill):
    scope = {one["name"]: one["scope"] for one in bill["components"]}
    assert {scope[name] for name in ("numpy", "librosa", "click", "msgpack", "markupsafe")} == {"required"}
    assert {scope[name] for name in ("pytest", "moto", "twine", "starlette", "optuna")} == {"optional"}


def test_the_command_writes_the_same_bytes_each_time(tmp_path):
    for name in ("a", "b"):
        script = ROOT / "constraints" / "sbom.py"
        subprocess.run([sys.executable, str(script), str(tmp_path / name)], check=True)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    written = json.loads((tmp_path / "a").read_text())
    assert (written["bomFormat"], written["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", written["serialNumber"])


NAMES = st.sampled_from("abcdefg")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sets(NAMES), st.dictionaries(NAMES, st.sets(NAMES)))
def test_what_is_needed_is_closed_and_no_larger_than_it_must_be(names, graph):
    found = sbom.needed(names, graph)
    assert names <= found
    assert all(graph.get(name, set()) <= found for name in found)
    for name in found - names:
        assert any(name in graph.get(other, set()) for other in found - {name})
