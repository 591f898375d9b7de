"""Predicted genres into the tags of the files: planned first, each file whole or as it was, and undone.

A file is copied beside itself, the copy gets the tag, its sound is decoded and compared with that of the
original, and only then does the copy take the name. Before that, the old tag is in the backup.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gtzan_features.audio.tag_writing import (
    BETWEEN,
    genre_tag,
    set_genre_tag,
    sound_digest,
)
from gtzan_features.audio.tag_writing import needs_mutagen as needs_mutagen
from gtzan_features.errors import AudioError, OutputExistsError, TableError
from gtzan_features.prediction.answers import P, labels_in, path_in, probability_in
from gtzan_features.tables.atomic import atomic_path, remove_leftovers
from gtzan_features.tables.locking import output_lock
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gtzan_features.prediction.answers import Row
    from gtzan_features.prediction.library_config import TagOptions

_BEGIN = b'{"file": '
"""What a backup begins with."""

_LONGEST = 1 << 24
"""Bytes at its end that are looked at for a last line."""

_NO_GENRE = {"", "unknown", "unknown genre", "other", "none"}
"""Genre tags that say nothing, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """The genre tag of a file, before and after."""

    path: Path
    old: tuple[str, ...]
    new: tuple[str, ...]

    def __str__(self) -> str:
        new, old = (BETWEEN.join(values) for values in (self.new, self.old))
        return f"{new or 'no genre'}{f' (was {old})' if old else ''}: {printable(str(self.path))}"


@dataclass(slots=True)
class TagReport:
    """What became of the files.

    Attributes
    ----------
    changed : dict of str to Path
        Files whose tag was written, by their names in rows; without `apply`, those whose tag would be.
    left : Counter
        Files that were left alone, by why.
    """

    changed: dict[str, Path] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)

    def lines(self, *, applied: bool, done: str = "tagged") -> list[str]:
        """Return the report in words; `done` is the one for what becomes of a file."""
        count = len(self.changed)
        what = done if applied else f"to be {done}; nothing is written without --yes"
        found = [f"{count} file{'' if count == 1 else 's'} {what}."]
        if self.left:
            named = sorted(self.left.items(), key=lambda item: (-item[1], item[0]))
            found.append("Left alone: " + "; ".join(f"{n} ({why})" for why, n in named) + ".")
        return found


def tag_files(
    rows: Iterable[Row],
    options: TagOptions,
    *,
    backup: Path,
    apply: bool,
    told: Callable[[TagChange], None],
    report: TagReport,
) -> None:
    """Write the answers of a library into the genre tags of its files, or say what would be written.

    Parameters
    ----------
    rows : iterable of Row
        Answers, one by one.
    options : TagOptions
    backup : Path
        A file of JSON lines, to which the old tag of each file is added before the new one is written;
        `restore_tags` reads it.
    apply : bool
        Whether anything is written.
    told : callable
        Given each change when it is made, or would be.
    report : TagReport
        Filled as files are done, so that it tells of these if the work is ended.

    Raises
    ------
    ConfigError
        If mutagen is not installed.
    OutputExistsError
        If the backup holds something else.
    OutputLockedError
        If another command writes the backup.
    """
    needs_mutagen()
    tidied: set[Path] = set()
    with _backup(backup) if apply else contextlib.nullcontext() as file:
        for row in rows:
            try:
                change = _planned(row, options)
                if file is not None:
                    _tidy(change.path, tidied)
                    file.keep(change)
                    write_genre(change.path, change.new)
            except _LeftAloneError as error:
                report.left[str(error)] += 1
            except AudioError as error:
                report.left[_kind(error)] += 1
            else:
                told(change)
                report.changed[row["file"]] = change.path


def _kind(error: AudioError) -> str:
    """Return what is wrong with a file without its details, which differ from file to file."""
    return error.reason.partition(" (")[0]


class _LeftAloneError(Exception):
    """Why a file gets no tag."""


def _planned(row: Row, options: TagOptions) -> TagChange:
    """Return the change of a file; `_LeftAloneError` or AudioError where there is none."""
    if row["error"]:
        raise _LeftAloneError("no answer")
    genres = genres_in(row)
    if not genres:
        raise _LeftAloneError(next(iter(labels_in(row)), "no label"))
    if max(probability_in(row, genre) for genre in genres) < options.min_probability:
        msg = f"probability below {options.min_probability:g}"
        raise _LeftAloneError(msg)
    path = path_in(row)
    old = genre_tag(path)
    if old == genres:
        raise _LeftAloneError("has this genre")
    if not options.replace and any(value.strip().casefold() not in _NO_GENRE for value in old):
        raise _LeftAloneError("has a genre")
    check_writable(path)
    return TagChange(path=path, old=old, new=genres)


def _tidy(path: Path, tidied: set[Path]) -> None:
    """Remove the copies that a kill left beside the file that is changed next, once in each folder."""
    folder = Path(os.path.realpath(path)).parent
    if folder not in tidied:
        tidied.add(folder)
        remove_leftovers(folder)


def genres_in(row: Row) -> tuple[str, ...]:
    """Return the genres of a row that are the model's; none for "none of these"."""
    return tuple(genre for genre in labels_in(row) if f"{P}{genre}" in row)


