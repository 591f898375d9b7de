"""Connections that shut nobody out: those that ask nothing are ended, first of all for whoever comes new.

A connection is an open file of the server, and there are not many. A client may open some and send nothing,
or half of a request's head, or may read no answer; be it a browser that opens connections in advance, or
somebody who means harm.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from gtzan_features.app import replies
from gtzan_features.app.guard import HEADERS

if TYPE_CHECKING:
    import asyncio

HEAD_S = 10.0
"""Longest time until the head of a request has come, from the connection or the answer before."""

MAX_CONNECTIONS = 64
"""At the same time; one more ends another that waits for nothing. Twice as many may wait for answers."""

_AGAIN_S = 0.5


class PatientProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, with an end to patience."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection in; where there are too many, end another."""
        super().connection_made(transport)
        self._make_room()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read what came; half a head stops no clock."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other fault: JSON of one line."""
        reply = replies.fault(400, f"{msg.rstrip('.')}.", {"Connection": "close", **HEADERS})
        self.transport.write(
            self.conn.send(h11.Response(status_code=400, headers=reply.raw_headers, reason=b"Bad Request"))
        )
        self.transport.write(self.conn.send(h11.Data(data=bytes(reply.body))))
        self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.transport.close()

    @property
    def is_answering(self) -> bool:
        """Whether a whole head came and its answer is not yet sent."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def can_be_ended(self) -> bool:
        """Whether nobody waits for an answer here: none is due, or the client does not read it."""
        return not self.is_answering or self.cycle.response_started

    def end(self) -> None:
        """Close the connection."""
        self._unwatch()
        self.transport.close()

    def _watch(self) -> None:
        if self.is_answering:
            self._unwatch()
        elif self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(HEAD_S, self.end)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _make_room(self) -> None:
        """Where there are too many, end one of the client that holds most of them."""
        open_now = [c for c in self.connections if isinstance(c, PatientProtocol)]
        open_now = [c for c in open_now if not c.transport.is_closing()]
        if len(open_now) <= MAX_CONNECTIONS:
            return
        held = Counter(c.client[0] for c in open_now if c.client)
        others = [c for c in open_now if c.can_be_ended and c is not self]
        if others:
            max(others, key=lambda c: held[c.client[0]] if c.client else 0).end()
        elif len(open_now) > 2 * MAX_CONNECTIONS:
            self.end()
        else:  # all wait for an answer, which most get within a moment
            self.loop.call_later(_AGAIN_S, self._make_room)
