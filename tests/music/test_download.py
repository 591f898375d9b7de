from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import re
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from gtzan_cli.main import run

from gtzan_features.datasets import download as mechanics
from gtzan_features.datasets import gtzan
from gtzan_features.errors import ConfigError, DownloadError, OutputLockedError
from gtzan_features.music.download import download
from gtzan_features.tables.locking import output_lock

NOISE = np.random.default_rng(0).integers(0, 256, 600_000, dtype=np.uint8).tobytes()
TRACKS = {"blues.00000.wav": NOISE, "rock.00099.wav": NOISE[::-1]}


class Server:
    """A server on this machine that can break off, refuse ranges, or be absent."""

    def __init__(self):
        self.body, self.ranges, self.break_after, self.asked = b"", True, None, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.headers.get("Range"))
                start = 0
                wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
                if wanted and outer.ranges:
                    start = int(wanted[1])
                if start >= len(outer.body):
                    self.send_error(416 if start else 404)
                    return
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(outer.body) - start))
                self.end_headers()
                self.wfile.write(outer.body[start:][: outer.break_after])

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/genres"


@pytest.fixture
def server(monkeypatch):
    made = Server()
    made.body = packed(TRACKS)
    offer(monkeypatch, made.url, made.body)
    facts = gtzan.facts()
    for name, data in TRACKS.items():
        facts.loc[name[:-4], "sha256_wav"] = hashlib.sha256(data).hexdigest()
    monkeypatch.setattr(mechanics.gtzan, "_facts", lambda: facts)
    yield made
    made.server.shutdown()
    made.server.server_close()


def offer(monkeypatch, url, body):
    digest = f"md5:{hashlib.md5(body).hexdigest()}"
    source = mechanics.Source(url=url, digest=digest, stated_in="a test")
    monkeypatch.setitem(mechanics.SOURCES, "mini", (source,))


def packed(files, kind="tar"):
    held = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(held, "w") as archive:
            for name, data in files.items():
                archive.writestr(f"top/genres/{name}", data)
        return held.getvalue()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name if "/" in name else f"genres/x/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def written(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


EXPECTED = {f"{name.split('.')[0]}/{name}": data for name, data in TRACKS.items()}


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_tracks_go_into_genre_folders_and_nothing_else_stays(server, tmp_path, monkeypatch, kind):
    server.body = packed(TRACKS, kind)
    offer(monkeypatch, server.url, server.body)
    done = download("mini", tmp_path)
    assert written(tmp_path) == EXPECTED
    assert (done.n_tracks, done.differing) == (2, ())


def test_a_broken_download_goes_on_where_it_ended(server, tmp_path):
    server.break_after = 500_000
    with pytest.raises(DownloadError, match="cannot be reached .* goes on where it ended"):
        download("mini", tmp_path)
    server.break_after = None
    download("mini", tmp_path)
    assert server.asked == [None, "bytes=500000-"]
    assert written(tmp_path) == EXPECTED


def test_a_server_without_ranges_is_asked_for_all(server, tmp_path):
    server.break_after, server.ranges = 500_000, False
    with pytest.raises(DownloadError):
        download("mini", tmp_path)
    server.break_after = None
    download("mini", tmp_path)
    assert written(tmp_path) == EXPECTED


def test_another_archive_is_taken_only_if_its_tracks_are_gtzans(server, tmp_path):
    server.body = packed(dict(reversed(TRACKS.items())))
    assert download("mini", tmp_path / "a").n_tracks == 2
    server.body = packed({"blues.00000.wav": b"something else", "rock.00099.wav": NOISE[::-1]})
    with pytest.raises(DownloadError, match="not the archive whose hash a test states, and was removed"):
        download("mini", tmp_path / "b")
    server.body = b"<html>log in first</html>"
    with pytest.raises(DownloadError, match="no whole archive, and was removed"):
        download("mini", tmp_path / "b")
    assert written(tmp_path / "b") == {}


def test_nothing_is_written_outside_the_folder(server, tmp_path, monkeypatch):
    server.body = packed({"../../blues.00000.wav": NOISE, "/etc/passwd": b"x", "genres/blues/bext.mf": b"x"})
    offer(monkeypatch, server.url, server.body)
    download("mini", tmp_path / "in" / "here")
    assert written(tmp_path) == {"in/here/blues/blues.00000.wav": NOISE}


