"""Tables of labelled music: labelling anew computes nothing, and artists of tags are never on two sides."""

from __future__ import annotations

import mutagen
import numpy as np
import pandas as pd
import pytest
import soundfile

import gtzan_features as gf
from gtzan_features.config import FeatureConfig, SegmentConfig, Selection, SpectrogramConfig, SplitConfig
from gtzan_features.errors import OutputExistsError
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.spectrograms import read_spectrograms
from gtzan_features.training.divide import divide
from gtzan_features.training.load_rows import read_fittable
from tests.conftest import SR, tone

ROWS = ExtractConfig(segments=(SegmentConfig(1.0),))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Artist/Album/Track, two artists of two genres with two tracks each, in tags only."""
    root = tmp_path_factory.mktemp("library") / "library"
    for a in range(4):
        for album in ("One", "Two"):
            folder = root / f"Artist {a}" / album
            folder.mkdir(parents=True)
            path = folder / "01 Song.flac"
            soundfile.write(path, tone(2.5, 200.0 + 60 * a + 7 * (album == "Two"), seed=a), SR)
            file = mutagen.File(path)
            file["genre"], file["artist"] = ["rock", "jazz"][a % 2], f"Artist {a}"
            file.save()
    return root


def labelled(library, out, labels, **options):
    selection = Selection(labels=labels, **options)
    summary = extract(library, out, ROWS, n_jobs=1, selection=selection)
    return summary, read_table(out / "kaggle-1s.parquet")


def test_labelling_anew_gives_the_same_values_and_computes_nothing(library, tmp_path):
    paths = sorted(path.relative_to(library).as_posix() for path in library.rglob("*.flac"))
    tables = {
        "none": "none",
        "tags": "tags",
        "folders": "folders",
        "dict": {path: f"g{at % 3}" for at, path in enumerate(paths)},
        "several": {path: f"g{at % 3};h" for at, path in enumerate(paths)},
        "frame": pd.DataFrame({"path": paths, "genre": "g", "artist": "A", "group": "x", "split": "test"}),
    }
    values = None
    for number, (kind, labels) in enumerate(tables.items()):
        summary, table = labelled(library, tmp_path / "out", labels)
        assert summary.n_reused == (8 if number else 0)
        assert summary.labels["several"] == table.meta.several_labels == (kind == "several")
        by_row = table.frame.set_index(["track_id", "segment"])[table.feature_names].sort_index()
        values = by_row if values is None else values
        pd.testing.assert_frame_equal(by_row, values)
        keys = table.key_names[5:]
        assert keys == (
            [] if kind == "folders" else ["artist", *(["group", "split"] if kind == "frame" else [])]
        )
    summary, table = labelled(library, tmp_path / "out", "none")
    assert set(table.frame["genre"]) == {""}
    assert summary.read_as == "no genres, 8 files, artists not known"


def test_other_tracks_are_not_replaced_without_a_word(library, tmp_path):
    labelled(library, tmp_path / "out", "none")
    with pytest.raises(OutputExistsError, match="lists 4 tracks that are not in"):
        labelled(library, tmp_path / "out", "tags", genres=("jazz",))


def test_how_the_folder_was_read_is_said_before_anything_is_computed(library, tmp_path):
    said = []
    selection = Selection(labels="tags")
    extract(
        library,
        tmp_path / "out",
        ROWS,
        n_jobs=1,
        selection=selection,
        progress=lambda *step: said.append(step[-1]),
        notice=said.append,
    )
    assert said[:8] == ["tags"] * 8
    assert said[8] == "2 genres from tags, 8 files, 4 artists from tags: jazz 4, rock 4."
    assert said.index("files") > 8


def test_artists_of_tags_are_never_on_two_sides(library, tmp_path):
    labelled(library, tmp_path / "out", "tags")
    opened, split = divide(
        read_fittable(tmp_path / "out" / "kaggle-1s.parquet"), SplitConfig(protocol="artist")
    )
    assert split.config.folds == 2
    rows = opened.data.rows
    for train, test in split.folds(rows):
        assert set(rows["artist"].iloc[train]).isdisjoint(rows["artist"].iloc[test])
    # By folders the genres would be the artists; here artists of tags stand beside genres of another source.
    paths = {f"Artist {a}": ["x", "y"][a // 2] for a in range(4)}
    found = {str(path.relative_to(library)): paths[path.parts[-3]] for path in library.rglob("*.flac")}
    _, table = labelled(library, tmp_path / "out", found, artist_from="tags")
    assert set(table.frame["artist"]) == set(paths)


def test_spectrograms_are_labelled_too(library, tmp_path):
    recipe = SpectrogramRecipe(spectrograms=SpectrogramConfig(n_bands=8), segments=(SegmentConfig(1.0),))
    spectrograms(library, tmp_path, recipe, n_jobs=1, selection=Selection(labels="tags"))
    table = read_spectrograms(tmp_path / "spectrogram-mel-1s.parquet")
    assert table.key_names[5:] == ["artist"]
    assert set(table.frame["genre"]) == {"jazz", "rock"}


def test_in_python_labels_and_artists_are_keywords(library, tmp_path):
    table = gf.extract(library, segments=1, labels="tags", out=tmp_path, n_jobs=1)
    assert sorted(set(table.artists)) == [f"artist Artist {a}" for a in range(4)]
    result = gf.evaluate("majority", table, protocol="artist", folds=2, n_jobs=1)
    assert result.scores["n"].max() == len(table)
    parts = {
        f"Artist {a}/{album}/01 Song": "train" if album == "One" else "test"
        for a in range(4)
        for album in ("One", "Two")
    }
    frame = pd.DataFrame(
        {"path": parts.keys(), "split": parts.values(), "genre": ["rock", "rock", "jazz", "jazz"] * 2}
    )
    frame.loc[len(frame)] = ["gone.mp3", "train", "rock"]
    with pytest.warns(gf.GtzanWarning, match="rows that name no file here: 1, such as gone.mp3"):
        given = gf.extract(library, segments=1, labels=frame, out=tmp_path, n_jobs=1)
    result = gf.evaluate("majority", given, protocol="given", n_jobs=1)
    assert set(result.predictions["track_id"]) == {name for name, part in parts.items() if part == "test"}
    nothing = gf.extract(library, segments=1, labels="none", out=tmp_path, n_jobs=1)
    assert repr(nothing) == "Table(library: 16 rows of 1s, 57 columns (kaggle@1), 8 tracks, 0 genres)"
    assert nothing.y.tolist() == [""] * 16
    assert np.isfinite(nothing.X).all()
    with pytest.raises(
        gf.GtzanError, match=r"no track has a genre. Label them: gf.extract\(AUDIO_DIR, labels=TABLE\)"
    ):
        gf.evaluate("majority", nothing, protocol="track")


def test_config_of_rows_does_not_know_labels():
    assert "label" not in str(FeatureConfig().to_dict())
