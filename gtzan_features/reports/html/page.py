"""``index.html``: the whole report in one file."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from gtzan_features.reports.collect import by_dataset
from gtzan_features.reports.colours import with_colours
from gtzan_features.reports.html.data import slugs
from gtzan_features.reports.html.sections import data_section
from gtzan_features.reports.label_sections import label_sections
from gtzan_features.reports.published import dataset_title, is_real_gtzan, published
from gtzan_features.reports.templating import environment
from gtzan_features.tables.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.reports.html.sections import Extras
    from gtzan_features.reports.label_scores import ScoredLabels

HTML = "index.html"
EXPLORE = "explore/explore.html"
"""The page of the data set's pictures; linked where it lies beside the report."""


def write_page(
    scored: Sequence[ScoredRun],
    folder: Path,
    extras: Mapping[str, Extras],
    faults: Mapping[str, tuple[str, ...]],
    skipped: Sequence[str] = (),
    several: Sequence[ScoredLabels] = (),
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
    skipped : sequence of str
        Runs that could not be read, and why.
    several : sequence of ScoredLabels
        Runs with several labels a track, which have sections of their own.
    """
    found = by_dataset(scored)
    titles = {key: dataset_title(key[0], synthetic=key[1]) for key in found}
    anchors = {name: f"data-{text}" for name, text in slugs(titles.values()).items()}
    anchors |= {
        name: f"run-{text}" for name, text in slugs(one.run.manifest.run_id for one in scored).items()
    }
    sections = [
        data_section(titles[key], runs, extras, anchors, faults.get(key[0], ()))
        for key, runs in found.items()
    ]
    real_gtzan = any(is_real_gtzan(name, synthetic=synthetic) for name, synthetic in found)
    text = (
        environment(html=True)
        .get_template("report.html.j2")
        .render(
            sections=sections,
            n_runs=len(scored) + len(several),
            several=label_sections(several),
            published=published() if real_gtzan else (),
            skipped=skipped,
            explore=EXPLORE if (folder / EXPLORE).is_file() else "",
            css=asset("page.css"),
            js=asset("page.js"),
        )
    )
    write_text(folder / HTML, text)
    return folder / HTML


def asset(name: str) -> Markup:
    """Return a style sheet or script of this package, to stand inside a page as it is."""
    text = (files("gtzan_features.reports") / "templates" / name).read_text(encoding="utf-8")
    return Markup(with_colours(text))
