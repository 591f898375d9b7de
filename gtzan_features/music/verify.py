"""Check a folder of music against the facts on GTZAN, and for damage and duplicates in general."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.decode import content_hash
from gtzan_features.audio.load import load_into
from gtzan_features.audio.repair import repair_for
from gtzan_features.config import TRACK_S, FeatureConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import survey
from gtzan_features.datasets.file_index import matched, read_index
from gtzan_features.datasets.layout import endings_text
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import remarks
from gtzan_features.datasets.tree_remarks import tree_remarks
from gtzan_features.errors import FILE_FAULTS, AudioError, file_fault, lost_fault
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Progress, silent
from gtzan_features.tables.file_status import USABLE

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import Selection
    from gtzan_features.datasets.file_index import IndexedFile
    from gtzan_features.datasets.tracks import Catalogue, TrackFile

KINDS = (
    *(
        "unread",
        "unreadable",
        "corrupt",
        "damaged",
        "repaired",
        "silent",
        "short",
        "formats",
        "duplicate",
        "altered",
        "unknown",
    ),
    "missing",
)
_SHORTEST_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with one track, or with a folder, which has no `track_id`."""

    kind: str
    track_id: str
    path: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found in a folder.

    Attributes
    ----------
    n_files, n_genres : int
        Files that were read, and genres they lie in.
    is_gtzan : bool
        Whether one of GTZAN's tracks is among them.
    findings : tuple of Finding
        What is wrong; empty for a complete and intact GTZAN.
    passed_over : dict
        How many files of each ending were not read.
    remarks : tuple of str
        What looks odd, a line each.
    n_indexed : int
        Audio files of the index that was given; 0 without one.
    """

    n_files: int
    n_genres: int
    is_gtzan: bool
    findings: tuple[Finding, ...]
    passed_over: dict[str, int]
    remarks: tuple[str, ...]
    n_indexed: int = 0

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each kind, in the order of `KINDS`."""
        count = Counter(f.kind for f in self.findings)
        return {kind: count[kind] for kind in KINDS if count[kind]}

    def words(self) -> str:
        """Return the result in a line."""
        genres = f"{self.n_genres} genre{'s' * (self.n_genres != 1)}"
        # What was not read is counted by files and endings, not by findings.
        counted = ", ".join(f"{n} {kind}" for kind, n in self.counts().items() if kind != "unread")
        facts = (
            "Compared with the facts on GTZAN's 1000 tracks."
            if self.is_gtzan
            else "(Not GTZAN, so no facts to compare with.) Duplicates are found by their samples: "
            "a copy in mp3 or Ogg is not found."
        )
        if self.n_indexed:
            files = f"{self.n_indexed} file{'s' * (self.n_indexed != 1)}"
            facts = f"Compared with the {files} of the index.{' ' * self.is_gtzan}{facts * self.is_gtzan}"
        passed = f" Not looked at: {endings_text(self.passed_over)}." if self.passed_over else ""
        return (
            f"{self.n_files} file{'s' * (self.n_files != 1)}, {genres}: "
            f"{counted or 'no damage, no duplicates'}.{passed} {facts}"
        )


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a worker reports of one file."""

    sha256: str = ""
    samples_sha256: str = ""
    n_samples: int = 0
    status: str = "ok"
    reason: str = ""
    md5: str = ""


def verify(
    audio_dir: Path,
    *,
    selection: Selection | None = None,
    index: Path | None = None,
    n_jobs: int = -1,
    progress: Progress = silent,
) -> Verification:
    """Decode every file of a folder and list what is wrong.

    A folder with at least one of GTZAN's tracks is checked against the facts on all 1000. ``altered``
    is a lossless file whose bytes are neither those of the Kaggle copy nor of the original. With an index, as
    mirdata has them, it is also a file whose MD5 is another one than that of the index, and what is missing
    or unknown is so by the index.

    Raises
    ------
    TableError
        If `index` is no such index.
    CatalogueError
        If `audio_dir` is no folder of genre folders with audio.
    """
    indexed = read_index(index) if index is not None else ()
    catalogue = survey(audio_dir, selection, progress)
    known = gtzan.track_genres()
    is_gtzan = any(t.track_id in known for t in catalogue.tracks)
    table = gtzan.facts()
    facts = {str(i): table.loc[i].to_dict() for i in table.index} if is_gtzan else {}
    checked: list[_Checked] = []
    task = partial(_listen, root=catalogue.root, with_md5=bool(indexed))
    for one in local_executor(n_jobs).map(task, catalogue.tracks, lost=_lost):
        checked.append(one)
        progress(len(checked), len(catalogue.tracks), "files")
    findings = _of_folder(catalogue)
    for track, one in zip(catalogue.tracks, checked, strict=True):
        findings += _of_file(track, one, facts.get(track.track_id), is_gtzan=is_gtzan)
    findings += _duplicates(catalogue.tracks, checked)
    if indexed:
        findings += _by_index(catalogue.tracks, checked, indexed)
    elif is_gtzan:
        here = {t.track_id for t in catalogue.tracks}
        findings += [
            Finding(kind="missing", track_id=track, path="", detail="no such file")
            for track in facts
            if track not in here
        ]
    ordered = sorted(findings, key=lambda f: (KINDS.index(f.kind), f.track_id))
    said = tree_remarks(catalogue.tree)  # in findings and in the count of what was passed over
    return Verification(
        n_files=len(checked),
        n_genres=len(catalogue.genres),
        is_gtzan=is_gtzan,
        findings=tuple(ordered),
        passed_over=catalogue.passed_over(),
        remarks=tuple(line for line in remarks(catalogue) if line not in said),
        n_indexed=len(indexed),
    )


def _of_folder(catalogue: Catalogue) -> list[Finding]:
    """Find what is wrong before any file is read: folders, tracks in several formats, links."""
    found = [
        Finding(kind="unreadable", track_id="", path=label(path) or ".", detail=reason)
        for path, reason in catalogue.tree.unreadable
    ]
    found += [
        Finding(kind="unread", track_id="", path=f"{count} {suffix}", detail="need ffmpeg: install it")
        for suffix, count in catalogue.unread.items()
    ]
    by_path = {track.path: track.track_id for track in catalogue.tracks}
    for first, *others in catalogue.pairs:
        detail = f"the same track as {', '.join(map(label, others))}: --prefer chooses in extraction"
        found.append(Finding(kind="formats", track_id=by_path[first], path=label(first), detail=detail))
    for path, other in catalogue.tree.twice:
        detail = f"the same as {label(other) or 'the folder itself'}, read once: a link, or a second name"
        found.append(
            Finding(kind="duplicate", track_id=by_path.get(other, ""), path=label(path), detail=detail)
        )
    return found


class _SamplesHash:
    """Hashes samples as they come."""

    def __init__(self, first_sample: int) -> None:  # noqa: ARG002 - samples are those that are there
        self.digest = hashlib.sha256()

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        self.digest.update(np.ascontiguousarray(samples).data)


def _listen(track: TrackFile, root: Path, *, with_md5: bool) -> _Checked:
    checked = _heard(track, root)
    return replace(checked, md5=_md5(root / track.path)) if with_md5 else checked


def _heard(track: TrackFile, root: Path) -> _Checked:
    try:
        sound, samples = load_into(root / track.path, FeatureConfig().sr, _SamplesHash)
    except FILE_FAULTS as error:
        status, reason = file_fault(error)
        return _Checked(sha256=_bytes_hash(root / track.path), status=status, reason=reason)
    return _Checked(
        sha256=sound.sha256,
        samples_sha256=samples.digest.hexdigest(),
        n_samples=sound.first_sample + sound.n_samples,
        status=sound.status,
        reason=sound.repair,
    )


def _lost(track: TrackFile, how: str) -> _Checked:  # noqa: ARG001 - what stands for one file
    return _Checked(status=AudioError.status, reason=lost_fault(how))


def _bytes_hash(path: Path) -> str:
    """Return the hash of a file's bytes; "" for one that is empty or cannot be read."""
    try:
        return content_hash(path) if path.stat().st_size else ""
    except (AudioError, OSError):
        return ""


