"""Every command that lists files, over names that mean something to somebody else or nothing to anybody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from gtzan_features.config import SegmentConfig, Selection, SplitConfig
from gtzan_features.datasets.names import genre_name, label
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms
from gtzan_features.music.augmented_copies import augment_folder
from gtzan_features.music.explore import explore
from gtzan_features.music.verify import verify
from gtzan_features.prediction.predict import expand, predict
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.prediction.timeline_files import TimelineWriter
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.run_folder import read_run
from gtzan_features.tables.spectrograms import read_spectrograms
from gtzan_features.tables.status_table import read_status
from gtzan_features.training.fit_config import FitConfig
from tests import nasty
from tests.conftest import make_table, save_table

SECOND = SegmentConfig(1.0)
GENRES = {genre_name(name) for name in nasty.NAMES.values()}
FEW = tuple(nasty.NAMES[name] for name in ("undecodable", "nfd", "newline", "dash", "long"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Music whose folder, genres and tracks all have nasty names, and its table of 1 s rows."""
    root = tmp_path_factory.mktemp("names") / nasty.UNDECODABLE
    music = nasty.nasty_music(root / "mu\nsic", n_tracks=2, seconds=2.5)
    summary = extract(music, root / "tables", ExtractConfig(segments=(SECOND,)), n_jobs=1)
    return root, music, summary


def test_extraction_gives_every_file_its_rows(world):
    root, _, summary = world
    assert summary.genres == dict.fromkeys(sorted(GENRES), 2)
    assert (summary.n_files, summary.skipped, summary.passed_over) == (2 * len(GENRES), (), {})
    table = read_table(root / "tables" / "kaggle-1s.parquet")
    assert table.meta.dataset == "mu\\nsic"
    assert set(table.frame["genre"]) == GENRES
    assert table.frame.groupby("track_id").size().tolist() == [2] * 2 * len(GENRES)
    status = read_status(root / "tables" / "status.parquet")
    assert set(status["status"]) == {"ok"}
    assert status["track_id"].tolist() == table.frame["track_id"].unique().tolist()
    assert r"caf\xe9/caf\xe9.wav" in status["path"].tolist()
    json.dumps(summary.tables, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "1"}, {"LC_ALL": "C.UTF-8"}]
)
def test_the_tables_do_not_depend_on_the_locale(world, locale):
    root, music, _ = world
    written = {path: path.read_bytes() for path in (root / "tables").glob("*.parquet")}
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = ["features", "extract", music, "-o", root / "tables", "-s", "1s", "-j", "1", "--json"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "gtzan_cli", *words],
        capture_output=True,
        env={**os.environ, **plain, **locale},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_reused"] == 2 * len(GENRES)
    assert {path: path.read_bytes() for path in written} == written


def test_augmented_copies_have_the_identifiers_of_their_tracks(world, tmp_path):
    _, music, _ = world
    chosen = Selection(genres=FEW)
    out = tmp_path / nasty.UNDECODABLE
    done = augment_folder(music, out, ("noise",), selection=chosen, n_jobs=1)
    assert (done.n_written, done.skipped) == (2 * len(FEW), ())
    config = ExtractConfig(segments=(SECOND,))
    extract(out / "noise", tmp_path / "copies", config, n_jobs=1)
    extract(music, tmp_path / "tables", config, n_jobs=1, selection=chosen)
    copies, tables = (read_status(tmp_path / name / "status.parquet") for name in ("copies", "tables"))
    assert copies["track_id"].tolist() == tables["track_id"].tolist()


def test_spectrograms_are_written_for_every_name(world, tmp_path):
    _, music, _ = world
    out = tmp_path / nasty.UNDECODABLE
    recipe = SpectrogramRecipe(segments=(SECOND,))
    summary = spectrograms(music, out, recipe, n_jobs=1, selection=Selection(genres=FEW))
    assert summary.skipped == ()
    found = read_spectrograms(out / "spectrogram-mel-1s.parquet")
    assert set(found.frame["genre"]) == {genre_name(name) for name in FEW}


