"""Tables as Python has them: what they hold, how they are cut, written and read again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import gtzan_features as gf
from gtzan_features.config import SplitConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.splits import make_split
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.training.load_rows import in_memory, open_fittable
from tests.api.fragments import NASTY, check_fragment
from tests.conftest import make_spectrograms, save_spectrograms


@pytest.fixture
def own() -> pd.DataFrame:
    """Two tracks of each of three genres, four rows each."""
    rng = np.random.default_rng(0)
    tracks = [(f"{genre}/{artist}/{n}", genre) for genre in "abc" for artist, n in (("x", 1), ("y", 2))]
    names, genres = zip(*[one for one in tracks for _ in range(4)], strict=True)
    features = pd.DataFrame(rng.normal(size=(24, 3)), columns=["one", "two", "three"])
    return pd.concat([pd.DataFrame({"track_id": names, "genre": genres}), features], axis=1)


@pytest.fixture
def kaggle(real_material) -> gf.Table:
    """Kaggle's table of tracks."""
    return gf.read_table(real_material / "features" / "features_30_sec.csv")


def test_arrays_are_those_of_pandas(own):
    table = gf.read_table(own, segments="3s")
    assert len(table) == 24
    assert np.array_equal(table.X, own[["one", "two", "three"]].to_numpy())
    assert table.y.tolist() == own["genre"].tolist()
    assert table.groups.tolist() == own["track_id"].tolist()
    assert table.columns == ("one", "two", "three")
    assert table.frame["segment"].tolist() == [0, 1, 2, 3] * 6
    assert table.frame["start_s"].tolist() == [0.0, 3.0, 6.0, 9.0] * 6
    tracks = table.tracks
    assert tracks["rows"].to_dict() == own.groupby("track_id").size().to_dict()
    assert tracks["genre"].to_dict() == own.groupby("track_id")["genre"].first().to_dict()


def test_the_frame_is_a_copy(own):
    table = gf.read_table(own, segments="3s")
    frame = table.frame
    frame.iloc[:, 5:] = 0.0
    assert np.array_equal(table.X, own[["one", "two", "three"]].to_numpy())


def test_artists_are_those_of_folders_and_gtzan_facts(own, kaggle):
    assert set(gf.read_table(own, segments="3s").artists) == {"artist x", "artist y"}
    flat = own.assign(track_id=own["track_id"].str.replace("/", "-"))
    flat_table = gf.read_table(flat, segments="3s")
    assert flat_table.artists.tolist() == flat["track_id"].tolist()
    facts = gtzan.facts()
    groups = pd.Series(kaggle.artists, index=kaggle.frame["track_id"])
    for _, tracks in facts.dropna(subset="artist_group").groupby("artist_group"):
        here = [track for track in tracks.index if track in groups.index]
        assert groups[here].nunique() <= 1


def test_copies_of_a_track_are_one_group_and_never_divided(kaggle):
    copies = gtzan.facts()["duplicate_of"].dropna()
    group = pd.Series(kaggle.groups, index=kaggle.frame["track_id"])
    here = [(a, b) for a, b in copies.items() if a in group.index and b in group.index]
    assert here
    assert all(group[a] == group[b] for a, b in here)
    data = kaggle.opened.data
    split = make_split(data.rows, data.copies, SplitConfig(protocol="track", folds=3))
    for _, test in split.folds(data.rows):
        inside = set(kaggle.groups[test])
        outside = set(np.delete(kaggle.groups, test))
        assert not inside & outside


def test_rows_are_taken_by_mask_by_position_and_by_genre(own):
    table = gf.read_table(own, segments="3s")
    by_mask = table.take(table.y != "b")
    assert by_mask.y.tolist() == own.loc[own["genre"] != "b", "genre"].tolist()
    assert np.array_equal(table.of_genres("a", "c").X, by_mask.X)
    assert np.array_equal(table.take([5, 3]).X, table.X[[5, 3]])
    assert table.take([-1]).y.tolist() == ["c"]
    assert by_mask.opened.data.genres == ("a", "c")
    assert by_mask.opened.sha256 != table.opened.sha256
    assert by_mask.opened.sha256 == table.take(np.flatnonzero(table.y != "b")).opened.sha256


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros(24, dtype=bool), "no row is left"),
        (np.ones(5, dtype=bool), r"a mask of shape \(5,\) for 24 rows"),
        ([24], "has rows 0 to 23, and 24 is none of them"),
        ([0, -24], "a row is asked for twice"),
        (["a"], "by a mask of bool, or by their positions"),
    ],
)
def test_rows_that_cannot_be_taken_are_refused(own, rows, message):
    with pytest.raises(TableError, match=message):
        gf.read_table(own, segments="3s").take(rows)


