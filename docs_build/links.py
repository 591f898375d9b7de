"""Links between pages and the other files of the repository.

Pages link to files as they lie in the repository, ``../../reports/cnn.md``, so that links work on a code
host, too. On the site, files outside ``docs/`` that are linked are pages below ``repository/``, or files
there, and a link to a notebook leads to its tutorial. A target that does not exist fails the build.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from docs_build.text import CODE, as_lists, outside_fences

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = "repository"
"""Where files of the repository outside ``docs/`` lie on the site."""

_DOCS = PurePosixPath("docs")
_INLINE = re.compile(r"(\]\(\s*)([^\s)]+)((?:\s+\"[^\"]*\")?\s*\))")
_REFERENCE = re.compile(r"^(\s*\[[^\]]+\]:\s+)(\S+)((?:\s+\"[^\"]*\")?\s*)$", re.MULTILINE)
_TAG = re.compile(r"(<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)=\")([^\"]+)(\")")
_PATTERNS = (_REFERENCE, _INLINE, _TAG)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_EXTERNAL = re.compile(
    r"https?://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/\S*)?|mailto:[^@\s]+@[^@\s]+", re.IGNORECASE
)
_TEXT = {
    "": "text",
    ".py": "python",
    ".toml": "toml",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".sh": "sh",
    ".cff": "yaml",
}
"""Files that are shown as a page, and their languages; others are copied."""


class BrokenLinkError(Exception):
    """A link leads nowhere."""


@dataclass
class Repository:
    """The files of the repository that the site has, and where.

    Attributes
    ----------
    root : Path
        Of the repository.
    redirected : dict of PurePosixPath to str
        Files and folders that are another page of the site already, as notebooks are tutorials.
    taken : dict of PurePosixPath to str
        Files outside of ``docs/`` by where they lie on the site; grows as links are found.
    """

    root: Path
    redirected: dict[PurePosixPath, str] = field(default_factory=dict)
    taken: dict[PurePosixPath, str] = field(default_factory=dict)

    def rewritten(self, markdown: str, source: PurePosixPath, page: str) -> str:
        """Return a page with its links to files of the repository as links of the site.

        Parameters
        ----------
        markdown : str
            Text of the page.
        source : PurePosixPath
            Where the text lies in the repository; links are relative to it.
        page : str
            Where the page lies on the site.

        Raises
        ------
        BrokenLinkError
            If a link leads to no file, or is none.
        """

        def change(words: str) -> str:
            for pattern in _PATTERNS:
                words = pattern.sub(lambda m: m[1] + self._target(m[2], source, page) + m[3], words)
            return words

        return outside_fences(as_lists(markdown), lambda text: _beside_code(text, change))

    def _target(self, link: str, source: PurePosixPath, page: str) -> str:
        if _SCHEME.match(link):
            if not _EXTERNAL.fullmatch(link):
                msg = f"{source}: {link!r} is no address of the web"
                raise BrokenLinkError(msg)
            return link
        path, mark, anchor = link.partition("#")
        if not path:
            return link
        at = PurePosixPath(posixpath.normpath(source.parent / unquote(path)))
        if not self._exists(at):
            msg = f"{source}: {link!r} leads to no file of the repository"
            raise BrokenLinkError(msg)
        return posixpath.relpath(self._on_site(at), posixpath.dirname(page)) + mark + anchor

    def _exists(self, at: PurePosixPath) -> bool:
        return at in self.redirected or (".." not in at.parts and (self.root / at).exists())

    def _on_site(self, at: PurePosixPath) -> str:
        if at in self.redirected:
            return self.redirected[at]
        if (self.root / at).is_dir():
            index = next((n for n in ("README.md", "index.md") if (self.root / at / n).is_file()), None)
            if index is None:
                msg = f"{at} is a folder without a README: link to a file in it"
                raise BrokenLinkError(msg)
            at /= index
        if at.is_relative_to(_DOCS):
            return str(at.relative_to(_DOCS))
        shown = ".md" if at.suffix in _TEXT else ""
        return self.taken.setdefault(at, f"{FOLDER}/{at}{shown}")

    def text_of(self, at: PurePosixPath) -> str | None:
        """Return the Markdown that shows a file that was taken; None for one that is copied as it is."""
        if at.suffix == ".md":
            return (self.root / at).read_text(encoding="utf-8")
        if at.suffix not in _TEXT:
            return None
        code = (self.root / at).read_text(encoding="utf-8")
        return f"---\nsearch:\n  exclude: true\n---\n# {at}\n\n````{_TEXT[at.suffix]}\n{code}\n````\n"


def _beside_code(text: str, change: Callable[[str], str]) -> str:
    """Change the links of a text; their words may have code in them, which is left as it is."""
    kept: list[str] = []

    def hide(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    return re.sub(r"\0(\d+)\0", lambda m: kept[int(m[1])], change(CODE.sub(hide, text)))
