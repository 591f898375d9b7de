from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gtzan_features.datasets.tree import is_system, read_tree
from tests import nasty


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


def link(root, path, target):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


def test_links_to_folders_are_followed_wherever_they_stand(tmp_path):
    store, root = tmp_path / "store", tmp_path / "music"
    touch(store, "jazz/a.wav", "albums/one/b.wav")
    touch(root, "rock/c.wav")
    link(root, "jazz", store / "jazz")
    link(root, "rock/deep/er/albums", store / "albums")
    found = read_tree(root)
    assert found.files == ("jazz/a.wav", "rock/c.wav", "rock/deep/er/albums/one/b.wav")
    assert found.folders == ("jazz", "rock")
    assert found.twice == ()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("rock/loop", "."),
        ("rock/root", ".."),
        ("all", "."),
        ("above", ".."),
        ("world", "/"),
        ("again", "rock"),
        ("rock/deep/back", "../../rock"),
        ("a link sorted before", "rock"),
    ],
)
def test_a_link_to_what_is_read_already_ends_and_adds_nothing(tmp_path, path, target):
    root = tmp_path / "music"
    touch(tmp_path, "elsewhere/x.wav")
    touch(root, "rock/c.wav", "rock/deep/d.wav")
    link(root, path, target)
    found = read_tree(root)
    assert found.files == ("rock/c.wav", "rock/deep/d.wav")
    assert [one for one, _ in found.twice] == [path]


def test_two_links_that_lead_into_each_other_end(tmp_path):
    one, two, root = tmp_path / "one", tmp_path / "two", tmp_path / "music"
    touch(one, "a.wav")
    touch(two, "b.wav")
    link(one, "two", two)
    link(two, "one", one)
    link(root, "rock", one)
    link(root, "pop", two)
    assert sorted(path.rpartition("/")[2] for path in read_tree(root).files) == ["a.wav", "b.wav"]


def test_a_file_under_several_names_is_one_and_the_real_one_counts(tmp_path):
    touch(tmp_path, "rock/z.wav", "pop/p.wav")
    link(tmp_path, "rock/a.wav", "z.wav")
    link(tmp_path, "jazz/again.wav", "../rock/z.wav")
    os.link(tmp_path / "pop" / "p.wav", tmp_path / "pop" / "q.wav")
    found = read_tree(tmp_path)
    assert found.files == ("pop/p.wav", "rock/z.wav")
    assert set(found.twice) == {
        ("pop/q.wav", "pop/p.wav"),
        ("rock/a.wav", "rock/z.wav"),
        ("jazz/again.wav", "rock/z.wav"),
    }


def test_links_to_files_elsewhere_are_files(tmp_path):
    """A folder of git-annex, or of links out of a library."""
    touch(tmp_path, "store/1.wav", "store/2.wav")
    for i in (1, 2):
        link(tmp_path, f"music/rock/{i}.wav", f"../../store/{i}.wav")
    assert read_tree(tmp_path / "music").files == ("rock/1.wav", "rock/2.wav")


def test_a_link_to_nothing_is_never_dropped(tmp_path):
    link(tmp_path, "rock/gone.wav", "nowhere.wav")
    link(tmp_path, "rock/itself.mp3", "itself.mp3")
    link(tmp_path, "jazz", "/unmounted/jazz")
    found = read_tree(tmp_path)
    assert found.files == ("rock/gone.wav", "rock/itself.mp3")
    assert found.unreadable == (("jazz", "a link to nothing: No such file or directory"),)


def test_pipes_and_sockets_are_not_opened(tmp_path):
    (tmp_path / "rock").mkdir()
    os.mkfifo(tmp_path / "rock" / "a.wav")
    found = read_tree(tmp_path)
    assert found.files == ()
    assert found.passed_over == {"special": 1}


def test_an_unreadable_folder_is_called_that(tmp_path, monkeypatch):
    touch(tmp_path, "rock/a.wav", "pop/b.wav")
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("pop"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = read_tree(tmp_path)
    assert found.files == ("rock/a.wav",)
    assert found.unreadable == (("pop", "Permission denied"),)


def test_permissions_are_named_by_the_system():
    """As another user where this one may read everything."""
    root = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    try:
        touch(root, "rock/a.wav", "pop/b.wav", "jazz/c.wav")
        (root / "pop").chmod(0o000)
        (root / "jazz" / "c.wav").chmod(0o000)
        root.chmod(0o755)
        code = (
            "import sys, os; from pathlib import Path; from gtzan_features.datasets.tree import read_tree\n"
            "if os.geteuid() == 0: os.setuid(65_534)\n"
            "found = read_tree(Path(sys.argv[1])); print(found.files, found.unreadable)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=False
        )
        expected = "('jazz/c.wav', 'rock/a.wav') (('pop', 'Permission denied'),)"
        assert done.stdout.strip() == expected, done.stderr
    finally:
        (root / "pop").chmod(0o755)
        shutil.rmtree(root)


def test_paths_beyond_the_longest_are_unreadable_and_not_the_end(tmp_path):
    """A tree can be deeper than a path may be long; the rest of it is read."""
    touch(tmp_path, "rock/a.wav")
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(20):
            os.mkdir("d" * 250, dir_fd=here)
            inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(os.open("deep.wav", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    finally:
        os.close(here)
    found = read_tree(tmp_path)
    assert found.files == ("rock/a.wav",)
    ((path, reason),) = found.unreadable
    assert path.startswith("ddd")
    assert reason == "File name too long"


def test_all_nasty_names_are_found(tmp_path):
    nasty.nasty_music(tmp_path, seconds=0.01)
    found = read_tree(tmp_path)
    assert set(found.folders) == set(nasty.NAMES.values())
    assert len(found.files) == len(nasty.NAMES)
    assert all((tmp_path / path).is_file() for path in found.files)


SYSTEM = """._x.mp3 | .DS_Store | Thumbs.db | THUMBS.DB | ehthumbs_vista.db | desktop.ini | x.mp3~
#x.mp3# | ~$x.wav | .x.mp3.swp | x.wav.swp | .Trashes | .Trash-1000 | .fseventsd | .Spotlight-V100 | @eaDir
__MACOSX | $RECYCLE.BIN | lost+found | System Volume Information | .AppleDouble | #recycle | @Recycle
FOUND.000 | song.mp3:Zone.Identifier | .git | .nfs0000001.mp3 | x.wav@SynoEAStream | Network Trash Folder"""
MUSIC = """...And Justice for All | ...Baby One More Time.mp3 | Recycler Band.mp3 | thumbs.wav | #1 Hit.mp3
~tilde.wav | $$$.wav | found.wav | Lost and Found"""


@pytest.mark.parametrize("name", re.split(r" \| |\n", SYSTEM))
def test_what_systems_and_editors_leave_is_no_music(name):
    assert is_system(name)


@pytest.mark.parametrize("name", re.split(r" \| |\n", MUSIC))
def test_names_that_only_look_like_it_are_music(name):
    assert not is_system(name)


def test_a_folder_may_end_like_an_editors_copy():
    assert not is_system("rock~", is_folder=True)
