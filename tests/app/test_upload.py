from __future__ import annotations

import pytest

from gtzan_features.app.upload import shown_name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("song.wav", "song.wav"),
        ("%2Fhome%2Fme%2Fsong.wav", "song.wav"),
        ("..", ".."),
        ("a%00b%0Ac%E2%80%AEd.wav", "abcd.wav"),
        ("%FF%FE", "��"),
        ("%2F", "recording"),
        ("x" * 300 + ".flac", "x" * 107 + "…" + "x" * 7 + ".flac"),
    ],
)
def test_names_are_the_users_own_and_harmless(header, name):
    assert shown_name(header) == name
