"""What is found again: under an equal key only, and only whole."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys

import pytest

from gtzan_features import environment
from gtzan_features.cache import ENTRY, Cache, Key, Program, is_made_by
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import OutputLockedError
from gtzan_features.models.registry import MODELS
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.fit_key import fit_key

PROGRAM = Program(code="1", versions={"numpy": "2.0"})
KEY = Key(inputs={"table": "ab"}, settings={"n": (1, 2)}, program=PROGRAM)
OTHER_PROGRAMS = [Program(code="2", versions={"numpy": "2.0"}), Program(code="1", versions={"numpy": "2.1"})]


@pytest.fixture
def cache(tmp_path):
    """A cache with one entry of two files."""
    cache = Cache(tmp_path / "c")
    with cache.adding(KEY, {"seconds": 1.5}) as new:
        (new / "a").write_bytes(b"first")
        (new / "b").write_bytes(b"second")
    return cache


def test_an_entry_is_found_by_its_key_and_says_what_it_depends_on(cache):
    found = cache.find(KEY)
    assert found.value == {"seconds": 1.5}
    assert (found.folder / "a").read_bytes() == b"first"
    said = json.loads((found.folder / ENTRY).read_text())["key"]
    assert said == {
        "inputs": {"table": "ab"},
        "settings": {"n": [1, 2]},
        "program": {"code": "1", "versions": {"numpy": "2.0"}},
    }


@pytest.mark.parametrize(
    "key",
    [
        dataclasses.replace(KEY, inputs={"table": "ac"}),
        dataclasses.replace(KEY, inputs={"spectrograms": "ab"}),
        dataclasses.replace(KEY, settings={"n": (1, 3)}),
        *(dataclasses.replace(KEY, program=program) for program in OTHER_PROGRAMS),
    ],
)
def test_another_key_finds_nothing_nor_where_digits_are_equal(cache, key):
    assert key.digits != KEY.digits
    assert cache.find(key) is None
    shutil.copytree(cache.path(KEY), cache.path(key))  # as if the digits were those of another key
    assert cache.find(key) is None


def test_an_entry_of_which_any_byte_is_damaged_or_any_file_gone_is_missing(cache):
    folder = cache.path(KEY)
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        for at in range(0, len(content), 5):
            for damaged in (content[:at], content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]):
                if damaged.strip() == content.strip():  # without the last end of a line
                    continue
                path.write_bytes(damaged)
                assert cache.find(KEY) is None
        path.unlink()
        assert cache.find(KEY) is None
        path.write_bytes(content)
    assert cache.find(KEY) is not None


def test_what_is_added_replaces_a_damaged_entry_and_an_error_leaves_none(cache):
    (cache.path(KEY) / "a").write_bytes(b"x")
    with cache.adding(KEY) as new:
        (new / "c").write_bytes(b"third")
    assert [path.name for path in sorted(cache.find(KEY).folder.iterdir())] == ["c", ENTRY]
    other = dataclasses.replace(KEY, inputs={})

    def interrupted():
        with cache.adding(other) as new:
            (new / "d").write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in cache.folder.iterdir()] == [KEY.digits]
    with cache.adding(other), pytest.raises(OutputLockedError), cache.adding(other):
        pass


def test_entries_of_other_programs_are_removed_and_nothing_else(cache):
    for program in OTHER_PROGRAMS:
        with cache.adding(dataclasses.replace(KEY, program=program)):
            pass
    grown = cache.growing(dataclasses.replace(KEY, settings={}))
    (grown / ".rows.0a1b2c3d.part").write_bytes(b"of a killed writer")
    assert cache.growing(dataclasses.replace(KEY, settings={})) == grown
    assert [path.name for path in grown.iterdir()] == [ENTRY]
    (cache.folder / "0123456789ab").mkdir()
    (cache.folder / "0123456789ac.json").write_text("{}")  # of an earlier version
    others = [cache.folder / "notes", cache.folder / "seconds-a.json", cache.folder / "ffffffffffff"]
    others[0].mkdir()
    others[1].write_text("1")
    others[2].symlink_to(others[0])
    cache.tidy(PROGRAM)
    assert set(cache.folder.iterdir()) == {cache.path(KEY), grown, *others}
    assert is_made_by(grown, PROGRAM)
    Cache(cache.folder / "none").tidy(PROGRAM)


IMPORTED = """
import importlib, json, sys
found = {}
for name in ("extraction.row_cache", "extraction.row_kinds", "training.fit"):
    importlib.import_module(f"gtzan_features.{name}")
    found[name.rpartition(".")[2]] = [one for one in sys.modules if one.startswith("gtzan_features.")]
print(json.dumps(found))
"""
WITHOUT_EFFECT = {
    *("cache", "environment", "garbage", "kernel_folder", "parallel", "plugins", "presets", "progress"),
    *("selection", "setting_types", "source_digits", "split_config", "stall", "storage", "storage_files"),
    *("system_calls", "tables.atomic", "tables.checked", "tables.locking", "tables.run_storage"),
}
"""Parts of the package that decide where and when rows and predictions are computed, not what they are."""


def test_the_source_in_a_key_is_all_that_is_imported_to_compute():
    done = subprocess.run([sys.executable, "-c", IMPORTED], check=True, capture_output=True, text=True)
    imported = json.loads(done.stdout)
    imported["fit"] = set(imported["fit"]) - set(imported["row_kinds"])
    for sources, kind in ((environment._ROWS, "row_kinds"), ((*environment._FITS, "audio"), "fit")):
        known = {one.removesuffix(".py").replace("/", ".") for one in sources} | WITHOUT_EFFECT
        paths = [name.removeprefix("gtzan_features.") for name in imported[kind]]
        modules = [path for path in paths if not any(other.startswith(f"{path}.") for other in paths)]
        assert [path for path in modules if not any(f"{path}.".startswith(f"{one}.") for one in known)] == []


CONFIG = FitConfig(model="knn")
CHANGED = {
    "model": "svm",
    "segment": SegmentConfig(30.0),
    "feature_set": "full",
    "settings": ("n_neighbors=3",),
    "split": SplitConfig(protocol="artist"),
    "allow_leak": True,
    "final": True,
    "scale": "mel",
    "augment": ("noise",),
    "beside": SegmentConfig(30.0),
    "stream": True,
    "version": 1,
}


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(FitConfig)])
def test_a_fit_depends_on_every_field_of_its_configuration(field):
    """A field that is added needs a changed value here."""
    changed = dataclasses.replace(CONFIG, **{field: CHANGED[field]})
    assert fit_key(changed, {}).digits != fit_key(CONFIG, {}).digits


def test_a_fit_depends_on_tables_defaults_source_and_versions(monkeypatch):
    before = fit_key(CONFIG, {"table": "a"})
    keys = [before, fit_key(CONFIG, {"table": "b"}), fit_key(CONFIG, {"table": "a"}, score="log-loss")]
    with monkeypatch.context() as patch:
        spec = dataclasses.replace(MODELS["knn"], defaults={**MODELS["knn"].defaults, "n_neighbors": 7})
        patch.setitem(MODELS, "knn", spec)
        keys.append(fit_key(CONFIG, {"table": "a"}))
    for name in ("model_versions", "source_digits"):
        with monkeypatch.context() as patch:
            patch.setattr(environment, name, lambda *_: {"other": "1"})
            keys.append(fit_key(CONFIG, {"table": "a"}))
    assert len({key.digits for key in keys}) == len(keys)
    assert fit_key(CONFIG, {"table": "a"}) == before
