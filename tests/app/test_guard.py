from __future__ import annotations

import pytest

from gtzan_features.app.guard import HEADERS, is_loopback, refusal


@pytest.mark.parametrize(
    ("host", "bound", "own"),
    [
        ("127.0.0.1:8000", "127.0.0.1", True),
        ("localhost:8000", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("[::1]:8000", "::1", True),
        ("evil.example:8000", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("192.168.1.2:8000", "127.0.0.1", False),
        ("192.168.1.2:8000", "0.0.0.0", True),
        ("evil.example", "0.0.0.0", False),
        ("music.example:80", "Music.example", True),
        ("", "127.0.0.1", False),
        ("[::1", "127.0.0.1", False),
    ],
)
def test_only_names_of_this_server_are_answered(host, bound, own):
    assert (refusal("GET", {"host": host}, bound) == "") is own


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),  # no browser
        ({"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://127.0.0.1:9000"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
def test_other_sites_cannot_send(headers, taken):
    sent = {"host": "127.0.0.1:8000", **headers}
    assert (refusal("POST", sent, "127.0.0.1") == "") is taken
    assert refusal("GET", sent, "127.0.0.1") == ""


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("gtzan:8000", True),
        ("Music.example", True),
        ("music.example.evil", False),
        ("evil", False),
        ("", False),
    ],
)
def test_names_that_were_allowed_are_answered(host, own):
    assert (refusal("GET", {"host": host}, "0.0.0.0", "gtzan", "music.Example") == "") is own
    sent = {"host": host, "origin": f"https://{host.lower()}", "sec-fetch-site": "same-origin"}
    assert (refusal("POST", sent, "0.0.0.0", "gtzan", "music.example") == "") is own


def test_loopback_and_policy():
    assert is_loopback("::1")
    assert not is_loopback("music.example")
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