def _md5(path: Path) -> str:
    """Return the MD5 of a file's bytes, which indexes know files by; "" for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    except OSError:
        return ""


def _by_index(
    tracks: tuple[TrackFile, ...], checked: list[_Checked], indexed: tuple[IndexedFile, ...]
) -> list[Finding]:
    """Find files that the index does not have, or has with other bytes, and files that are only there."""
    known = matched([track.path for track in tracks], indexed)
    found = []
    for track, one in zip(tracks, checked, strict=True):
        there = known.get(track.path)
        if there is None:
            kind, detail = "unknown", "the index has no file of this name"
        elif one.md5 != there.md5:
            kind, detail = (
                "altered",
                f"MD5 {one.md5 or 'not known'}, of {there.path} in the index {there.md5}",
            )
        else:
            continue
        found.append(Finding(kind=kind, track_id=track.track_id, path=label(track.path), detail=detail))
    here = set(known.values())
    found += [
        Finding(kind="missing", track_id=one.track_id, path=one.path, detail="in the index, no such file")
        for one in indexed
        if one not in here
    ]
    return found


def _of_file(
    track: TrackFile, checked: _Checked, fact: dict[str, Any] | None, *, is_gtzan: bool
) -> list[Finding]:
    def finding(kind: str, detail: str) -> Finding:
        return Finding(kind=kind, track_id=track.track_id, path=label(track.path), detail=detail)

    found = []
    if checked.status != "ok":
        found.append(finding(checked.status, checked.reason))
    if is_gtzan and fact is None:
        found.append(finding("unknown", "none of GTZAN's 1000 tracks has this name"))
    if checked.status not in USABLE:
        return found
    sr = FeatureConfig().sr
    expected = int(fact["n_samples"]) if fact else round((TRACK_S if is_gtzan else _SHORTEST_S) * sr * 0.99)
    if checked.n_samples < expected:
        seconds = checked.n_samples / sr
        found.append(finding("short", f"{checked.n_samples} samples ({seconds:.2f} s), expected {expected}"))
    if fact and _is_altered(track, checked, fact):
        found.append(finding("altered", "bytes are neither those of the Kaggle copy nor of the original"))
    return found


def _is_altered(track: TrackFile, checked: _Checked, fact: dict[str, Any]) -> bool:
    """Whether a WAV or AU file has other bytes than the copies whose hashes are known."""
    column = {".wav": "sha256_wav", ".au": "sha256_au"}.get(Path(track.path).suffix.lower())
    if column is None or not isinstance(fact[column], str):
        return False
    return checked.sha256 != fact[column] and repair_for(checked.sha256) is None


def _duplicates(tracks: tuple[TrackFile, ...], checked: list[_Checked]) -> list[Finding]:
    """Files whose samples are those of an earlier file, whatever their format and name.

    Of files that give no samples, those whose bytes are an earlier one's.
    """
    by_content: dict[tuple[str, str], list[TrackFile]] = defaultdict(list)
    for track, one in zip(tracks, checked, strict=True):
        if one.samples_sha256:
            by_content["samples", one.samples_sha256].append(track)
        elif one.sha256:
            by_content["bytes", one.sha256].append(track)
    return [
        Finding(
            kind="duplicate",
            track_id=copy.track_id,
            path=label(copy.path),
            detail=f"same {what} as {label(same[0].path)}"
            + ("" if copy.genre == same[0].genre else f", of another genre ({same[0].genre})"),
        )
        for (what, _), same in by_content.items()
        for copy in same[1:]
    ]
