"""The command line as pages: every command with its options and examples, read from click."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import gtzan_cli.main  # noqa: F401 - gives the command its commands
from gtzan_cli.examples import EXAMPLES
from gtzan_cli.help_sections import SectionedCommand
from gtzan_cli.root import cli

from docs_build.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "reference/command-line"
_ABOUT = (
    "Every command of `gtzan` with its options, as `--help` has them. "
    "[On the command line](../../how-to/command-line.md) has exit codes, completion and logs."
)
_DEFAULT = re.compile(r"(?:^|  )\[(.*)\]$")


class MissingWordsError(Exception):
    """A command or an option says nothing of itself."""


def pages() -> dict[str, str]:
    """Return the pages by where they lie on the site: a list, and one for each command of ``gtzan``."""
    found = {f"{FOLDER}/index.md": _overview()}
    for name, command in cli.commands.items():
        found[f"{FOLDER}/{name}.md"] = "\n".join(_command(command, ("gtzan", name), depth=1))
    return found


def _context(command: click.Command, words: tuple[str, ...]) -> click.Context:
    context = click.Context(cli, info_name=words[0])
    for word in words[1:-1]:
        group = context.command
        context = click.Context(group.commands[word], info_name=word, parent=context)  # type: ignore[attr-defined]
    return context if len(words) == 1 else click.Context(command, info_name=words[-1], parent=context)


def _overview() -> str:
    lines = [
        "# Command line",
        "",
        _ABOUT,
        "",
        "| command | what it does |",
        "|---|---|",
    ]
    for name, command in cli.commands.items():
        lines.append(f"| [`gtzan {name}`]({name}.md) | {plain(_short(command, (name,)))} |")
        for own, sub in getattr(command, "commands", {}).items():
            words = f"gtzan {name} {own}"
            lines.append(f"| [`{words}`]({name}.md#{_anchor(words)}) | {plain(_short(sub, (name, own)))} |")
    return "\n".join([*lines, "", "## gtzan {#gtzan}", "", *_body(cli, ("gtzan",))])


def _short(command: click.Command, words: tuple[str, ...]) -> str:
    if not command.short_help:
        msg = f"gtzan {' '.join(words)} has no line for lists: add one to gtzan_cli/examples.py"
        raise MissingWordsError(msg)
    return command.short_help


def _anchor(words: str) -> str:
    return words.replace(" ", "-")


def _command(command: click.Command, words: tuple[str, ...], depth: int) -> Iterator[str]:
    name = " ".join(words)
    yield f"{'#' * depth} {name} {{#{_anchor(name)}}}"
    yield ""
    yield from _body(command, words)
    for own, sub in getattr(command, "commands", {}).items():
        yield from _command(sub, (*words, own), depth + 1)


def _body(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    context = _context(command, words)
    yield from _description(command, words)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("```sh", f"{' '.join(words)} {usage}", "```", "")
    examples = EXAMPLES.get(" ".join(words[1:]), ())
    if not examples and not isinstance(command, click.Group):
        msg = f"{' '.join(words)} has no example: add one to gtzan_cli/examples.py"
        raise MissingWordsError(msg)
    if examples:
        yield from ("**Examples**", "", "```sh", *examples, "```", "")
    for heading, options in _sections(command, context).items():
        yield from (f"**{heading}**", "")
        for names, said in options:
            yield from _option(names, said, words)


def _description(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    if not command.help:
        msg = f"{' '.join(words)} has no help"
        raise MissingWordsError(msg)
    for paragraph in re.split(r"\n\s*\n", command.help.strip()):
        lines = paragraph.split("\n")
        if lines[0].strip() == "\b":
            yield from ("```text", *(line.rstrip() for line in lines[1:]), "```", "")
        else:
            yield from (plain(" ".join(line.strip() for line in lines)), "")


def _sections(command: click.Command, context: click.Context) -> dict[str, list[tuple[str, str]]]:
    records = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            records[parameter.name or ""] = record
    if not isinstance(command, SectionedCommand):
        return {"Options": list(records.values())} if records else {}
    headings = command.headings(records)
    return {heading: [records[name] for name in names] for heading, names in headings.items()}


def _option(names: str, said: str, words: tuple[str, ...]) -> Iterator[str]:
    default = _DEFAULT.search(said)
    text = plain(said[: default.start()] if default else said).strip()
    if not text:
        msg = f"{' '.join(words)}: {names} has no help"
        raise MissingWordsError(msg)
    yield f"`{names}`"
    yield f":   {text}" + (f" *{plain(default[1])}*" if default else "")
    yield ""
