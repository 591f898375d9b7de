"""Between which numbers the values of a feature lie, and so each of its columns."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from gtzan_features.errors import ConfigError

_TO = re.compile(r"(.+) to (.+)")
_LIMIT = re.compile(r"(.+) or (more|less)")
_NUMBER = re.compile(r"(log |sqrt )?(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)")
_OF_RATE = re.compile(r"sr/(\d+)")


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the largest number that can occur, both included; infinite where there is none.

    Examples
    --------
    >>> str(Range(0.0, 80.0)), str(Range(-80.0, math.inf)), str(Range(-math.inf, math.inf))
    ('0 to 80', '-80 or more', 'any')
    """

    low: float
    high: float

    def __str__(self) -> str:
        """Return the range in words, as `read_range` reads them."""
        low, high = f"{self.low:g}", f"{self.high:g}"
        if math.isinf(self.low):
            return "any" if math.isinf(self.high) else f"{high} or less"
        return f"{low} or more" if math.isinf(self.high) else f"{low} to {high}"

    def of_statistic(self, statistic: str) -> Range:
        """Return the range of a statistic of values within this one.

        Skewness and kurtosis of a series that stands still are 0, and a series has one value at least.

        Parameters
        ----------
        statistic : str
            A key of `spec.STATISTICS`.

        Examples
        --------
        >>> Range(-1.0, 1.0).of_statistic("std"), Range(-1.0, 1.0).of_statistic("skew")
        (Range(low=0.0, high=1.0), Range(low=-inf, high=inf))
        """
        width = self.high - self.low
        if statistic == "skew":
            return Range(-math.inf, math.inf)
        if statistic == "kurt":
            return Range(0.0, math.inf)
        wide = {"std": width / 2, "var": width**2 / 4, "dmean": width, "dstd": width}
        return Range(0.0, wide[statistic]) if statistic in wide else self


def read_range(text: str, sr: int) -> Range:
    """Read what a feature says of its values.

    Parameters
    ----------
    text : str
        ``any``, ``0 to 1``, ``0 or more`` or ``0 or less``; for a number, ``sr/2``, ``log 0.001`` (the
        natural logarithm) or ``sqrt 2``, too.
    sr : int
        Sampling rate in Hz.

    Raises
    ------
    ConfigError
        If it says nothing of this kind.

    Examples
    --------
    >>> read_range("0 to sr/2", 22050)
    Range(low=0.0, high=11025.0)
    """
    found = Range(-math.inf, math.inf)
    if both := _TO.fullmatch(text):
        found = Range(_number(both[1], text, sr), _number(both[2], text, sr))
    elif one := _LIMIT.fullmatch(text):
        limit = _number(one[1], text, sr)
        found = Range(limit, math.inf) if one[2] == "more" else Range(-math.inf, limit)
    elif text != "any":
        raise ConfigError(_refusal(text))
    if found.low > found.high:
        raise ConfigError(_refusal(text))
    return found


def _number(word: str, text: str, sr: int) -> float:
    if part := _OF_RATE.fullmatch(word):
        return sr / int(part[1])
    number = _NUMBER.fullmatch(word)
    if number is None:
        raise ConfigError(_refusal(text))
    value = float(number[2])
    if number[1] == "log ":
        return math.log(value)
    return math.sqrt(value) if number[1] == "sqrt " else value


def _refusal(text: str) -> str:
    return f"range {text!r}: say any, 0 to 1, 0 or more, or 0 or less"
