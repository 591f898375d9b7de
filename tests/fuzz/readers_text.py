"""Ways in for words: options, names of models and runs; and for archives from the network."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path
from random import Random

from tests.fuzz.file_mutators import tar_mutation, zip_mutation
from tests.fuzz.mutators import Seeds, bytes_mutation, json_mutation
from tests.fuzz.reader import Reader

_OPTIONS = (
    *("3s", "30s", "2.50s", "3s+30s", "0.25", "n_estimators=5", "hidden=(64, 32)", "C=1e3", "kernel=rbf"),
    *("tags:mood", "label=genre_top", "mp3-64", "gtzan10", "gtzan10-full", "track", "artist", "xgboost"),
    *("../runs/a", "median", "None", "features", "[" * 500, "kaggle", "full", "rhythm+timbre"),
    *("full@3:-rhythm", "kaggle@1+mine", "full@2"),
)


def _words(_: Path) -> Seeds:
    return [one.encode() for one in _OPTIONS]


def _options(path: Path) -> str:
    """Give one text to everything that takes a word of a user."""
    from gtzan_features.audio.deform import deformations
    from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig, SplitConfig, parse_rows
    from gtzan_features.datasets.label_sources import sources_of
    from gtzan_features.errors import GtzanError
    from gtzan_features.evaluation.aggregate import checked_method
    from gtzan_features.models.registry import model_spec, parse_settings
    from gtzan_features.prediction.model_names import model_folder
    from gtzan_features.prediction.named_models import named_model
    from gtzan_features.selection import Selection
    from gtzan_features.tables.run_folder import named_run
    from tests.fuzz.child import message_fault

    text = path.read_bytes().decode("utf-8", "surrogateescape")
    runs = path.parent / "runs"
    taken = 0
    for take in (
        lambda: SegmentConfig.parse(text),
        lambda: parse_rows(text),
        lambda: parse_settings(model_spec("xgboost"), [text]),
        lambda: parse_settings(model_spec("mlp"), [text]),
        lambda: model_spec(text),
        lambda: deformations((text,)),
        lambda: checked_method(text),
        lambda: SplitConfig(protocol=text),
        lambda: FeatureConfig(feature_set=text),
        lambda: SpectrogramConfig(scale=text),
        lambda: sources_of(Selection(labels=text)),
        lambda: model_folder(text, runs),
        lambda: named_run(text, runs),
    ):
        try:
            take()
            taken += 1
        except GtzanError as error:
            fault = message_fault(error, None)
            assert not fault, fault
    inside = named_model(text)
    assert inside is None or inside.name == text
    return "taken" if taken else "refused"


def _two_runs(folder: Path) -> None:
    for name in ("xgboost-kaggle-3s-track-0123456789ab", "lda-kaggle-3s-track-ba9876543210"):
        (folder / "runs" / name).mkdir(parents=True, exist_ok=True)
        (folder / "runs" / name / "manifest.json").write_text("{}")


def _documents(_: Path) -> Seeds:
    return [b'{"a": [1, 2.5, null, "b"], "c": {"d": true}}']


def _indexes(_: Path) -> Seeds:
    return [
        b'{"version": "1.0", "tracks": {"a": {"audio": ["x/rock/a.wav", "%s"], "beats": [null, null]}}}'
        % (b"0" * 32)
    ]


def _index(path: Path) -> str:
    from gtzan_features.datasets.file_index import matched, read_index

    index = read_index(path)
    assert set(matched(["rock/a.wav", "b.mp3"], index).values()) <= set(index)
    return "some files"


def _json(path: Path) -> str:
    from gtzan_features.errors import RunError
    from gtzan_features.tables.checked import DamagedError, checked_bytes, parse_json

    try:
        parse_json(checked_bytes(path))
    except DamagedError as error:
        raise RunError(path, str(error)) from error
    return "read"


_TRACKS = ("genres/blues/blues.00000.wav", "genres/jazz/jazz.00001.au", "genres/readme.txt")


def _zips(_: Path) -> Seeds:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _TRACKS:
            archive.writestr(name, Random(0).randbytes(300))
    return [out.getvalue()]


def _tars(_: Path) -> Seeds:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name in _TRACKS:
            info = tarfile.TarInfo(name)
            info.size = 300
            archive.addfile(info, io.BytesIO(Random(0).randbytes(300)))
    return [out.getvalue()]


def _unpack(path: Path) -> str:
    from gtzan_features.datasets.download import place, unpack

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "music"
        good, bad = unpack(path, Path(folder) / "unpacked", lambda *_: None)
        place(Path(folder) / "unpacked", target, [*good, *bad])
        for one in Path(folder).rglob("*"):
            assert not one.is_symlink()
            assert one.is_dir() or one.suffix in (".wav", ".au")
        return "some tracks" if good or bad else "no track"


TEXT = (
    Reader(
        name="words/options",
        seeds=_words,
        read=_options,
        file="words",
        around=_two_runs,
        weight=0.6,
        path_named=False,
    ),
    Reader(name="json/any", seeds=_documents, read=_json, file="a.json", mutate=json_mutation, weight=50),
    Reader(name="json/bytes", seeds=_documents, read=_json, file="a.json", mutate=bytes_mutation, weight=30),
    Reader(name="json/index", seeds=_indexes, read=_index, file="i.json", mutate=json_mutation, weight=10),
    Reader(name="archives/zip", seeds=_zips, read=_unpack, file="a.zip", mutate=zip_mutation, weight=0.3),
    Reader(name="archives/tar", seeds=_tars, read=_unpack, file="a.tar", mutate=tar_mutation, weight=0.5),
)
