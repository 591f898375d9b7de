"""What Windows has not is not needed: each part does its work without it, and a command from end to end."""

from __future__ import annotations

import errno
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gtzan_features import system_calls
from gtzan_features.audio.opened import AudioFile
from gtzan_features.audio.system import open_system_stream
from gtzan_features.errors import AudioDecodeError, OutputLockedError
from gtzan_features.kernel_folder import folder_lock
from gtzan_features.parallel.isolated import ProcessDiedError, call_isolated
from gtzan_features.parallel.node import node_lock
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.column_cache import working_folder
from gtzan_features.tables.locking import output_lock
from tests.conftest import SR, tone
from tests.parallel.tasks import die, fail_at_three, square

MODULES = ("fcntl", "grp", "pwd", "resource", "termios")
OF_OS = (
    *("chown", "fork", "geteuid", "getuid", "pread", "preadv", "sched_getaffinity"),
    *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW"),
    # From 3.13 on Python itself asks for it where it removes a folder.
    *(("O_NONBLOCK",) if sys.version_info < (3, 13) else ()),
)
OF_OS_TOO = (
    "getloadavg",
    "getpgid",
    "killpg",
    "lchown",
    "mkfifo",
    "nice",
    "setsid",
    "statvfs",
    "sysconf",
    "uname",
)
"""What Python's own modules ask for, too, as long as they run here."""
OF_SIGNAL = ("ITIMER_PROF", "SIGHUP", "SIGKILL", "SIGPROF", "pthread_sigmask", "setitimer")
NO_NAME = re.compile(r'[<>:"|?*\\\\\x00-\x1f]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)', re.IGNORECASE)
"""What no file may be called there."""
WHOLE = f"""
import importlib, os, pkgutil, select, signal, sys
# These ask which system this is, and take what they know it has.
import click, joblib.externals.loky, numba, pandas, pyarrow.parquet, sklearn, skops.io, soundfile, soxr
for name in {MODULES!r}:
    sys.modules[name] = None
for place, names in ((os, {OF_OS + OF_OS_TOO!r}), (signal, {OF_SIGNAL!r}), (select, ("poll", "epoll"))):
    for name in names:
        delattr(place, name)
import gtzan_cli, gtzan_features
from gtzan_cli.main import run
for package in (gtzan_features, gtzan_cli):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
music, tables, runs, song = sys.argv[1:]
for words in (
    ("features", "extract", music, "--out", tables, "--segments", "3s", "--n-jobs", "1"),
    ("fit", "lda", "--tables", tables, "--runs", runs, "--holdout", "0.5", "--final", "--n-jobs", "1"),
    ("predict", song, "--runs", runs),
    ("selftest",),
):
    if code := run(words):
        sys.exit(code)
"""


@pytest.fixture
def bare(monkeypatch):
    """A system without any of it; child processes have it all."""
    for name in MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    for name in OF_OS:
        monkeypatch.delattr(os, name)
    monkeypatch.delattr(select, "poll")


def test_commands_go_from_music_to_an_answer(music, tmp_path):
    song = next(music.rglob("*.wav"))
    words = (str(music), str(tmp_path / "tables"), str(tmp_path / "runs"), str(song))
    done = subprocess.run(
        [sys.executable, "-c", WHOLE, *words], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert song.name in done.stdout
    written = {part for path in tmp_path.rglob("*") for part in path.relative_to(tmp_path).parts}
    assert len(written) > 10
    assert [name for name in written if NO_NAME.search(name)] == []


@pytest.mark.usefixtures("bare")
def test_bytes_are_read_by_position_and_the_position_stays(tmp_path):
    content = np.random.default_rng(0).bytes(700_000)
    (tmp_path / "a").write_bytes(content)
    with AudioFile(tmp_path / "a") as file:
        os.lseek(file.fd, 17, os.SEEK_SET)
        for offset, n_bytes in ((0, 4), (699_990, 100), (5, 0), (1, 600_000)):
            assert file.read_at(offset, n_bytes) == content[offset : offset + n_bytes]
        assert len(file.sha256) == 64
        assert file.is_unchanged()
        assert os.lseek(file.fd, 0, os.SEEK_CUR) == 17


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
@pytest.mark.usefixtures("bare")
def test_ffmpeg_is_read_from_without_poll_and_without_its_handle(tmp_path):
    samples = tone(2.0, 440.0)
    soundfile.write(tmp_path / "a.wav", samples, SR, subtype="FLOAT")
    with AudioFile(tmp_path / "a.wav") as file, open_system_stream(file, 60.0, 60.0) as stream:
        found = np.concatenate(list(stream.blocks))
    np.testing.assert_array_equal(found[:, 0], samples)
    assert stream.failure is None or not stream.failure


@pytest.mark.usefixtures("bare")
def test_a_call_in_another_process_answers_by_a_file():
    assert call_isolated(square, 12) == 144
    with pytest.raises(AudioDecodeError, match="item 3"):
        call_isolated(fail_at_three, 3)
    with pytest.raises(ProcessDiedError, match="signal 9"):
        call_isolated(partial(die, at={3}), 3)


@pytest.mark.usefixtures("bare")
def test_a_signal_to_oneself_is_heard_by_its_handler_and_ends_nothing(monkeypatch):
    """`os.kill` of Windows ends the process for any signal but those of its console."""
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("the process would have ended"))
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        one = threading.Thread(target=system_calls.send_to_self, args=(signal.SIGTERM,))
        one.start()
        one.join()
        while not heard:
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


@pytest.mark.usefixtures("bare")
def test_without_locks_everything_is_written_and_nothing_waits(tmp_path):
    with pytest.raises(OSError, match=os.strerror(errno.ENOLCK)):
        system_calls.lock(0)
    out = tmp_path / "out"
    with output_lock(out), output_lock(out), atomic_path(out / "rows") as temporary:
        temporary.write_text("whole")
    assert sorted(tmp_path.rglob("*")) == [out, out / "rows"]
    assert (out / "rows").read_text() == "whole"
    with working_folder() as one, working_folder() as other:
        assert one != other
        assert one.is_dir()
    with node_lock("test"), folder_lock(tmp_path):
        pass


def test_a_lock_file_that_is_open_is_removed_when_it_is_closed(tmp_path, monkeypatch):
    """Windows removes no file that is open."""
    path = tmp_path / ".out.lock"
    usual = type(path).unlink

    def unlink(self, missing_ok=False):
        if self in [Path(os.path.realpath(one)) for one in Path("/proc/self/fd").iterdir()]:
            raise PermissionError(errno.EACCES, "is open", str(self))
        usual(self, missing_ok=missing_ok)

    monkeypatch.setattr(type(path), "unlink", unlink)
    with output_lock(tmp_path / "out"):
        assert path.exists()
        with pytest.raises(OutputLockedError), output_lock(tmp_path / "out"):
            pass
    assert not path.exists()
