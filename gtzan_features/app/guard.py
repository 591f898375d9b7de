"""Who may ask: requests that other sites make through a person's browser are refused.

A page anywhere can make a browser send requests to 127.0.0.1. Two checks stop that. The name in ``Host``
must be one of this server, or an attacker's name that was made to point here could read the answers. And
``Origin``, which a page cannot forge, must be this page.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries: nothing from elsewhere runs, nothing is kept, no page may frame this one."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def refusal(method: str, headers: Mapping[str, str], bound: str, *names: str) -> str:
    """Say why a request is refused; empty where it is not.

    Parameters
    ----------
    method : str
        Of the request.
    headers : mapping
        Of the request, with names in lower case.
    bound : str
        The host on which the server was asked to listen.
    *names : str
        More names that it is known by.
    """
    host = headers.get("host", "")
    name = _hostname(host)
    if not _is_own(name, bound) and name not in (known.lower() for known in names):
        return (
            "The name in the address is not one of this server: open the address that it printed, or "
            "start it with --allow-host for that name."
        )
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
    strange = origin is not None and _netloc(origin) != host.lower()
    if method not in ("GET", "HEAD") and (strange or site not in ("same-origin", "none")):
        return "The request comes from another site: open this page itself."
    return ""


def _is_own(name: str, bound: str) -> bool:
    """Whether `name` can only mean this server: its own name, or an address that no DNS answer made."""
    if name in ("localhost", bound.lower()):
        return True
    address = _address(name)
    return address is not None and (address.is_loopback or not is_loopback(bound))


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _netloc(origin: str) -> str:
    """Return host and port of an origin; empty where it is none, which is nobody's."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
