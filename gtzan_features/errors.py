"""The exceptions of the library, in one tree.

Every message says where, what, why and what next, in one line. All arguments go to
``super().__init__``, so that an error survives the trip out of a worker process.

::

    GtzanError
    ├── ConfigError            a setting that cannot be meant
    ├── PluginError            a plugin that cannot be imported, or what it adds
    ├── AudioError             one audio file (costs its own rows, never the run)
    │   ├── AudioDecodeError
    │   ├── AudioTooShortError
    │   ├── AudioTooLongError
    │   └── AudioSilentError
    ├── SignalError            samples that no feature is defined on
    ├── CatalogueError         a folder of music that cannot be read as genres and tracks
    ├── TableError             a table or CSV that is missing, damaged or of another kind
    ├── OutputExistsError      output that would be overwritten
    ├── OutputLockedError      output that another command is writing
    ├── SplitError             a protocol that cannot be applied to these tracks
    ├── ModelError             a model that cannot be trained, stored or applied
    │   └── InputError         rows, classes or settings that an estimator cannot take; a ValueError too
    ├── RunError               a run folder that is missing, damaged or not comparable
    ├── WorkerError            a worker process that was killed or crashed
    │   └── PoolError          an executor or a cluster that takes no more work
    ├── StorageError           a storage or an address of the web that does not give or take a file
    └── DownloadError          a data set that cannot be fetched
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from gtzan_features.text import one_line

if TYPE_CHECKING:
    from pathlib import Path


_LONGEST = 2_000
"""Characters of a message."""


class GtzanError(Exception):
    r"""Base of all errors that this package raises on purpose; its text is one line for the user.

    Names in it may be a stranger's: whatever they hold, the text has no control character. A subclass says
    what it has to say in `words`.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> try:
    ...     gf.read_table("missing.csv")
    ... except gf.GtzanError as error:
    ...     print(error)
    missing.csv: no such file
    >>> print(gf.GtzanError("two\nlines"))
    two\nlines
    """

    def __str__(self) -> str:
        text = one_line(self.words())
        if len(text) <= _LONGEST:
            return text
        # What is wrong stands at the beginning, what to do at the end; between them a stranger's cell.
        return f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"

    def words(self) -> str:
        """Return the message before it is made one printable line."""
        return super().__str__()


class GtzanWarning(UserWarning):
    """What a person should know of a result that there is: all warnings of this package.

    Examples
    --------
    >>> import warnings
    >>> import gtzan_features as gf
    >>> warnings.simplefilter("error", gf.GtzanWarning)  # every doubt an exception
    """


class ConfigError(GtzanError):
    """A setting is unknown or out of range."""


class PluginError(GtzanError):
    """A plugin cannot be imported, or what it adds cannot be used."""


class AudioError(GtzanError):
    """One audio file cannot be used; ``status`` is the word for it in the status table."""

    status = "corrupt"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def words(self) -> str:
        """Return where, what, why and what next."""
        return f"{self.path}: {self.reason}"


class AudioDecodeError(AudioError):
    """A file could not be turned into samples."""

    def words(self) -> str:
        """Return where, what, why and what next."""
        return f"{self.path}: cannot decode ({self.reason}). Replace the file, or leave it out."


class AudioTooShortError(AudioError):
    """A file has fewer samples than one row needs."""

    status = "short"


class AudioTooLongError(AudioError):
    """A file has more samples than a stranger's may have."""


class AudioSilentError(AudioError):
    """Every sample of a file is zero: no feature of it means anything."""

    status = "silent"


class SignalError(GtzanError):
    """Samples are too few, too large or not finite: no feature is defined on them."""


FILE_FAULTS = (AudioError, SignalError, MemoryError)
"""What costs one file its rows. Anything else is a fault of the settings or the program, and ends the run."""


def is_shortage(error: BaseException) -> bool:
    """Whether the machine or a limit of the process is at fault, and not the file that was to be read."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def file_fault(error: BaseException) -> tuple[str, str]:
    """Return the status and the reason of a file that one of `FILE_FAULTS` was raised for."""
    if isinstance(error, AudioError):
        return error.status, error.reason
    if isinstance(error, MemoryError):
        return AudioError.status, "needs more memory than there is"
    return AudioError.status, str(error)


def lost_fault(how: str) -> str:
    """Return the reason of a file whose worker process ended, for example by ``signal 9``."""
    return f"the process that read it ended ({how})"


class CatalogueError(GtzanError):
    """A folder of music cannot be read as genre folders with tracks."""


class TableError(GtzanError):
    """A table or CSV is missing, damaged, or not of the kind that was asked for."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def words(self) -> str:
        """Return where, what, why and what next."""
        return f"{self.path}: {self.reason}"


class OutputExistsError(TableError):
    """Output made with another configuration is where new output should go."""


class OutputLockedError(TableError):
    """Another command is writing where this one would."""

    def __init__(self, path: Path | str, holder: str) -> None:
        super().__init__(path, f"is being written by {holder}. Wait for it to end, or give another output")
        self.args = (path, holder)


class SplitError(GtzanError):
    """A protocol cannot be applied to the tracks at hand."""


class ModelError(GtzanError):
    """A model cannot be trained, stored, loaded or applied to this table."""


class InputError(ModelError, ValueError):
    """Rows, classes or settings that an estimator cannot take; a ValueError, as in scikit-learn."""


class RunError(TableError):
    """A run folder is missing, damaged or not comparable with another."""


class WorkerError(GtzanError):
    """A worker process was killed or crashed, and what it worked on cannot be left out."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how
        self.advice = "Give fewer workers (--n-jobs 2), and then do the same again"

    def words(self) -> str:
        """Return where, what, why and what next."""
        return (
            f"a worker process ended ({self.how}) before its work was done: most often memory is short. "
            f"{self.advice}."
        )


class PoolError(WorkerError):
    """An executor that was given, or a cluster, takes no work, or no more."""

    def __init__(self, how: str, advice: str = "Do the same again with a new one") -> None:
        super().__init__(how)
        self.args = (how, advice)
        self.advice = advice

    def words(self) -> str:
        """Return where, what, why and what next."""
        return f"{self.how}. What is finished is kept. {self.advice}."


class StorageError(GtzanError):
    """A storage, or a server of the web, does not give or take a file; `path` is its address."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def words(self) -> str:
        """Return where, what, why and what next."""
        return f"{self.path}: {self.reason}"


class SelftestError(GtzanError):
    """An installation does something else than it should."""


class DownloadError(GtzanError):
    """A data set cannot be fetched, or is not what it should be."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def words(self) -> str:
        """Return where, what, why and what next."""
        return (
            f"{self.url}: {self.reason}. Check the connection and give the same command again: it goes on "
            "where it ended. Or unpack a copy of your own into genre folders."
        )
