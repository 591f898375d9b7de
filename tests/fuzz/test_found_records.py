"""What fuzzing found in what tables, manifests and CSVs say of themselves: all fields, and all who read."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gtzan_features.config import FeatureConfig, SpectrogramConfig
from gtzan_features.errors import ConfigError, RunError, TableError
from gtzan_features.extraction.csv_exchange import read_kaggle
from gtzan_features.reports import protocols
from gtzan_features.split_config import SplitConfig
from gtzan_features.tables.checked import DamagedError, checked_bytes, file_record
from gtzan_features.tables.feature_tables import read_meta, read_table
from gtzan_features.tables.predictions import read_predictions
from gtzan_features.tables.run_folder import RunManifest, read_manifest
from gtzan_features.tables.schema import METADATA_KEY
from gtzan_features.tables.spectrograms import read_any_table, read_spectrograms
from gtzan_features.training.streamed_table import read_streamed
from tests.conftest import make_spectrograms, make_table, save_spectrograms, save_table
from tests.fuzz.child import message_fault
from tests.fuzz.readers_tables import prediction_tables

DEEP = "[" * 100_000
LONG = b"x" * 200_000
OF_NO_TYPE = (None, [], {}, [1], {"a": 1}, True)
NO_NUMBER = ("", "2", "x", "a" * 300, 10**400, -(10**400), math.nan, math.inf, -math.inf, *OF_NO_TYPE)
NO_COUNT = (*NO_NUMBER, 1.5, 2**63)
OF_TYPE = {"str": (0, 1.5, *OF_NO_TYPE), "int": NO_COUNT, "float": NO_NUMBER}


def wrong_settings(kind: type) -> Iterator[tuple[str, Any]]:
    """Each field of a configuration with each value that it cannot have."""
    for field in dataclasses.fields(kind):
        name, *optional = str(field.type).split(" | ")
        yield from ((field.name, value) for value in OF_TYPE[name] if value is not None or not optional)


@pytest.mark.parametrize("kind", [FeatureConfig, SpectrogramConfig])
def test_a_setting_of_another_type_is_no_configuration_of_values(kind):
    for name, value in wrong_settings(kind):
        with pytest.raises(ConfigError, match=f"^{name} is not a ") as error:
            kind(**{name: value})
        assert not message_fault(error.value, None)
    present = kind()
    assert kind(**present.to_dict()) == present


def with_meta(path: Path, text: str | bytes) -> None:
    """Let a table say something else of itself."""
    said = text.encode() if isinstance(text, str) else text
    pq.write_table(pq.read_table(path).replace_schema_metadata({METADATA_KEY: said}), path)


def refused(read: Callable[[Path], Any], path: Path) -> None:
    """Read what is wrong: an error of one line that names the file."""
    with pytest.raises(TableError) as error:
        read(path)
    assert not message_fault(error.value, path)


def tables_of(folder: Path) -> Iterator[tuple[type, Path, dict[str, Any], tuple[Callable[[Path], Any], ...]]]:
    def streamed(path: Path) -> Any:
        return read_streamed(path, folder / "streamed")

    (folder / "streamed").mkdir()
    features, pictures = make_table(2, 2, 2), make_spectrograms(2, 2, 2, n_frames=8, n_bands=8)
    meta = json.loads(features.meta.to_json())
    yield FeatureConfig, save_table(folder, features), meta, (read_table, read_any_table, streamed)
    meta = json.loads(pictures.meta.to_json())
    yield SpectrogramConfig, save_spectrograms(folder, pictures), meta, (read_spectrograms, read_any_table)


def test_whatever_the_recipe_of_a_table_holds_the_message_names_the_table(tmp_path):
    for kind, path, meta, readers in tables_of(tmp_path):
        others = [("pad_mode", ""), ("hop", 7), ("hop", 0), ("sr", -1), ("n_fft", 3), ("no", 1), ("", {})]
        others += [("hpss_power", 3)] if kind is FeatureConfig else [("scale", "a"), ("step_db", 0)]
        for name, value in (*dict(wrong_settings(kind)).items(), *others):
            with_meta(path, json.dumps(meta | {"config": meta["config"] | {name: value}}))
            for read in readers:
                refused(read, path)
        with_meta(path, json.dumps(meta))
        for read in readers:
            read(path)


@pytest.mark.parametrize("name", ["", "config", "versions", "deformation", "dataset"])
def test_what_a_table_says_of_itself_as_deep_as_it_likes(name, tmp_path):
    for _, path, meta, readers in tables_of(tmp_path):
        for inner in (DEEP, "[" * 500 + "]" * 500, '{"a":' * 400 + "[]" + "}" * 400):
            if name == "dataset" and inner[-1] == "}":
                continue
            text = json.dumps(meta | {name: "here"}).replace('"here"', inner) if name else inner
            with_meta(path, text)
            for read in (read_meta, *readers):
                refused(read, path)


def test_shapes_and_thresholds_as_deep_as_they_like(tmp_path):
    path = save_spectrograms(tmp_path, make_spectrograms(2, 2, 2, n_frames=8, n_bands=8))
    table = pq.read_table(path)
    at = table.schema.get_field_index("spectrogram")
    field = table.schema.field(at).with_metadata({b"shape": DEEP.encode()})
    pq.write_table(table.cast(table.schema.set(at, field)), path)
    refused(read_spectrograms, path)
    prediction_tables(tmp_path)
    path = tmp_path / "two.parquet"
    table = pq.read_table(path)
    (key,) = (key for key in table.schema.metadata if key != b"pandas" and key != b"ARROW:schema")
    pq.write_table(table.replace_schema_metadata({key: DEEP.encode()}), path)
    refused(read_predictions, path)


MANIFEST = RunManifest(
    **dict.fromkeys(("run_id", "command", "model", "dataset", "feature_set", "feature_fingerprint"), "a"),
    **dict.fromkeys(("segment", "table_origin", "table_sha256", "split_fingerprint", "trained_on"), "a"),
    **dict.fromkeys(("seed", "n_tracks", "n_rows", "n_folds"), 3),
    **dict.fromkeys(("synthetic", "leaked"), False),
    settings={},
    genres=("a", "b"),
    protocol="track 3-fold",
    protocol_settings=dataclasses.asdict(SplitConfig(folds=3)),
)


def with_settings(folder: Path, change: dict[str, Any]) -> Path:
    content = MANIFEST.to_dict()
    content["protocol_settings"] |= change
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder / "manifest.json"


def test_a_manifest_says_how_tracks_were_divided_by_values_of_the_right_types(tmp_path):
    for name, value in wrong_settings(SplitConfig):
        path = with_settings(tmp_path, {name: value})
        with pytest.raises(RunError, match="not a manifest of this program") as error:
            read_manifest(tmp_path)
        assert not message_fault(error.value, path)
    for change in ({}, {"splitter": "GroupKFold()", "crossed": True}, {"folds": None, "holdout": 1}):
        with_settings(tmp_path, change)
        assert protocols.tested_on(read_manifest(tmp_path)).kind == "track"


@pytest.mark.parametrize("size", [0, 3, 5, 2**40, 2**62, 2**63 - 1])
def test_no_room_is_made_for_a_file_by_the_size_that_a_record_has_of_it(size, tmp_path):
    (tmp_path / "a").write_bytes(b"four")
    record = file_record(tmp_path / "a")
    assert checked_bytes(tmp_path / "a", record) == b"four"
    with pytest.raises(DamagedError, match="damaged or replaced"):
        checked_bytes(tmp_path / "a", record | {"bytes": size})


@pytest.mark.parametrize("size", [-1, 2**63, 10**400, True, 1.5, "4", None, []])
def test_a_size_that_no_file_has_is_none(size, tmp_path):
    content = MANIFEST.to_dict() | {"files": {"split.csv": {"bytes": size, "sha256": "0" * 64}}}
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(RunError, match="files is not an object of hashes and sizes") as error:
        read_manifest(tmp_path)
    assert not message_fault(error.value, tmp_path / "manifest.json")


@pytest.mark.parametrize(
    "rest",
    [
        *(" fold {0} of {0}", " {0}-fold", " 80/{0}", " {0}/20", " 80/1.2.3", " 80/e", " 80/--", " 80/1e5"),
        *(" 80/1e", " ./.", " 1e-5/-", " 80/{0}.{0}", " fold 1 of ", " -fold", " 80/1e-{0}"),
    ],
)
def test_a_protocol_by_a_name_that_no_fit_gave_is_not_known(rest):
    assert protocols.tested_by_name("track" + rest.format("9" * 5000)).kind == ""


@pytest.mark.parametrize(
    ("split", "folds", "fold", "share"),
    [
        (SplitConfig(folds=10), 10, None, 0),
        (SplitConfig(folds=10, only=2), 10, 2, 0),
        (SplitConfig(holdout=0.2), 1, None, 0.2),
        (SplitConfig(holdout=1 / 3), 1, None, 1 / 3),
        (SplitConfig(holdout=1e-7), 1, None, 1e-7),
        (SplitConfig(holdout=0.1, share=0.123456789), 1, None, 0.123457),
    ],
)
def test_a_protocol_by_the_name_that_a_fit_gives_is_known(split, folds, fold, share):
    found = protocols.tested_by_name(split.name)
    assert (found.kind, found.folds, found.fold) == ("track", folds, fold)
    assert found.holdout == pytest.approx(share, rel=1e-5)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"sep=;\n", b"x" * 200_000 + b",tempo\n1,2\n", b'"' + b"x" * 200_000 + b'",a\n1,2\n'],
)
def test_a_csv_without_a_header_that_can_be_read(content, tmp_path):
    path = tmp_path / "k.csv"
    path.write_bytes(content)
    refused(read_kaggle, path)
