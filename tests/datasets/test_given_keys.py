"""What labels give beside the genre: artist, group and split, from tables to divisions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gtzan_features as gf
from gtzan_features.config import SplitConfig
from gtzan_features.datasets.groups import inner_groups
from gtzan_features.datasets.parts import part_of
from gtzan_features.datasets.splits import make_split
from gtzan_features.errors import SplitError, TableError
from gtzan_features.tables.feature_tables import read_table, write_table
from gtzan_features.tables.schema import GIVEN_NAMES, TableMeta, feature_schema
from gtzan_features.training.divide import divide, labelled
from gtzan_features.training.load_rows import in_memory, write_fittable
from tests.conftest import make_table


def with_keys(n_genres=2, n_tracks=12, **keys):
    """A toy table with more key columns, each a function of the track's number."""
    table = make_table(n_genres=n_genres, n_tracks=n_tracks, n_segments=2)
    number = table.frame.groupby("track_id").ngroup()
    frame = table.frame.copy()
    for at, (name, cell) in enumerate(keys.items()):
        frame.insert(5 + at, name, number.map(cell))
    return replace(table, frame=frame)


ALL = {"artist": lambda n: f"Artist {n // 2}", "group": lambda _: "", "split": lambda _: "train"}


@pytest.mark.parametrize("names", [(), ("artist",), ("artist", "group", "split"), ("group",), ("split",)])
def test_tables_keep_what_labels_gave(tmp_path, names):
    table = with_keys(**{name: ALL[name] for name in names})
    path = tmp_path / "t.parquet"
    write_fittable(path, in_memory(table))
    read = read_table(path)
    assert read.columns == table.columns
    assert read.key_names == [*make_table().key_names, *names]
    pd.testing.assert_frame_equal(read.frame, table.frame, check_dtype=False)
    assert [name for name in pq.read_schema(path).names if name in GIVEN_NAMES] == list(names)
    assert gf.read_table(path).frame.columns.tolist() == read.frame.columns.tolist()
    of_frame = gf.read_table(table.frame, segments="3s")
    assert of_frame.frame.columns.tolist()[: 5 + len(names)] == read.key_names


def test_a_feature_of_such_a_name_stays_a_feature(tmp_path):
    table = make_table()
    columns = (*table.columns, ("group", "1"))
    frame = table.frame.assign(group=np.float32(2.5))
    write_table(
        tmp_path / "t.parquet",
        replace(table, frame=frame, columns=columns),
        feature_schema(columns, table.meta),
    )
    read = read_table(tmp_path / "t.parquet")
    assert read.feature_names[-1] == "group"
    assert read.key_names == table.key_names


def test_several_labels_are_written_only_where_there_are():
    meta = make_table().meta
    assert "several_labels" not in meta.to_json()
    several = replace(meta, several_labels=True)
    assert TableMeta.from_json(several.to_json()) == several
    assert feature_schema((), several).field("genre").type == pa.dictionary(pa.int32(), pa.string())


def test_an_artist_column_decides_and_an_empty_one_keeps_paths_from_being_read():
    rows = with_keys(artist=lambda n: f"Artist {n % 4}").frame
    split = make_split(rows, copies_of(rows), SplitConfig(protocol="artist", folds=2))
    folds = rows.merge(split.frame[["track_id", "fold"]], on="track_id").groupby("artist")["fold"].nunique()
    assert (folds == 1).all()
    paths = rows.assign(track_id=rows["track_id"].str.replace("/", "/Somebody/"), artist="")
    with pytest.raises(SplitError, match="artists of these tracks are not known.*--artist-from tags"):
        make_split(paths, copies_of(paths), SplitConfig(protocol="artist"))
    names = gf.read_table(with_keys(artist=lambda _: "").frame, segments="3s").artists
    assert not any("/" in name for name in names)  # a splitter would read genre and artist in them


