"""What every built page keeps: it asks no other server for anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOADS = {
    "audio": ("src",),
    "embed": ("src",),
    "form": ("action",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
"""Attributes that a browser follows by itself."""

_HINTS = {"canonical", "author", "license", "me", "help", "prev", "next", "alternate"}
"""Values of ``rel`` of a ``<link>`` that a browser does not follow by itself."""

_REMOTE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:[a-z]+:)?//[^'\")]+)", re.IGNORECASE)


def remote_assets(folder: Path) -> list[str]:
    """Return what the pages and style sheets of a folder load from elsewhere: ``page: address``."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".html":
            addresses = list(in_page(path.read_text(encoding="utf-8")))
        elif path.suffix == ".css":
            addresses = in_style(path.read_text(encoding="utf-8"))
        else:
            continue
        found += [f"{path.relative_to(folder)}: {address}" for address in addresses]
    return found


def in_style(text: str) -> list[str]:
    """Return the addresses of other servers that a style sheet loads from."""
    return _IN_STYLE.findall(text)


def in_page(text: str) -> Iterator[str]:
    """Yield the addresses of other servers that a page loads from by itself."""
    parser = _Loads()
    parser.feed(text)
    yield from parser.found


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        names = _LOADS.get(tag, ())
        if tag == "link" and not set(given.get("rel", "").split()) <= _HINTS:
            names = ("href",)
        self.found += [given[name] for name in names if _REMOTE.match(given.get(name, ""))]
        self.found += in_style(given.get("style", ""))
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += in_style(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"
