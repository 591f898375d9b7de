"""Forms with one file: those that curl, browsers and libraries send, and those that mean harm."""

from __future__ import annotations

import shutil
import subprocess
import time
import tracemalloc
from contextlib import closing
from http.client import HTTPConnection
from itertools import islice, repeat

import pytest

pytest.importorskip("starlette", reason="the extra app is not installed")

from gtzan_features.app import form, upload
from gtzan_features.app.form import FIELD, OVERHEAD, FormError, FormFile
from gtzan_features.app.upload import clean_name
from gtzan_features.prediction.uploaded import Answer
from tests.app.asking import PREDICT, post
from tests.app.test_connections import connect, serving
from tests.app.test_web import FOUND, MB, Stub, left, make
from tests.nasty import NAMES

__all__ = ["make"]

KIND = 'multipart/form-data; boundary="b"'
END = b"--b--\r\n"
SOUND = bytes(range(256)) * 40 + b"\r\n--b\r\n--bb--\r\n\r--b"
"""All bytes, and what looks like a boundary."""

SAFE = SOUND.replace(b"\r\n--b", b"\r\n--c")


def part(body, disposition=f'form-data; name="{FIELD}"; filename="song.mp3"', *headers):
    lines = (f"Content-Disposition: {disposition}", *headers)
    head = "".join(f"{line}\r\n" for line in lines)
    return b"--b\r\n" + head.encode("utf-8", "surrogateescape") + b"\r\n" + body + b"\r\n"


def pieces(body, size):
    return [body[i : i + size] for i in range(0, len(body), size)]


def send(app, body, size=1000, kind=KIND, **headers):
    headers = {"accept": "*/*", "content_type": kind, **headers}
    return post(app, body=pieces(body, size), **headers)


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
def test_the_file_comes_out_whole_however_the_body_is_cut(make, tmp_path, size):
    classifier = Stub(Answer(prediction=FOUND))
    field = part(b"x" * 100, 'form-data; name="comment"')
    whole = field + part(SAFE) + field + END
    reply = send(make(classifier), whole, size)
    assert (reply.status, reply.json["name"]) == (200, "song.mp3")
    assert classifier.uploads == [("upload.mp3", SAFE)]
    assert left(tmp_path) == []


BAD = {
    "no boundary": (part(b"x") + END, "multipart/form-data", "names no boundary"),
    "boundary of nothing": (part(b"x") + END, "multipart/form-data; boundary=", "names no boundary"),
    "endless boundary": (part(b"x") + END, f"multipart/form-data; boundary={'b' * 5000}", "malformed"),
    "other boundary": (part(b"x") + END, "multipart/form-data; boundary=a", "malformed"),
    "no form": (b"RIFF" + bytes(1000), KIND, "malformed"),
    "nothing": (b"", KIND, "did not come whole"),
    "no end": (part(b"x"), KIND, "did not come whole"),
    "cut in the file": (part(bytes(5000))[:3000], KIND, "did not come whole"),
    "cut in a header": (part(b"x")[:30], KIND, "did not come whole"),
    "no part": (END, KIND, "holds no file"),
    "a field and no file": (part(b"x", 'form-data; name="a"') + END, KIND, "holds no file"),
    "two files": (part(b"x") + part(b"y") + END, KIND, "more than one file"),
    "files of two names": (
        part(b"x", 'form-data; name="a"; filename="a"') + part(b"y") + END,
        KIND,
        "more than one file",
    ),
    "many parts": (part(b"", 'form-data; name="a"') * 100 + END, KIND, "more than 16 parts"),
    "many headers": (part(b"x", "form-data", *["A: b"] * 50) + END, KIND, "malformed"),
    "a long header": (part(b"x", "form-data", "A: " + "b" * 9000) + END, KIND, "malformed"),
    "a header without an end": (b"--b\r\nContent-Disposition: " + b"x" * 9000, KIND, "malformed"),
    "a header of other bytes": (b"--b\r\n\xff\xfe\x00: x\r\n\r\nx\r\n" + END, KIND, "malformed"),
    "no disposition": (b"--b\r\nA: b\r\n\r\nx\r\n" + END, KIND, "holds no file"),
    "another disposition": (part(b"x", 'attachment; filename="a"') + END, KIND, "holds no file"),
    "an empty file": (part(b"") + END, KIND, "the file is empty"),
}


