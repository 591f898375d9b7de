"""Numbers in text that look measured and stand in no mark.

Measured is what has a decimal or is written with commas between thousands, or comes with per cent, points,
times, milliseconds or megabytes. Other whole numbers are settings nearly all (3 s, 57 columns, 1000 tracks).
Versions, code, addresses and links' targets are not looked at; what commands print (blocks of ``text``) is.
What is no figure of ours (a setting, a limit, a definition, an example, a figure of the literature with its
source) is listed in ``allowed.csv`` with the reason.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache

from figures.pages import FIGURE, TABLE
from figures.sources import ROOT

ALLOWED = ROOT / "figures" / "allowed.csv"
KINDS = ("setting", "limit", "definition", "example", "literature")
"""Why a number may stand in a text by itself."""

_BLOCK = re.compile(r"^[ ]*```(\w*)[^\n]*\n(.*?)^[ ]*```[ ]*$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TARGET = re.compile(r"\]\([^)]*\)|<https?://[^>]*>|https?://\S+")
_NAMES = (
    "Python|scikit-learn|NumPy|numpy|SciPy|scipy|librosa|xgboost|XGBoost|pandas|ffmpeg|libsndfile|soundfile|"
    "optuna|atheris|MPEG|gtzan|CC BY[A-Z-]*|[Vv]ersions?|arXiv"
)
_VERSION = re.compile(
    rf"(?:{_NAMES})\s+\d+(?:\.\d+)*(?:(?:,| to| and| or|–)\s*\d+(?:\.\d+)+)*|\bv?\d+\.\d+\.\d+[\w.]*"
)
_NUMBER = r"[-−+±]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?"
_UNIT = r"(?:%|per cent\b|points?\b|times\b|ms\b|[kMG]i?B\b)"
_MEASURED = re.compile(
    rf"{_NUMBER}(?:\s(?:to|and|or)\s{_NUMBER})?\s?{_UNIT}"
    r"|(?<![\w.,/])[-−+±]?\d[\d,]*\.\d+(?![\w.]*\.\d)"
    r"|(?<![\w.,/])\d{1,3}(?:,\d{3})+(?![\d.])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Words of a page (``*``: of any) whose numbers are no figures of ours, and why, or by what source."""

    page: str
    words: str
    kind: str
    why: str


@cache
def allowed() -> tuple[Allowed, ...]:
    """Return the rows of ``allowed.csv``."""
    with ALLOWED.open(encoding="utf-8", newline="") as lines:
        return tuple(Allowed(**row) for row in csv.DictReader(lines))


def loose(page: str, words: tuple[str, ...] = ()) -> list[str]:
    """Return numbers that look measured and stand in no mark, each with what is around it.

    Parameters
    ----------
    page : str
        In Markdown.
    words : tuple of str
        What is allowed, as `readable` has it.

    Examples
    --------
    >>> loose("In 51 ms, <!-- figure RESULTS; x -->62<!-- /figure --> times less; `C=0.5`, Python 3.11.")
    ['In 51 ms, times less; , .']
    """
    bare = readable(page)
    for one in words:
        bare = bare.replace(one, " ")
    return [bare[max(0, m.start() - 30) : m.end() + 20] for m in _MEASURED.finditer(bare)]


def readable(page: str) -> str:
    """Return a page without marks, code, comments, links' targets and versions, on one line."""
    text = FIGURE.sub(" ", TABLE.sub(" ", page))
    text = _BLOCK.sub(lambda m: m[2].replace("`", "") if m[1] == "text" else " ", text)
    text = _TARGET.sub("] ", _COMMENT.sub(" ", _CODE.sub(" ", text)))
    return " ".join(_VERSION.sub(" ", text).split())
