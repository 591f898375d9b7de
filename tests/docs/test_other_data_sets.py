"""The page on other data sets: its commands run on miniature copies with the real headers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from gtzan_features.datasets.label_columns import find_columns
from gtzan_features.tables.label_grid import read_grid
from tests.conftest import SR, tone
from tests.docs.test_how_to import PAGES, blocks, run_block

PAGE = "other-data-sets.md"

ALBUM = (
    "comments date_created date_released engineer favorites id information listens producer tags title "
    "tracks type"
)
ARTIST = (
    "active_year_begin active_year_end associated_labels bio comments date_created favorites id latitude "
    "location longitude members name related_projects tags website wikipedia_page"
)
TRACK = (
    "bit_rate comments composer date_created date_recorded duration favorites genre_top genres genres_all "
    "information interest language_code license listens lyricist number publisher tags title"
)
FMA = [("album", name) for name in ALBUM.split()] + [("artist", name) for name in ARTIST.split()]
FMA += [("set", "split"), ("set", "subset")] + [("track", name) for name in TRACK.split()]

MTAT = "guitar;classical;slow;techno;strings;drums;electronic;rock;no voice;female vocal"
CLIP = "clip_id\ttrack_number\ttitle\tartist\talbum\turl\tsegmentStart\tsegmentEnd\toriginal_url\tmp3_path"


def sound(path, number, pitch):
    path.parent.mkdir(parents=True, exist_ok=True)
    y = tone(4.0, pitch) + 0.01 * np.random.default_rng(number).standard_normal(4 * SR)
    soundfile.write(path, y, SR, format="WAV" if path.suffix == ".wav" else "MP3")


def fma(root):
    """Twelve tracks with files and two without, under pandas' header of three lines."""
    index = [2, 5, 10, 140, 141, 148, 182, 190, 193, 194, 200, 201, 30_000, 30_001]
    frame = pd.DataFrame("", index=pd.Index(index, name="track_id"), columns=pd.MultiIndex.from_tuples(FMA))
    for n, track in enumerate(index):
        genre, pitch = (("Hip-Hop", 220.0), ("Rock", 1760.0))[n % 2]
        frame.loc[track, ("track", "genre_top")] = genre
        frame.loc[track, ("track", "genres_all")] = "[21]"
        frame.loc[track, ("track", "title")] = 'A "title", with\na line' if n == 3 else "Food"
        frame.loc[track, ("artist", "name")] = f"Artist {n}"
        frame.loc[track, ("set", "split")] = ("training", "training", "training", "validation", "test")[
            n // 2 % 5
        ]
        frame.loc[track, ("set", "subset")] = "small"
        if n < 12:
            sound(root / "fma_small" / f"{track // 1000:03d}" / f"{track:06d}.mp3", n, pitch)
    (root / "fma_metadata").mkdir()
    frame.to_csv(root / "fma_metadata" / "tracks.csv")


def ballroom(root):
    names = []
    for n in range(8):
        folder, pitch = (
            ("Rumba-American", 220.0),
            ("Waltz", 880.0),
            ("Rumba-Misc", 220.0),
            ("Waltz", 880.0),
        )[n % 4]
        names.append(f"./{folder}/Albums-Cafe_Paradiso-{n:02d}.wav")
        sound(root / "BallroomData" / names[-1], n, pitch)
    (root / "BallroomData" / "allBallroomFiles").write_text("\n".join(names) + "\n")


def ismir04(root):
    for p, part in enumerate(("training", "development", "evaluation")):
        lines = []
        for n in range(4):
            genre, pitch = (("classical", 220.0), ("world", 880.0))[n % 2]
            name = f"{genre}/the_artist_{n // 2}/l'album/{n:02d}-track_{p}.mp3"
            lines.append(f'"{genre}","Artist {n // 2}","L\'album","Track, {p}","{n}","./{name}"')
            sound(root / "audio" / part / name.replace("'", "_"), 10 * p + n, pitch)
        (root / "metadata" / part).mkdir(parents=True)
        (root / "metadata" / part / "tracklist.csv").write_text("\n".join(lines) + "\n")


