"""An answer or a fault as who asked takes it: JSON for programs, a piece of the page for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, Response

from gtzan_features.app import documents, page
from gtzan_features.app.openapi import DOCUMENT, JSON, PAGE, PREDICT
from gtzan_features.app.schema import to_json
from gtzan_features.app.upload import UploadError
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from gtzan_features.prediction.model_summary import ModelFacts
    from gtzan_features.prediction.uploaded import Answer

_SWITCH = {"true": True, "1": True, "false": False, "0": False}
_VARY = {"Vary": "Accept"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What more than the genre is asked for."""

    segments: bool = False
    explain: bool = False


def asked_for(query: QueryParams) -> Asked:
    """Read the query of a request for a genre.

    Raises
    ------
    UploadError
        If it names something that there is not, or has a value that cannot be meant.
    """
    known = {one.name: one.kind for one in PREDICT.queries}
    switches = {}
    for name, value in query.multi_items():
        if name not in known:
            raise UploadError(400, f"the query {_short(name)} is not known. Choose from {', '.join(known)}")
        if known[name] == "boolean":
            if value.lower() not in _SWITCH:
                raise UploadError(400, f"the query {name} is {_short(value)}. Give true or false")
            switches[name] = _SWITCH[value.lower()]
    return Asked(**switches)


def is_for_page(request: Request) -> bool:
    """Whether a piece of the page is asked for."""
    accepted = request.headers.get("accept", "").lower()
    return PAGE in accepted and JSON not in accepted


def is_for_programs(path: str) -> bool:
    """Whether only programs ask for a path, so that its faults are JSON."""
    return path.startswith("/api") or path == DOCUMENT


def answer(request: Request, name: str, found: Answer, facts: ModelFacts, asked: Asked) -> Response:
    """Return an answer that has a prediction."""
    if is_for_page(request):
        return HTMLResponse(page.answer(name, found), headers=_VARY)
    made = documents.prediction(name, found, facts, with_segments=asked.segments)
    return JSONResponse(to_json(made), headers=_VARY)


def refusal(request: Request, name: str, error: UploadError) -> Response:
    """Return why a recording has no answer."""
    headers = {**_VARY, **error.headers}
    if is_for_page(request):
        return HTMLResponse(page.fault(name, error.reason), error.status, headers)
    return fault(error.status, f"{name}: {error.reason}.", headers)


def fault(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a fault as JSON, on one line."""
    return JSONResponse(to_json(documents.fault(status, one_line(reason))), status, headers)


def _short(text: str) -> str:
    return repr(one_line(text[:40]))
