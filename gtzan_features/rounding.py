"""Figures as text: each is rounded once, from its full value, and the same way wherever it stands."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_EXACT = Decimal("1e-10")
"""What lies nearer than this is a float's noise: shares of up to a million tracks lie farther apart."""


def percent(share: float, of: int | None = None) -> str:
    """Return a share as a percentage with one decimal; half of the last digit is rounded up.

    Parameters
    ----------
    share : float
        Within [0, 1]; or a count, where `of` is given.
    of : int, optional
        What the count is of.

    Examples
    --------
    >>> percent(0.5789), percent(512 / 698), percent(512, 698), percent(67, 80)
    ('57.9', '73.4', '73.4', '83.8')
    """
    return decimals(100 * share if of is None else 100 * share / of, 1)


def points(difference: float) -> str:
    """Return a difference of shares in points with its sign and one decimal; never ``-0.0``.

    Examples
    --------
    >>> points(0.0125), points(-0.3), points(-1e-9)
    ('+1.3', '-30.0', '+0.0')
    """
    text = decimals(100 * difference, 1)
    return text if text.startswith("-") else f"+{text}"


def decimals(value: float, places: int) -> str:
    """Return a number with so many decimals, half of the last one rounded away from zero.

    A float's text, ``f"{value:.1f}"``, takes 83.75 to 83.8 and 73.35 to 73.3, by how the float lies in
    binary; here what a pencil would give is given.

    Examples
    --------
    >>> decimals(73.35, 1), decimals(83.75, 1), decimals(-0.04, 1), decimals(2.5, 0)
    ('73.4', '83.8', '0.0', '3')
    """
    exact = Decimal(repr(float(value)))
    if not exact.is_finite():
        return str(float(value))
    tidy = exact.quantize(_EXACT, ROUND_HALF_UP) if abs(exact) < Decimal(10) ** 15 else exact
    rounded = tidy.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded):f}"


def p_value(p: float) -> str:
    """Return a p-value with two significant digits.

    Examples
    --------
    >>> p_value(0.0234), p_value(3e-7), p_value(1.0)
    ('0.023', '< 0.0001', '1')
    """
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"


def clock(seconds: float) -> str:
    """Return a duration as a clock shows it.

    Examples
    --------
    >>> clock(8.4), clock(125), clock(7_300), clock(200_000)
    ('0:08', '2:05', '2:01:40', '2 d 7:33:20')
    """
    minutes, s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if not hours and not days:
        return f"{minutes}:{s:02d}"
    return f"{days} d " * bool(days) + f"{hours}:{minutes:02d}:{s:02d}"
