"""Write every marked figure, table and picture from data, or say which are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from figures.pages import stale, write_pages
from figures.pictures import stale_pictures, write_pictures
from figures.sources import ROOT, FiguresError


def main() -> int:
    """Return 0 where all is as the data say afterwards; else 1."""
    parser = argparse.ArgumentParser(prog="python -m figures", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something is stale")
    parser.add_argument(
        "--runs", type=Path, help="run folders of which gtzan report first writes reports/ anew"
    )
    given = parser.parse_args()
    try:
        if given.runs:
            from gtzan_features.reporting.report import report

            report(given.runs, ROOT / "reports")
        return check() if given.check else write()
    except FiguresError as error:
        print(f"figures: {error}", file=sys.stderr)
        return 1


def write() -> int:
    """Write what is stale, and name it."""
    for path in write_pages():
        print(f"{path.relative_to(ROOT)} written")
    pictures = stale_pictures()
    write_pictures(pictures)
    for one in pictures:
        print(f"reports/{one.name} drawn")
    return 0


def check() -> int:
    """Name what is stale."""
    names = [str(path.relative_to(ROOT)) for path in stale()]
    names += [f"reports/{one.name}" for one in stale_pictures()]
    for name in names:
        print(f"{name} is not as the data say: make figures")
    return int(bool(names))


if __name__ == "__main__":
    sys.exit(main())
