"""What every HTML fragment of the face must be: well formed, self-contained, escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input", "link", "meta", "col", "wbr"}
NASTY = "<b>a&\"'</b><script>alert(1)</script>\u202e$x$\n.wav"
"""A name of a file that is markup, a formula and a direction of writing at once."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.faults += [f"{name} of <{tag}>" for name, _ in attrs if name.startswith("on")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):  # noqa: ARG002
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:] or 'nothing'}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def check_fragment(html: str) -> str:
    """Assert that a fragment is balanced, has no script and asks for nothing; return its text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.faults
    assert not reader.open
    assert not {"script", "link", "iframe", "object", "embed"} & set(reader.tags)
    assert len(reader.ids) == len(set(reader.ids))
    # A picture's bytes as letters may hold any word by chance.
    lowered = re.sub(r"base64,[A-Za-z0-9+/=\s]+", "base64,", html).lower()
    for word in ("<script", "http", "@import", "javascript:", "url(//"):
        assert word not in lowered, word
    return "".join(reader.text)