def test_pictures_of_names_that_differ_in_signs_alone_stay_apart(tmp_path):
    genres = ("a b", "a-b", nasty.UNDECODABLE, r"caf\xe9")
    root = tmp_path / "music"
    for genre in genres:  # the track of each has the same name
        nasty.nasty_music(root, [genre], seconds=3.2)
    done = explore(root, tmp_path / nasty.UNDECODABLE, n_jobs=1)
    assert (done.n_tracks, done.skipped) == (4, ())
    # Two of the folders have one name as text, so they are one genre, and its tracks two.
    assert any(r"Genre caf\xe9 is of 2 folders" in line for line in done.remarks)
    assert len(list(done.page.parent.glob("example-*.png"))) == 3
    page = done.page.read_text(encoding="utf-8")
    assert all(genre_name(genre) in page for genre in genres)


def test_verify_lists_what_is_wrong_under_printable_names(tmp_path):
    root = nasty.nasty_music(tmp_path / nasty.UNDECODABLE, FEW, n_tracks=1, seconds=3.2)
    broken = root / nasty.UNDECODABLE / f"{nasty.UNDECODABLE}.wav"
    broken.write_bytes(b"RIFF")
    found = verify(root, n_jobs=1)
    assert [(f.kind, f.track_id, f.path) for f in found.findings] == [
        ("corrupt", r"caf\xe9/caf\xe9", r"caf\xe9/caf\xe9.wav")
    ]
    assert found.n_files == len(FEW) + 1


@pytest.fixture(scope="module")
def run(world):
    root, _, _ = world
    config = FitConfig(
        model="logistic-regression",
        segment=SECOND,
        split=SplitConfig(protocol="track", folds=2),
        final=True,
    )
    return fit_run(root / "tables", root / "runs", config, n_jobs=1)


def test_a_model_is_fitted_stored_and_described_whatever_the_names(run):
    assert set(run.manifest.genres) == GENRES
    assert read_run(run.folder).manifest.command == run.manifest.command
    assert r"caf\xe9/tables" in run.manifest.command
    assert label(run.folder.name) == run.folder.name
    for path in run.folder.iterdir():
        if path.suffix in (".md", ".csv", ".json"):
            path.read_text(encoding="utf-8")
    split = pd.read_csv(run.folder / "split.csv", keep_default_na=False, encoding="utf-8")
    assert {track.partition("/")[0] for track in split["track_id"]} == GENRES


@pytest.mark.parametrize(
    "dataset",
    ["x" * 255, "日" * 85, "-rf", "..", "a/b", "日本"],
    ids=["long", "wide", "dash", "up", "path", "cjk"],
)
def test_a_run_of_any_data_set_has_a_folder(tmp_path, dataset):
    save_table(tmp_path, make_table(2, 12, 1, dataset=dataset))
    folder = fit_run(tmp_path, tmp_path / "runs", FitConfig(model="majority"), n_jobs=1).folder
    assert folder.parent == tmp_path / "runs"
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]{10,199}", folder.name)


def test_predictions_are_valid_text_and_none_is_lost(world, run):
    _, music, _ = world
    files = expand([music])
    found = list(predict(files, load_predictor(run.folder), n_jobs=1))
    assert [one.error for one in found] == [""] * 2 * len(GENRES)
    assert len({one.path for one in found}) == len(files)
    assert set(found[0].genres) == GENRES
    json.dumps([one.to_dict() for one in found], ensure_ascii=False).encode()


def test_timelines_have_room_for_every_name_and_overwrite_none(world, run, tmp_path):
    root, music, _ = world
    folder = tmp_path / nasty.UNDECODABLE
    (one,) = predict([next(music.glob("a/*.wav"))], load_predictor(run.folder), n_jobs=1)
    writer = TimelineWriter(folder)
    names = [
        "x" * 251,
        "é" * 125,
        *(os.fsdecode(b"\xe9" * n) for n in (250, 249)),
        nasty.UNDECODABLE,
        r"caf\xe9",
    ]
    drawn = [writer.write(replace(one, path=f"{root}/{name}.wav")) for name in names]
    assert len({path for path in drawn if path.is_file()}) == len(names)
