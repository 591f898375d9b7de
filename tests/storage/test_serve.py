"""`gtzan serve` takes sound and nothing else: whatever is sent, no address is asked for anything."""

import pytest

pytest.importorskip("starlette", reason="the extra app is not installed")

from gtzan_features import fetching, storage
from gtzan_features.app import upload
from gtzan_features.audio.load import load
from gtzan_features.errors import AudioDecodeError
from gtzan_features.prediction.uploaded import Answer
from tests.app.asking import ask, post
from tests.app.test_web import FOUND, REASONS, Stub, make

__all__ = ["make"]

ADDRESSES = [
    "s3://bucket/song.wav",
    "http://127.0.0.1:9/song.wav",
    "file:///etc/passwd",
    "memory://x/song.wav",
]


@pytest.fixture(autouse=True)
def _no_address(monkeypatch):
    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(storage, "location", refuse)
    monkeypatch.setattr(fetching, "fetched", refuse)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_that_is_an_address_is_a_name(make, address):
    classifier = Stub(Answer(prediction=FOUND, reasons=REASONS))
    assert post(make(classifier), body=(b"sound",), **{"x-file-name": address}).status == 200
    ((name, content),) = classifier.uploads
    assert content == b"sound"
    assert name.startswith("upload")


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_in_an_upload_is_no_sound(address, tmp_path):
    (tmp_path / "upload.m3u8").write_text(f"#EXTM3U\n{address}\n")
    with pytest.raises(AudioDecodeError):
        load(tmp_path / "upload.m3u8", None)


@pytest.mark.parametrize("query", ["url", "file", "path", "source"])
def test_no_query_names_a_file(make, query):
    classifier = Stub(Answer(prediction=FOUND, reasons=REASONS))
    reply = post(make(classifier), body=(b"sound",), query=f"{query}=s3://bucket/song.wav")
    assert reply.status >= 400
    assert classifier.uploads == []
    assert ask(make(classifier), "GET", f"/{ADDRESSES[0]}").status == 404


def test_the_upload_is_a_path_of_this_machine():
    assert "storage" not in vars(upload)