def check_writable(path: Path) -> None:
    """Raise AudioError where a file is not to be replaced."""
    target = Path(os.path.realpath(path))
    try:
        info = target.stat()
    except OSError as error:
        raise AudioError(path, error.strerror or str(error)) from error
    if not info.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise AudioError(path, "read-only")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise AudioError(path, "in a folder that is read-only")
    if info.st_nlink > 1:
        raise AudioError(path, "has other names, hard links, which would keep the old tag")


def write_genre(path: Path, genres: Sequence[str]) -> None:
    """Write the genre tag of a file, so that it is whole at any moment and its sound stays as it is.

    What a link leads to is changed, and the link stays. Permissions, owner and extended attributes stay; the
    time of change is now, so that backups see it.

    Parameters
    ----------
    path : Path
        An audio file.
    genres : sequence of str
        Without any, the tag is removed.

    Raises
    ------
    AudioError
        If the file may not be written, its format holds no tags, or its sound would change.
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    try:
        with atomic_path(target) as copy:
            shutil.copyfile(target, copy)
            shutil.copystat(target, copy)
            set_genre_tag(copy, genres, like=target)
            if BETWEEN.join(genre_tag(copy, like=target)) != BETWEEN.join(genres):  # "17" is Rock to ID3
                raise AudioError(path, "its kind of tags reads such a genre as another")
            if sound_digest(copy) != sound_digest(target):
                raise AudioError(path, "its sound would change")
            info = target.stat()
            with contextlib.suppress(OSError, AttributeError):  # Windows has no owners
                os.chown(copy, info.st_uid, info.st_gid)
            copy.chmod(info.st_mode & 0o7777)
            os.utime(copy)
    except OSError as error:
        raise AudioError(path, error.strerror or str(error)) from error


@contextmanager
def _backup(path: Path) -> Iterator[_Backup]:
    """Open a backup to add to; half a line that a kill left is taken away.

    A file that holds something else stays as it is: OutputExistsError.
    """
    with output_lock(path), path.open("a+b") as file:
        if file.tell():
            file.seek(0)
            start = file.read(len(_BEGIN))
            if not _BEGIN.startswith(start):
                raise OutputExistsError(path, "holds no old tags. Give another --tag-backup")
        yield _Backup(file, _mended(file))


def _mended(file: IO[bytes]) -> bytes:
    """End a file of lines with a whole one, and return that; empty if there is none."""
    size = file.seek(0, os.SEEK_END)
    first = max(size - _LONGEST, 0)
    file.seek(first)
    lines = file.read().splitlines(keepends=True)
    if not lines or lines[-1].endswith(b"\n"):
        return lines[-1] if lines else b""
    try:
        json.loads(lines[-1])
    except (ValueError, RecursionError):
        file.truncate(size - len(lines[-1]))
        return lines[-2] if len(lines) > 1 else b""
    file.write(b"\n")  # somebody's editor took it away
    return lines[-1] + b"\n"


class _Backup:
    """An open backup, and its last line: a command that was killed may have told a change and not made it."""

    def __init__(self, file: IO[bytes], last: bytes) -> None:
        self._file, self._last = file, last

    def keep(self, change: TagChange) -> None:
        """Add a change; it is on the disk when this returns."""
        where = printable(os.path.abspath(change.path))  # noqa: PTH100 - the link, not what it leads to
        fields = {"file": where, "genre": list(change.old), "written": list(change.new)}
        line = json.dumps(fields, ensure_ascii=False).encode() + b"\n"
        if line != self._last:
            self._file.write(line)
            self._file.flush()
        os.fsync(self._file.fileno())
        self._last = line


def restore_tags(backup: Path, *, apply: bool, told: Callable[[TagChange], None]) -> TagReport:
    """Write the genre tags of a backup again, the last change first, or say what would be written.

    A file whose tag was changed by somebody else since is left alone.

    Raises
    ------
    TableError
        If `backup` is none.
    ConfigError
        If mutagen is not installed.
    """
    needs_mutagen()
    report, tidied = TagReport(), set[Path]()
    for line in reversed(_lines(backup)):
        path = path_in({"file": line["file"]})
        old, written = tuple(line["genre"]), tuple(line["written"])
        try:
            now = genre_tag(path)
            if BETWEEN.join(now) == BETWEEN.join(old):
                raise _LeftAloneError("has its old tag")
            if BETWEEN.join(now) != BETWEEN.join(written):
                raise _LeftAloneError("has another tag since")
            if apply:
                _tidy(path, tidied)
                write_genre(path, old)
            else:
                check_writable(path)
        except _LeftAloneError as error:
            report.left[str(error)] += 1
        except AudioError as error:
            report.left[_kind(error)] += 1
        else:
            told(TagChange(path=path, old=now, new=old))
            report.changed[str(path)] = path
    return report


def _lines(backup: Path) -> list[dict[str, Any]]:
    """Return the lines of a backup; one that a kill left half done is passed over."""
    found = []
    with backup.open("rb") as file:
        for record in file:
            with contextlib.suppress(ValueError, RecursionError):
                line = json.loads(record)
                if isinstance(line, dict) and {"file", "genre", "written"} <= set(line):
                    found.append(line)
    if not found:
        raise TableError(backup, "holds no old tags. Give a file that gtzan predict --write-tags --yes wrote")
    return found