def mtat(root):
    """Two clips in each folder; most tags are never given."""
    tags = MTAT.split(";")
    rows, clips = [], []
    for n in range(32):
        path = f"{n // 2:x}/artist_{n}-album-{n:02d}-title-30-59.mp3"
        given = {"guitar": n % 2, "drums": 1 - n % 2, "rock": int(n % 4 < 2)}
        rows.append([str(n + 2), *(str(given.get(tag, 0)) for tag in tags), path])
        clips.append([str(n + 2), "1", "Title", f"Artist {n}", "Album", "", "30", "59", "", path])
        sound(root / "mp3" / path, n, (220.0, 880.0)[n % 2])
    header = ["clip_id", *tags, "mp3_path"]
    quoted = ["\t".join(f'"{cell}"' for cell in row) for row in [header, *rows]]
    (root / "annotations_final.csv").write_text("\n".join(quoted) + "\n")
    (root / "clip_info_final.csv").write_text("\n".join([CLIP, *("\t".join(one) for one in clips)]) + "\n")


def part(title):
    """The blocks of one section of the page."""
    page = (PAGES / PAGE).read_text(encoding="utf-8")
    section = page[page.index(f"## {title}") :]
    section = section[: section.index("\n## ", 3)]
    return [one for one in blocks(PAGE) if one[2] in section]


SETS = {
    "FMA": (fma, "fma", {"Hip-Hop": 6, "Rock": 6}, True),
    "Ballroom": (ballroom, "ballroom", {"Rumba": 4, "Waltz": 4}, False),
    "ISMIR04 Genre": (ismir04, "ismir04", {"classical": 6, "world": 6}, True),
    "MagnaTagATune": (mtat, "mtat", {"drums": 8, "drums;rock": 8, "guitar": 8, "guitar;rock": 8}, True),
}


@pytest.mark.filterwarnings("ignore:.*folds.*:gtzan_features.GtzanWarning")
@pytest.mark.parametrize("title", SETS)
def test_the_commands_for_a_data_set_run_on_a_miniature_of_it(title, tmp_path, monkeypatch, capfd):
    make, tables, genres, has_parts = SETS[title]
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gtzan_features.parallel.local.available_processors", lambda: 1)
    found = part(title)
    assert [language for language, _, _ in found if language not in ("sh", "python")] == []
    for language, name, text in found:
        run_block(language, name, text)
    rows = pq.read_table(tmp_path / tables / "kaggle-3s.parquet").to_pandas()
    assert rows.groupby("track_id")["genre"].first().value_counts().to_dict() == genres
    if has_parts:
        assert set(rows["split"]) == {"train", "valid", "test"}
        assert (rows["artist"].astype(str) != "").all()
    assert list((tmp_path / f"runs-{tables}").glob("*/manifest.json"))
    assert "Error" not in capfd.readouterr().err


def test_fma_s_header_is_read_as_it_is(tmp_path):
    fma(tmp_path)
    grid = read_grid(tmp_path / "fma_metadata" / "tracks.csv")
    assert len(grid.names) == 53
    columns = find_columns(grid, {})
    assert grid.names[columns.label] == ("track", "genre_top")
    assert {role: grid.names[at] for role, at in columns.others.items()} == {
        "artist": ("artist", "name"),
        "split": ("set", "split"),
    }


def test_every_source_that_is_named_is_listed():
    text = (PAGES / PAGE).read_text(encoding="utf-8")
    body, _, sources = text.partition("## Where this is from")
    prose = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    prose = prose.replace("[1] to [13]", "")
    numbers = {int(n) for group in re.findall(r"\[(\d[\d, ]*)\]", prose) for n in group.split(",")}
    listed = {int(n) for n in re.findall(r"^(\d+)\. ", sources, re.MULTILINE)}
    assert numbers == listed
