"""The routes of the web page, each of which answers and keeps nothing."""

from __future__ import annotations

import asyncio
import errno
import logging
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from gtzan_features.app import page
from gtzan_features.app.guard import HEADERS, refusal
from gtzan_features.app.upload import UploadError, drain, shown_name, store
from gtzan_features.prediction.uploaded import safe_suffix

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gtzan_features.prediction.uploaded import Answer, UploadClassifier

MAX_AT_ONCE = 12
"""Recordings that are uploaded or wait at the same time; one more is sent away."""

MAX_PER_CLIENT = 6
"""Of these, those from one address."""

_LEAST_FREE = 100_000
"""Bytes; with less on its disk, no recording can be stored."""

_LOG = logging.getLogger(__name__)
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
    host : str
        The host that the server listens on.
    folder : Path
        Where uploads lie until they are answered; deleted by whoever made it.
    one : Executor
        Of one thread, so that one recording is classified after the other.
    """

    classifier: UploadClassifier
    max_bytes: int
    host: str
    folder: Path
    one: Executor
    _open: Counter[str] = field(default_factory=Counter, init=False)
    _n_drained: int = field(default=0, init=False)

    def build(self) -> ASGIApp:
        """Return the application, behind its guard."""
        facts = self.classifier.facts()
        text = page.page(facts, max_bytes=self.max_bytes, max_s=self.classifier.max_s)
        routes = [
            Route("/", _constant(text, "text/html"), methods=["GET"]),
            Route("/app.css", _constant(page.style(), "text/css"), methods=["GET"]),
            *(
                Route(f"/{name}", _constant(page.script(name), "text/javascript"), methods=["GET"])
                for name in page.SCRIPTS
            ),
            Route("/genre", self.genre, methods=["POST"]),
        ]
        return _Guard(Starlette(routes=routes), self.host)

    async def genre(self, request: Request) -> Response:
        """Answer for the recording in the body; its name comes in the header ``X-File-Name``."""
        name = shown_name(request.headers.get("x-file-name", ""))
        try:
            found = await self._take(request, name)
        except UploadError as error:
            return HTMLResponse(page.fault(name, error.reason), error.status)
        except ClientDisconnect:
            return Response(status_code=400)
        except asyncio.CancelledError:
            # The server ends, and nothing is above that would still want to know.
            return HTMLResponse(page.fault(name, "not answered: the server was ended"), 503)
        except Exception as error:
            if self._is_full(error):
                _LOG.error("No space is left in %s: free some, or set TMPDIR to another place", self.folder)
                return HTMLResponse(page.fault(name, _FULL), 507)
            detail = _LOG.isEnabledFor(logging.DEBUG)
            _LOG.error("A fault of this program: %s: %s", type(error).__name__, error, exc_info=detail)
            return HTMLResponse(page.fault(name, _FAULT), 500)
        return HTMLResponse(page.answer(name, found), 422 if found.error else 200)

    async def _take(self, request: Request, name: str) -> Answer:
        client = request.client.host if request.client else ""
        if self._open.total() >= MAX_AT_ONCE or (client and self._open[client] >= MAX_PER_CLIENT):
            await self._drain_some(request)
            raise UploadError(503, "has to wait: others are being classified. Try again in a minute")
        self._open[client] += 1
        try:
            with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
                path = Path(folder) / f"upload{safe_suffix(name)}"
                await store(request, path, self.max_bytes)
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self.one, self.classifier.answer, path)
        finally:
            self._open[client] -= 1
            self._open += Counter()  # forgets who has none left

    async def _drain_some(self, request: Request) -> None:
        """Read the body of one who is sent away, of a few at a time: it holds a connection."""
        if self._n_drained >= MAX_AT_ONCE:
            return
        self._n_drained += 1
        try:
            await drain(request, self.max_bytes)
        finally:
            self._n_drained -= 1

    def _is_full(self, error: Exception) -> bool:
        """Whether `error` means that uploads have no place; what writes sounds says so in its own way."""
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        return shutil.disk_usage(self.folder).free < _LEAST_FREE


def _constant(text: str, kind: str) -> ASGIApp:
    return Response(text, media_type=kind)


class _Guard:
    """Refuses strange requests and gives every answer the headers of `HEADERS`."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app, self.host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        reason = refusal(scope["method"], Headers(scope=scope), self.host)
        app = PlainTextResponse(reason, 403) if reason else self.app
        await app(scope, receive, guarded)
