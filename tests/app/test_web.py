"""The routes without a server: what is refused, what is shown, and that nothing stays."""

from __future__ import annotations

import asyncio
import errno
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import quote

import pytest

pytest.importorskip("starlette", reason="the extra app is not installed")

from markupsafe import escape

from gtzan_features.app.guard import HEADERS
from gtzan_features.app.upload import shown_name
from gtzan_features.app.web import MAX_AT_ONCE, App
from gtzan_features.prediction.model_summary import ModelFacts
from gtzan_features.prediction.predict import FilePrediction
from gtzan_features.prediction.uploaded import Answer, Reasons
from gtzan_features.text_table import TextTable
from tests.app.asking import PREDICT, ask, ask_together, post
from tests.nasty import NAMES

MB = 1_000_000
FOUND = FilePrediction(
    path="/secret/recording.wav",
    genre="rock",
    genres=("jazz", "rock"),
    probabilities=(0.25, 0.75),
    ranking=("rock", "jazz"),
    starts_s=(0.0, 3.0),
    ends_s=(3.0, 6.0),
    segments=((0.1, 0.9), (0.4, 0.6)),
    duration_s=7.0,
    warnings=("clipped: 1.0 % of the samples stand at full scale",),
)
BARS = TextTable(
    title="/secret", header=("feature", "adds"), rows=(("family timbre", "+0.5"), ("mfcc1_mean", "-0.2"))
)
REASONS = Reasons(method="TreeSHAP", genre="rock", seconds=6.0, table=BARS)


class Stub:
    """A classifier whose answer is set by the test."""

    max_s = 600.0

    def __init__(self, given):
        self.given, self.uploads = given, []

    def facts(self):
        return ModelFacts(
            title="svm on 3s rows of <toy>",
            trained_on="9 tracks",
            genres=("jazz", "rock"),
            synthetic=True,
            accuracy="60.0 (50.0–70.0)",
            tested_on="9 tracks",
            protocol="track",
            protocol_words="Tracks are divided.",
        )

    def answer(self, upload, *, explained=True):
        self.explained = explained
        self.uploads.append((upload.name, upload.read_bytes()))
        (upload.parent / "recording.wav").write_bytes(b"decoded")
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


@pytest.fixture
def make(tmp_path):
    """Make an application around a classifier."""
    with ThreadPoolExecutor(1) as one:

        def build(classifier, max_bytes=MB):
            folder = tmp_path / "uploads"
            folder.mkdir(exist_ok=True)
            app = App(
                classifier=classifier, max_bytes=max_bytes, names=("127.0.0.1",), folder=folder, one=one
            )
            return app.build()

        yield build


def left(tmp_path):
    return list((tmp_path / "uploads").iterdir())


def test_the_page_says_which_model_and_what_is_taken(make):
    reply = ask(make(Stub(Answer())), "GET", "/")
    assert reply.status == 200
    for text in (
        "svm on 3s rows of &lt;toy&gt;, trained on 9 tracks.",
        "<b>60.0 (50.0–70.0) %</b>",
        "At most 1 MB and 600 s",
        "None is kept",
        "SYNTHETIC",
        'data-max-bytes="1000000"',
    ):
        assert text in reply.text
    assert "http" not in reply.text.replace("https?", "")


def test_every_reply_has_the_policy(make):
    app = make(Stub(Answer(error="no")))
    replies = [
        ask(app, "GET", "/"),
        ask(app, "GET", "/app.css"),
        ask(app, "GET", "/recorder.js"),
        ask(app, "GET", "/missing"),
        ask(app, "GET", "/api/predict"),
        post(app, body=[b"x"]),
        ask(app, "GET", "/", host="evil.example"),
    ]
    assert [r.status for r in replies] == [200, 200, 200, 404, 405, 422, 403]
    for reply in replies:
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= reply.headers.items()
    assert replies[1].headers["content-type"].startswith("text/css")
    assert replies[2].headers["content-type"].startswith("text/javascript")


def test_an_answer_shows_all_there_is_and_no_path(make, tmp_path):
    classifier = Stub(Answer(prediction=FOUND, reasons=REASONS))
    name = "..%2F%3Cimg%20src%3Dx%3E.MP3"
    reply = post(make(classifier), body=[b"so", b"und"], x_file_name=name)
    assert reply.status == 200
    assert classifier.uploads == [("upload.mp3", b"sound")]
    for text in ("&lt;img src=x&gt;.MP3: rock, 75.0 %", "25.0 %", "clipped: 1.0 %", "rock 0–6 s", "timbre"):
        assert text in reply.text
    assert "TreeSHAP" in reply.text
    assert "in the first 6 s" in reply.text
    for text in ("<img", "/secret", str(tmp_path), "family timbre", "style="):
        assert text not in reply.text
    assert left(tmp_path) == []


def test_saliency_is_a_picture_with_words_and_a_table(make):
    table = TextTable(
        title="", header=("time", "bands", "fall", "gradient"), rows=(("0–1 s", "9 Hz", "+1", "+2"),)
    )
    reasons = Reasons(method="occlusion", genre="rock", seconds=7.0, table=table, picture=b"\x89PNG")
    reply = post(make(Stub(Answer(prediction=FOUND, reasons=reasons))), body=[b"x"])
    assert '<img src="data:image/png;base64,iVBORw==" alt="Spectrogram' in reply.text
    assert '<th scope="row">0–1 s</th>' in reply.text
    assert "in the first" not in reply.text
    without = Answer(prediction=FOUND, without="There is no explanation: short.")
    assert "There is no explanation: short." in post(make(Stub(without)), body=[b"x"]).text