def test_offline_and_refusals_are_one_clear_line(server, tmp_path, capsys):
    server.body = b""
    with pytest.raises(DownloadError, match="the server answers 404"):
        download("mini", tmp_path)
    server.server.shutdown()
    server.server.server_close()
    assert run(["data", "download", "mini", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"Error: {server.url}: cannot be reached (")
    assert "Or unpack a copy of your own" in line
    with pytest.raises(ConfigError, match="no copy 'tiny'"):
        download("tiny", tmp_path)


def test_the_next_source_is_tried(server, tmp_path, monkeypatch):
    good = mechanics.SOURCES["mini"][0]
    absent = mechanics.Source(url="http://127.0.0.1:9/none", digest=good.digest, stated_in="a test")
    monkeypatch.setitem(mechanics.SOURCES, "mini", (absent, good))
    assert download("mini", tmp_path).url == server.url


def test_every_source_has_a_hash_and_says_where_it_is_stated():
    sources = [source for copies in mechanics.SOURCES.values() for source in copies]
    assert len(sources) == 3
    for source in sources:
        assert re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", source.digest)
        assert source.stated_in


OWN = b"a recording of my own"


def put(folder, name, data=OWN):
    path = folder / name.split(".")[0] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


BODIES = {
    "the right archive": lambda: packed(TRACKS),
    "an archive with another hash": lambda: packed({**TRACKS, "jazz.00001.wav": b"other"}),
    "an archive cut short": lambda: packed(TRACKS)[:700_000],
    "an archive without tracks": lambda: packed({"readme.txt": b"moved"}),
    "a page that asks for a login": lambda: b"<html>log in first</html>",
}


@pytest.mark.parametrize("body", BODIES)
def test_files_of_the_user_are_neither_replaced_nor_removed(server, tmp_path, body):
    server.body = BODIES[body]()
    if body == "an archive without tracks":
        source = mechanics.SOURCES["mini"][0]
        digest = f"md5:{hashlib.md5(server.body).hexdigest()}"
        mechanics.SOURCES["mini"] = (mechanics.Source(url=source.url, digest=digest, stated_in="a test"),)
    own = [put(tmp_path, name) for name in ("blues.00000.wav", "blues.00007.wav", "jazz.00001.wav")]
    is_right = body == "the right archive"
    refused = pytest.raises(DownloadError, match="was removed")
    with contextlib.nullcontext() if is_right else refused:
        download("mini", tmp_path)
    for path in own:
        assert path.read_bytes() == OWN
    there = set(written(tmp_path)) - {path.relative_to(tmp_path).as_posix() for path in own}
    added = {"rock/rock.00099.wav"} if is_right else set()
    assert {name for name in there if not name.startswith(".download/")} == added


def test_a_track_with_other_bytes_is_named_with_what_to_do(server, tmp_path, capsys):
    own = put(tmp_path, "blues.00000.wav")
    assert run(["data", "download", "mini", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert f"Left as it was, with other bytes than the download: {own}" in told.err
    assert "move them away and give the same command again" in told.err
    assert "1 tracks" in told.out
    own.rename(tmp_path / "mine.wav")
    asked = len(server.asked)
    done = download("mini", tmp_path)
    assert (done.n_tracks, done.left, len(server.asked)) == (2, (), asked)
    assert written(tmp_path) == {**EXPECTED, "mine.wav": OWN}


@pytest.mark.usefixtures("server")
def test_the_same_track_in_another_format_is_left_alone(tmp_path):
    put(tmp_path, "blues.00000.au")
    assert download("mini", tmp_path).left == ("blues/blues.00000.au",)
    assert not (tmp_path / "blues" / "blues.00000.wav").exists()


@pytest.mark.parametrize("what", ["folder", "link to nowhere"])
@pytest.mark.usefixtures("server")
def test_what_is_no_file_is_left_where_a_track_would_go(tmp_path, what):
    place = tmp_path / "blues" / "blues.00000.wav"
    place.parent.mkdir()
    if what == "folder":
        place.mkdir()
    else:
        place.symlink_to(tmp_path / "nowhere.wav")
    assert download("mini", tmp_path).left == ("blues/blues.00000.wav",)
    assert (tmp_path / "rock" / "rock.00099.wav").read_bytes() == TRACKS["rock.00099.wav"]
    assert not (tmp_path / "nowhere.wav").exists()


@pytest.mark.usefixtures("server")
def test_tracks_that_lie_there_already_are_as_good_as_downloaded(tmp_path):
    put(tmp_path, "blues.00000.wav", NOISE)
    done = download("mini", tmp_path)
    assert (done.n_tracks, done.left) == (2, ())
    assert written(tmp_path) == EXPECTED


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["unpack", "move"])
def test_a_full_disk_or_an_interruption_loses_nothing(server, tmp_path, monkeypatch, step, error):
    own = put(tmp_path, "jazz.00001.wav")
    owner, name = (mechanics, "_move") if step == "move" else (type(own), "write_bytes")
    real, calls = getattr(owner, name), []

    def stopped(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise error
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, stopped)
        with pytest.raises(type(error)):
            download("mini", tmp_path)
    assert own.read_bytes() == OWN
    asked = len(server.asked)
    assert download("mini", tmp_path).n_tracks == 2
    assert len(server.asked) == asked
    assert written(tmp_path) == {**EXPECTED, "jazz/jazz.00001.wav": OWN}


@pytest.mark.usefixtures("server")
def test_file_systems_without_links_are_served(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(mechanics.os, "link", refused)
    own = put(tmp_path, "blues.00000.wav")
    assert download("mini", tmp_path).left == ("blues/blues.00000.wav",)
    assert own.read_bytes() == OWN
    assert (tmp_path / "rock" / "rock.00099.wav").read_bytes() == TRACKS["rock.00099.wav"]


@pytest.mark.usefixtures("server")
def test_a_second_download_into_a_folder_is_refused(tmp_path):
    with output_lock(tmp_path / ".download"), pytest.raises(OutputLockedError):
        download("mini", tmp_path)
