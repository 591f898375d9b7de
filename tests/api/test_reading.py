"""Files and frames to tables, with the checks of the commands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from gtzan_cli.main import cli

import gtzan_features as gf
from gtzan_features.errors import ConfigError, TableError


def imported(csv, out, *words: str) -> gf.Table:
    done = CliRunner().invoke(cli, ["features", "import", str(csv), "--out", str(out), *words])
    assert done.exit_code == 0, done.output
    (path,) = out.glob("*.parquet")
    return gf.read_table(path)


def same(one: gf.Table, other: gf.Table) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame, check_dtype=False, check_exact=True)
    assert one.y.tolist() == other.y.tolist()


@pytest.mark.parametrize("name", ["features_3_sec.csv", "features_30_sec.csv"])
def test_kaggles_csv_is_read_as_by_the_command_and_as_by_pandas(real_material, tmp_path, name):
    table = gf.read_table(real_material / "features" / name)
    stored = imported(real_material / "features" / name, tmp_path / "tables")
    same(table, stored)
    assert table.meta == stored.meta
    frame = pd.read_csv(real_material / "features" / name)
    by_pandas = gf.read_table(frame)
    # The parser of pandas 2.3 is off in the last places; exact numbers follow.
    np.testing.assert_allclose(by_pandas.X, table.X, rtol=1e-11, atol=1e-15)
    assert by_pandas.groups.tolist() == table.groups.tolist()
    texts = pd.read_csv(real_material / "features" / name, dtype=str)
    numbers = texts.columns.difference(["filename", "label"])
    exact = gf.read_table(texts.assign(**{column: texts[column].map(float) for column in numbers}))
    same(exact, table)
    assert (exact.meta.config, exact.meta.segment) == (table.meta.config, table.meta.segment)


def test_what_the_command_extracts_is_read(music, tmp_path):
    table = gf.extract(music, out=tmp_path, n_jobs=1)
    same(gf.read_table(tmp_path / "kaggle-3s.parquet"), table)
    same(gf.read_table(str(tmp_path / "kaggle-3s.parquet")), table)


def test_a_frame_of_a_table_is_a_table_again(music, tmp_path):
    table = gf.extract(music, out=tmp_path, n_jobs=1)
    shuffled = table.frame.sample(frac=1, random_state=0)
    again = gf.read_table(shuffled)
    assert again.meta.segment == "3s"
    order = again.frame.sort_values(["genre", "track_id", "segment"]).index
    assert np.array_equal(again.X[order], table.X)
    assert again.meta.config == {}
    known = gf.read_table(table.frame, recipe="kaggle")
    assert known.meta.feature_fingerprint == table.meta.feature_fingerprint
    same(known, table)
    with pytest.raises(TableError, match="has no column mfcc1_mean of the feature set kaggle"):
        gf.read_table(table.frame.drop(columns="mfcc1_mean"), recipe="kaggle")


def test_assumptions_on_a_csv_are_warnings(real_material, tmp_path):
    text = (real_material / "features" / "features_30_sec.csv").read_text(encoding="utf-8")
    odd = tmp_path / "odd.csv"
    odd.write_bytes(text.replace("blues", "bl\u00fces").encode("cp1252"))
    with pytest.warns(gf.GtzanWarning, match=r"odd\.csv: .*1252") as caught:
        gf.read_table(odd, segments="30s", rows="tracks")
    assert caught[0].filename == __file__
    assert "--encoding" not in str(caught[0].message)


def test_what_features_gives_is_a_table_once_it_has_genres(music, tmp_path):
    table = gf.extract(music, out=tmp_path, n_jobs=1)
    frame = gf.features(music)
    frame["genre"] = [file.split("/")[-2] for file in frame.index.get_level_values("file")]
    again = gf.read_table(frame, recipe="kaggle")
    assert again.meta.segment == "3s"
    assert again.columns == table.columns
    keys = ["track_id", "genre", "segment", "start_s", "n_samples"]
    assert again.frame[keys].to_numpy().tolist() == table.frame[keys].to_numpy().tolist()
    assert np.array_equal(again.X, table.X)
    same(gf.read_table(frame.reset_index(), recipe="kaggle"), again)
    elsewhere = frame.reset_index().assign(genre=["x"] * 6 + ["y"] * 6)
    assert gf.read_table(elsewhere).groups.tolist()[:3] == ["calm.0", "calm.0", "calm.1"]


def test_artists_are_folders_below_the_genre_and_nothing_above_it():
    files = [f"/home/me/music/{genre}/{artist}/{n}.wav" for genre in "ab" for artist in "xy" for n in (1, 2)]
    frame = pd.DataFrame({"file": files, "genre": list("aaaabbbb"), "f": np.arange(8.0)})
    assert gf.read_table(frame).artists.tolist() == [f"artist {artist}" for artist in "xxyyxxyy"]
    unknown = gf.read_table(frame.assign(genre=list("ccccdddd")))
    assert unknown.artists.tolist() == [file.replace("/", "|") for file in files]


def test_names_and_keys_of_any_type_are_taken():
    genres = pd.Categorical(["x", "y", "x"])
    frame = pd.DataFrame(
        {"track_id": pd.Categorical([1, 2, 3]), "genre": genres, 0: [1, 2, 3], 1: [1.0, 2.0, 4.0]}
    )
    table = gf.read_table(frame)
    assert table.columns == ("0", "1")
    assert table.groups.tolist() == ["1", "2", "3"]
    assert gf.read_table(frame.set_index("track_id")).X.tolist() == table.X.tolist()
    with pytest.raises(TableError, match="has the column 0 more than once"):
        gf.read_table(frame.rename(columns={1: 0}))


def test_columns_without_dots_beside_the_keys_are_features_whatever_their_type():
    frame = pd.DataFrame(
        {"track_id": ["a", "b"], "genre": ["x", "y"], "count": [1, 2], "share": np.float32([0.5, 0.25])}
    )
    table = gf.read_table(frame)
    assert table.X.tolist() == [[1.0, 0.5], [2.0, 0.25]]
    assert table.meta.segment == "30s"


GOOD = pd.DataFrame({"track_id": ["a", "a", "b"], "genre": ["x", "x", "y"], "f": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (GOOD, {}, r'Say how long a row is: segments="3s"'),
        (
            GOOD.assign(f=[1.0, np.nan, 3.0]),
            {"segments": "3s"},
            "1 values are not finite, the first in",
        ),
        (
            GOOD.assign(f=["a", "b", "c"]),
            {"segments": "3s"},
            r"column f holds no numbers \(.*\)\. Correct the frame$",
        ),
        (GOOD.assign(f=[1, "b", 2.0]), {"segments": "3s"}, "column f holds values of several kinds"),
        (GOOD.drop(columns="f"), {"segments": "3s"}, "holds no feature"),
        (GOOD.drop(columns="genre"), {}, "neither keys"),
        (GOOD.assign(genre=["x", "y", "y"]), {"segments": "3s"}, "gives track 'a' more than one genre"),
        (GOOD.assign(segment=[0, 0, 0]), {"segments": "3s"}, "segment 0 of 'a' twice"),
        (GOOD.assign(genre=["x", None, "y"]), {"segments": "3s"}, "1 rows have no genre"),
        (GOOD.assign(n_samples=5), {}, "n_samples of 5 is no length of a row"),
        (GOOD, {"segments": "3s", "recipe": "kagle"}, "feature set 'kagle' does not exist"),
        (GOOD, {"segments": "three"}, "is not a number of seconds"),
        (GOOD.iloc[:0], {"segments": "3s"}, "holds no rows"),
        ([1, 2], {}, "give a path or a DataFrame, not list"),
    ],
)
def test_a_frame_that_is_no_table_is_refused_with_what_and_where(frame, options, message):
    with pytest.raises((TableError, ConfigError), match=message):
        gf.read_table(frame, **options)


def test_faults_of_a_frame_of_kaggles_columns_are_told_by_row(real_material):
    frame = pd.read_csv(real_material / "features" / "features_30_sec.csv")
    frame.loc[7, "mfcc1_mean"] = np.nan
    with pytest.raises(TableError, match="DataFrame: row 7, column mfcc1_mean: an empty cell"):
        gf.read_table(frame)
    twice = pd.concat([frame.iloc[:5], frame.iloc[:1]])
    with pytest.raises(TableError, match=r"\(rows 0 and 5\). Remove the repeated rows"):
        gf.read_table(twice)


def test_files_that_are_no_table_are_refused_in_the_words_of_python(tmp_path, tables):
    with pytest.raises(TableError, match=r"missing\.csv: no such file$"):
        gf.read_table(tmp_path / "missing.csv")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(TableError, match="a Parquet file, but not a feature table of gtzan"):
        gf.read_table(tmp_path / "other.parquet")
    (tmp_path / "cut.parquet").write_bytes((tables / "kaggle-3s.parquet").read_bytes()[:500])
    with pytest.raises(TableError, match="not a whole Parquet file"):
        gf.read_table(tmp_path / "cut.parquet")
    (tmp_path / "open.csv").write_text("filename,length,label\na_1.wav,3,x\n")
    with pytest.raises(TableError, match="57 of 60 columns are missing"):
        gf.read_table(tmp_path / "open.csv")
