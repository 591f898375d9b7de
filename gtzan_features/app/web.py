"""The routes of the web page and of programs, each of which answers and keeps nothing."""

from __future__ import annotations

import asyncio
import errno
import logging
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gtzan_features.app import documents, openapi, page, replies
from gtzan_features.app.guard import HEADERS, refusal
from gtzan_features.app.schema import to_json
from gtzan_features.app.upload import (
    MIN_BYTES_S,
    Upload,
    UploadError,
    clean_name,
    drain,
    shown_name,
    store,
)
from gtzan_features.prediction.uploaded import safe_suffix

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gtzan_features.app.replies import Asked
    from gtzan_features.prediction.model_summary import ModelFacts
    from gtzan_features.prediction.uploaded import Answer, UploadClassifier

MAX_AT_ONCE = 12
"""Recordings that are uploaded or wait at the same time; one more is sent away."""

MAX_PER_CLIENT = 6
"""Of these, those from one address."""

RETRY_S = 20
"""Seconds after which one who was sent away may try again: several recordings are classified by then."""

_LEAST_FREE = 100_000
"""Bytes; with less on its disk, no recording can be stored."""

_LOG = logging.getLogger(__name__)
_LATER = {"Retry-After": str(RETRY_S)}
_FULL = "cannot be stored: the disk of the server is full. Try again later, or a smaller recording"
_FAULT = "met a fault of this program. Whoever runs the server finds it in the window of gtzan serve"


