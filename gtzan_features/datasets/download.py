"""GTZAN from where it is public: resumable, checked by hash, every track against the packaged facts.

GTZAN carries no licence. Nothing of it is in this package; what is downloaded stays with the user.

Sources and the hashes of their archives:

- ``full``: the copy in the data set repository of Marsyas at Hugging Face, whose page states the SHA-256,
  and the original host, whose MD5 mirdata (``mirdata/datasets/gtzan_genre.py``) and torchaudio state.
- ``mini``: the archive that mirdata names ``mini``, with its MD5. GitHub packs it anew now and then: where
  its hash differs, its tracks are checked one by one.
"""

from __future__ import annotations

import filecmp
import hashlib
import http.client
import lzma
import os
import re
import struct
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from gtzan_features.config import fingerprint
from gtzan_features.datasets import gtzan
from gtzan_features.errors import DownloadError
from gtzan_features.tables.atomic import atomic_path, flush

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

PARTS = ".download"
UNPACKED = "unpacked"
_CHUNK = 1 << 18
_TIMEOUT_S = 30
_LARGEST_TRACK = 64 << 20  # bytes: 30 s are 1.3 MB, and a file is unpacked in memory
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
    name = fingerprint(
        {"url": source.url, "digest": source.digest}
    )  # of another archive, nothing is gone on with
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
    written elsewhere. Of two files of one name the one that is GTZAN's counts.

    Parameters
    ----------
    archive : Path
        A ZIP or tar archive.
    folder : Path
        A folder of its own: what lies in it under these names is replaced.
    report : callable
        ``report(done, total)`` in tracks.

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
    is_good: dict[str, bool] = {}
    for name, data in _members(archive):
        if is_good.get(name):
            continue
        with atomic_path(track_path(folder, name)) as temporary:
            temporary.write_bytes(data)
        stem, _, kind = name.rpartition(".")
        digest = hashlib.sha256(data).hexdigest()
        is_good[name] = known[kind].get(stem, digest) == digest
        report(len(is_good), len(facts))
    return sorted(n for n, good in is_good.items() if good), sorted(
        n for n, good in is_good.items() if not good
    )


def track_path(folder: Path, name: str) -> Path:
    """Return where the track of a file name lies: ``folder/GENRE/name``."""
    return folder / name.partition(".")[0] / name


def place(unpacked: Path, folder: Path, names: Iterable[str]) -> list[Path]:
    """Move unpacked tracks to their places; what lies there already is neither replaced nor removed.

    Parameters
    ----------
    unpacked : Path
        Where `unpack` wrote them; on the file system of `folder`, so that each move is whole or not at all.
    folder : Path
        Holds the genre folders.
    names : iterable of str
        File names of the tracks.

    Returns
    -------
    list of Path
        Files with other bytes that have the name of a track, or of the same track in another format,
        and were left.
    """
    left, names = [], list(names)
    for name in names:
        source, target = track_path(unpacked, name), track_path(folder, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        twin = _twin(target)
        if twin is not None:
            left.append(twin)
        elif not _move(source, target) and not _equal(source, target):
            left.append(target)
    for genre in {track_path(folder, name).parent for name in names}:
        flush(genre)
    return left


def _twin(target: Path) -> Path | None:
    """Return the same track under another ending: two files of one track are one too many."""
    for ending in ("wav", "au"):
        other = target.with_suffix(f".{ending}")
        if other != target and other.is_file():
            return other
    return None


def _move(source: Path, target: Path) -> bool:
    """Give `source` the name `target` where that is free; return whether it was."""
    try:
        os.link(source, target)  # unlike a renaming, it never replaces
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if os.path.lexists(target):
            return False
        source.rename(target)
    return True


def _equal(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


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


_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,  # of gzip and bz2, and of a place before the beginning of the file
    ValueError,
    struct.error,
    NotImplementedError,  # a way of packing that Python does not know
    RuntimeError,  # a password is asked for
)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Give the name, without folders, and the bytes of each of GTZAN's tracks in a ZIP or tar archive."""
    try:
        yield from _packed_tracks(archive)
    except _DAMAGE as error:
        why = str(error).partition("\n")[0]  # tarfile has a line for each way of packing that it tried
        raise DownloadError(str(archive), f"is no whole archive ({why})") from error


def _packed_tracks(archive: Path) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                name = PurePosixPath(info.filename).name
                if _is_track(name, info.file_size) and not info.is_dir():
                    yield name, packed.read(info)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            held: IO[bytes] | None = None
            if _is_track(name, member.size) and member.isfile():
                held = tar.extractfile(member)
            if held is not None:
                yield name, held.read()


def _is_track(name: str, size: int) -> bool:
    match = _TRACK.fullmatch(name)
    return match is not None and match["genre"] in gtzan.GENRES and size <= _LARGEST_TRACK
