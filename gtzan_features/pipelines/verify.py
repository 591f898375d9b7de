"""Check a folder of music against the facts on GTZAN, and for damage and duplicates in general."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gtzan_features.audio.decode import read_signal
from gtzan_features.audio.repair import repair_for
from gtzan_features.config import TRACK_S, FeatureConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import TrackFile, read_catalogue
from gtzan_features.errors import AudioError
from gtzan_features.parallel.local import local_executor
from gtzan_features.pipelines.progress import Progress, silent

KINDS = ("corrupt", "repaired", "silent", "short", "duplicate", "altered", "unknown", "missing")
_SHORTEST_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with one track."""

    kind: str
    track_id: str
    path: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found in a folder; `findings` is empty for a complete and intact GTZAN."""

    n_files: int
    is_gtzan: bool
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each kind, in the order of `KINDS`."""
        count = Counter(f.kind for f in self.findings)
        return {kind: count[kind] for kind in KINDS if count[kind]}


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a worker reports of one file."""

    sha256: str = ""
    samples_sha256: str = ""
    n_samples: int = 0
    status: str = "ok"
    reason: str = ""


def verify(audio_dir: Path, *, n_jobs: int = -1, progress: Progress = silent) -> Verification:
    """Decode every file of a folder and list what is wrong.

    A folder with at least one of GTZAN's tracks is checked against the facts on all 1000. ``altered``
    is a lossless file whose bytes are neither those of the Kaggle copy nor of the original.

    Raises
    ------
    CatalogueError
        If `audio_dir` is no folder of genre folders with audio.
    """
    catalogue = read_catalogue(audio_dir)
    known = gtzan.track_genres()
    is_gtzan = any(t.track_id in known for t in catalogue.tracks)
    table = gtzan.facts()
    facts = {str(i): table.loc[i].to_dict() for i in table.index} if is_gtzan else {}
    heard: list[_Heard] = []
    task = partial(_listen, root=catalogue.root)
    for one in local_executor(n_jobs).map(task, catalogue.tracks):
        heard.append(one)
        progress(len(heard), len(catalogue.tracks), "files")
    findings: list[Finding] = []
    for track, one in zip(catalogue.tracks, heard, strict=True):
        findings += _of_file(track, one, facts.get(track.track_id), is_gtzan=is_gtzan)
    findings += _duplicates(catalogue.tracks, heard)
    if is_gtzan:
        here = {t.track_id for t in catalogue.tracks}
        findings += [
            Finding(kind="missing", track_id=track, path="", detail="no such file")
            for track in facts
            if track not in here
        ]
    ordered = sorted(findings, key=lambda f: (KINDS.index(f.kind), f.track_id))
    return Verification(n_files=len(heard), is_gtzan=is_gtzan, findings=tuple(ordered))


def _listen(track: TrackFile, root: Path) -> _Heard:
    try:
        signal = read_signal(root / track.path, FeatureConfig().sr)
    except AudioError as error:
        return _Heard(status=error.status, reason=error.reason)
    return _Heard(
        sha256=signal.sha256,
        samples_sha256=hashlib.sha256(signal.samples.tobytes()).hexdigest(),
        n_samples=signal.first_sample + signal.samples.size,
        status="repaired" if signal.repair else "ok",
        reason=signal.repair,
    )


def _of_file(
    track: TrackFile, heard: _Heard, fact: dict[str, Any] | None, *, is_gtzan: bool
) -> list[Finding]:
    def finding(kind: str, detail: str) -> Finding:
        return Finding(kind=kind, track_id=track.track_id, path=track.path, detail=detail)

    found = []
    if heard.status != "ok":
        found.append(finding(heard.status, heard.reason))
    if is_gtzan and fact is None:
        found.append(finding("unknown", "none of GTZAN's 1000 tracks has this name"))
    if heard.status not in ("ok", "repaired"):
        return found
    sr = FeatureConfig().sr
    expected = int(fact["n_samples"]) if fact else round((TRACK_S if is_gtzan else _SHORTEST_S) * sr * 0.99)
    if heard.n_samples < expected:
        seconds = heard.n_samples / sr
        found.append(finding("short", f"{heard.n_samples} samples ({seconds:.2f} s), expected {expected}"))
    if fact and _is_altered(track, heard, fact):
        found.append(finding("altered", "bytes are neither those of the Kaggle copy nor of the original"))
    return found


def _is_altered(track: TrackFile, heard: _Heard, fact: dict[str, Any]) -> bool:
    """Whether a WAV or AU file has other bytes than the copies whose hashes are known."""
    column = {".wav": "sha256_wav", ".au": "sha256_au"}.get(Path(track.path).suffix.lower())
    if column is None or not isinstance(fact[column], str):
        return False
    return heard.sha256 != fact[column] and repair_for(heard.sha256) is None


def _duplicates(tracks: tuple[TrackFile, ...], heard: list[_Heard]) -> list[Finding]:
    """Files whose samples are those of an earlier file, whatever their format and name."""
    by_samples: dict[str, list[TrackFile]] = defaultdict(list)
    for track, one in zip(tracks, heard, strict=True):
        if one.samples_sha256:
            by_samples[one.samples_sha256].append(track)
    return [
        Finding(
            kind="duplicate",
            track_id=copy.track_id,
            path=copy.path,
            detail=f"same samples as {same[0].path}"
            + ("" if copy.genre == same[0].genre else f", of another genre ({same[0].genre})"),
        )
        for same in by_samples.values()
        for copy in same[1:]
    ]
