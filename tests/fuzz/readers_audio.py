"""Ways in for audio: its containers, its samples, its rows, its tags, and what a browser sends of it."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from tests.fuzz.mutators import Seeds
from tests.fuzz.reader import Reader

SR = 8_000
FORMATS = (
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "IMA_ADPCM"),
    ("WAVEX", "PCM_24"),
    ("RF64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("AU", "PCM_16"),
    ("AU", "ULAW"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
    ("W64", "PCM_16"),
    ("CAF", "ALAC_16"),
)


def sounds(seconds: float = 0.15, formats: tuple[tuple[str, str], ...] = FORMATS) -> list[bytes]:
    """A chirp with a little noise in each format; one that this libsndfile cannot write is left out."""
    t = np.arange(round(seconds * SR)) / SR
    noise = np.random.default_rng(0).standard_normal((t.size, 2))
    y = 0.3 * np.sin(2 * np.pi * (200 + 300 * t) * t)[:, None] + 0.02 * noise
    found = []
    for number, (kind, subtype) in enumerate(formats):
        out = io.BytesIO()
        try:
            soundfile.write(out, y if number % 2 else y[:, 0], SR, format=kind, subtype=subtype)
        except soundfile.LibsndfileError:
            continue
        found.append(out.getvalue())
    return found


@cache
def _sounds(seconds: float) -> tuple[bytes, ...]:
    return tuple(sounds(seconds))


def _seeds(_: Path) -> Seeds:
    return _sounds(0.15)


def _of(*kinds: str):
    def seeds(_: Path) -> Seeds:
        return sounds(0.15, tuple(one for one in FORMATS if one[0] in kinds))

    return seeds


def _examine(path: Path) -> str:
    from gtzan_features.audio.containers import examine
    from gtzan_features.audio.opened import AudioFile

    with AudioFile(path) as file:
        layout = examine(file)
        layout.at(22_050)
        return layout.kind or "of no kind"


def _walk(path: Path) -> str:
    """Every walker over every file, from where it may begin."""
    from gtzan_features.audio.flac import samples_to_last_frame
    from gtzan_features.audio.mpeg import skip_id3, walk_mpeg
    from gtzan_features.audio.ogg import walk_ogg
    from gtzan_features.audio.opened import AudioFile

    with AudioFile(path) as file:
        start = skip_id3(file)
        walked = walk_mpeg(file, start), walk_ogg(file, start), samples_to_last_frame(file, start)
        return "walked" if any(walked) else "of no kind"


def _load(path: Path) -> str:
    from gtzan_features.audio.load import load

    found = load(path, 22_050)
    assert np.isfinite(found.samples).all()
    assert found.samples.ndim == 1
    return found.status


def _recipe():
    from gtzan_features.config import FeatureConfig, SegmentConfig
    from gtzan_features.extraction.row_kinds import ExtractConfig

    return ExtractConfig(features=FeatureConfig(), segments=(SegmentConfig(0.5),))


def _rows(path: Path) -> str:
    """What a worker of `gtzan features extract` does with a file."""
    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.row_cache import file_part, part_rows

    parts = path.parent / "parts"
    parts.mkdir(exist_ok=True)
    track = TrackFile(track_id="a", genre="g", path=path.name)
    found = file_part(track, str(path.parent), str(parts), _recipe())
    assert found.status.reason.isprintable(), found.status.reason
    assert found.status.reason or found.status.status == "ok"
    if found.part:
        _, values = part_rows(parts / found.part, "0.5s")
        assert np.isfinite(values).all()
        (parts / found.part).unlink()
    return found.status.status


def _tags(path: Path) -> str:
    from gtzan_features.audio.tags import read_tags

    found = read_tags(path)
    assert all(isinstance(one, str) for one in (*found.genres, found.artist, found.album, found.title))
    return "tags" if found.genres or found.artist else "no tags"


def _tagged(folder: Path) -> Seeds:
    """Sounds with tags as mutagen writes them, and a WAV with an INFO list."""
    import mutagen

    folder.mkdir(exist_ok=True, parents=True)
    found = []
    for number, content in enumerate(sounds(0.1)):
        path = folder / f"{number}"
        path.write_bytes(content)
        try:
            tagged = mutagen.File(path, easy=True)
            if tagged is None:
                continue
            if tagged.tags is None:
                tagged.add_tags()
            tagged["genre"], tagged["artist"], tagged["title"] = ["rock; jazz"], ["A"], ["b"]
            tagged.save()
        except Exception:  # of a kind whose tags mutagen writes in another way
            continue
        found.append(path.read_bytes())
    field = b"IGNR\x05\0\0\0Rock\0\0"
    info = b"LIST" + (4 + len(field)).to_bytes(4, "little") + b"INFO" + field
    wav = found[0] if found[0][:4] == b"RIFF" else sounds(0.1, (("WAV", "PCM_16"),))[0]
    return [*found, wav[:12] + info + wav[12:]]


# ------------------------------------------------------------------------------------------- serve

_BOUNDARY = b"----gtzan"


def _forms(_: Path) -> Seeds:
    """Bodies of a form, after the Content-Type on a line of its own."""
    head = b"multipart/form-data; boundary=" + _BOUNDARY[2:] + b"\n"
    part = (
        b"--" + _BOUNDARY[2:] + b'\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    field = b"--" + _BOUNDARY[2:] + b'\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    end = b"\r\n--" + _BOUNDARY[2:] + b"--\r\n"
    sound = sounds(0.05, (("WAV", "PCM_16"),))[0]
    return [
        head + part + sound + end,
        head + field + part + sound + end,
        head + part + b"" + end,
        b"audio/wav\n" + sound,
        b"application/octet-stream\n" + sound,
    ]


def _request(path: Path) -> str:
    """Hand a request to the application of `gtzan serve`, with a classifier that answers at once."""
    from tests.app.asking import ask

    kind, _, body = path.read_bytes().partition(b"\n")
    rng = Random(len(body))
    size = rng.choice((1, 7, 100, 1 << 20))
    chunks = [body[at : at + size] for at in range(0, min(len(body), 300 * size), size)]
    name = body[:40].decode("latin-1")
    query = rng.choice(
        ("", "explain=true", "explain=maybe", "name=../../x", "top=%00", body[40:60].decode("latin-1"))
    )
    headers = {
        "content-type": kind.decode("latin-1"),
        "accept": rng.choice(("text/html", "application/json", "*/*")),
    }
    if rng.random() < 0.3:
        headers["x-file-name"] = "".join(c for c in name if c > " ")
    if rng.random() < 0.2:
        headers["content-length"] = rng.choice(("-1", "9" * 4000, "x", "0", str(len(body))))
    try:
        reply = ask(_application(), "POST", "/api/predict", body=chunks, query=query, **headers)
    except UnicodeEncodeError:
        return "no request"  # of this test's: bytes that no server hands on
    assert reply.status < 500, reply.text
    if "json" in reply.headers.get("content-type", ""):
        assert isinstance(reply.json, dict)
    left = list((path.parent / "uploads").iterdir()) if (path.parent / "uploads").exists() else []
    assert not left, left
    return str(reply.status)


@cache
def _application():
    import tempfile
    from concurrent.futures import ThreadPoolExecutor

    from gtzan_features.app.web import App
    from gtzan_features.prediction.uploaded import Answer
    from tests.app.test_web import FOUND, Stub

    stub = Stub(Answer(error="cannot be read"))
    folder = Path(tempfile.mkdtemp())
    _ = FOUND
    return App(
        classifier=stub, max_bytes=100_000, names=("127.0.0.1",), folder=folder, one=ThreadPoolExecutor(1)
    ).build()


def _answer(path: Path) -> str:
    """Let the packaged model answer for an upload."""
    found = _uploads().answer(path, explained=False)
    assert found.error.isprintable()
    return "refused" if found.error else "answered"


@cache
def _uploads():
    from gtzan_features.prediction.explain import Explainer
    from gtzan_features.prediction.named_models import PACKAGED
    from gtzan_features.prediction.predictor import load_predictor
    from gtzan_features.prediction.uploaded import UploadClassifier

    return UploadClassifier(
        explainer=Explainer(load_predictor(PACKAGED / "gtzan10"), Path("tables")), max_s=30.0
    )


def _longer(_: Path) -> Seeds:
    return _sounds(0.8)


def _seconds(_: Path) -> Seeds:
    return _sounds(1.6)


FFMPEG = ("ffmpeg",)
AUDIO = (
    Reader(name="audio/containers", seeds=_seeds, read=_examine, file="a.bin", weight=30),
    Reader(name="audio/mpeg", seeds=_of("MP3"), read=_walk, file="a.mp3", weight=10),
    Reader(name="audio/ogg", seeds=_of("OGG"), read=_walk, file="a.ogg", weight=10),
    Reader(name="audio/flac", seeds=_of("FLAC"), read=_walk, file="a.flac", weight=10),
    Reader(name="audio/samples", seeds=_seeds, read=_load, file="a.wav", weight=3),
    Reader(
        name="audio/samples by ffmpeg", seeds=_seeds, read=_load, file="a.m4a", weight=0.03, children=FFMPEG
    ),
    Reader(name="audio/rows", seeds=_longer, read=_rows, file="a.wav", weight=0.15),
    Reader(name="audio/tags", seeds=_tagged, read=_tags, file="a.mp3", weight=6),
    Reader(name="serve/request", seeds=_forms, read=_request, file="body", path_named=False, weight=0.8),
    Reader(name="serve/answer", seeds=_seconds, read=_answer, file="a.wav", path_named=False, weight=0.1),
)