def test_a_large_body_is_refused_before_it_is_stored(make, tmp_path):
    classifier = Stub(Answer(error="none"))
    app = make(classifier, max_bytes=1000)
    reply = post(app, body=[b"x" * 600] * 3, content_length="1800", x_file_name="a.wav")
    assert (reply.status, reply.text) == (
        413,
        '<p class="fault">a.wav: larger than the 0.001 MB that are taken. Cut a part out.</p>',
    )
    assert reply.n_read == 1800  # and forgotten, so that the browser reads the answer
    asked = post(app, body=[b"x" * 600] * 3, content_length="1800", expect="100-continue")
    assert (asked.status, asked.n_read) == (413, 0)
    endless = post(app, body=(b"x" * 600 for _ in range(10**9)), content_length="600000000")
    assert (endless.status, endless.n_read) == (413, 20_400)
    undeclared = post(app, body=(b"x" * 600 for _ in range(10**9)))
    assert (undeclared.status, undeclared.n_read) == (413, 20_400)
    assert classifier.uploads == []
    assert left(tmp_path) == []


def test_faults_are_one_sentence_and_leave_nothing(make, tmp_path, caplog):
    for given, body, status, text in (
        (Answer(error="no audio"), [b"x"], 422, "song.wav: no audio."),
        (Answer(), [], 400, "song.wav: the file is empty."),
        (Answer(), ["gone"], 400, ""),
        (OSError("/secret is full"), [b"x"], 500, "a fault of this program"),
    ):
        reply = post(make(Stub(given)), body=body, x_file_name="song.wav")
        assert reply.status == status
        assert text in reply.text
        for word in ("Traceback", "secret", str(tmp_path)):
            assert word not in reply.text
        assert left(tmp_path) == []
    assert "A fault of this program: OSError: /secret is full" in caplog.text
    assert "Traceback" not in caplog.text


def test_other_sites_are_refused_before_the_body_is_read(make):
    app = make(Stub(Answer()))
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
        reply = post(app, body=[b"x"], **headers)
        assert (reply.status, reply.n_read) == (403, 0)


def test_one_is_classified_after_the_other_and_few_may_wait(make, tmp_path):
    class Slow(Stub):
        lock = threading.Lock()

        def answer(self, upload, *, explained=True):
            assert self.lock.acquire(blocking=False)
            time.sleep(0.05)
            self.lock.release()
            return super().answer(upload, explained=explained)

    classifier = Slow(Answer(error="none"))
    requests = [("POST", PREDICT, [b"x"], {})] * (MAX_AT_ONCE + 2)
    app = make(classifier)
    statuses = sorted(r.status for r in asyncio.run(ask_together(app, requests)))
    assert statuses == [422] * MAX_AT_ONCE + [503] * 2
    assert len(classifier.uploads) == MAX_AT_ONCE
    assert post(app, body=[b"x"]).status == 422
    assert left(tmp_path) == []


def test_an_upload_that_takes_too_long_is_ended(make, tmp_path, monkeypatch):
    monkeypatch.setattr("gtzan_features.app.upload.UPLOAD_S", 0.05)
    monkeypatch.setattr("gtzan_features.app.upload._DRAIN_S", 0.05)
    forever = iter(lambda: b"", None)
    assert ask(make(Stub(Answer())), "POST", "/api/predict", body=forever).status == 408
    slow = ask(make(Stub(Answer())), "POST", "/api/predict", body=forever, content_length="9000000")
    assert slow.status == 413
    assert left(tmp_path) == []


def test_a_full_disk_is_said_as_what_it_is(make, monkeypatch, caplog):
    for error in (OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EDQUOT, "Quota exceeded")):
        reply = post(make(Stub(error)), body=[b"x"], x_file_name="song.wav")
        assert reply.status == 507
        assert "song.wav: cannot be stored: the disk of the server is full." in reply.text
    assert "set TMPDIR" in caplog.text
    assert "fault of this program" not in caplog.text
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    told_otherwise = RuntimeError("System error")  # by a library that writes sounds
    assert post(make(Stub(told_otherwise)), body=[b"x"]).status == 507


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_of_a_file_is_shown_as_it_is_and_does_nothing(make, name, tmp_path):
    classifier = Stub(Answer(prediction=FOUND))
    sent = quote(name.encode("utf-8", "surrogateescape"))
    reply = post(make(classifier), body=[b"x"], x_file_name=sent)
    assert reply.status == 200
    assert "<script>" not in reply.text
    assert f"{escape(shown_name(sent))}: rock, 75.0 %" in reply.text
    assert classifier.uploads[0][0] in ("upload", "upload.wav")
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": origin}
        for origin in ("http://[", "http://[::1", "http://]", "null", "", "\x00", "http://a:b", "//", "é")
    ]
    + [{"host": host} for host in ("[", "]", "[::1", "", "a b", "127.0.0.1:[", "\x00", "é", "@", "http://[")],
    ids=str,
)
def test_malformed_hosts_and_origins_are_refused_not_stumbled_over(make, headers):
    app = make(Stub(Answer(error="no")))
    assert post(app, body=[b"x"], **headers).status == 403
    assert ask(app, "GET", "/", **headers).status == (200 if "origin" in headers else 403)
