"""What is said before the first fold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gtzan_features.config import SplitConfig
from gtzan_features.models.words import WORDS
from gtzan_features.reports.sentence import model_sentence
from gtzan_features.tables.headline import Headline
from gtzan_features.training.announced import announced, genre_counts
from gtzan_features.training.durations import COLUMNS, FIT_S, ROWS, duration_words, usual_minutes
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.prepare_fit import prepare_fit
from tests.conftest import make_table, save_table


@pytest.fixture
def prepared(tmp_path):
    save_table(tmp_path, make_table(n_genres=2, n_tracks=6, n_segments=3))
    return prepare_fit(tmp_path, FitConfig(model="xgboost", split=SplitConfig(folds=2)))


def test_the_music_the_genres_and_the_fits_are_named(prepared):
    music, fits = announced(prepared)
    assert music.startswith("toy: 12 tracks; 2 genres: ")
    assert "36 rows of 3s with 8 values, kaggle@1." in music
    assert fits == "xgboost, track 2-fold: 3 fits."


@pytest.mark.parametrize(
    ("feature_set", "version", "said"),
    [
        ("full", 2, "These columns are full@2: "),
        ("full:-rhythm", 2, "These columns are full@2:-rhythm: "),
        ("full", 4, "These columns are full@4: "),
        ("kaggle", 7, "These columns are kaggle@7: "),
        ("full", 3, ""),
        ("kaggle", 1, ""),
        ("kaggle", None, ""),
        ("spectrogram-mel", 9, ""),
    ],
)
def test_columns_of_another_version_are_called_so(tmp_path, feature_set, version, said):
    table = make_table(n_genres=2, n_tracks=6, n_segments=3)
    config = {} if version is None else {"version": version}
    save_table(tmp_path, replace(table, meta=replace(table.meta, config=config)))
    found = prepare_fit(tmp_path, FitConfig(model="lda", split=SplitConfig(folds=2)))
    opened = found.plan.opened
    meta = replace(opened.table.meta, feature_set=feature_set)
    opened = replace(opened, table=replace(opened.table, meta=meta))
    music, _ = announced(replace(found, plan=replace(found.plan, opened=opened)))
    assert (said in music) if said else ("version" not in music)
    assert bool(said) == ("--overwrite (what changed: gtzan features describe" in music)


def test_counts_are_those_of_the_rows_and_a_track_of_two_genres_counts_for_both(prepared):
    opened = prepared.plan.opened
    rows = opened.data.rows
    assert genre_counts(opened) == rows.groupby("genre")["track_id"].nunique().to_dict()
    first = rows["track_id"].iloc[0]
    both = rows["genre"].astype(str).where(rows["track_id"] != first, "jazz;soul")
    several = replace(
        opened,
        data=replace(opened.data, rows=rows.assign(genre=both)),
        table=replace(opened.table, meta=replace(opened.table.meta, several_labels=True)),
    )
    counts = genre_counts(several)
    assert (counts["jazz"], counts["soul"], sum(counts.values())) == (1, 1, 13)


def test_the_page_has_the_same_seconds():
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "command-line.md").read_text()
    for model, seconds in FIT_S.items():
        assert f"| `{model}` | {seconds} |" in page


def test_only_what_takes_minutes_says_so():
    assert set(FIT_S) <= set(WORDS)
    for model in WORDS:
        said = duration_words(model, ROWS, COLUMNS)
        assert bool(said) == (usual_minutes(model) > 0)
        assert duration_words(model, 200, COLUMNS) == ""
    assert duration_words("xgboost", 4 * ROWS, COLUMNS).endswith(f"; these are {4 * ROWS} of {COLUMNS}")


def test_a_fit_of_many_hours_says_so_and_what_takes_minutes():
    said = duration_words("svm", 1_000_000, COLUMNS)
    assert said.endswith("about 167 hours. lda, logistic-regression and linear-svm take minutes")
    assert "hours" not in duration_words("svm", ROWS, COLUMNS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, 'all 12 tracks of "four"; tested: 96.9 % (84.3–99.4), whole tracks held out'),
        ({"leaked": True}, "tested: LEAKED 96.9 % (84.3–99.4), which says nothing about new music"),
        ({"protocol": "track fold 1 of 3"}, "whole tracks held out, one fold of 3"),
        ({"protocol": "artist 3-fold", "protocol_settings": {}}, "whole artists held out"),
    ],
)
def test_a_model_in_a_sentence(changes, said, prepared):
    manifest = replace(prepared.manifest, dataset="four", **changes)
    if "protocol" in changes:
        manifest = replace(manifest, protocol_settings={})
    figure = Headline(predictions="", level="mean", n=32, accuracy=0.969, low=0.843, high=0.994)
    assert said in model_sentence(manifest, figure)
    assert model_sentence(manifest, None) == 'xgboost on 3s rows, trained on all 12 tracks of "four"'