@settings(max_examples=25, deadline=None)
@given(st.data())
@pytest.mark.parametrize("protocol", ["track", "artist", "given"])
def test_groups_and_copies_stay_together_under_every_protocol(protocol, data):
    groups = data.draw(st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=24, max_size=24))
    artists = data.draw(st.lists(st.integers(0, 5), min_size=24, max_size=24))
    parts = data.draw(st.lists(st.sampled_from(["train", "valid", "test"]), min_size=24, max_size=24))
    rows = with_keys(
        artist=lambda n: f"{n // 12} {artists[n]}", group=groups.__getitem__, split=parts.__getitem__
    ).frame
    copies = copies_of(rows)
    copies.iloc[1] = copies.iloc[0]
    config = SplitConfig(protocol=protocol, folds=None if protocol == "given" else 2)
    try:
        split = make_split(rows, copies, config)
    except SplitError:
        return
    table = rows.merge(split.frame[["track_id", "fold", "role"]], on="track_id").query("role != 'excluded'")
    side = table["fold"].astype(str) + table["role"]
    assert (side[table["group"] != ""].groupby(table["group"]).nunique() <= 1).all()
    assert side.groupby(table["track_id"].map(copies)).nunique().max() == 1
    if protocol == "artist":
        assert side.groupby(table["artist"]).nunique().max() == 1
    inner = pd.Series(inner_groups(rows, copies, config))
    named = rows["group"] != ""
    assert (inner[named].groupby(rows["group"][named]).nunique() <= 1).all()


def copies_of(rows):
    tracks = sorted(set(rows["track_id"]))
    return pd.Series(tracks, index=tracks)


def test_the_given_split_is_used_as_it_stands():
    names = ["train", "Training", "dev", "validation", "test", "TEST"]
    rows = with_keys(split=lambda n: names[n % 6]).frame
    split = make_split(rows, copies_of(rows), SplitConfig(protocol="given"))
    roles = rows.drop_duplicates("track_id").set_index("track_id")["split"].map(part_of)
    assert split.frame.set_index("track_id")["role"].to_dict() == roles.to_dict()
    (one,) = split.folds(rows)
    assert set(rows["split"].iloc[one[0]]) == {"train", "Training"}
    assert set(rows["split"].iloc[one[1]]) == {"test", "TEST"}


def test_what_a_given_split_leaves_out_is_noted():
    parts = ["train", "train", "test", "test", "", "train"]
    table = with_keys(split=lambda n: parts[n % 6], group=lambda n: "g" if n in (0, 2) else "")
    split = make_split(table.frame, copies_of(table.frame), SplitConfig(protocol="given"))
    assert split.notes == (
        "left out: 4 of 24 tracks without a part, 1 of 24 tracks whose copy or group is in another part",
    )
    split = make_split(table.frame.drop(columns="split"), copies_of(table.frame), SplitConfig())
    assert split.notes == ()
    few = with_keys(n_tracks=6, group=lambda n: f"{n // 2}")
    assert make_split(few.frame, copies_of(few.frame), SplitConfig()).notes == (
        "3 folds: genre0 has 3 groups",
    )


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (lambda _: "", "have no split of their own.*--labels TABLE.*--protocol track"),
        (lambda n: f"fold {n % 3}", "'fold 0' is no part of a split; there are train, valid, test"),
        (lambda _: "train", "none of these tracks is in its test part"),
        (lambda n: ["train", "test"][n >= 12], "no genre0 track in the test part"),
    ],
)
def test_a_given_split_that_cannot_be_used_is_refused(split, message):
    rows = with_keys(split=split).frame
    with pytest.raises(SplitError, match=message):
        make_split(rows, copies_of(rows), SplitConfig(protocol="given"))


def test_rows_without_a_genre_are_left_out_of_a_fit_with_a_note():
    table = make_table(n_genres=3)
    partly = replace(table, frame=table.frame.replace({"genre": {"genre2": ""}}))
    opened, split = divide(in_memory(partly), SplitConfig())
    assert split.notes == ("left out: 12 of 36 tracks, which have no genre",)
    assert opened.data.genres == ("genre0", "genre1")
    with pytest.warns(gf.GtzanWarning, match="12 of 36 tracks, which have no genre"):
        result = gf.evaluate(
            "majority", gf.read_table(partly.frame, segments="3s"), protocol="track", folds=2
        )
    assert result.predictions["genre"].unique().tolist() == ["genre0", "genre1"]
    nothing = replace(table, frame=table.frame.assign(genre=""))
    with pytest.raises(TableError, match="no track has a genre. Label them: gtzan features extract"):
        labelled(in_memory(nothing))
    with pytest.raises(TableError, match=r"gf.extract\(AUDIO_DIR, labels=TABLE\)"):
        gf.fit("lda", gf.read_table(nothing.frame, segments="3s"))


def test_results_know_the_artists_of_the_labels():
    table = gf.read_table(with_keys(artist=lambda n: f"Artist {n // 3}").frame, segments="3s")
    results = [gf.evaluate(name, table, protocol="track", folds=2) for name in ("knn", "majority")]
    found = gf.compare(*results)
    assert found["tracks"].tolist() == [24]
    assert found["units"].tolist() == [8]