@dataclass(kw_only=True)
class App:
    """What the routes share.

    Attributes
    ----------
    classifier : UploadClassifier
        What answers.
    max_bytes : int
        Largest upload.
    names : tuple of str
        The host that the server listens on, and more names that it is known by.
    folder : Path
        Where uploads lie until they are answered; deleted by whoever made it.
    one : Executor
        Of one thread, so that one recording is classified after the other.
    """

    classifier: UploadClassifier
    max_bytes: int
    names: tuple[str, ...]
    folder: Path
    one: Executor
    _open: Counter[str] = field(default_factory=Counter, init=False)
    _n_drained: int = field(default=0, init=False)
    _facts: ModelFacts = field(init=False)

    def build(self) -> ASGIApp:
        """Return the application, behind its guard."""
        self._facts = self.classifier.facts()
        text = page.page(self._facts, self.limits)
        document = openapi.document(self.limits)
        routes = [
            Route("/", _constant(text, "text/html"), methods=["GET"]),
            Route("/app.css", _constant(page.style(), "text/css"), methods=["GET"]),
            *(
                Route(f"/{name}", _constant(page.script(name), "text/javascript"), methods=["GET"])
                for name in page.SCRIPTS
            ),
            Route(openapi.DOCUMENT, JSONResponse(document), methods=["GET"]),
            *(Route(one.path, getattr(self, one.name), methods=[one.method]) for one in openapi.OPERATIONS),
        ]
        handlers = {HTTPException: _unknown}
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False  # a body is not sent twice
        return _Guard(app, self.names)

    @property
    def limits(self) -> documents.Limits:
        """What is taken."""
        return documents.Limits(
            max_bytes=self.max_bytes,
            max_seconds=self.classifier.max_s,
            uploads=MAX_AT_ONCE,
            uploads_per_address=MAX_PER_CLIENT,
            min_bytes_per_second=MIN_BYTES_S,
        )

    async def health(self, _: Request) -> Response:
        """Say that the server answers."""
        return JSONResponse(to_json(documents.health(self._open.total())))

    async def model(self, _: Request) -> Response:
        """Say which model answers, and what is taken."""
        return JSONResponse(to_json(documents.model(self._facts, self.limits)))

    async def predict(self, request: Request) -> Response:
        """Answer for the recording in the body."""
        named = request.headers.get("x-file-name", "")
        upload = Upload(shown_name(named) if named else clean_name(request.query_params.get("name", "")))
        try:
            asked = await self._asked(request)
            found = await self._take(request, upload, explained=asked.explain)
            if found.error:
                raise UploadError(413 if found.is_too_long else 422, found.error)
        except ClientDisconnect:
            return Response(status_code=400)
        # CancelledError: the server ends, and nothing is above that would still want to know.
        except (Exception, asyncio.CancelledError) as error:
            return replies.refusal(request, upload.name, self._refused(error))
        return replies.answer(request, upload.name, found, self._facts, asked)

    def _refused(self, error: BaseException) -> UploadError:
        """Say to who asked why there is no answer; what only the server's owner can mend, to the log."""
        if isinstance(error, UploadError):
            return error
        if isinstance(error, asyncio.CancelledError):
            return UploadError(503, "not answered: the server was ended", _LATER)
        if self._is_full(error):
            _LOG.error("No space is left in %s: free some, or set TMPDIR to another place", self.folder)
            return UploadError(507, _FULL)
        detail = error if _LOG.isEnabledFor(logging.DEBUG) else None
        _LOG.error("A fault of this program: %s: %s", type(error).__name__, error, exc_info=detail)
        return UploadError(500, _FAULT)

    async def _asked(self, request: Request) -> Asked:
        try:
            asked = replies.asked_for(request.query_params)
        except UploadError:
            await self._drain_some(request)
            raise
        return replace(asked, explain=True) if replies.is_for_page(request) else asked

    async def _take(self, request: Request, upload: Upload, *, explained: bool) -> Answer:
        client = request.client.host if request.client else ""
        await self._check_places(request, client)
        self._open[client] += 1
        try:
            with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
                stored = Path(folder) / "upload"
                await store(request, stored, self.max_bytes, upload)
                named = stored.rename(stored.with_suffix(safe_suffix(upload.name)))
                work = partial(self.classifier.answer, named, explained=explained)
                return await asyncio.get_running_loop().run_in_executor(self.one, work)
        finally:
            self._open[client] -= 1
            self._open += Counter()  # forgets who has none left

    async def _check_places(self, request: Request, client: str) -> None:
        is_greedy = bool(client) and self._open[client] >= MAX_PER_CLIENT
        if not is_greedy and self._open.total() < MAX_AT_ONCE:
            return
        await self._drain_some(request)
        if is_greedy:
            reason = f"has to wait: {MAX_PER_CLIENT} recordings of this address are sent or classified now"
            raise UploadError(429, f"{reason}. Try again in a minute", _LATER)
        raise UploadError(503, "has to wait: others are being classified. Try again in a minute", _LATER)

    async def _drain_some(self, request: Request) -> None:
        """Read the body of one who is sent away, of a few at a time: it holds a connection."""
        if self._n_drained >= MAX_AT_ONCE:
            return
        self._n_drained += 1
        try:
            await drain(request, self.max_bytes)
        finally:
            self._n_drained -= 1

    def _is_full(self, error: BaseException) -> bool:
        """Whether `error` means that uploads have no place; what writes sounds says so in its own way."""
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        return shutil.disk_usage(self.folder).free < _LEAST_FREE


async def _unknown(request: Request, error: Exception) -> Response:
    """Say that there is no such path, or no such method of it."""
    status, headers = getattr(error, "status_code", 404), getattr(error, "headers", None)
    path = request.url.path
    if not replies.is_for_programs(path):
        return PlainTextResponse(getattr(error, "detail", ""), status, headers)
    known = ", ".join(f"{one.method} {one.path}" for one in openapi.OPERATIONS)
    what = f"no {request.method} of {path}" if status == 405 else f"no {path}"
    return replies.fault(
        status, f"There is {what[:80]}: there are {known} and GET {openapi.DOCUMENT}.", headers
    )


def _constant(text: str, kind: str) -> ASGIApp:
    return Response(text, media_type=kind)


class _Guard:
    """Refuses strange requests and gives every answer the headers of `HEADERS`."""

    def __init__(self, app: ASGIApp, names: tuple[str, ...]) -> None:
        self.app, self.names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        reason = refusal(scope["method"], Headers(scope=scope), *self.names)
        app = self.app
        if reason:
            as_json = replies.is_for_programs(scope["path"])
            app = replies.fault(403, reason) if as_json else PlainTextResponse(reason, 403)
        await app(scope, receive, guarded)