def test_genres_that_there_are_not_are_refused(own):
    table = gf.read_table(own, segments="3s")
    with pytest.raises(TableError, match="no genre 'polka'; there are a, b, c"):
        table.of_genres("a", "polka")
    with pytest.raises(TableError, match="no genre was named"):
        table.of_genres()


def test_families_are_selected_as_by_the_command(kaggle):
    some = kaggle.select("-rhythm,-tonal")
    left = gf.describe("kaggle:-rhythm,-tonal")["column"].tolist()
    assert list(some.columns) == left
    assert np.array_equal(some.X, kaggle.frame[left].to_numpy())
    assert kaggle.select(["timbre", "energy"]).meta.feature_set == "kaggle:energy,timbre"
    assert some.groups.tolist() == kaggle.groups.tolist()
    with pytest.raises(ConfigError, match="no feature family 'rythm'"):
        kaggle.select("-rythm")


def test_families_of_an_unknown_recipe_are_refused(own):
    with pytest.raises(TableError, match="recipe whose feature families are not known"):
        gf.read_table(own, segments="3s").select("timbre")


def test_a_table_written_and_read_is_the_same(own, kaggle, tmp_path):
    for table in (kaggle, gf.read_table(own, segments="3s"), kaggle.select("timbre")):
        table.to_parquet(tmp_path / "any name.parquet")
        again = gf.read_table(tmp_path / "any name.parquet")
        pd.testing.assert_frame_equal(again.frame, table.frame, check_dtype=False, check_exact=True)
        assert again.meta == table.meta
        assert again.groups.tolist() == table.groups.tolist()
        plain = pd.read_parquet(tmp_path / "any name.parquet")
        assert np.array_equal(plain[list(table.columns)].to_numpy(), table.X)


def test_spectrograms_are_tables_too(tmp_path):
    path = save_spectrograms(tmp_path, make_spectrograms())
    table = gf.read_table(path)
    assert table.X.shape == (len(table), np.prod(table.opened.data.shape))
    table.take(np.arange(4)).to_parquet(tmp_path / "four.parquet")
    assert np.array_equal(gf.read_table(tmp_path / "four.parquet").X, table.X[:4])
    assert "bands (spectrogram-mel)" in repr(table)


def test_rows_beside_longer_ones_are_written_to_no_file(tables, tmp_path):
    both = gf.Table(open_fittable(tables, "kaggle", "3s+30s"))
    with pytest.raises(TableError, match=r"rows of 3s\+30s are put together when they are read"):
        both.to_parquet(tmp_path / "both.parquet")


def test_in_a_notebook_it_shows_tracks_artists_and_rows_of_each_genre(own, kaggle):
    own = own.assign(genre=own["genre"].replace("a", NASTY))
    text = check_fragment(gf.read_table(own, segments="3s")._repr_html_())
    for words in ("24 of 3s", "3 (own)", "b228", "<b>a&", "other"):
        assert words in text
    text = check_fragment(kaggle._repr_html_())
    known = gtzan.facts().groupby("genre")["artist_group"].nunique()
    assert all(f"{genre}100{known[genre]}100" in text for genre in gtzan.GENRES)
    for family, count in gf.describe("kaggle")["family"].value_counts().items():
        assert f"{family}{count}" in text
    synthetic = replace(kaggle.opened.table, meta=replace(kaggle.meta, synthetic=True))
    assert "synthetic music" in gf.Table(in_memory(synthetic))._repr_html_()


def test_its_picture_is_a_line(own):
    shown = repr(gf.read_table(own, segments="3s"))
    assert shown == "Table(DataFrame: 24 rows of 3s, 3 columns (own), 6 tracks, 3 genres)"
