"""Labels of a folder of music by a table, by folders, by none, in every layout."""

from __future__ import annotations

import pandas as pd
import pytest

from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.errors import CatalogueError
from tests.datasets.labelled import by_path, labelled, touch

LAYOUTS = {
    "flat": ("1.mp3", "2.mp3", "3.mp3"),
    "genre": ("rock/1.mp3", "rock/2.mp3", "jazz/3.mp3"),
    "genre and artist": ("rock/Q/1.mp3", "rock/R/2.mp3", "jazz/M/3.mp3"),
    "genre, artist and album": ("rock/Q/One/1.mp3", "rock/R/Two/CD1/2.mp3", "jazz/M/Three/3.mp3"),
}
SOURCES = {
    "folders": "folders",
    "none": "none",
    "table": {"1": "rock", "2": "rock", "3": "jazz"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_layout_goes_with_every_source(tmp_path, layout, source):
    music = touch(tmp_path / "music", *LAYOUTS[layout])
    if (layout, source) == ("flat", "folders"):
        with pytest.raises(CatalogueError, match="--labels TABLE.*--labels tags; or --labels none"):
            labelled(music, SOURCES[source])
        return
    found = labelled(music, SOURCES[source])
    assert {track.track_id for track in found.tracks} == {
        name.removesuffix(".mp3") for name in LAYOUTS[layout]
    }
    assert found.counts() == ({} if source == "none" else {"jazz": 1, "rock": 2})
    artists = {track.artist for track in found.tracks}
    assert artists == {""}
    named = labelled(music, SOURCES[source], artist_from="folders")
    if source != "folders":
        first = {name.partition("/")[0] if "/" in name else "" for name in LAYOUTS[layout]}
        assert {track.artist for track in named.tracks} == first
    elif "artist" in layout:
        assert "3 artists from folders" in catalogue_text(named)


def test_a_table_without_genres_leaves_them_to_the_folders(tmp_path):
    music = touch(tmp_path / "music", *LAYOUTS["genre"])
    found = labelled(
        music, pd.DataFrame({"path": ["1", "2", "3"], "artist": ["Q", "Q", "M"], "split": "train"})
    )
    assert by_path(found) == {"rock/1.mp3": "rock", "rock/2.mp3": "rock", "jazz/3.mp3": "jazz"}
    assert {track.artist for track in found.tracks} == {"Q", "M"}


def test_gtzan_is_known_without_its_folders(tmp_path):
    music = touch(tmp_path / "music", "blues.00000.wav", "rock.00001.wav")
    found = labelled(music, "none")
    assert found.dataset == "GTZAN (2 of 1000 tracks)"
    nested = touch(tmp_path / "nested", "x/blues.00000.wav", "y/rock.00001.wav")
    assert {track.track_id for track in labelled(nested, "none").tracks} == {"blues.00000", "rock.00001"}
    twice = touch(tmp_path / "twice", "x/blues.00000.wav", "y/blues.00000.wav")
    assert {t.track_id for t in labelled(twice, "none").tracks} == {"x/blues.00000", "y/blues.00000"}


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        (
            [f"Artist {a}/Album/{t:02d} Song.mp3" for a in range(6) for t in range(1, 9)],
            "6 genres of few folders",
        ),
        ([f"Artist {a}/Song.mp3" for a in range(6)], "6 of 6 genres have one track each: are these artists"),
        ([f"{g}/Artist {a}/Album/{t:02d} Song.mp3" for g in "abcdef" for a in range(6) for t in (1, 2)], ""),
        ([f"{g}/{t:02d} Song.mp3" for g in "abcdef" for t in range(9)], ""),
    ],
)
def test_artists_that_were_taken_for_genres_are_asked_about(tmp_path, files, asked):
    found = read_catalogue(touch(tmp_path / "music", *files))
    questions = [line for line in remarks(found) if "are these artists" in line]
    assert bool(questions) == bool(asked)
    assert all(asked in line and "--labels tags" in line for line in questions)
