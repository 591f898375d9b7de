"""Requests to an ASGI application in this process; a test sees which parts of the body were read."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

PREDICT = "/api/predict"


@dataclass
class Reply:
    """An answer, and how many bytes of the request's body were asked for."""

    status: int
    headers: dict[str, str]
    text: str
    n_read: int

    @property
    def json(self):
        """What the text says."""
        return json.loads(self.text)


def ask(app, method, path, *, body=(), query="", **headers):
    """Send one request; `body` is an iterable of chunks, and headers are given as ``x_file_name="a"``."""
    return asyncio.run(ask_together(app, [(method, path, body, headers, query)]))[0]


def post(app, *, body=(), query="", **headers):
    """Send a recording, as the page does where nothing else is said."""
    return ask(app, "POST", PREDICT, body=body, query=query, **{"accept": "text/html", **headers})


async def ask_together(app, requests):
    """Send several requests at the same time."""
    return await asyncio.gather(*(_one(app, *request) for request in requests))


async def _one(app, method, path, body, headers, query=""):
    sent = {"host": "127.0.0.1:8000", **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
    }
    chunks, reply = iter(body), Reply(0, {}, "", 0)

    async def receive():
        await asyncio.sleep(0)
        chunk = next(chunks, None)
        if chunk is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        if chunk == "gone":
            return {"type": "http.disconnect"}
        reply.n_read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message):
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            reply.text += message.get("body", b"").decode()

    await app(scope, receive, send)
    return reply
