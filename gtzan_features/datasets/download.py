"""GTZAN from where it is public: resumable, checked by hash, every track against the packaged facts.

GTZAN carries no licence. Nothing of it is in this package; what is downloaded stays with the user.

Sources and the hashes of their archives:

- ``full``: the copy in the data set repository of Marsyas at Hugging Face, whose page states the SHA-256,
  and the original host, whose MD5 mirdata (``mirdata/datasets/gtzan_genre.py``) and torchaudio state.
- ``mini``: the archive that mirdata names ``mini``, with its MD5. GitHub packs it anew now and then: where
  its hash differs, its tracks are checked one by one.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import re
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from gtzan_features.datasets import gtzan
from gtzan_features.errors import DownloadError
from gtzan_features.tables.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PARTS = ".download"
_CHUNK = 1 << 18
_TIMEOUT_S = 30
_TRACK = re.compile(r"(?P<genre>[a-z]+)\.\d{5}\.(?P<kind>wav|au)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An archive: its address, its hash as ``algorithm:digest``, and where that hash is stated."""

    url: str
    digest: str
    stated_in: str


_MIRDATA = "mirdata, datasets/gtzan_genre.py"
SOURCES: dict[str, tuple[Source, ...]] = {
    "mini": (
        Source(
            url="https://github.com/TempoBeatDownbeat/gtzan_mini/archive/refs/heads/main.zip",
            digest="md5:44f7f23af8363d96c59663a987f29a4c",
            stated_in=_MIRDATA,
        ),
    ),
    "full": (
        Source(
            url="https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz",
            digest="sha256:b28cc067ff6199bd826f5d1a6931458586d64acae7f44b2e882b7a97af057531",
            stated_in="the file's page at huggingface.co/datasets/marsyas/gtzan",
        ),
        Source(
            url="http://opihi.cs.uvic.ca/sound/genres.tar.gz",
            digest="md5:5b3d6dddb579ab49814ab86dba69e7c7",
            stated_in=_MIRDATA,
        ),
    ),
}


def fetch(source: Source, folder: Path, report: Callable[[int, int], None]) -> Path:
    """Download an archive into ``folder/.download``, going on where an earlier attempt ended.

    Parameters
    ----------
    source : Source
    folder : Path
        Where the tracks will go.
    report : callable
        ``report(done, total)`` in bytes; `total` is 0 where the server does not say.

    Returns
    -------
    Path
        Of the archive, whole as far as the server says; its hash is not yet checked.

    Raises
    ------
    DownloadError
        If the server cannot be reached, refuses, or breaks off; what is there is kept.
    """
    name = hashlib.sha256(source.url.encode()).hexdigest()[:12]
    whole, part = folder / PARTS / name, folder / PARTS / f"{name}.part"
    if whole.is_file():
        return whole
    part.parent.mkdir(parents=True, exist_ok=True)
    have = part.stat().st_size if part.is_file() else 0
    # Without this header a server may pack the archive once more on its way.
    headers = {"User-Agent": "gtzan", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(source.url, headers=headers), timeout=_TIMEOUT_S
        ) as answer:
            _receive(answer, part, have, report)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise DownloadError(source.url, f"the server answers {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = str(getattr(error, "reason", None) or error or type(error).__name__)
        raise DownloadError(source.url, f"cannot be reached ({reason})") from error
    return part.replace(whole)


def is_intact(path: Path, digest: str) -> bool:
    """Whether a file has the hash ``algorithm:digest``."""
    algorithm, _, expected = digest.partition(":")
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, algorithm).hexdigest() == expected


def unpack(archive: Path, folder: Path, report: Callable[[int, int], None]) -> tuple[list[str], list[str]]:
    """Write the tracks of an archive to ``folder/GENRE/GENRE.NNNNN.wav`` (or ``.au``).

    Only GTZAN's own file names are taken, whatever folders the archive puts them in, so that nothing is
    written elsewhere.

    Returns
    -------
    good, bad : list of str
        Names of the tracks whose bytes are those of the packaged facts, and of those that differ; both were
        written. A track whose hash the facts do not know counts as good.

    Raises
    ------
    DownloadError
        If the archive cannot be read.
    """
    facts = gtzan.facts()
    known = {"wav": facts["sha256_wav"].dropna().to_dict(), "au": facts["sha256_au"].dropna().to_dict()}
    good: list[str] = []
    bad: list[str] = []
    try:
        for name, data in _members(archive):
            match = _TRACK.fullmatch(name)
            if match is None or match["genre"] not in gtzan.GENRES:
                continue
            with atomic_path(folder / match["genre"] / name) as temporary:
                temporary.write_bytes(data)
            stem, _, kind = name.rpartition(".")
            digest = hashlib.sha256(data).hexdigest()
            (good if known[kind].get(stem, digest) == digest else bad).append(name)
            report(len(good) + len(bad), len(facts))
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DownloadError(str(archive), f"is no whole archive ({error})") from error
    return sorted(good), sorted(bad)


def _receive(
    answer: http.client.HTTPResponse, part: Path, have: int, report: Callable[[int, int], None]
) -> None:
    resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
    done = have if resumed else 0
    length = answer.headers.get("Content-Length")
    total = done + int(length) if length else 0
    with part.open("ab" if resumed else "wb") as out:
        while chunk := answer.read(_CHUNK):
            out.write(chunk)
            done += len(chunk)
            report(done, total)
    if done < total:
        raise http.client.IncompleteRead(b"", total - done)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Give the name, without folders, and the bytes of each file of a ZIP or tar archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                if not info.is_dir():
                    yield PurePosixPath(info.filename).name, packed.read(info)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            held: IO[bytes] | None = tar.extractfile(member) if member.isfile() else None
            if held is not None:
                yield PurePosixPath(member.name).name, held.read()
