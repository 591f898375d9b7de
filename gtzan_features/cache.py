"""What a command leaves for a later one: entries that say what they depend on, whole or missing.

There is one rule for keys. An entry depends on the bytes that were read, on settings (defaults among them),
on the source that computes it and on the versions of what that computes with; whoever makes a `Key` must name
each. Equal keys stand for equal content, and nothing else is found again: neither a path nor a time of change
decides.

An entry is a folder that is named by the digits of its key and holds ``entry.json``: the whole key, and size
and hash of each file. One that is damaged, or of another key, counts as missing. Workers and prediction
import this module, so it needs no pandas and no Arrow.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gtzan_features.config import fingerprint
from gtzan_features.tables.atomic import remove_leftovers, write_text
from gtzan_features.tables.checked import checked_bytes, file_record, parse_json
from gtzan_features.tables.run_storage import new_run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ENTRY = "entry.json"
"""What an entry depends on; it is written last."""

_NAME = re.compile(r"[0-9a-f]{12}(\.json)?")  # with an ending: entries of earlier versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What computes: twelve digits of its source, and the versions of the libraries that it uses."""

    code: str
    versions: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON-able mapping."""
        return {"code": self.code, "versions": dict(self.versions)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """All that an entry depends on.

    Attributes
    ----------
    inputs : mapping
        Digests of the bytes that are read, by what they are; empty where each file of the entry names its
        own.
    settings : mapping
        The configuration with its defaults, seeds and digits of plugins; JSON-able.
    program : Program
    """

    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    program: Program

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON-able mapping."""
        return {
            "inputs": dict(self.inputs),
            "settings": dict(self.settings),
            "program": self.program.to_dict(),
        }

    @property
    def digits(self) -> str:
        """Twelve hexadecimal digits of all of it; they name the entry.

        Examples
        --------
        >>> one = Key(inputs={"table": "ab"}, settings={"seed": 0}, program=Program(code="1", versions={}))
        >>> other = Key(inputs={"table": "ab"}, settings={"seed": 0}, program=Program(code="2", versions={}))
        >>> len(one.digits), one.digits == other.digits
        (12, False)
        """
        return fingerprint(self.to_dict())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry that was found whole: its folder, and what it says beside its files."""

    folder: Path
    value: dict[str, Any] = field(default_factory=dict)


class Cache:
    """Entries in a folder.

    Parameters
    ----------
    folder : Path
        Made with the first entry. Whoever writes holds the lock of the output that it belongs to
        (`tables.locking.output_lock`); each entry has a lock of its own besides.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> cache = Cache(Path(tempfile.mkdtemp()))
    >>> key = Key(inputs={}, settings={"n": 1}, program=Program(code="1", versions={}))
    >>> cache.find(key) is None
    True
    >>> with cache.adding(key, {"seconds": 2.5}) as new:
    ...     _ = (new / "rows.txt").write_text("1 2 3")
    >>> cache.find(key).value
    {'seconds': 2.5}
    >>> _ = (cache.find(key).folder / "rows.txt").write_text("1 2 4")
    >>> cache.find(key) is None
    True
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: Key) -> Path:
        """Return where the entry of a key lies, or would lie."""
        return self.folder / key.digits

    def find(self, key: Key) -> Entry | None:
        """Return the entry of a key; None where there is none that is whole."""
        folder = self.path(key)
        try:
            content = parse_json(checked_bytes(folder / ENTRY))
            is_whole = content.pop("digits") == fingerprint(content)
            if not is_whole or _text(content["key"]) != _text(key.to_dict()):
                return None
            for name, record in content["files"].items():
                checked_bytes(folder / name, record)
            return Entry(folder=folder, value=dict(content["value"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    @contextmanager
    def adding(self, key: Key, value: Mapping[str, Any] | None = None) -> Iterator[Path]:
        """Give an empty folder whose files become the entry of a key when the block ends without an error.

        Parameters
        ----------
        key : Key
        value : mapping, optional
            What the entry says beside its files; JSON-able.

        Raises
        ------
        OutputLockedError
            If another process adds the same.
        """
        with new_run_folder(self.path(key)) as new:
            yield new
            files = {path.name: file_record(path) for path in sorted(new.iterdir())}
            _write(new, {"key": key.to_dict(), "files": files, "value": dict(value or {})})

    def growing(self, key: Key) -> Path:
        """Return the folder of an entry whose files come one by one; each must tell whether it is whole.

        What killed commands left in it is removed.
        """
        folder = self.path(key)
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        _write(folder, {"key": key.to_dict()})
        return folder

    def tidy(self, program: Program) -> None:
        """Remove the entries that another program made, or of which that is not known."""
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if _NAME.fullmatch(path.name) and not path.is_symlink() and not is_made_by(path, program):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


def is_made_by(folder: Path, program: Program) -> bool:
    """Whether an entry says that this program made it."""
    try:
        made_by = parse_json(checked_bytes(folder / ENTRY))["key"]["program"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return _text(made_by) == _text(program.to_dict())


def _write(folder: Path, content: dict[str, Any]) -> None:
    """Write what an entry depends on, with digits of it: a changed number in it is damage, too."""
    whole = {**content, "digits": fingerprint(content)}
    write_text(folder / ENTRY, json.dumps(whole, indent=1, sort_keys=True) + "\n")


def _text(content: Any) -> str:  # noqa: ANN401 - JSON-able, with tuples for lists
    return json.dumps(content, sort_keys=True)
