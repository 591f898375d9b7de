"""What a row of a CSV is: by its name; and export and import as a round trip of every table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gtzan_features.audio.segments import segment_bounds
from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.descriptors.sets import columns
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.tables.feature_tables import FeatureTable
from gtzan_features.tables.kaggle_csv import read_kaggle_csv, write_kaggle_csv
from gtzan_features.tables.kaggle_rows import CsvReading
from gtzan_features.tables.schema import TableMeta

COLUMNS = tuple((c.name, c.unit) for c in columns(FeatureConfig()))
NAMES = [name for name, _ in COLUMNS]
SR = 22_050
S3, S30 = 3 * SR - 1, 661_794


def write_rows(path, rows):
    """A CSV of rows (filename, length, label) with values that tell its rows apart."""
    frame = pd.DataFrame(rows, columns=["filename", "length", "label"])
    values = np.arange(len(frame) * len(NAMES)).reshape(len(frame), -1) + 0.25
    pd.concat([frame, pd.DataFrame(values, columns=NAMES)], axis=1).to_csv(path, index=False)
    return path


def read_rows(tmp_path, rows, /, **said):
    table = read_kaggle_csv(write_rows(tmp_path / "a.csv", rows), reading=CsvReading(**said))
    keys = table.frame[["track_id", "genre", "segment", "n_samples"]]
    return table.meta.segment, [tuple(row) for row in keys.itertuples(index=False)]


def tracks_of(found):
    return {track for track, *_ in found[1]}


def segments(tracks, n, length=S3, pattern="{}.{}.wav", first=0):
    return [(pattern.format(t, i), length, t[0]) for t in tracks for i in range(first, first + n)]


OWN = ["r/one", "r/two", "b/three", "b/four"]
GTZAN = ["blues.00000", "blues.00001", "rock.00000", "rock.00001"]


@pytest.mark.parametrize("length", [S3, 3 * SR, 66_000])
@pytest.mark.parametrize("tracks", [OWN, GTZAN])
def test_numbered_rows_are_segments(tmp_path, tracks, length):
    found = read_rows(tmp_path, segments(tracks, 10, length))
    assert found[0] == "3s"
    assert tracks_of(found) == set(tracks)
    assert [s for _, _, s, _ in found[1]] == list(range(10)) * 4


@pytest.mark.parametrize("length", [S30, 661_500, 660_000, 675_808, 1_323_588, 30 * 44_100])
def test_segments_whose_length_is_their_tracks_are_never_tracks(tmp_path, length):
    rows = segments(OWN, 10, length)
    try:
        found = read_rows(tmp_path, rows)
    except TableError as error:
        assert "--segments 3s" in str(error)  # noqa: PT017 - one of two right answers
        found = read_rows(tmp_path, rows, segment=SegmentConfig(3.0))
        assert {n for *_, n in found[1]} == {S3}
    assert tracks_of(found) == set(OWN)


@pytest.mark.parametrize(
    "pattern",
    ["{}_{}.wav", "{}-{}.wav", "{} {}.wav", "{}-part{}.wav", "{} ({}).wav", "{}_seg_{}.mp3", "{}.0{}.wav"],
)
@pytest.mark.parametrize("length", [S3, S30])
def test_segments_numbered_in_another_way_are_asked_about(tmp_path, pattern, length):
    rows = segments(OWN, 5, length, pattern)
    with pytest.raises(TableError, match="--rows"):
        read_rows(tmp_path, rows)
    found = read_rows(tmp_path, rows, rows="segments", segment=SegmentConfig(3.0))
    assert tracks_of(found) == set(OWN)


@pytest.mark.parametrize(
    "names",
    [
        ["r/song.1", "r/song.2", "b/other.1", "b/other.2"],  # no segment 0
        ["r/one.0", "r/two.0", "b/three.0"],  # every stem once
        ["r/song.3", "r/song.7", "b/other.3"],
        ["r.0", "r.1", "b.0", "b.1", "b.2"],  # a track a genre?
        ["song.0"],
        ["r/blues.00000-a", "r/blues.00000-b", "b/other"],  # cut from one track
    ],
)
@pytest.mark.parametrize("length", [S3, S30])
def test_names_that_leave_two_readings_are_asked_about(tmp_path, names, length):
    rows = [(f"{name}.wav", length, name[0]) for name in names]
    with pytest.raises(TableError, match=r"may be of tracks or of segments. Say which: --rows segments, or"):
        read_rows(tmp_path, rows)
    found = read_rows(tmp_path, rows, rows="tracks", segment=SegmentConfig(30.0))
    assert tracks_of(found) == {
        n if "blues.00000" in n or "/" in n or len(n) < 4 else "song.0" for n in names
    }
    assert found[0] == "30s"


@pytest.mark.parametrize(
    "names",
    [
        ["r/a", "r/b", "b/c", "b/song 4"],
        [f"{g}/track{i:02d}" for g in "rb" for i in range(12)],
        [f"{g}/{i:02d} - Title" for g in "rb" for i in range(12)],
        [f"{g}.000{i:02d}" for g in ("rock", "blues") for i in range(12)],
    ],
)
def test_rows_over_whole_tracks_are_tracks(tmp_path, names):
    found = read_rows(tmp_path, [(f"{name}.wav", S30 + i, name[0]) for i, name in enumerate(names)])
    assert found[0] == "30s"
    assert tracks_of(found) == set(names)
    assert sorted(n for *_, n in found[1]) == [S30 + i for i in range(len(names))]


@pytest.mark.parametrize(
    ("rate", "seconds"), [(44_100, 3), (48_000, 3), (16_000, 3), (32_000, 3), (8_000, 3), (11_025, 3)]
)
@pytest.mark.parametrize("less", [0, 1])
def test_lengths_at_another_rate_make_no_false_length(tmp_path, rate, seconds, less):
    length = rate * seconds - less
    found = read_rows(tmp_path, segments(GTZAN, 10, length))
    assert found[0] == "3s"  # ten rows of a GTZAN track leave no other
    assert {n for *_, n in found[1]} == {S3}
    try:
        name, rows = read_rows(tmp_path, segments(OWN, 10, length))
    except TableError as error:
        assert f"3 s at {rate} Hz" in str(error)  # noqa: PT017 - one of two right answers
        assert "--segments 3s" in str(error)  # noqa: PT017
    else:
        assert name == "3s"
        assert {n for *_, n in rows} == {S3}


def test_tracks_at_another_rate_are_asked_about(tmp_path):
    rows = [(f"{t}.wav", 30 * 44_100, t[0]) for t in OWN]
    with pytest.raises(TableError, match=r"lasts 60 s.*--segments 30s.*at 44100 Hz it is 30 s"):
        read_rows(tmp_path, rows)
    assert read_rows(tmp_path, rows, rows="tracks", segment=SegmentConfig(30.0))[0] == "30s"


@pytest.mark.parametrize("root", ["/kaggle/input/gtzan/Data/genres_original/", "genres_original/", "", "./"])
@pytest.mark.parametrize("ending", [".wav", ".WAV", ".au", ".Mp3", ".png", ""])
@pytest.mark.parametrize("slash", ["/", "\\"])
def test_a_path_before_a_name_is_passed_over(tmp_path, root, ending, slash):
    rows = [
        (f"{root}{t.split('.')[0]}/{t}.{i}{ending}".replace("/", slash), S3, t.split(".")[0])
        for t in GTZAN
        for i in range(3)
    ]
    assert tracks_of(read_rows(tmp_path, rows)) == set(GTZAN)
    own = [(f"{root}r/Queen/song.{i}{ending}".replace("/", slash), S3, "r") for i in range(3)]
    others = ["b/x/y", "r/x/y"]
    assert tracks_of(read_rows(tmp_path, [*own, *segments(others, 3)])) == {"r/Queen/song", *others}


def test_a_track_of_two_genres_is_named(tmp_path):
    rows = segments(OWN, 3)
    rows[4] = (*rows[4][:2], "jazz")
    with pytest.raises(TableError, match=r"line 6 labels 'r/two.1.wav' 'jazz', but line 5 .* track 'r'"):
        read_rows(tmp_path, rows)


def test_repeated_rows_are_named_with_their_lines(tmp_path):
    rows = segments(OWN, 3)
    with pytest.raises(TableError, match=r"'r/one.1.wav' is in it more than once \(lines 3 and 14\)"):
        read_rows(tmp_path, [*rows, rows[1]])


def test_names_of_tracks_that_repeat_are_segments_where_that_is_said(tmp_path):
    rows = [(f"{t}.wav", S3, t[0]) for t in (*GTZAN, *OWN) for _ in range(10)]
    with pytest.raises(TableError, match=r"more than once \(lines 2 and 3\).*say --rows segments"):
        read_rows(tmp_path, rows)
    found = read_rows(tmp_path, rows, rows="segments")
    assert found[0] == "3s"
    assert tracks_of(found) == {*GTZAN, *OWN}
    assert [s for _, _, s, _ in found[1]] == list(range(10)) * 8


def test_short_rows_are_tracks_only_where_that_is_said(tmp_path):
    rows = [(f"{t}.wav", S3, t[0]) for t in OWN]
    with pytest.raises(
        TableError, match=r"lasts 3 s, not 30 s; .*recording of its own, say so: --rows tracks --segments 3s"
    ):
        read_rows(tmp_path, rows)
    assert read_rows(tmp_path, rows, rows="tracks")[0] == "3s"


def test_names_that_differ_in_how_accents_are_written_are_one_track(tmp_path):
    rows = [("Bjo\u0308rk/x.0.wav", S3, "Bjo\u0308rk"), ("Bj\u00f6rk/x.1.wav", S3, "Bj\u00f6rk")]
    assert tracks_of(read_rows(tmp_path, [*rows, *segments(["b/y"], 2)], rows="segments")) == {
        "Bj\u00f6rk/x",
        "b/y",
    }


def test_what_is_said_must_be_known_and_agree():
    with pytest.raises(ConfigError, match="there are auto, segments, tracks"):
        CsvReading(rows="row")


ids = st.one_of(
    st.sampled_from(
        ["blues.00000", "song.0", "song.1", "a", "a.0", "blues/Song 0.0", "r/x, y", 'r/"q"', "1", "0.5", "NA"]
    ),
    st.from_regex(r"(r|blues)/[ab](\.[0-2])?( |_|-)?[0-3]?", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8),
)
genre_names = st.sampled_from(
    ["blues", "r", "NA", "null", "nan", "None", " r ", "a,b", "Ünï", '"', "1", "r\r"]
)
lengths_s = st.one_of(
    st.sampled_from([3.0, 30.0, 10.0, 1.5, 2.99, 3.01, 6.0, 60.0, 29.5, 100.0001]),
    st.floats(0.5, 3600, allow_nan=False),
)


@st.composite
def tables(draw):
    """Any table that the product can write: rows of tracks of any length by the rule of segments."""
    segment = SegmentConfig(draw(lengths_s))
    rows = []
    for track in draw(st.lists(ids, unique=True, min_size=1, max_size=5)):
        genre = draw(genre_names)
        count = draw(st.integers(0, 4))
        n_samples = draw(
            st.sampled_from([S30, 661_500, 600_000, round((count + 0.5) * segment.n_samples(SR))])
        )
        lost = draw(st.sampled_from([0, 0, 58_316]))
        bounds = segment_bounds(n_samples, segment, SR, lost)[:5]
        rows += [(track, genre, s.index, s.start / SR, s.stop - s.start) for s in bounds]
    return segment, rows


def table_of(segment, rows):
    frame = pd.DataFrame(rows, columns=["track_id", "genre", "segment", "start_s", "n_samples"])
    values = np.arange(len(rows) * len(NAMES)).reshape(len(rows), -1) / 7
    meta = TableMeta(feature_set="kaggle", feature_fingerprint="x", segment=segment.name, dataset="own")
    features = pd.DataFrame(values, columns=NAMES)
    return FeatureTable(frame=pd.concat([frame, features], axis=1), columns=COLUMNS, meta=meta)


def song(n, segment=30.0, track="blues/Song 0", genre="blues"):
    length = SegmentConfig(segment).n_samples(SR)
    return [(track, genre, i, i * segment, length - 1) for i in range(n)]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=tables())
@example(made=(SegmentConfig(30.0), song(3)))
@example(made=(SegmentConfig(30.0), [*song(3), *song(3, track="blues/Song 1")]))
@example(made=(SegmentConfig(30.0), [("song.1", "r", 0, 0.0, S30), ("song.2", "b", 0, 0.0, S30)]))
@example(made=(SegmentConfig(3.0), song(1, 3.0, "a\r\nb.0")))
@example(made=(SegmentConfig(6.0), song(4, 6.0)))
@example(made=(SegmentConfig(3.00001), song(4, 3.0)))
def test_export_and_import_give_back_every_row(tmp_path, made):
    segment, rows = made
    if not rows:
        return
    table = table_of(segment, rows)
    path = tmp_path / "round trip.csv"
    write_kaggle_csv(path, table)
    back = read_kaggle_csv(path)
    assert back.meta.segment == segment.name
    keys = ["track_id", "genre", "segment", "n_samples"]
    expected = table.frame.sort_values(["genre", "track_id", "segment"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(back.frame[keys], expected[keys], check_dtype=False)
    np.testing.assert_array_equal(back.frame[NAMES], expected[NAMES])


def test_names_are_kaggles_wherever_these_are_read_back(tmp_path):
    def names(segment, rows):
        write_kaggle_csv(tmp_path / "a.csv", table_of(SegmentConfig(segment), rows))
        return pd.read_csv(tmp_path / "a.csv")["filename"].tolist()

    two = [*song(2), *song(2, track="blues/Song 1")]
    assert names(30.0, two)[1] == "blues/Song 0.1.wav"
    assert names(3.0, song(1, 3.0, "blues.00000")) == ["blues.00000.0.wav"]
    assert names(30.0, [("blues.00000", "blues", 0, 0.0, S30)]) == ["blues.00000.wav"]
    assert names(30.0, [("r/song.1", "r", 0, 0.0, S30)]) == ["r/song.1.0@30s.wav"]
