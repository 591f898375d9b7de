"""Paths and addresses, without a storage: what is which, and what a user without the extra gets."""

import subprocess
import sys
from pathlib import Path

import pytest

from gtzan_features.errors import ConfigError, StorageError
from gtzan_features.storage import inside, is_remote, is_url, local_side, location, reason_of

PLAIN = [
    "music",
    "/a/b",
    "a:b",
    "C:\\music",
    "C:/music",
    "c://music",
    "s3:/bucket",
    "a b/c#d?e%20",
    "://x",
    "1://x",
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_path_is_no_address(text):
    assert not is_url(text)
    assert location(text) == Path(text)
    assert not is_remote(location(text))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("file:///a%20b/c", "/a b/c"),
        ("file:///a#b?c", "/a#b?c"),
        ("FILE://localhost/a", "/a"),
        ("file:///%C3%BC", "/ü"),
    ],
)
def test_an_address_of_a_file_here_is_a_path(text, path):
    assert location(text) == Path(path)


@pytest.mark.parametrize("text", ["file://other/a", "ftp://host/a", "zip://a.zip", "gopher://x"])
def test_other_addresses_are_refused(text):
    with pytest.raises(ConfigError, match="Give"):
        location(text)


ODD = [
    "a b.wav",
    "c#d.wav",
    "e?f.wav",
    "g%20h.wav",
    "ü/é.wav",
    "x//y.wav",
    "/z.wav",
    "../up.wav",
    "a+b&c.wav",
]


@pytest.mark.parametrize("address", ["s3://bucket/music", "gs://bucket/music/", "memory://music"])
@pytest.mark.parametrize("name", ODD)
def test_an_address_keeps_what_a_key_holds(address, name):
    pytest.importorskip("upath")
    found = inside(location(address), name)
    assert str(found) == f"{address.rstrip('/')}/{name}"
    assert str(location(str(found))) == str(found)
    assert location(found) is found
    assert is_remote(found)


def test_each_address_has_a_side_of_its_own_here(tmp_path, monkeypatch):
    pytest.importorskip("upath")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    names = ("s3://a/features", "s3://b/features", "gs://a/features", "s3://a/features/augmented/noise")
    sides = [local_side(location(name)) for name in names]
    assert len(set(sides)) == len(sides)
    assert local_side(location("s3://a/features/")) == sides[0]
    assert all(side.is_relative_to(tmp_path) and side.is_dir() for side in sides)
    assert local_side(tmp_path) == tmp_path


def test_what_a_storage_raises_has_words():
    assert "credentials" in reason_of(PermissionError("Forbidden"))
    assert "no such" in reason_of(FileNotFoundError())
    assert "connection" in reason_of(ConnectionRefusedError())
    assert "does not answer" in reason_of(TimeoutError())


_WITHOUT = """
import sys
for name in ("fsspec", "upath", "s3fs"):
    sys.modules[name] = None
from gtzan_cli.main import run
sys.exit(run({words}))
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_without_the_extra_one_line_says_how_to_get_it():
    done = _run(_WITHOUT.format(words=["features", "extract", "s3://bucket/music"]))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "pip install 'gtzan[storage]'" in done.stderr


def test_a_plain_path_imports_nothing_of_storages():
    code = (
        "import sys\nfrom gtzan_cli.main import run\nrun(['features', 'extract', 'nothing/here'])\n"
        "import gtzan_features.audio.load, gtzan_features.extraction.row_cache\n"
        "print(sorted({'fsspec', 'upath', 's3fs', 'aiohttp', 'urllib.request'} & sys.modules.keys()))"
    )
    assert _run(code).stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "words",
    [
        ("fit", "lda", "--runs", "s3://bucket/runs"),
        ("report", "--out", "s3://bucket/reports"),
        ("data", "explore", "s3://bucket/music"),
    ],
)
def test_what_stays_here_says_so(words):
    pytest.importorskip("upath")
    from click.testing import CliRunner
    from gtzan_cli.main import cli

    result = CliRunner().invoke(cli, words)
    assert isinstance(result.exception, ConfigError)
    assert "on this machine only" in str(result.exception)


def test_the_reasons_survive_the_way_out_of_a_worker():
    import pickle

    again = pickle.loads(pickle.dumps(StorageError("s3://a/b", "why")))
    assert str(again) == "s3://a/b: why"
