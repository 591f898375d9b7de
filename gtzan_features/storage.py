"""Where files lie: on this machine, or in a storage that an address names (``s3://bucket/music``).

A plain path stays a `pathlib.Path`, and nothing is imported for it. An address becomes a `UPath` of
universal-pathlib, over fsspec, which has the same methods; both, and the package of the storage, come with
``pip install 'gtzan[storage]'``. Errors of all storages are told in one way: `StorageError`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from gtzan_features.errors import ConfigError, GtzanError, StorageError
from gtzan_features.system_calls import user_number

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # one letter is a drive of Windows
_WEB = ("https", "http")
_PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "adlfs"),
    **dict.fromkeys(_WEB, "aiohttp"),
    "memory": "fsspec",
}
"""Which package reads a kind of storage, by the beginning of its addresses."""

_OF_STORAGE = (
    *("botocore", "aiobotocore", "boto3", "s3fs", "gcsfs", "google", "adlfs", "azure", "aiohttp", "fsspec"),
    "upath",
)
"""Packages whose exceptions speak of the storage, not of a fault of this program."""

_FRESH: dict[str, Any] = {"use_listings_cache": False}
"""What another program wrote meanwhile is to be seen."""

_OPTIONS: dict[str, dict[str, Any]] = {
    # Pieces of 50 MB that an upload has in memory at once
    "s3": {"max_concurrency": 3},
    "s3a": {"max_concurrency": 3},
}


def is_url(text: object) -> bool:
    r"""Whether a text is an address and no path; a drive of Windows and ``a:b`` are paths.

    Examples
    --------
    >>> [is_url(text) for text in ("s3://bucket/music", "file:///music", "C:\\music", "a:b", "c://x")]
    [True, True, False, False, False]
    """
    return isinstance(text, str) and _ADDRESS.match(text) is not None


def is_remote(path: object) -> TypeGuard[Path]:
    """Whether a path is an address of a storage, as `location` makes it; nothing is asked of the storage."""
    return not isinstance(path, str | os.PathLike) and hasattr(type(path), "storage_options")


def location(given: str | os.PathLike[str] | Path) -> Path:
    """Return where an address or a path leads: a `Path` on this machine, else a `UPath`.

    Parameters
    ----------
    given : str or Path
        Such as ``music``, ``s3://bucket/music``, ``gs://…``, ``az://…``, ``https://…`` or
        ``file:///home/me/music``, which is a plain path; or what this function gave.

    Raises
    ------
    ConfigError
        If it is an address of another kind, or the package that reads its kind is not installed.

    Examples
    --------
    >>> location("music/rock") == Path("music/rock"), location("file:///my%20music") == Path("/my music")
    (True, True)
    """
    if is_remote(given):
        local = str(getattr(given, "protocol", "")) in ("", "file", "local")
        return Path(str(getattr(given, "path", given))) if local else given
    text = given if isinstance(given, str) else ""
    found = _ADDRESS.match(text)
    if found is None:
        return Path(given)
    kind = found[1].lower()
    if kind == "file":
        return _plain(text)
    if kind not in _PACKAGES:
        msg = (
            f"{text}: no storage that is read here. Give a path, or s3://, gs://, az://, abfs:// or https://"
        )
        raise ConfigError(msg)
    try:
        from upath import UPath
    except ImportError as error:
        raise ConfigError(_install(text)) from error
    # An address is kept as it is: keys of a bucket may hold #, ? and %.
    options = _FRESH | _OPTIONS.get(kind, {})
    path: Any = UPath(text, **options)  # it has the methods of a Path, and is none
    return cast("Path", path)


def here(given: str | os.PathLike[str], what: str) -> Path:
    """Return a path of this machine.

    Raises
    ------
    ConfigError
        If it is an address; `what` says what takes none.
    """
    path = location(given) if is_url(given) or is_remote(given) else Path(given)
    if is_remote(path):
        msg = f"{given}: {what} takes a place on this machine only. Give a path"
        raise ConfigError(msg)
    return path


def absolute(path: Path) -> str:
    """Return a path from the root on, as text, whatever links lead there; an address as it is."""
    return str(path) if is_remote(path) else os.path.abspath(path)  # noqa: PTH100 - links stay


def _plain(text: str) -> Path:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        msg = f"{text}: names another machine. Give file:///PATH, or the path alone"
        raise ConfigError(msg)
    # By hand: a question mark or a hash in the name of a file begins nothing here.
    return Path(unquote(text[len("file://") + len(parts.netloc) :]))


def _install(text: str) -> str:
    kind = text.partition(":")[0].lower()
    own = {"gcsfs", "adlfs", "aiohttp"} & {_PACKAGES[kind]}
    names = " ".join(["'gtzan[storage]'", *own])
    return f"{text}: addresses need packages that are not installed. Install them: pip install {names}"


def inside(folder: Path, path: str) -> Path:
    """Return a file in a folder by its path relative to that, whatever the key of a storage holds."""
    if not is_remote(folder):
        return folder / path
    return location(f"{str(folder).rstrip('/')}/{path}")


def is_web(path: Path) -> bool:
    """Whether it is an address of the web, which is one file that is read, and no folder."""
    return is_remote(path) and getattr(path, "protocol", "") in _WEB


def is_folder(path: Path) -> bool:
    """Whether a folder is there; of a storage, whether there is anything below that address.

    Raises
    ------
    StorageError
        If the storage cannot be asked.
    """
    if is_web(path):
        return False
    with told(path):
        return path.is_dir()


def is_there(path: Path) -> bool:
    """Whether something is there; StorageError if the storage cannot be asked.

    A name that no file can have, such as one too long, names nothing.
    """
    with told(path):
        try:
            return path.exists()
        except OSError:
            if is_remote(path):
                raise
            return False


def is_file(path: Path) -> bool:
    """Whether a file is there; StorageError if the storage cannot be asked."""
    with told(path):
        return path.is_file()


def stays_in_process(path: Path) -> bool:
    """Whether only this process sees what lies there, and no worker does."""
    return is_remote(path) and getattr(path, "protocol", "") == "memory"


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Make a `StorageError` of what a storage raises while the block runs; of a plain path nothing changes.

    Raises
    ------
    StorageError
    """
    if not is_remote(path):
        yield
        return
    try:
        yield
    except GtzanError:
        raise
    except (OSError, ImportError, ValueError) as error:
        raise StorageError(str(path), reason_of(error, str(path))) from error
    except Exception as error:
        if not is_of_storage(error):
            raise
        raise StorageError(str(path), reason_of(error, str(path))) from error


