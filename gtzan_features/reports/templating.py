"""The jinja2 environments of all pages: Markdown as it is, HTML escaped."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gtzan_features.markdown import code_block, plain
from gtzan_features.reports.colours import AGAINST_NAME, FOR_NAME
from gtzan_features.rounding import decimals, percent
from gtzan_features.text import one_line

_WITH_INTERVAL = re.compile(r"[\d.]+ \([\d.]+–[\d.]+\)(?: %)?|[\d.]+ %")
"""A figure with its interval, as `tables.accuracy_cell` writes it, or with its unit."""


@cache
def environment(*, html: bool = False) -> Environment:
    """Return the environment of the package's templates; a missing name is an error, never an empty string.

    Filters: ``percent`` and ``decimals`` round, as everywhere; ``plain`` escapes a name for Markdown, and
    ``code`` makes a block of code. On a page, a character that controls a terminal or turns the direction of
    writing around is shown as its code, and ``whole`` keeps figures on one line with interval and unit.

    Parameters
    ----------
    html : bool
        Whether every value is escaped for HTML.
    """
    made = Environment(
        loader=PackageLoader("gtzan_features.reports"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=html,
        finalize=_on_one_line if html else None,
    )
    made.filters |= {"percent": percent, "decimals": decimals, "plain": plain}
    made.filters |= {"code": code_block, "whole": _whole}
    made.globals |= {"for_name": FOR_NAME, "against_name": AGAINST_NAME}
    return made


def _on_one_line(value: object) -> object:
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _whole(text: str) -> Markup:
    """Return text for HTML in which no line breaks between a figure and its interval or unit."""
    return Markup(_WITH_INTERVAL.sub(r'<span class="whole">\g<0></span>', str(escape(one_line(text)))))
