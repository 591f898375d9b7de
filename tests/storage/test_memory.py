"""Input and output in a storage, by fsspec's own in memory: the same rows, and nothing half there."""

import pytest

pytest.importorskip("upath")

import soundfile

import gtzan_features as gf
from gtzan_features.audio.load import load
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.tree import read_tree
from gtzan_features.errors import AudioDecodeError, CatalogueError, StorageError
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.storage import inside, location
from gtzan_features.tables.atomic import atomic_path, write_text
from gtzan_features.tables.locking import output_lock
from tests.conftest import SR, tone

NAMES = [
    *(
        "rock/a b.wav",
        "rock/c#d?e%20.wav",
        "rock/artist/ü.WAV",
        "jazz/x.wav",
        "jazz/deep/er/y.wav",
        "jazz/z.au",
    ),
    *("jazz/.hidden.wav", "jazz/._mac.wav", "jazz/@eaDir/x.wav", "jazz/notes.txt", "__MACOSX/rock/a.wav"),
    *("loose.wav", "jazz/copy.wav~", "jazz/...three dots.wav", "empty/notes.pdf"),
]


@pytest.fixture
def side(tmp_path, monkeypatch):
    """A folder in memory that is empty, with what this machine keeps for it in a folder of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    top = location("memory://test")
    if top.exists():
        top.fs.rm(str(top.path), recursive=True)
    return top


def fill(top, names, seconds=0.1):
    for number, name in enumerate(names):
        path = inside(top, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            soundfile.write(file, tone(seconds, 200 + 10 * number), SR, format="WAV")


def test_a_folder_is_read_by_the_same_rules(side, tmp_path):
    fill(side / "music", NAMES)
    fill(tmp_path / "music", NAMES)
    there, here = read_tree(side / "music"), read_tree(tmp_path / "music")
    assert (there.files, there.folders) == (here.files, here.folders)
    assert there.passed_over == here.passed_over
    only = {
        name: read_tree(top / "music", lambda one: one == "jazz").files
        for name, top in (("there", side), ("here", tmp_path))
    }
    assert only["there"] == only["here"]
    assert read_catalogue(side / "music").tracks == read_catalogue(tmp_path / "music").tracks


def test_the_same_audio_gives_the_same_bytes(side, tmp_path):
    names = ["rock/a.wav", "rock/b c#d.wav", "jazz/c.wav"]
    fill(side / "music", names, seconds=3.5)
    fill(tmp_path / "music", names, seconds=3.5)
    (side / "music/jazz/bad.wav").write_bytes(b"RIFF")
    (tmp_path / "music/jazz/bad.wav").write_bytes(b"RIFF")
    config = ExtractConfig(segments=ExtractConfig().segments[:1])
    extract(tmp_path / "music", tmp_path / "out", config, n_jobs=1)
    done = extract(side / "music", side / "out", config)
    assert [one.path for one in done.skipped] == ["jazz/bad.wav"]
    tables = sorted(path.name for path in (tmp_path / "out").glob("*.parquet"))
    assert sorted(path.name for path in (side / "out").iterdir()) == tables
    for name in tables:
        assert (side / "out" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    again = extract(side / "music", side / "out", config)
    assert again.n_reused == 3
    table = gf.read_table("memory://test/out/kaggle-3s.parquet")
    assert table.X.shape == (3, 57)
    with pytest.warns(gf.GtzanWarning, match=r"jazz/bad\.wav"):
        assert gf.extract("memory://test/music").X.shape == table.X.shape


def test_what_is_not_there_is_one_line(side):
    with pytest.raises(StorageError, match="no such file, folder or bucket"):
        read_catalogue(side / "nothing")
    with pytest.raises(AudioDecodeError, match="no such file"):
        load(side / "nothing.wav", None)
    (side / "text").mkdir(parents=True)
    (side / "text/rock.txt").write_text("x")
    with pytest.raises(CatalogueError, match="no audio"):
        read_catalogue(side / "text")


def test_an_empty_file_is_no_audio(side):
    (side / "e.wav").parent.mkdir(parents=True, exist_ok=True)
    (side / "e.wav").write_bytes(b"")
    with pytest.raises(AudioDecodeError, match="empty"):
        load(side / "e.wav", None)


def test_a_file_is_put_whole_or_not_at_all(side):
    write_text(side / "out/a.json", "old")
    with pytest.raises(RuntimeError), atomic_path(side / "out/a.json") as temporary:
        raise RuntimeError(temporary.write_text("half"))
    assert (side / "out/a.json").read_text() == "old"
    with atomic_path(side / "out/a.json") as temporary:
        temporary.write_text("new")
        assert (side / "out/a.json").read_text() == "old"
    assert (side / "out/a.json").read_text() == "new"
    assert [path.name for path in (side / "out").iterdir()] == ["a.json"]
    assert not temporary.exists()


def test_the_web_is_not_written_to():
    with pytest.raises(StorageError, match="only read"), atomic_path(location("https://host/a")) as temporary:
        temporary.write_text("x")


def test_two_commands_of_one_machine_do_not_write_one_output(side):
    with (
        output_lock(side / "out"),
        pytest.raises(gf.GtzanError, match=r"memory://test/out.*is being written"),
        output_lock(side / "out"),
    ):
        pass