def is_of_storage(error: BaseException) -> bool:
    """Whether an exception was raised by a package that reads storages, and is told by `reason_of`."""
    return any(type(error).__module__.split(".")[0] in _OF_STORAGE for error in _with_causes(error))


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def reason_of(error: BaseException, address: str = "") -> str:
    """Say in words why a storage did not do what was asked, and what to do."""
    if isinstance(error, ImportError) and is_url(address):
        return _install(address).partition(": ")[2]
    names = {type(one).__name__ for one in _with_causes(error)}
    words = " ".join(str(error).split())
    if names & {"NoCredentialsError", "PartialCredentialsError", "ClientAuthenticationError"}:
        return "no credentials were found. Give them as the storage's own programs take them"
    if isinstance(error, PermissionError):
        return f"access denied{f' ({words})' if words else ''}. Check the credentials and what they allow"
    if isinstance(error, FileNotFoundError):
        return "no such file, folder or bucket"
    if "EndpointConnectionError" in names or isinstance(error, ConnectionError):
        return f"cannot be reached ({words or type(error).__name__}). Check the connection and try again"
    if isinstance(error, TimeoutError) or any("Timeout" in name for name in names):
        return f"does not answer ({words or type(error).__name__}). Check the connection and try again"
    return words or type(error).__name__


def temporary_folder() -> Path:
    """Return this user's own folder for temporary files, made where it is missing.

    Raises
    ------
    OSError
        If it cannot be made, or is another's.
    """
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"gtzan-{user_number()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != user_number():
        raise PermissionError(1, "belongs to somebody else", str(folder))
    return folder


def local_side(folder: Path) -> Path:
    """Return the folder on this machine that belongs to a folder of tables: itself, where that is here.

    Of a storage it holds what one machine needs to go on where it was interrupted, and its lock: a folder in
    the user's cache, ``~/.cache/gtzan/remote/NAME-DIGITS``, or that of temporary files where the cache
    cannot be written to. The digits are those of the address.
    """
    if not is_remote(folder):
        return folder
    digits = hashlib.sha256(str(folder).rstrip("/").encode("utf-8", "surrogateescape")).hexdigest()[:12]
    name = re.sub(r"[^\w.-]", "_", folder.name or "bucket")[:40]
    given = os.environ.get("XDG_CACHE_HOME", "")
    for root in (given, os.path.expanduser("~/.cache")):  # noqa: PTH111 - fails not without a home
        if os.path.isabs(root):  # noqa: PTH117 - "" is none
            side = Path(root) / "gtzan" / "remote" / f"{name}-{digits}"
            with contextlib.suppress(OSError):
                side.mkdir(parents=True, exist_ok=True)
                if os.access(side, os.W_OK | os.X_OK):
                    return side
    side = temporary_folder() / "remote" / f"{name}-{digits}"
    side.mkdir(parents=True, exist_ok=True)
    return side
