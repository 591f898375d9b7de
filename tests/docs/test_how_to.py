"""The how-to pages do what they say: their files are written, their commands and their code run."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import mutagen
import numpy as np
import pytest
from gtzan_cli import main as entry
from mutagen.id3 import TCON, TPE1
from sklearn._loss._loss import CyHalfMultinomialLoss

from gtzan_features import plugins
from gtzan_features.config import FeatureConfig
from gtzan_features.spectra import Spectra
from gtzan_features.storage import inside, location
from tests.conftest import make_table, save_table, tone

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to"
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks(page):
    """Language, file and text of each block of a page."""
    return _BLOCK.findall((PAGES / page).read_text(encoding="utf-8"))


def needed(text):
    """The library that a file needs and which may not be installed."""
    found = re.search(r"^from (lightgbm|catboost) ", text, re.MULTILINE)
    return found[1] if found else ""


@pytest.fixture
def here(music, tmp_path, monkeypatch):
    """A folder as the pages suppose it: genres, and a song."""
    music.rename(tmp_path / "genres")
    shutil.copy(tmp_path / "genres" / "calm" / "calm.0.wav", tmp_path / "song.wav")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    # Workers for six small files take longer than the files; other tests have them.
    monkeypatch.setattr("gtzan_features.parallel.local.available_processors", lambda: 1)
    return tmp_path


def run(line):
    words = shlex.split(line)
    assert words[0] == "gtzan"
    with plugins.temporary():
        assert entry.run(words[1:]) == 0, line


def run_block(language, title, text):
    if language == "sh":
        for line in text.splitlines():
            run(line)
    elif language == "toml":
        assert "gtzan" in next(iter(tomllib.loads(text)["project"]["entry-points"]))
    elif not title or title.startswith("test_"):
        run_python(text)


def run_python(text):
    """Run code, and the tests in it, as a process of its own would: plugins are imported anew."""
    with plugins.temporary():
        page = {"__name__": "page"}
        exec(compile(text, "the page", "exec"), page)
        for test in [one for name, one in page.items() if name.startswith("test_")]:
            test()
    for name in ("my_features", "my_models"):
        sys.modules.pop(name, None)


@pytest.mark.filterwarnings("ignore:.*3 folds:gtzan_features.GtzanWarning")
@pytest.mark.parametrize("page", ["add-a-feature.md", "add-a-model.md"])
def test_a_page_does_what_it_says(page, here, capfd):
    if page == "add-a-model.md" and CyHalfMultinomialLoss.__module__ == "_loss":
        pytest.skip(
            "scikit-learn 1.8 gives a type of its model a module that does not exist: it is not stored"
        )
    missing = set()
    if page == "add-a-model.md":
        run("gtzan features extract genres --segments 3s")
    for language, title, text in blocks(page):
        if title:
            (here / title).write_text(text)
            library = needed(text)
            if library and importlib.util.find_spec(library) is None:
                missing.add(title)
        if language == "sh" and any(name in text for name in missing):
            continue
        run_block(language, title, text)
    shown = capfd.readouterr().out
    assert "calm" in shown
    assert not list(here.glob("catboost_info"))
    if missing:
        pytest.skip(f"all but {', '.join(sorted(missing))}, whose libraries are not installed")


def test_work_goes_to_an_executor(here):
    for language, title, text in blocks("many-machines.md"):
        run_block(language, title, text)
    assert (here / "features" / "kaggle-3s.parquet").is_file()


def test_music_and_tables_lie_in_a_storage(here, monkeypatch):
    """With the storage in memory that fsspec brings, which only this process sees."""
    pytest.importorskip("upath")
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    bucket = location("memory://bucket")
    for path in [*sorted((here / "genres").rglob("*.wav")), here / "song.wav"]:
        place = inside(bucket, str(path.relative_to(here)))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    for language, title, text in blocks("storage.md"):
        run_block(language, title, text.replace("s3://", "memory://"))
    assert location("memory://bucket/kaggle.csv").read_bytes().startswith(b"filename,length,")
    bucket.fs.rm(str(bucket.path), recursive=True)


@pytest.fixture
def own_music(here):
    """Beside the genres, a library by artists with tags, and the files of the page's table in one folder."""
    (here / "flat").mkdir()
    for number, name in enumerate(("one", "two", "three", "four", "five", "six")):
        genre = ("calm", "loud")[number // 3]
        shutil.copy(here / "genres" / genre / f"{genre}.{number % 3}.wav", here / "flat" / f"{name}.wav")
        path = here / "library" / f"Artist {number}" / "Album" / "01 Song.wav"
        path.parent.mkdir(parents=True)
        shutil.copy(here / "flat" / f"{name}.wav", path)
        tags = mutagen.File(path)
        tags.add_tags()
        tags.tags.add(TCON(text=genre))
        tags.tags.add(TPE1(text=f"Artist {number}"))
        tags.save()
    return here


@pytest.mark.filterwarnings("ignore:.*(folds|not calibrated|not in it):gtzan_features.GtzanWarning")
def test_own_music_in_every_layout_becomes_a_model(own_music, monkeypatch, capfd):
    monkeypatch.setenv("XDG_CACHE_HOME", str(own_music / "cache"))
    for language, title, text in blocks("own-music.md"):
        if title:
            (own_music / title).write_text(text, encoding="utf-8")
        run_block(language, title, text)
    shown = capfd.readouterr()
    assert "2 genres from tags, 6 files, 6 artists from tags: calm 3, loud 3" in shown.err
    assert "2 genres from labels.csv, 6 files, 6 artists from labels.csv" in shown.err
    assert "lda, 3s kaggle, given, flat" in shown.out
    assert "song.wav: " in shown.out


def test_a_library_is_labelled_tagged_and_restored(here, capfd):
    run("gtzan features extract genres --segments 3s")
    run("gtzan fit knn --segments 3s --folds 3")
    for language, title, text in blocks("label-a-library.md"):
        run_block(language, title, text)
    shown, told = capfd.readouterr()
    assert shown.count("Tagged ") == shown.count("Restored ") == 6
    assert told.count("6 files: 6 with an answer; 6 answered before") == 3
    assert (here / "genres.parquet").exists()


@pytest.mark.parametrize("name", ["my_features.py", "my_models.py", "my_lightgbm.py", "my_catboost.py"])
def test_a_plugin_is_ten_lines_or_little_more(name):
    (text,) = (
        text
        for page in ("add-a-feature.md", "add-a-model.md")
        for _, title, text in blocks(page)
        if title == name
    )
    assert len([line for line in text.splitlines() if line.strip()]) <= 10


def test_the_page_lists_every_public_attribute_of_spectra_with_its_shape():
    text = (PAGES / "add-a-feature.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) ?\|", text, re.MULTILINE))
    spectra = Spectra(tone(3.0, 440.0), FeatureConfig())
    public = {name for name in dir(spectra) if not name.startswith("_")}
    assert set(listed) == public
    config = spectra.config
    known = {
        "n_samples": len(spectra.signal),
        "n_fft": config.n_fft,
        "n_frames": spectra.n_frames,
        "n_mels": config.n_mels,
        "n_blocks": -(-spectra.n_frames // 32),
    }
    for name, words in listed.items():
        shape = words.removeprefix("two of ")
        if shape.startswith("("):
            value = getattr(spectra, name)
            for array in value if words != shape else (value,):
                assert np.shape(array) == eval(shape, known.copy()), name


@pytest.mark.real
@pytest.mark.filterwarnings("ignore:.*folds.*:gtzan_features.GtzanWarning")
def test_each_of_the_ten_tasks_runs_by_itself(here, real_material, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    shutil.copy(real_material / "features" / "features_30_sec.csv", here)
    tasks = [text for language, _, text in blocks("ten-tasks.md") if language == "python"]
    assert len(tasks) == 10
    for text in tasks:
        with plugins.temporary():
            source = f"import gtzan_features as gf\n{text}"
            exec(compile(source, "ten-tasks.md", "exec"), {"__name__": "page"})


@pytest.mark.filterwarnings("ignore:.*(folds|not calibrated|not in it):gtzan_features.GtzanWarning")
def test_several_labels_do_what_their_page_says(own_music, monkeypatch, capfd):
    monkeypatch.setenv("XDG_CACHE_HOME", str(own_music / "cache"))
    for language, title, text in blocks("several-labels.md"):
        if title:
            (own_music / title).write_text(text, encoding="utf-8")
        run_block(language, title, text)
    shown = capfd.readouterr().out
    assert "average precision, %" in shown
    assert "several labels a track" in shown
    assert re.search(r"song\.wav: .* \(2 segments, 7\.0 s\)", shown)
    assert "evening" in shown


def test_the_commands_for_a_table_larger_than_memory_run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    save_table(tmp_path / "data" / "features", make_table(2, 10, 2))
    for language, title, text in blocks("larger-than-memory.md"):
        run_block(language, title, text)
    assert "lda, track 80/20: 1 fit, in batches." in capfd.readouterr().err


@pytest.mark.filterwarnings("ignore:.*folds:gtzan_features.GtzanWarning")
@pytest.mark.usefixtures("here")
def test_slices_are_computed_merged_and_read(capfd):
    for language, title, text in blocks("slices.md"):
        if language == "sh":
            run_block(language, title, text)
        elif title == "read_folder.py":
            run_python(text + "\nassert len(frame) == len(lazy.collect()) == 12\n")
        elif language == "python":
            compile(text, title, "exec")
    shown = capfd.readouterr().out
    assert "Slice 2/2: 6 rows of 3s. When all slices are there: gtzan features merge tables" in shown
    assert "tables/kaggle-3s.parquet: 12 rows in 6 shards" in shown