@pytest.mark.parametrize(("body", "kind", "said"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("size", [1, 10**6])
def test_what_is_no_form_with_one_file_is_one_line(make, tmp_path, body, kind, said, size, capfd):
    classifier = Stub(Answer(prediction=FOUND))
    reply = send(make(classifier), body, size, kind)
    assert reply.status == 400
    assert said in reply.json["error"]
    assert len(reply.json["error"].splitlines()) == 1
    assert classifier.uploads == []
    assert left(tmp_path) == []
    assert capfd.readouterr() == ("", "")


def quoted(name):
    """A file's name as browsers write it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


NASTY = {
    "folders": "../../../etc/passwd",
    "a folder of Windows": "C:\\music\\song.wav",
    "absolute": "/etc/passwd",
    "a quote": 'my "song".wav',
    "lines": "a\r\nContent-Type: text/html\r\n\r\n<script>.wav",
    "zero": "a\x00b.wav",
    "dots": "..",
    "markup": "<img src=x onerror=alert(1)>.wav",
    "a semicolon": "a;b=c.wav",
    "long": "x" * 3000 + ".wav",
    **NAMES,
}


@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_any_name_in_a_form_is_shown_as_it_is_and_does_nothing(make, tmp_path, name):
    classifier = Stub(Answer(prediction=FOUND))
    disposition = f'form-data; name="file"; filename="{quoted(name)}"'
    if "\x00" in name or any(ord(c) < 32 or ord(c) == 127 for c in quoted(name)):
        assert send(make(classifier), part(b"x", disposition) + END).status in (200, 400)
    else:
        reply = send(make(classifier), part(b"x", disposition) + END)
        assert reply.status == 200
        sent = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        assert reply.json["name"] == clean_name(sent)
        assert classifier.uploads[0][0] in ("upload", "upload.wav")
    assert left(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["uploads"]


def test_the_file_is_bounded_and_so_is_what_stands_around_it(make, tmp_path):
    classifier = Stub(Answer(prediction=FOUND))
    app = make(classifier, max_bytes=1000)
    assert send(app, part(b"x" * 1000) + END, 100).status == 200
    assert send(app, part(b"x" * 1001) + END, 100).status == 413
    field = part(b"x" * (2 * OVERHEAD), 'form-data; name="a"')
    assert send(app, field + part(b"x") + END, 100).status == 413
    endless = post(app, body=repeat(b"x" * 600, 10**9), content_type=KIND, accept="*/*")
    assert (endless.status, endless.n_read < 2 * OVERHEAD) == (400, True)
    start = part(b"")[:-2]
    endless = post(app, body=[start, *repeat(b"x" * 600, 100)], content_type=KIND, accept="*/*")
    assert (endless.status, endless.n_read < 2 * OVERHEAD) == (413, True)
    declared = post(
        app, body=repeat(b"x" * 600, 50), content_type=KIND, content_length="999999", accept="*/*"
    )
    assert declared.status == 413
    assert len(classifier.uploads) == 1
    assert left(tmp_path) == []


def test_memory_does_not_grow_with_the_file():
    """Neither do many small chunks, nor does one header that never ends."""
    size = 0

    def count(data):
        nonlocal size
        size += len(data)

    def read(start, chunk, n):
        taken = FormFile(KIND, count)
        taken.take(start)
        tracemalloc.start()
        for one in islice(repeat(chunk), n):
            taken.take(one)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    start = part(b"")[:-2]
    assert read(start, bytes(65_536), 400) < 1_000_000
    assert size > 25_000_000
    assert read(start, b"\r\n--", 10_000) < 1_000_000
    with pytest.raises(FormError, match="malformed"):
        read(b"--b\r\nA: ", b"x" * 100, 10_000)
    tracemalloc.stop()


def test_a_slow_form_is_ended_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(upload, "GRACE_S", 0.3)
    with serving(tmp_path / "uploads") as port:
        assert status(port, head(KIND, "Content-Length: 90000") + WHOLE[:5000]) == 408
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A real server."""
    with serving(tmp_path_factory.mktemp("served") / "uploads", Stub(Answer(prediction=FOUND))) as number:
        yield number


def head(kind, *more, method="POST", path=PREDICT):
    lines = f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", *more
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def status(port, sent):
    """The status of the first answer; 0 where the connection ends without."""
    with connect(port) as opened:
        try:
            opened.sendall(sent)
            return int((opened.recv(65_536).split() or [0, 0])[1])
        except (BrokenPipeError, ConnectionResetError):
            return 0


WHOLE = part(SAFE) + END
CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces(WHOLE, 999)) + b"0\r\n\r\n"
SENT = {
    "with its length": (head(KIND, f"Content-Length: {len(WHOLE)}") + WHOLE, 200),
    "in chunks": (head(KIND, "Transfer-Encoding: chunked") + CHUNKED, 200),
    "shorter than the form": (head(KIND, f"Content-Length: {len(WHOLE) - 9}") + WHOLE[:-9], 400),
    "of nothing": (head(KIND, "Content-Length: 0"), 400),
    "too large in advance": (head(KIND, f"Content-Length: {50 * MB}", "Expect: 100-continue"), 413),
    "by another method": (head(KIND, f"Content-Length: {len(WHOLE)}", method="PUT") + WHOLE, 405),
    "to another path": (head(KIND, f"Content-Length: {len(WHOLE)}", path="/api/model") + WHOLE, 405),
    "of another kind": (head("text/plain", "Content-Length: 1") + b"x", 415),
    "raw": (head("audio/mpeg", f"Content-Length: {len(SOUND)}") + SOUND, 200),
    "raw and empty": (head("audio/mpeg", "Content-Length: 0"), 400),
    "raw in broken chunks": (head("audio/mpeg", "Transfer-Encoding: chunked") + b"zz\r\n", 400),
}


@pytest.mark.parametrize(("sent", "expected"), SENT.values(), ids=SENT)
def test_a_real_server_answers_each(port, sent, expected, capfd):
    assert status(port, sent) == expected
    assert status(port, head("", method="GET", path="/api/health")) == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_body_without_an_end_is_ended(port):
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    for kind, start in (("audio/mpeg", b""), (KIND, b"%x\r\n" % len(WHOLE[:-13]) + WHOLE[:-13] + b"\r\n")):
        with connect(port, head(kind, "Transfer-Encoding: chunked") + start) as opened:
            sent = 0
            try:
                while sent < 50 * MB:
                    opened.sendall(chunk)
                    sent += len(chunk)
                    opened.setblocking(False)
                    try:
                        got = opened.recv(65_536)
                    except BlockingIOError:
                        got = None
                    opened.settimeout(300)
                    if got is not None:
                        assert got == b"" or b" 413 " in got
                        break
            except (TimeoutError, BrokenPipeError, ConnectionResetError):
                pass
            assert sent < 50 * MB


def test_a_client_that_goes_in_the_middle_leaves_nothing(tmp_path):
    with serving(tmp_path / "uploads") as port:
        for kind in (KIND, "audio/mpeg"):
            with connect(port, head(kind, "Content-Length: 90000") + WHOLE[:5000]):
                while not list((tmp_path / "uploads").iterdir()):
                    time.sleep(0.01)
        deadline = time.monotonic() + 300
        while list((tmp_path / "uploads").iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


CURL = [
    ["-F", "file=@song.mp3"],
    ["-F", "sound=@song.mp3;type=text/plain", "-F", "comment=mine"],
    ["--data-binary", "@song.mp3", "-H", "X-File-Name: song.mp3"],
    ["-H", "Content-Type: audio/mpeg", "--data-binary", "@song.mp3"],
    ["-H", "Expect: 100-continue", "-F", "file=@song.mp3"],
    ["-H", "Transfer-Encoding: chunked", "-F", "file=@song.mp3"],
    ["-X", "POST", "-T", "song.mp3"],
]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("words", CURL, ids=lambda words: " ".join(words)[:40])
def test_curl_sends_it_in_each_of_its_ways(tmp_path, words):
    classifier = Stub(Answer(prediction=FOUND))
    sound = SAFE * 80
    assert len(sound) < MB
    (tmp_path / "song.mp3").write_bytes(sound)
    with serving(tmp_path / "uploads", classifier) as port:
        address = f"http://127.0.0.1:{port}{PREDICT}"
        command = ["curl", "-sS", "--noproxy", "*", "-w", "%{http_code}", *words, address]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout[-3:], done.stderr) == ("200", ""), done.stdout
    assert [content for _, content in classifier.uploads] == [sound]


def test_pythons_own_client_is_answered_over_one_connection(port):
    with closing(HTTPConnection("127.0.0.1", port, timeout=300)) as connection:
        for _ in range(3):
            connection.request("POST", PREDICT, WHOLE, {"Content-Type": KIND})
            reply = connection.getresponse()
            assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
            reply.read()


def test_limits_are_those_of_the_parser():
    """A header may be as long as a file's name may be on any system, in bytes that are escaped."""
    assert form._MAX_HEADER > 3 * 255 + 100
