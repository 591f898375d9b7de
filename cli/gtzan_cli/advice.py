"""Advice that can be followed: messages of the library name only options that the running command has.

The same fault of the data can meet several commands, and its message names the ways out of it: ``Use --folds
7, or --holdout 0.3``. Of these, a person sees those that the command at hand has.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import click

from gtzan_cli.root import cli

if TYPE_CHECKING:
    from collections.abc import Iterable

OPTION = re.compile(r"(?<![\w/=.-])--[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![\w/.]\w)")
_COMMAND = re.compile(r"gtzan [a-z].*?(?=[;):]|,\s|\.\s|\.$|$)")
_SENTENCES = re.compile(r"(?<=[.;?])\s+")
_WAYS = re.compile(r"(,\s+or\s+|,\s+then\s+|\s+or\s+|,\s+)")
_VERB = re.compile(r"(?:Use|Give|Choose|Try|Add|Set|use|give|choose|try|add|set)\b")


def options_of(command: click.Command) -> frozenset[str]:
    """Return the long options of a command, help among them."""
    options = [one for one in command.params if isinstance(one, click.Option)]
    names = (name for one in options for name in (*one.opts, *one.secondary_opts))
    return frozenset({"--help", "--debug", "--plugin", *(name for name in names if name.startswith("--"))})


def fitting(text: str, command: click.Command | None = None) -> str:
    """Return a message without the advice that a command cannot follow.

    Parameters
    ----------
    text : str
        A message: what is wrong, then sentences with ways out of it.
    command : click.Command, optional
        The one that runs; by default click's.

    Returns
    -------
    str
        Where only impossible ways are named, what is wrong alone. Options of another command that is named
        before them (``gtzan fit xgboost --final``) stay.

    Examples
    --------
    >>> tune = click.Command("tune", params=[click.Option(["--folds"])])
    >>> fitting("10 folds need 10 tracks. Use --folds 7, or --holdout 0.3", tune)
    '10 folds need 10 tracks. Use --folds 7'
    >>> fitting("No valid part. Use --evaluate-on test", tune)
    'No valid part.'
    """
    context = click.get_current_context(silent=True)
    command = command or (context.command if context else None)
    if command is None or not OPTION.search(text):
        return text
    known = options_of(command)
    kept = []
    for number, sentence in enumerate(_SENTENCES.split(text)):
        left = _followable(sentence, known)
        if not left and number == 0:
            # What is wrong must be said in any case, be it without the option's dashes.
            left = OPTION.sub(lambda found: found[0][2 * bool(foreign(found[0], known)) :], sentence)
        if left:
            kept.append(left)
    return " ".join(kept)


def foreign(text: str, known: Iterable[str]) -> list[str]:
    """Return the options that a text names for the running command and which that has not."""
    own = every_option()
    return [name for name in OPTION.findall(_COMMAND.sub("", text)) if name in own and name not in known]


@cache
def every_option() -> frozenset[str]:
    """Return the long options of all commands; other words with dashes are names of genres and files."""
    found, groups = frozenset[str](), [cli]
    for group in groups:
        found |= options_of(group).union(*map(options_of, group.commands.values()))
        groups += [one for one in group.commands.values() if isinstance(one, click.Group)]
    return found


def _followable(sentence: str, known: frozenset[str]) -> str:
    """Leave those ways of a sentence that need known options only; empty where none is left."""
    if not foreign(sentence, known):
        return sentence
    first, *rest = _WAYS.split(sentence)
    ways = [("", first), *zip(rest[::2], rest[1::2], strict=True)]
    left = [(joint, way) for joint, way in ways if not foreign(way, known)]
    if not left or not any(OPTION.search(way) or "gtzan " in way or _VERB.match(way) for _, way in left):
        return ""
    verb = _VERB.match(first)
    (_, start), *others = left
    if start != first and verb and not _VERB.match(start):
        start = f"{verb[0]} {start}"
    return start[:1].upper() + start[1:] + "".join(joint + way for joint, way in others)
