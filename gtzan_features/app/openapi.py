"""What programs may ask, in one list: the routes of the server and its OpenAPI document are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features import __version__
from gtzan_features.app.documents import Fault, Health, Model, Prediction
from gtzan_features.app.form import FIELD, FORM
from gtzan_features.app.schema import components, reference
from gtzan_features.app.upload import megabytes

if TYPE_CHECKING:
    from gtzan_features.app.documents import Limits

JSON = "application/json"
PAGE = "text/html"
BYTES = "application/octet-stream"
DOCUMENT = "/openapi.json"

FAULTS = {
    400: "No sound came: an empty body, a broken form, a form without a file or with several, or a query "
    "that is not known.",
    403: "The name in the address is not one of this server, or another site asks through a browser.",
    408: "The recording was sent too slowly.",
    413: "The recording is larger or longer than what is taken.",
    415: "The Content-Type says that the body is no sound.",
    422: "The recording cannot be read, or is silent or too short.",
    429: "This address sends as many recordings as it may.",
    500: "A fault of this program.",
    503: "Others are being classified, or the server is ended.",
    507: "The disk of the server is full.",
}
"""Statuses in place of an answer; 404 and 405 come for paths and methods that are not listed."""

_WAITS = (429, 503)
_REFUSALS = (400, 403, 408, 413, 415, 422, 429, 500, 503, 507)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter of an address."""

    name: str
    words: str
    kind: str = "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that a program may ask.

    Attributes
    ----------
    method, path : str
        Of the request.
    name : str
        Of the operation, and of the method of the application that answers.
    summary, words : str
        What it does.
    answer : type
        The dataclass of the answer.
    queries : tuple of Query
    faults : tuple of int
        Statuses in place of the answer.
    takes_recording : bool
        Whether the body of the request is a recording.
    """

    method: str
    path: str
    name: str
    summary: str
    answer: type
    words: str = ""
    queries: tuple[Query, ...] = ()
    faults: tuple[int, ...] = (403,)
    takes_recording: bool = False


PREDICT = Operation(
    method="POST",
    path="/api/predict",
    name="predict",
    summary="The genre of one recording",
    answer=Prediction,
    words="The recording is the body, or the one file of a form. It is classified at once and deleted. "
    f"Whoever accepts {PAGE} and no {JSON}, as the page of this server does, gets a piece of that page.",
    queries=(
        Query(name="segments", words="Whether the probabilities of each segment are given."),
        Query(name="explain", words="Whether the answer says what decides; it takes longer."),
        Query(name="name", words="The recording's name, where the body has none.", kind="string"),
    ),
    faults=_REFUSALS,
    takes_recording=True,
)
OPERATIONS = (
    PREDICT,
    Operation(
        method="GET", path="/api/model", name="model", summary="The model, and what is taken", answer=Model
    ),
    Operation(
        method="GET", path="/api/health", name="health", summary="Whether the server answers", answer=Health
    ),
)


def document(limits: Limits) -> dict[str, Any]:
    """Return the OpenAPI document of a server with these limits."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gtzan serve",
            "version": __version__,
            "summary": "The genre of a recording, and how far it can be believed.",
            "description": _overview(limits),
        },
        "servers": [{"url": "/"}],
        "paths": {one.path: {one.method.lower(): _operation(one)} for one in OPERATIONS},
        "components": {"schemas": components(*(one.answer for one in OPERATIONS), Fault)},
    }


def _overview(limits: Limits) -> str:
    return (
        f"At most {megabytes(limits.max_bytes)} and {limits.max_seconds:g} s; what is beyond is refused, "
        f"not cut. {limits.uploads} recordings are sent or wait at the same time, "
        f"{limits.uploads_per_address} of one address. "
        "Without password and encryption; no site may use it through a browser but its own page."
    )


def _operation(one: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": one.name, "summary": one.summary}
    if one.words:
        made["description"] = one.words
    if one.queries:
        made["parameters"] = [_parameter(query) for query in one.queries]
    if one.takes_recording:
        made["requestBody"] = {"required": True, "content": _recording()}
    made["responses"] = {"200": _answer(one)} | {str(code): _fault(one, code) for code in one.faults}
    return made


def _parameter(query: Query) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": query.kind}
    if query.kind == "boolean":
        schema["default"] = False
    return {"name": query.name, "in": "query", "description": query.words, "schema": schema}


def _recording() -> dict[str, Any]:
    file = {"type": "string", "contentMediaType": BYTES}
    form = {"type": "object", "properties": {FIELD: file}, "required": [FIELD]}
    return {BYTES: {}, "audio/*": {}, FORM: {"schema": form}}


def _answer(one: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {JSON: {"schema": reference(one.answer)}}
    if one.takes_recording:
        content[PAGE] = {"schema": {"type": "string"}}
    return {"description": (one.answer.__doc__ or "").strip(), "content": content}


def _fault(one: Operation, code: int) -> dict[str, Any]:
    content: dict[str, Any] = {JSON: {"schema": reference(Fault)}}
    if one.takes_recording:
        content[PAGE] = {"schema": {"type": "string"}}
    made: dict[str, Any] = {"description": FAULTS[code], "content": content}
    if code in _WAITS:
        wait = {"description": "Seconds until it is worth another try.", "schema": {"type": "integer"}}
        made["headers"] = {"Retry-After": wait}
    return made
