"""The public names of Python as pages, in the groups of the package's own overview."""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple

import gtzan_features

FOLDER = "reference/python"
_NAME = re.compile(r"(?<!`)`(\w+)`(?!`)")
_ERRORS = "Errors and warnings"
_TESTING = "For authors of plugins"


class MissingNameError(Exception):
    """A public name stands in no group, or in two."""


class Group(NamedTuple):
    """Names that belong together: a page."""

    title: str
    words: str
    names: tuple[str, ...]

    @property
    def page(self) -> str:
        """Where it lies on the site."""
        return f"{FOLDER}/{self.title.lower().replace(' ', '-')}.md"


def groups() -> list[Group]:
    """Return the groups of public names, read from ``gtzan_features.__doc__``.

    Raises
    ------
    MissingNameError
        If a name of ``gtzan_features.__all__`` stands in none of them, or one of theirs is not public.
    """
    public = set(gtzan_features.__all__)
    found: list[tuple[str, list[str]]] = []
    paragraphs = []
    title = ""
    for line in (gtzan_features.__doc__ or "").splitlines():
        if re.fullmatch(r"[A-Z][^`.]*", line):
            title = line
            found.append((title, []))
        elif title and line.startswith("    "):
            found[-1][1].append(line.strip())
        else:
            title = ""
            paragraphs.append(line)
    rest = " ".join(paragraphs)
    own = [Group(title, " ".join(words), _named(" ".join(words), public)) for title, words in found]
    own.append(Group(_ERRORS, "Each is one line.", _named(rest, public)))
    named = [name for group in own for name in group.names]
    wrong = sorted(public.symmetric_difference(named)) + sorted(n for n in named if named.count(n) > 1)
    if wrong:
        msg = f"gtzan_features.__doc__: {', '.join(wrong)}: each public name stands in one group"
        raise MissingNameError(msg)
    return own


def _named(words: str, public: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in _NAME.findall(words) if name in public))


def pages() -> dict[str, str]:
    """Return the pages by where they lie on the site: an overview, one for each group, and ``testing``."""
    found = {}
    lines = [
        "# Python",
        "",
        "`import gtzan_features as gf` gives all that is public. Other names may change without notice.",
        "",
    ]
    for group in groups():
        page = group.page.rpartition("/")[2]
        words = _NAME.sub(partial(_linked, names=group.names), group.words)
        lines += [f"## [{group.title}]({page})", "", words, ""]
        if group.title == _ERRORS:
            lines += [" · ".join(f"[`{name}`][gtzan_features.{name}]" for name in group.names), ""]
        found[group.page] = _page(group.title, [f"gtzan_features.{name}" for name in group.names])
    found[f"{FOLDER}/testing.md"] = _page(_TESTING, [f"gtzan_features.testing.{n}" for n in _testing()])
    lines += [
        f"## [{_TESTING}](testing.md)",
        "",
        "`gtzan_features.testing`: contracts that a feature and a model keep.",
        "",
    ]
    return {f"{FOLDER}/index.md": "\n".join(lines), **found}


def _linked(match: re.Match[str], names: tuple[str, ...]) -> str:
    return f"[`{match[1]}`][gtzan_features.{match[1]}]" if match[1] in names else match[0]


def _testing() -> list[str]:
    from gtzan_features import testing

    return list(testing.__all__)


def _page(title: str, names: list[str]) -> str:
    return "\n\n".join([f"# {title}", *(f"::: {name}" for name in names)]) + "\n"
