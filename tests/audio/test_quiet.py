from __future__ import annotations

import os

from gtzan_features.audio.quiet import without_mpg123

REMARKS = (
    "Note: Illegal Audio-MPEG-Header 0x00010203 at offset 241161.\n"
    "[src/libmpg123/parse.c:wetwork():1349] error: Giving up resync after 1024 bytes\n"
    "Warning: Xing stream size off by more than 1%, fuzzy seeking may be even more fuzzy than by design!\n"
)


def test_remarks_of_the_decoder_are_dropped_and_all_else_is_handed_on(capfd):
    with without_mpg123():
        os.write(2, b"before\n" + REMARKS.encode() + b"\x1b[2K  60 % of files\rafter\n")
    os.write(2, b"later\n")
    assert capfd.readouterr().err == "before\n\x1b[2K  60 % of files\rafter\nlater\n"


def test_standard_error_may_be_missing():
    saved = os.dup(2)
    os.close(2)
    try:
        with without_mpg123():
            pass
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def test_a_place_for_remarks_may_be_missing(capfd, monkeypatch):
    def nowhere():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("gtzan_features.audio.quiet.tempfile.TemporaryFile", nowhere)
    with without_mpg123():
        os.write(2, b"said\n")
    assert capfd.readouterr().err == "said\n"
