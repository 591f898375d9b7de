"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import functools
import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gtzan_cli.completion import RUN
from gtzan_features.config import RUNS_DIR as RUNS_DIR
from gtzan_features.config import SegmentConfig, Selection, SplitConfig, default_of
from gtzan_features.errors import ConfigError, GtzanError
from gtzan_features.storage import is_remote, is_url, location

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES_DIR = Path("data/features")
REPORTS_DIR = Path("reports")

FEATURES_HELP = (
    "The feature set; with a colon, without some of its families (kaggle:-rhythm) or with some only "
    "(kaggle:timbre,tonal); with a plus, with features of plugins (kaggle+my_feature; my_feature alone). "
    "With a version (full@3), which is refused where it is not the one that is computed."
)


class Place(click.Path):
    """A folder or file, of this machine alone or also by its address in a storage (``s3://…``)."""

    def __init__(self, *, is_folder: bool | None, by_url: bool = False) -> None:
        super().__init__(file_okay=is_folder is not True, dir_okay=is_folder is not False, path_type=Path)
        self._by_url = by_url

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return the path; ConfigError for an address where none is taken."""
        if not (is_url(value) or is_remote(value)):
            return super().convert(value, param, ctx)
        path = location(value)
        if is_remote(path) and not self._by_url:
            name = param.opts[0] if isinstance(param, click.Option) else "this argument"
            msg = f"{value}: {name} takes a place on this machine only. Give a path"
            raise ConfigError(msg)
        return path if is_remote(path) else super().convert(str(path), param, ctx)


FOLDER = Place(is_folder=True)
FILE = Place(is_folder=False)
FOLDER_OR_URL = Place(is_folder=True, by_url=True)
FILE_OR_URL = Place(is_folder=False, by_url=True)
AUDIO = Place(is_folder=None, by_url=True)
ANY = Place(is_folder=None)


class Source(click.Path):
    """A folder or file that is read: refused where it is not there, before what would read it is imported."""

    def __init__(self, reason: str, *, is_folder: bool | None, by_url: bool = False) -> None:
        self._place = Place(is_folder=is_folder, by_url=by_url)
        # None: either; what reads it says what was meant.
        super().__init__(file_okay=is_folder is not True, dir_okay=is_folder is not False, path_type=Path)
        self._reason, self._is_folder = reason, is_folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return the path; GtzanError where nothing is there. What reads an address says whether it is."""
        if is_url(value) or is_remote(value):
            value = self._place.convert(value, param, ctx)
            if is_remote(value):
                return value
        path = Path(os.fsdecode(value))
        if not path.exists():
            msg = f"{path}: {self._reason}"
            raise GtzanError(msg)
        if self._is_folder is not None and path.is_dir() is not self._is_folder:
            msg = f"{path}: {'a file' if self._is_folder else 'a folder'}.{self._reason.partition('.')[2]}"
            raise GtzanError(msg)
        return Path(os.fsdecode(super().convert(value, param, ctx)))


_MUSIC = "no such folder. Give the folder that holds one folder per genre."
MUSIC = Source(_MUSIC, is_folder=True)
MUSIC_OR_URL = Source(_MUSIC, is_folder=True, by_url=True)
_TABLES = "no such folder. Give the folder that the tables lie in."
TABLES = Source(_TABLES, is_folder=True)
TABLES_OR_URL = Source(_TABLES, is_folder=True, by_url=True)


