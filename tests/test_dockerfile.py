"""What must hold in the image, read from its recipe: no builder is needed for that."""

from __future__ import annotations

import fnmatch
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from gtzan_cli.main import cli

from gtzan_features.app.openapi import OPERATIONS

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "Dockerfile"
PAGE = ROOT / "docs" / "how-to" / "serve-in-a-container.md"

if not RECIPE.is_file():
    pytest.skip("the recipe is not in the source distribution", allow_module_level=True)


def instructions():
    """Each instruction with its words, comments and continued lines resolved, and the number of its stage."""
    lines = [line for line in RECIPE.read_text().splitlines() if not line.lstrip().startswith("#")]
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    stage, found = -1, []
    for line in filter(None, text.splitlines()):
        name, _, words = line.partition(" ")
        stage += name == "FROM"
        found.append((stage, name, words))
    return found


def last_stage(name):
    stages = [stage for stage, _, _ in instructions()]
    return [words for stage, one, words in instructions() if one == name and stage == max(stages)]


def test_it_runs_as_a_user_without_root_and_nothing_after_that_is_roots():
    (user,) = last_stage("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)  # a number, so that a cluster can check it
    assert f"--uid {user.partition(':')[0]} " in " ".join(last_stage("RUN"))
    names = [name for stage, name, _ in instructions() if stage == 1]
    assert not {"USER", "COPY", "ADD"} & set(names[names.index("USER") + 1 :])


def test_the_locked_versions_are_installed_and_every_file_is_checked_by_its_hash():
    installs = [words for _, name, words in instructions() if name == "RUN" and "pip install" in words]
    assert "--require-hashes --requirement constraints/serve.txt" in installs[0]
    assert all("--no-deps --no-build-isolation" in one for one in installs[1:])
    assert len(installs) == 2
    assert not [words for _, name, words in instructions() if name == "ADD" or "latest" in words]


def test_what_it_copies_is_there_and_goes_to_the_builder():
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert ignored[0] == "*"
    sent = [line[1:] for line in ignored if line.startswith("!")]
    assert [one for one in sent if not (ROOT / one).exists()] == []
    for _, name, words in instructions():
        if name == "COPY" and "--from" not in words:
            for source in shlex.split(words)[:-1]:
                assert (ROOT / source).exists(), source
                assert any(source == one or source.startswith(f"{one}/") for one in sent), source


def test_no_audio_no_table_and_no_secret_can_get_in():
    """Of what git does not know, nothing but what the two packages hold goes to the builder."""
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert {"**/__pycache__", "**/*.pyc"} <= set(ignored)
    for name in ("data/features/x.parquet", ".env", "runs/x/manifest.json", ".git/config"):
        assert not any(fnmatch.fnmatch(name, f"{line[1:]}*") for line in ignored if line[0] == "!")


def test_health_and_port_are_those_of_the_server():
    (port,) = last_stage("EXPOSE")
    (health,) = last_stage("HEALTHCHECK")
    address = re.search(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", health)
    assert address[1] == port == "8000"
    assert ("GET", address[2]) in [(one.method, one.path) for one in OPERATIONS]
    assert last_stage("ENTRYPOINT") == ['["gtzan", "serve", "--host", "0.0.0.0"]']


def test_kernels_are_compiled_in_the_image_for_any_processor_and_by_its_user():
    stage = [(name, words) for stage, name, words in instructions() if stage == 1]
    environment = " ".join(words for name, words in stage if name == "ENV")
    assert "NUMBA_CPU_NAME=generic" in environment
    folder = re.search(r"NUMBA_CACHE_DIR=(\S+)", environment)[1]
    at = {name: i for i, (name, _) in enumerate(stage)}
    assert f"install --directory --owner=gtzan --group=gtzan {folder}" in " ".join(
        words for name, words in stage if name == "RUN"
    )
    compiles = at["RUN"]  # the last one
    assert at["ENV"] < at["USER"] < compiles
    rows = ("--features kaggle", "--features full", "gtzan features spectrograms")
    for command in ("gtzan warm", "gtzan predict", *rows):
        assert command in stage[compiles][1]


def test_commands_in_it_are_those_of_the_program():
    (compiles,) = [words for words in last_stage("RUN") if "gtzan data" in words]
    commands = re.findall(r"gtzan ((?:data|features|predict) [^&]*)", compiles)
    assert len(commands) == 5
    for command in commands:
        words = shlex.split(command)
        group = words[: 1 if words[0] == "predict" else 2]
        shown = CliRunner().invoke(cli, [*group, "--help"]).output
        for option in re.findall(r"--[a-z-]+", command):
            assert option in shown


def test_the_page_starts_it_as_it_is_meant():
    text = PAGE.read_text()
    assert "docker build -t gtzan ." in text
    for words in ("--read-only", "--tmpfs /tmp", "--cap-drop ALL", "-p 127.0.0.1:8000:8000", "10001"):
        assert words in text
    for name in re.findall(r"--build-arg (\w+)=", text):
        assert f"ARG {name}=" in RECIPE.read_text()
