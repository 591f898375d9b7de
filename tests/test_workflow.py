"""The workflow of GitHub's machines: it names the Pythons that the package does, and fixed actions."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "test.yml"

if not WORKFLOW.is_file():
    pytest.skip("the workflow is not in the source distribution", allow_module_level=True)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = [
    one.rpartition(" ")[2]
    for one in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: \d+\.\d+", one)
]


@pytest.fixture
def jobs():
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]


def steps(jobs):
    return [step for job in jobs.values() for step in job["steps"]]


def test_its_pythons_are_those_of_the_classifiers_and_the_first_is_the_lowest(jobs):
    assert jobs["newest"]["strategy"]["matrix"]["python"] == PYTHONS
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    named = {step["with"]["python-version"] for step in steps(jobs) if "setup-python" in step.get("uses", "")}
    assert named - {"${{ matrix.python }}"} <= set(PYTHONS)


def test_actions_have_tags_and_no_job_may_write(jobs):
    uses = [step["uses"] for step in steps(jobs) if "uses" in step]
    assert uses
    assert [one for one in uses if not re.fullmatch(r"actions/[\w-]+@v\d+(\.\d+)*", one)] == []
    assert yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in jobs.values())


def test_what_it_runs_is_there(jobs):
    words = [shlex.split(step["run"]) for step in steps(jobs) if "run" in step]
    paths = {word for line in words for word in line if word.startswith(("tests/", ".ci/"))}
    assert len(paths) > 3
    assert [one for one in sorted(paths) if not (ROOT / one).exists()] == []
    for extra in re.findall(r"\.\[([\w,]+)\]", " ".join(word for line in words for word in line)):
        assert set(extra.split(",")) <= set(PROJECT["optional-dependencies"])


def test_systems_that_nobody_tried_fail_no_run(jobs):
    untried = jobs["other-systems"]
    assert untried["continue-on-error"] is True
    page = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    for name, shown in (("macos", "macOS"), ("windows", "Windows")):
        assert any(one.startswith(name) for one in untried["strategy"]["matrix"]["system"])
        assert re.search(rf"^\| {shown}[^|]*\| not tried", page, re.MULTILINE)
