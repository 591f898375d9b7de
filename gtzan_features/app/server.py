"""Start the web page and end it cleanly. The server's library is imported when it is needed."""

from __future__ import annotations

import errno
import importlib.util
import signal
import socket
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gtzan_features.app.guard import is_loopback
from gtzan_features.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from gtzan_features.prediction.uploaded import UploadClassifier

_NEEDED = ("starlette", "uvicorn")
_BACKLOG = 64
_GRACE_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """What is served, where, and how much is taken.

    Attributes
    ----------
    model : Path or None
        Run folder; else the one in `runs` that was fitted last, of those whose model can be loaded.
    runs, tables : Path
        Where run folders and tables lie.
    host : str
        Address to listen on.
    names : tuple of str
        More names that the server is known by, of a proxy or a container.
    port : int
        0 for any free one.
    max_mb : float
        Largest upload in millions of bytes.
    max_seconds : float
        Longest recording.
    """

    model: Path | None = None
    runs: Path = Path("runs")
    tables: Path = Path("data/features")
    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    port: int = 8000
    max_mb: float = 50.0
    max_seconds: float = 600.0


def serve(config: ServeConfig, notice: Callable[[str], None]) -> None:
    """Serve the web page until Ctrl-C or SIGTERM.

    Parameters
    ----------
    config : ServeConfig
        What, where and how much.
    notice : callable
        Is given each line for the person who started it.

    Raises
    ------
    ConfigError
        If the extra is not installed, or the host and port cannot be listened on.
    ModelError
        If there is no model that can be used on audio.
    """
    _check_installed()
    classifier = _classifier(config, notice)
    with _ended_by_signals():
        _serve(classifier, config, notice)
    notice("Ended. No recording is kept.")


def _serve(classifier: UploadClassifier, config: ServeConfig, notice: Callable[[str], None]) -> None:
    # Imported late: without the extra there is nothing to import.
    from gtzan_features.app.web import App

    with _listening(config.host, config.port) as listening, _uploads() as folder, _one_thread() as one:
        app = App(
            classifier=classifier,
            max_bytes=round(config.max_mb * 1e6),
            names=(config.host, *config.names),
            folder=folder,
            one=one,
        )
        built = app.build()
        for line in _introduction(classifier, config.host, listening.getsockname()[1]):
            notice(line)
        _run(built, listening)


def _check_installed() -> None:
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        msg = "the web page needs packages that are not installed: pip install 'gtzan[app]'"
        raise ConfigError(msg)


def _classifier(config: ServeConfig, notice: Callable[[str], None]) -> UploadClassifier:
    from gtzan_features.prediction.explain import Explainer
    from gtzan_features.prediction.predictor import load_predictor, newest_predictor
    from gtzan_features.prediction.uploaded import UploadClassifier

    predictor = load_predictor(config.model) if config.model else newest_predictor(config.runs, notice)
    predictor.recipe.prepare(notice)  # or the first recording would wait for the compiler
    return UploadClassifier(explainer=Explainer(predictor, config.tables), max_s=config.max_seconds)


def _introduction(classifier: UploadClassifier, host: str, port: int) -> list[str]:
    facts = classifier.facts()
    shown = f"[{host}]" if ":" in host else host
    lines = [f"Model: {facts.title}, trained on {facts.trained_on}."]
    if facts.synthetic:
        lines.append("Warning: trained on synthetic music; it says nothing about real music.")
    if facts.leaked:
        lines.append("LEAKED: its measured accuracy says nothing about new music.")
    if not is_loopback(host):
        lines.append(
            f"Warning: other machines may reach {host}, without password and encryption. "
            "Their browsers give a page no microphone without https."
        )
    address = f"http://{shown}:{port}/"
    programs = f"for programs: curl -F file=@song.mp3 {address}api/predict"
    return [*lines, f"Open {address} in a browser; {programs}. Ctrl-C ends it."]


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket that listens, or say in one line why there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            msg = f"port {port} of {host} is in use. Choose another with --port, or end what uses it"
        else:
            why = getattr(error, "strerror", None) or error
            msg = f"cannot listen on port {port} of {host} ({why}). Choose others with --host and --port"
        raise ConfigError(msg) from error
    with listening:
        yield listening


@contextmanager
def _uploads() -> Iterator[Path]:
    """Give the folder of all uploads, which only this user can read and which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gtzan-serve-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _one_thread() -> Iterator[ThreadPoolExecutor]:
    """Give a thread to classify in; at the end, wait for the recording in work and drop what waits."""
    one = ThreadPoolExecutor(1, thread_name_prefix="classify")
    try:
        yield one
    finally:
        one.shutdown(cancel_futures=True)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End the block quietly on Ctrl-C and on SIGTERM, which would otherwise skip all clean-up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _run(app: ASGIApp, listening: socket.socket) -> None:
    """Run the server until a signal ends it; it hands the signal on afterwards."""
    import uvicorn

    from gtzan_features.app.connections import PatientProtocol

    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    uvicorn.Server(config).run(sockets=[listening])
