"""Advice can be followed: every message of the package, in the mouth of every command."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import click
import pytest
from gtzan_cli.advice import OPTION, fitting, foreign, options_of
from gtzan_cli.main import cli, command_of

ROOT = Path(__file__).resolve().parents[2]
STYLE = re.compile(r"var\(--|\{\s*--")  # CSS, whose variables look like options
SHOWN = re.compile(r"gtzan ((?:[a-z][a-z-]* ?)+.*)")


def commands(group: click.Group = cli, path: str = "") -> dict[str, click.Command]:
    """Every command that does something, by its words."""
    found = {}
    for name, command in group.commands.items():
        words = f"{path} {name}".strip()
        found |= commands(command, words) if isinstance(command, click.Group) else {words: command}
    return found


COMMANDS = commands()
KNOWN = frozenset().union(*map(options_of, COMMANDS.values()), {"--version"})


def _text(node: ast.expr) -> str | None:
    """The text of a literal; what it is filled with stands as X."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "X" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    return None


def _messages() -> dict[str, str]:
    """Every literal of the package that names an option of the command line, by where it stands."""
    found = {}
    for file in sorted([*(ROOT / "gtzan_features").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        inner = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            text = _text(node) if isinstance(node, ast.expr) and id(node) not in inner else None
            # Options are declared in words of their own; patterns of the synthetic music are no words.
            is_message = text and OPTION.search(text) and " " in text.strip() and not STYLE.search(text)
            if is_message and "synthetic" not in file.parts:
                found[f"{file.relative_to(ROOT)}:{node.lineno}"] = " ".join(text.split())
    return found


MESSAGES = _messages()


def test_there_are_messages_to_test():
    assert len(MESSAGES) > 30
    assert any("--folds" in text for text in MESSAGES.values())


def test_every_option_that_is_named_is_one():
    for where, text in MESSAGES.items():
        assert set(OPTION.findall(text)) <= KNOWN, where


@pytest.mark.parametrize("words", COMMANDS)
def test_no_message_names_an_option_that_the_command_lacks(words):
    command = COMMANDS[words]
    for where, text in MESSAGES.items():
        left = fitting(text, command)
        assert foreign(left, options_of(command)) == [], where
        assert left.strip(), where


def test_what_a_command_has_is_said_as_it_is():
    for where, text in MESSAGES.items():
        for command in COMMANDS.values():
            if not foreign(text, options_of(command)):
                assert fitting(text, command) == text, where


def test_ways_out_that_are_left_are_sentences():
    bench, tune, fit = (COMMANDS[words] for words in ("bench accuracy", "tune", "fit"))
    folds = "10 folds need 10 tracks of each genre, and blues has 7. Use --folds 7"
    assert fitting(folds, bench) == "10 folds need 10 tracks of each genre, and blues has 7."
    assert fitting(folds, tune) == fitting(folds, fit) == folds
    valid = "No genre. Use --evaluate-on valid to report on the validation part, or --protocol track."
    assert fitting(valid, tune) == "No genre. Use --protocol track."
    assert fitting(valid, fit) == valid
    few = "artist has 2 of blues. Add artists, use fewer --folds, or --protocol track."
    assert fitting(few, bench) == "artist has 2 of blues. Add artists"
    other = "no model. Fit one (gtzan fit xgboost --final), or name a run folder with --model"
    assert fitting(other, COMMANDS["serve"]) == other
    assert fitting(other, COMMANDS["report"]) == "no model. Fit one (gtzan fit xgboost --final)"
    alone = "--beside 3s: give rows longer than 3s, for example 30s"
    assert fitting(alone, COMMANDS["report"]).startswith("beside 3s: ")


def test_a_name_that_looks_like_an_option_is_left_alone():
    text = "music/--folds.wav: no such file. Check the name, or /x/--holdout/y."
    assert fitting(text, COMMANDS["report"]) == text


@pytest.mark.parametrize("genre", ["--zap", "--help", "--drum-and-bass", "--x"])
def test_a_genre_that_looks_like_an_option_keeps_its_sentence(genre):
    text = f"10 folds need 10 tracks of each genre, and {genre} has 7. Add {genre}, or other music"
    for words in ("bench accuracy", "report", "fit"):
        assert fitting(text, COMMANDS[words]) == text


def shown_commands() -> list[tuple[str, str]]:
    """Every command line that the package, the README or a page shows."""
    texts = {where: text for where, text in MESSAGES.items() if "(?" not in text}
    for file in sorted([*(ROOT / "gtzan_features").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            text = _text(node) if isinstance(node, (ast.Constant, ast.JoinedStr)) else None
            if text and "gtzan " in text and "(?" not in text:  # no pattern of a command
                texts[f"{file.relative_to(ROOT)}:{node.lineno}"] = text
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines()):
            texts[f"{page.relative_to(ROOT)}:{number + 1}"] = line
    return [
        (where, line)
        for where, text in texts.items()
        for found in re.finditer(r"gtzan ([a-z][a-z-]*[^`;#)\n]*)", text)
        if (line := found[1].split("  ")[0].strip()).split()[0] in cli.commands
    ]


def test_every_command_line_that_is_shown_has_the_options_that_it_names():
    found = shown_commands()
    assert len(found) > 60
    for where, line in found:
        words = re.split(r"[,.]\s|, then|\bthen\b", line)[0].split()
        command = command_of(words)
        named = {word.partition("=")[0] for word in words if OPTION.fullmatch(word)}
        assert named <= options_of(command), (where, line)


NASTY = ["a b", "it's", '"q"', "-x", "--tables", "$HOME `id`", "日本", "a\nb", "*", "a;b&c|d>e", "\\"]


@pytest.mark.parametrize("name", NASTY)
def test_a_printed_command_is_read_back_word_for_word(name):
    from gtzan_features.config import SegmentConfig, SplitConfig
    from gtzan_features.training.fit_config import FitConfig
    from gtzan_features.training.run_manifest import fit_command

    config = FitConfig(
        model="knn",
        segment=SegmentConfig(30.0),
        settings=("n_neighbors=7", "weights='uniform'"),
        split=SplitConfig(folds=3),
        final=True,
    )
    printed = fit_command(config, Path(name), "kaggle")
    program, verb, *words = shlex.split(printed)
    assert (program, verb) == ("gtzan", "fit")
    with COMMANDS["fit"].make_context("fit", words) as context:
        assert context.params["tables"] == Path(name)
        assert context.params["models"] == ("knn",)
        assert context.params["settings"] == config.settings
        assert (context.params["folds"], context.params["final"]) == (3, True)
        assert context.params["segments"] == (config.segment,)
