"""Help that fits the terminal and ends with lines that can be copied."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from gtzan_cli.examples import EXAMPLES, SHORT
from gtzan_cli.help_sections import SECTIONS, SectionedCommand
from gtzan_cli.main import cli, command_of

from tests.cli.test_advice import COMMANDS

GROUPS = {"", *(name for name, command in cli.commands.items() if isinstance(command, click.Group))}


@pytest.mark.parametrize("words", COMMANDS)
def test_the_help_of_every_command_ends_with_examples(words, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(Path, "is_dir", lambda path: not path.suffix)
    shown = CliRunner().invoke(cli, [*words.split(), "--help"], terminal_width=80, prog_name="gtzan").output
    ends = [line.strip() for line in shown.partition("Examples:\n")[2].splitlines()]
    assert ends == list(EXAMPLES[words])
    for line in ends:
        program, *given = shlex.split(line.partition(" > ")[0])
        assert program == "gtzan"
        assert command_of(given) is COMMANDS[words]
        COMMANDS[words].make_context(words, given[len(words.split()) :])


@pytest.mark.parametrize("words", sorted(GROUPS))
def test_lists_of_commands_cut_nothing_off(words):
    shown = CliRunner().invoke(cli, [*words.split(), "--help"], terminal_width=80, prog_name="gtzan").output
    assert "..." not in shown.partition("Commands:")[2]
    assert max(map(len, shown.partition("Commands:")[2].splitlines())) <= 80


def test_there_are_words_for_every_command_and_no_other():
    assert set(EXAMPLES) == set(COMMANDS)
    assert min(map(len, EXAMPLES.values())) >= 2
    assert set(SHORT) == set(COMMANDS) | (GROUPS - {""})


SECTIONED = {words: one for words, one in COMMANDS.items() if isinstance(one, SectionedCommand)}


@pytest.mark.parametrize("words", sorted(SECTIONED))
def test_help_in_sections_shows_each_option_once(words):
    shown = CliRunner().invoke(cli, [*words.split(), "--help"], terminal_width=80, prog_name="gtzan").output
    sections = SECTIONS[SECTIONED[words].name or ""]
    _, _, below = shown.partition(f"{next(iter(sections))}:\n")
    begun = [line.split()[0].rstrip(",") for line in below.splitlines() if line.startswith("  -")]
    options = [one for one in SECTIONED[words].params if isinstance(one, click.Option)]
    # click keeps the names of help as they were where a command was first called alone.
    begun = ["-h" if name == "--help" else name for name in begun]
    assert sorted(begun) == sorted([*(min(one.opts, key=len) for one in options), "-h"])
    assert max(map(len, shown.splitlines())) <= 80
    named = [name for names in sections.values() for name in names]
    assert len(named) == len(set(named))
    assert set(named) <= {one.name for one in options}
