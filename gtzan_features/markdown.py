"""Names of genres, tracks, models and folders inside Markdown: shown as they are, never as markup."""

from __future__ import annotations

import re

from gtzan_features.text import one_line

_ALWAYS = re.compile(r"([\\`*\[\]|~$])")
# An underscore inside a word is none, and most names of features and settings hold one.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?\w+;)")


def plain(text: str) -> str:
    r"""Return text that Markdown shows as `text`, on one line.

    Examples
    --------
    >>> print(plain("a|b"), plain("*x*"), plain("<b>"), plain("n_estimators=200"), plain("$x$"))
    a\|b \*x\* \<b> n_estimators=200 \$x\$
    """
    escaped = _UNDERSCORE.sub(r"\\_", _ALWAYS.sub(r"\\\1", one_line(text)))
    return _ENTITY.sub("&amp;", _TAG.sub(r"\\<", escaped))


def table_cell(text: str) -> str:
    """Return text for a cell of a table: as `plain`; an empty cell stays empty."""
    return plain(text).strip()


def code_block(text: str) -> str:
    """Return text as a block of code, whatever backticks it holds.

    Examples
    --------
    >>> print(code_block("gtzan report"))
    ```
    gtzan report
    ```
    """
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
