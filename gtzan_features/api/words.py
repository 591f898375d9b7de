"""Messages in the words of the caller: options of the command line become keywords, commands become calls."""

from __future__ import annotations

import re
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from gtzan_features.errors import GtzanError

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")

_FLAGS = (
    *("allow-leak", "as-genres", "final", "overwrite", "prune", "recompute", "replace-tags", "retry-failed"),
    "strict",
)
_WORDY = (
    "artist-from",
    "encoding",
    "evaluate-on",
    "features",
    "labels",
    "layout",
    "prefer",
    "protocol",
    "rows",
    "scale",
    "score",
    "train-on",
)
"""Options whose value may be any word; of others only a number is taken for one."""

_RENAMED = {"artist-from": "artists"}

_OPTION = re.compile(r"(?<![\w/=.-])--(?P<name>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?P<rest>[ =][^\s;)]+)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?|'[^']*'")
_LENGTH = re.compile(r"\d+(?:\.\d+)?s")
_WORD = re.compile(r"[A-Za-z0-9][\w@:,+.-]*")
_CALLS = (
    (
        re.compile(
            r"gtzan features extract AUDIO_DIR(?: --features (?P<set>[\w@:,+-]+))?"
            r"(?: --segments (?P<segments>[\w.]+))?(?: --out (?P<out>'[^']*'|\S+))?"
            r"(?: --deformed (?P<deformed>[\w,+-]+))?"
            r"(?: --labels (?P<labels>\w+))?(?: --artist-from (?P<artists>\w+))?"
            r"(?: --(?P<overwrite>overwrite))?"
        ),
        "gf.extract",
    ),
    (re.compile(r"gtzan features describe(?: --features (?P<set>[\w@:,+-]+))?"), "gf.describe"),
    (re.compile(r"gtzan features import CSV"), "gf.read_table"),
)
_COMMAND = re.compile(r"(`[^`]*`)")
"""What is to be typed as it is: the options of a command stay options."""


def speaks_python(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function's `GtzanError` name keywords, where the steps below name options.

    Examples
    --------
    >>> from gtzan_features.errors import SplitError
    >>> @speaks_python
    ... def divide(folds):
    ...     raise SplitError(f"{folds} folds need {folds} tracks. Use --folds 7, or --holdout 0.3")
    >>> divide(folds=10)
    Traceback (most recent call last):
        ...
    gtzan_features.errors.SplitError: 10 folds need 10 tracks. Use folds=7, or holdout=0.3
    """

    @wraps(function)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except GtzanError as error:
            reword(error)
            raise

    return called


def reword(error: GtzanError) -> None:
    """Put the texts of an error into the words of Python, in place: it keeps its traceback."""
    error.args = tuple(_reworded(arg) for arg in error.args)
    for name, value in vars(error).items():
        setattr(error, name, _reworded(value))


def in_python(text: str) -> str:
    """Return a message with keywords for options, and calls for commands.

    Examples
    --------
    >>> in_python("Use --protocol track, or --allow-leak to see it")
    'Use protocol="track", or allow_leak=True to see it'
    >>> in_python("Give shorter --segments. Make it: gtzan features extract AUDIO_DIR --features full")
    'Give shorter segments=. Make it: gf.extract(AUDIO_DIR, features="full")'
    >>> in_python("see `gtzan fit --list`, or give --fold 2")
    'see `gtzan fit --list`, or give fold=2'
    """
    for pattern, call in _CALLS:
        text = pattern.sub(partial(_call, call), text)
    text = text.replace("--plugin FILE.py", "gf.feature")
    pieces = _COMMAND.split(text)
    return "".join(one if one.startswith("`") else _OPTION.sub(_keyword, one) for one in pieces)


def _call(call: str, found: re.Match[str]) -> str:
    arguments = [word for word in ("AUDIO_DIR", "CSV") if word in found[0]]
    for name, value in found.groupdict().items():
        if value:
            word = value if value.isupper() or value.startswith("'") else f'"{value}"'
            word = "True" if name == "overwrite" else word
            arguments.append(f"{'features' if name == 'set' else name}={word}")
    return f"{call}({', '.join(arguments)})"


def _keyword(found: re.Match[str]) -> str:
    name, rest = found["name"], found["rest"] or ""
    keyword = _RENAMED.get(name, name.replace("-", "_"))
    if name in _FLAGS:
        return f"{keyword}=True{rest}"
    if name == "set" and rest:  # a setting is a keyword itself
        return rest[1:]
    word = rest[1:].rstrip(".,:")
    after = rest[1 + len(word) :]
    if _NUMBER.fullmatch(word):
        return f"{keyword}={word}{after}"
    if name == "columns" and "=" in word:
        return f"columns={_roles(word)}{after}"
    if name in _WORDY and word.isupper():  # what stands for a person's own
        return f"{keyword}={word}{after}"
    if _LENGTH.fullmatch(word) or (name in _WORDY and _WORD.fullmatch(word)):
        return f'{keyword}="{word}"{after}'
    return f"{keyword}={rest}"


def _roles(words: str) -> str:
    """Return roles of columns as a dict: ``label=NAME`` is ``{"label": NAME}``."""
    pairs = [one.partition("=") for one in words.split(",") if one]
    items = [f'"{role}": {name}' if name else f'"{role}": ""' for role, _, name in pairs]
    return f"{{{', '.join(items)}}}"


def _reworded(value: Any) -> Any:  # noqa: ANN401 - an argument of an error
    return in_python(value) if isinstance(value, str) else value
