"""``index.html``: the whole report in one file."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from gtzan_features.reports.html.sections import data_section
from gtzan_features.reports.published import PUBLISHED
from gtzan_features.reports.templating import environment
from gtzan_features.tables.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.reports.html.sections import Extras

HTML = "index.html"
EXPLORE = "explore/explore.html"
"""The page of the data set's pictures; linked where it lies beside the report."""


def write_page(
    scored: Sequence[ScoredRun],
    folder: Path,
    extras: Mapping[str, Extras],
    faults: Mapping[str, tuple[str, ...]],
) -> Path:
    """Write the report on runs as one self-contained page; the same runs give the same bytes.

    Parameters
    ----------
    scored : sequence of ScoredRun
        From `collect.score_runs`.
    folder : Path
        Where ``index.html`` goes.
    extras : mapping
        Families of features and curves, by run identifier.
    faults : mapping
        Known faults, by name of the data set.
    """
    names = list(dict.fromkeys(one.run.manifest.dataset for one in scored))
    sections = [
        data_section(
            name,
            [one for one in scored if one.run.manifest.dataset == name],
            extras,
            faults.get(name, ()),
        )
        for name in sorted(names, key=lambda n: (not n.startswith("GTZAN"), n))
    ]
    real_gtzan = any(name == "GTZAN" or name.startswith("GTZAN ") for name in names)
    text = (
        environment(html=True)
        .get_template("report.html.j2")
        .render(
            sections=sections,
            n_runs=len(scored),
            published=PUBLISHED if real_gtzan else (),
            explore=EXPLORE if (folder / EXPLORE).is_file() else "",
            css=asset("page.css"),
            js=asset("page.js"),
        )
    )
    write_text(folder / HTML, text)
    return folder / HTML


def asset(name: str) -> Markup:
    """Return a style sheet or script of this package, to stand inside a page as it is."""
    return Markup((files("gtzan_features.reports") / "templates" / name).read_text(encoding="utf-8"))
