"""One file of the web: read with bounds, and nothing but the web is followed to."""

import contextlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import numpy as np
import pytest
import soundfile

pytest.importorskip("upath")

import gtzan_features as gf
from gtzan_features import fetching
from gtzan_features.audio.load import load
from gtzan_features.errors import AudioDecodeError
from gtzan_features.storage import location
from tests.conftest import tone


def _wav() -> bytes:
    content = io.BytesIO()
    soundfile.write(content, tone(4, 440), 22_050, format="WAV")
    return content.getvalue()


WAV = _wav()


class _Site(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        page = self.path.partition("?")[0]
        if page.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        content = WAV if page in ("/song.wav", "/cut.wav", "/a%20b.wav") else b""
        busy = page == "/busy.wav" and self.asked.count(self.path) < 2
        self.send_response(503 if busy else 200 if content or page == "/busy.wav" else 404)
        content = WAV if page == "/busy.wav" and not busy else content
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content[: len(content) // 2] if page == "/cut.wav" else content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(fetching, "_PAUSE_S", 0.0)
    _Site.asked.clear()


PAGES = ["song.wav", "song.wav?token=a%2Fb", "a%20b.wav", "to//song.wav", "busy.wav"]


@pytest.mark.parametrize("page", PAGES)
def test_a_file_of_the_web_is_read_as_one_here(site, page, tmp_path):
    (tmp_path / "song.wav").write_bytes(WAV)
    here = load(tmp_path / "song.wav", None)
    there = load(location(f"{site}/{page}"), None)
    assert there.sha256 == here.sha256
    assert np.array_equal(there.samples, here.samples)


def test_features_of_the_web_are_those_of_the_file(site, tmp_path):
    (tmp_path / "song.wav").write_bytes(WAV)
    there, here = gf.features(f"{site}/song.wav"), gf.features(tmp_path / "song.wav")
    assert np.array_equal(there.to_numpy(), here.to_numpy())


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("gone.wav", "HTTP 404"),
        ("cut.wav", "while they are read"),
        ("to/file:///etc/passwd", "Nothing was read"),
        ("to/ftp://127.0.0.1/x", "Nothing was read"),
        ("to/data:audio/wav;base64,AAAA", "Nothing was read"),
    ],
)
def test_what_is_no_file_of_the_web_is_refused(site, page, reason):
    with pytest.raises(AudioDecodeError, match=reason):
        load(location(f"{site}/{page}"), None)


def test_an_https_address_does_not_lead_to_http():
    request = fetching.urllib.request.Request("https://host/a")
    with pytest.raises(gf.GtzanError, match="Nothing was read"):
        fetching._WebOnly().redirect_request(request, io.BytesIO(), 302, "", None, "http://host/a")


def test_a_circle_of_addresses_ends(site):
    with pytest.raises(AudioDecodeError):
        load(location(site + f"/to/{site}" * 7 + "/song.wav"), None)


def test_more_than_may_be_is_refused_before_it_is_read(site, monkeypatch):
    monkeypatch.setattr(fetching, "_MOST_BYTES", 1000)
    with pytest.raises(AudioDecodeError, match="holds more than"):
        load(location(f"{site}/song.wav"), None)


def test_nobody_there_is_one_reason():
    with pytest.raises(AudioDecodeError, match="cannot be reached"):
        load(location("http://127.0.0.1:9/x.wav"), None)
