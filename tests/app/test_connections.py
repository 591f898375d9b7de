"""Connections to a real server: idle, half-sent, slow, malformed, and too many of them."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

pytest.importorskip("uvicorn", reason="the extra app is not installed")

import uvicorn

from gtzan_features.app import connections, upload
from gtzan_features.app.web import MAX_AT_ONCE, MAX_PER_CLIENT, App
from gtzan_features.prediction.uploaded import Answer
from tests.app.asking import PREDICT
from tests.app.test_web import MB, Stub
from tests.parallel.test_local import wait_for

GET = b"GET /app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@contextmanager
def serving(folder, classifier=None):
    """Serve an application with a stub as its classifier; give the port."""
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(1) as one, socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        stub = classifier or Stub(Answer(error="none"))
        app = App(classifier=stub, max_bytes=MB, names=("127.0.0.1",), folder=folder, one=one).build()
        config = uvicorn.Config(
            app,
            http=connections.PatientProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def port(tmp_path):
    with serving(tmp_path / "uploads") as number:
        yield number


def connect(port, sent=b""):
    opened = socket.create_connection(("127.0.0.1", port), timeout=300)
    opened.sendall(sent)
    return opened


def answer(opened) -> bytes:
    """The first line of what comes; empty where the connection is closed without a word."""
    try:
        return opened.recv(65_536).partition(b"\r\n")[0]
    except ConnectionResetError:
        return b""


def status(port, sent) -> int:
    with connect(port, sent) as opened:
        return int((answer(opened).split() or [0, 0])[1])


def post(length, body=b"", name="a.wav"):
    lines = f"POST {PREDICT} HTTP/1.1", "Host: 127.0.0.1", f"X-File-Name: {name}", f"Content-Length: {length}"
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode() + body


@pytest.mark.parametrize("sent", [b"", b"G", GET[:-2], b"POST /api/predict HTTP/1.1\r\nX: " + b"y" * 500])
def test_connections_that_ask_nothing_shut_nobody_out(port, sent):
    with ExitStack() as held:
        for _ in range(2 * connections.MAX_CONNECTIONS):
            held.enter_context(connect(port, sent))
        for _ in range(3):
            assert status(port, GET) == 200
            assert status(port, post(1, b"x")) == 422


@pytest.mark.parametrize("sent", [b"", GET[:-2], GET, GET + b"GE", GET[:-2] + b"Content-Length: 9\r\n\r\n"])
def test_whoever_sends_no_whole_head_in_time_is_ended(port, sent, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with connect(port, sent) as opened:
        opened.settimeout(20)
        while True:
            try:
                if not opened.recv(65_536):
                    return
            except ConnectionResetError:
                return


def test_slow_uploads_are_ended_and_meanwhile_hold_up_nobody(port, monkeypatch, tmp_path):
    monkeypatch.setattr(upload, "GRACE_S", 1.0)
    with ExitStack() as held:
        slow = [held.enter_context(connect(port, post(MB, b"x"))) for _ in range(4)]
        assert status(port, post(1, b"x")) == 422
        assert {answer(one) for one in slow} == {b"HTTP/1.1 408 Request Timeout"}
    assert list((tmp_path / "uploads").iterdir()) == []


def test_one_client_does_not_take_all_places(port):
    assert MAX_PER_CLIENT < MAX_AT_ONCE
    with ExitStack() as held:
        for _ in range(MAX_PER_CLIENT):
            held.enter_context(connect(port, post(MB, b"x")))
        wait_for(lambda: status(port, post(1, b"x")) == 429)  # until the server has seen them all
        assert status(port, GET) == 200


def test_a_client_that_reads_no_answer_makes_room(port):
    with ExitStack() as held:
        for _ in range(connections.MAX_CONNECTIONS):
            held.enter_context(connect(port, GET.replace(b"app.css", b"") * 3))
        assert status(port, GET) == 200


POST = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HEADS = {
    "origin without an end": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://[\r\n\r\n",
    "host without an end": b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: a\r\n\r\n",
    "empty host": b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
    "host of other bytes": b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    "port of letters": b"GET / HTTP/1.1\r\nHost: 127.0.0.1:abc\r\nOrigin: http://x:abc\r\n\r\n",
    "no request": b"\x00\x01\x02\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "strange method": b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "strange path": b"GET /%ff%00/..%2f HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "version": b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "websocket": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "absurd length": POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "bad chunks": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "huge head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    "origin of another": post(0).replace(b"X-File", b"Origin: http://[::1\r\nX-File"),
    "origin null": post(0).replace(b"X-File", b"Origin: null\r\nX-File"),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_malformed_request_is_the_fault_of_who_sends_it(port, head, capfd):
    with connect(port) as opened:
        try:
            opened.sendall(head)
        except (BrokenPipeError, ConnectionResetError):
            pass
        else:
            code = int((answer(opened).split() or [0, 400])[1])
            assert code == 200 or 400 <= code < 500
    assert status(port, GET) == 200
    shown = capfd.readouterr()
    assert "Traceback" not in shown.out + shown.err


def whole_answer(opened) -> tuple[bytes, bytes]:
    """Head and body of an answer; fails where the connection is broken off before its end."""
    with opened.makefile("rb") as file:
        head, _, body = file.read().partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("name", ["no request", "tls", "negative length", "two lengths"])
def test_what_is_no_http_is_answered_as_every_other_fault(port, name):
    with connect(port, HEADS[name]) as opened:
        head, body = whole_answer(opened)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/json" in head.lower()
    assert b"nosniff" in head
    assert b"\r\ncontent-length: " in head.lower()
    fault = json.loads(body)
    assert fault["status"] == 400
    assert set(fault) == {"version", "status", "error"}


PARTS = b'--x\r\nContent-Disposition: form-data; name="y"\r\n\r\n0\r\n' * 10_000
CHUNKS = b"".join(b"f000\r\n" + b"x" * 0xF000 + b"\r\n" for _ in range(30)) + b"0\r\n\r\n"
REFUSED = {
    "many parts": (
        400,
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(PARTS)}",
        PARTS,
    ),
    "too large in chunks": (413, "Transfer-Encoding: chunked", CHUNKS),
}


@pytest.mark.parametrize("name", REFUSED)
def test_who_sends_on_after_a_fault_reads_the_answer(port, name):
    code, lines, body = REFUSED[name]
    with connect(port, POST + f"Connection: close\r\n{lines}\r\n\r\n".encode() + body) as opened:
        head, told = whole_answer(opened)
    assert head.startswith(f"HTTP/1.1 {code} ".encode())
    assert json.loads(told)["status"] == code