def some_are_there(_ctx: click.Context, _param: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Refuse files of which not one is there; of several, those that are there can be used."""
    if paths and not any(is_remote(path) or path.exists() for path in paths):
        more = f", nor any of the {len(paths) - 1} others" if len(paths) > 1 else ""
        msg = f"{paths[0]}: no such file{more}. Check the name."
        raise GtzanError(msg)
    return paths


class SegmentLength(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic from click 8.2 on
    """A segment length such as ``3s``, read into a `SegmentConfig`."""

    name = "LENGTH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SegmentConfig:  # noqa: ANN401
        """Read the length; a usage error where it is none."""
        if isinstance(value, SegmentConfig):
            return value
        try:
            return SegmentConfig.parse(str(value))
        except ConfigError as error:
            self.fail(str(error), param, ctx)


def n_jobs_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--n-jobs``."""
    return click.option(
        "--n-jobs",
        "-j",
        type=int,
        default=-1,
        show_default=True,
        help="Worker processes; -1 is one per processor. Results do not depend on it.",
    )(command)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--backend`` and ``--scheduler``; the command gets `executor`, the name of one or an address."""

    @functools.wraps(command)
    def with_engine(*args: Any, backend: str, scheduler: str, **options: Any) -> Any:  # noqa: ANN401
        if scheduler and backend != "dask":
            msg = f"--scheduler {scheduler} goes with --backend dask: give both"
            raise ConfigError(msg)
        return command(*args, executor=scheduler or backend, **options)

    options = (
        click.option(
            "--backend",
            type=click.Choice(["local", "dask"]),
            default="local",
            show_default=True,
            help="What does the work: processes of this machine, or a Dask cluster (pip install "
            "'gtzan[cluster]').",
        ),
        click.option(
            "--scheduler",
            default="",
            metavar="ADDRESS",
            help="Of the cluster, such as tcp://10.0.0.1:8786; without it, Dask works on this machine.",
        ),
    )
    for option in reversed(options):
        with_engine = option(with_engine)
    return with_engine


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--genre``, ``--prefer``, ``--as-genres`` and those of labels; the command gets a `Selection`."""

    @functools.wraps(command)
    def selecting(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the command takes and returns
        own = {name: options.pop(name) for name in [field.name for field in fields(Selection)]}
        return command(*args, selection=Selection(**own), **options)

    options = (
        click.option("--genre", "genres", multiple=True, help="Only this genre; may be given several times."),
        click.option(
            "--prefer",
            type=Words(),
            default=default_of(Selection, "prefer"),
            help="Of song.wav and song.mp3 take the one of the ending named first: --prefer wav,flac,mp3.",
        ),
        click.option(
            "--as-genres",
            is_flag=True,
            help="Take folders for genres though they are called train, test or by numbers.",
        ),
        click.option(
            "--labels",
            default=default_of(Selection, "labels"),
            show_default=True,
            metavar="folders|tags[:NAME]|none|TABLE",
            help="Where genres come from: folders; tags of the files (tags:NAME: of another tag than genre); "
            "nowhere; or a CSV or Parquet file with a path and a genre in each row, and artist, split and "
            "group, if known.",
        ),
        click.option(
            "--artist-from",
            type=click.Choice(["tags", "folders", "table"]),
            help="Where artists come from, if not from where genres do.",
        ),
        click.option(
            "--columns",
            type=Roles(),
            default=default_of(Selection, "columns"),
            help="Columns of TABLE that are called otherwise: path=NAME,label=NAME, artist, split, group; "
            "label=* for a column of zeros and ones for each label.",
        ),
        click.option(
            "--first-label", is_flag=True, help="Of a track of several genres take the first one alone."
        ),
    )
    for option in reversed(options):
        selecting = option(selecting)
    return selecting


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--model`` and ``--runs``; the command gets `model`, a folder or None, and `runs`.

    Where there is no run in the usual place and none was named, the folder is that of a pretrained model.
    """

    @functools.wraps(command)
    def with_model(*args: Any, model: Path | None, runs: Path, **options: Any) -> Any:  # noqa: ANN401
        from gtzan_features.prediction.model_names import model_folder, stand_in

        source = click.get_current_context().get_parameter_source("runs")
        if model is not None:
            folder: Path | None = model_folder(model, runs)
        else:
            folder = stand_in(runs) if source is click.core.ParameterSource.DEFAULT else None
        return command(*args, model=folder, runs=runs, **options)

    options = (
        click.option(
            "--model",
            "-m",
            type=RUN,
            metavar="RUN",
            help="A run, by its short name (gtzan runs lists them) or its folder, or gtzan10; else the run "
            "fitted last, and gtzan10 where there is none.",
        ),
        click.option(
            "--runs", type=FOLDER, default=RUNS_DIR, show_default=True, help="Where run folders lie."
        ),
    )
    for option in reversed(options):
        with_model = option(with_model)
    return with_model


def division_options(folds_help: str, fold_help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--folds``, ``--fold``, ``--min-tracks`` and ``--holdout``.

    The command gets `divided`, which makes a `SplitConfig` of the protocol and of what else it says.
    """
    options = (
        click.option("--folds", type=int, help=folds_help),
        click.option("--fold", "only", type=int, help=fold_help),
        click.option(
            "--min-tracks",
            type=click.IntRange(min=0),
            default=default_of(SplitConfig, "min_tracks"),
            help="Leave out genres with fewer tracks (under artist: artists).",
        ),
        click.option("--holdout", type=float, help="One test part with this share, instead of folds."),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def dividing(*args: Any, **given: Any) -> Any:  # noqa: ANN401 - whatever the command takes
            own = {name: given.pop(name) for name in ("folds", "only", "min_tracks", "holdout")}
            return command(*args, divided=functools.partial(SplitConfig, **own), **given)

        for option in reversed(options):
            dividing = option(dividing)
        return dividing

    return add


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


class Words(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Words with commas between them, read into a tuple."""

    name = "WORD,..."

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Split at commas; blanks and empty words do not count."""
        if isinstance(value, tuple):
            return value
        return tuple(word.strip() for word in str(value).split(",") if word.strip())


class SliceOf(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """One of several processes that share the files, such as ``17/400``, read into a `Slice`."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Read the slice; a usage error where it is none."""
        from gtzan_features.extraction.shards import Slice

        try:
            return value if isinstance(value, Slice) else Slice.parse(str(value))
        except ConfigError as error:
            self.fail(str(error), param, ctx)


def shard_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--layout``, ``--shard-files`` and ``--shard``; the command gets `shards`, a dict of options."""

    @functools.wraps(command)
    def with_shards(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the command takes and returns
        own = {name: options.pop(name) for name in ("layout", "shard_files", "part")}
        return command(*args, shards=own, **options)

    options = (
        click.option(
            "--layout",
            type=click.Choice(["auto", "file", "shards"]),
            default="auto",
            show_default=True,
            help="A table is one Parquet file, or a folder of shards, which pandas, Polars, DuckDB and gtzan "
            "read alike; auto: one file for up to 32,000 files of music.",
        ),
        click.option(
            "--shard-files",
            type=click.IntRange(min=0),
            default=0,
            help="Files of music of a shard at most; 500 where not given, and fewer in small folders.",
        ),
        click.option(
            "--shard",
            "part",
            type=SliceOf(),
            help="Compute this slice of the files alone, the others elsewhere: --shard 17/400 is one of 400. "
            "Then: gtzan features merge.",
        ),
    )
    for option in reversed(options):
        with_shards = option(with_shards)
    return with_shards


def deformed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--deformed``, which may be given several times; the command gets all words."""
    return click.option(
        "--deformed",
        type=Words(),
        multiple=True,
        callback=lambda _ctx, _param, given: tuple(word for words in given for word in words),
        help="Also of deformed copies, in OUT/augmented/NAME, for gtzan fit --augment NAME; no audio is "
        "written. robust: a choice that pays; or names of gtzan bench robustness --deformations, such as "
        "noise-20,mp3-64.",
    )(command)


class Roles(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Pairs of a role and a name, ``label=genre_top``, with commas between them."""

    name = "ROLE=NAME,..."

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[tuple[str, str], ...]:
        """Split at commas and signs of equality; a usage error where there is none of these."""
        if isinstance(value, tuple):
            return value
        pairs = [word.partition("=") for word in str(value).split(",") if word.strip()]
        odd = next((word for word, sign, _ in pairs if not sign), None)
        if odd is not None:
            self.fail(f"{odd!r} names no role. Write label={odd}, for example", param, ctx)
        return tuple((role.strip(), name.strip()) for role, _, name in pairs)
