"""The jinja2 environments of all pages: Markdown as it is, HTML escaped."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def environment(*, html: bool = False) -> Environment:
    """Return the environment of the package's templates; a missing name is an error, never an empty string.

    Parameters
    ----------
    html : bool
        Whether every value is escaped for HTML.
    """
    return Environment(
        loader=PackageLoader("gtzan_features.reports"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=html,
    )
