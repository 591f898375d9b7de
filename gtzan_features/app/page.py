"""What the browser gets: the page, its style and scripts, and an answer to put into it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from gtzan_features.app.openapi import DOCUMENT, OPERATIONS
from gtzan_features.app.upload import megabytes
from gtzan_features.reports.html.over_time import bar, over_time
from gtzan_features.reports.html.page import asset
from gtzan_features.reports.templating import environment

if TYPE_CHECKING:
    from markupsafe import Markup

    from gtzan_features.app.documents import Limits
    from gtzan_features.prediction.model_summary import ModelFacts
    from gtzan_features.prediction.predict import FilePrediction
    from gtzan_features.prediction.uploaded import Answer, Reasons

SCRIPTS = ("app.js", "recorder.js")


def style() -> str:
    """Return the style sheet: that of the report's page, and what only this page has."""
    return asset("page.css") + asset("app.css")


def script(name: str) -> str:
    """Return one of `SCRIPTS`."""
    return str(asset(name))


def page(facts: ModelFacts, limits: Limits) -> str:
    """Return the page without an answer."""
    template = environment(html=True).get_template("app.html.j2")
    return template.render(
        facts=facts,
        max_bytes=limits.max_bytes,
        max_size=megabytes(limits.max_bytes),
        max_s=limits.max_seconds,
        uploads=limits.uploads,
        uploads_per_address=limits.uploads_per_address,
        operations=OPERATIONS,
        document=DOCUMENT,
    )


def fault(name: str, reason: str) -> str:
    """Return one sentence in place of an answer."""
    return environment(html=True).get_template("fault.html.j2").render(name=name, reason=reason)


def answer(name: str, found: Answer) -> str:
    """Return the answer to one recording; a fault where there is no prediction."""
    prediction = found.prediction
    if prediction is None:
        return fault(name, found.error)
    bounds = tuple(zip(prediction.starts_s, prediction.ends_s, strict=True))
    template = environment(html=True).get_template("answer.html.j2")
    return template.render(
        name=name,
        found=prediction,
        shares=_shares(prediction),
        time=over_time(
            prediction.genres,
            prediction.ranking,
            bounds,
            prediction.segments,
            kind="label" if prediction.several else "genre",
        ),
        reasons=found.reasons,
        tables=_tables(found.reasons) if found.reasons else (),
        picture=_picture(found.reasons) if found.reasons else "",
        without=found.without,
    )


def _shares(found: FilePrediction) -> list[tuple[str, float, Markup]]:
    return [(genre, 100 * p, bar(p, 0, 1)) for genre, p in found.top(len(found.genres))]


def _picture(reasons: Reasons) -> str:
    if not reasons.picture:
        return ""
    return "data:image/png;base64," + base64.b64encode(reasons.picture).decode("ascii")


def _tables(reasons: Reasons) -> list[tuple[tuple[str, ...], list[tuple[tuple[str, ...], Markup | None]]]]:
    """Lay out what decides: a header and rows with a bar, families and single features apart.

    Regions of a spectrogram have more columns, and a picture instead of bars.
    """
    header, rows = reasons.table.header, reasons.table.rows
    if len(header) > 2:
        return [(header, [(row, None) for row in rows])]
    # XGBoost's families stand before its features in one table.
    families = [(name.removeprefix("family "), v) for name, v in rows if name.startswith("family ")]
    single = [(name, v) for name, v in rows if not name.startswith("family ")]
    parts = ((("family of features", header[1]), families), (header, single))
    return [(head, _with_bars(part)) for head, part in parts if part]


def _with_bars(rows: list[tuple[str, str]]) -> list[tuple[tuple[str, ...], Markup | None]]:
    largest = max(abs(float(value)) for _, value in rows) or 1.0
    return [((name, value), bar(float(value), -largest, largest)) for name, value in rows]
