"""``gtzan features``: extract, spectrograms, import, export."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cli.options import FEATURES_HELP, FILE, FOLDER, TABLES_DIR, SegmentLength, json_option, n_jobs_option
from cli.progress import notice, print_json, progress_bar
from gtzan_features.config import SCALES, SpectrogramConfig

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.config import SegmentConfig
    from gtzan_features.pipelines.extract import ExtractSummary
    from gtzan_features.tables.file_status import FileStatus

_SHOWN = 20


@click.group()
def features() -> None:
    """Compute features from audio, or move them in and out of CSV."""


@features.command()
@click.argument("audio_dir", type=FOLDER)
@click.option("--out", "-o", type=FOLDER, default=TABLES_DIR, show_default=True, help="Folder of the tables.")
@click.option(
    "--segments",
    "-s",
    type=SegmentLength(),
    multiple=True,
    default=("3s", "30s"),
    show_default=True,
    help="Length of a row; give it several times for several tables.",
)
@click.option("--features", "feature_set", default="kaggle", show_default=True, help=FEATURES_HELP)
@click.option("--genre", "genres", multiple=True, help="Only this genre folder; may be given several times.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a file gave no rows.")
@click.option("--overwrite", is_flag=True, help="Replace tables of another configuration or of other tracks.")
@click.option("--recompute", is_flag=True, help="Compute every file anew, also those that are done.")
@n_jobs_option
@json_option
@click.pass_context
def extract(
    ctx: click.Context,
    audio_dir: Path,
    out: Path,
    segments: tuple[SegmentConfig, ...],
    feature_set: str,
    genres: tuple[str, ...],
    strict: bool,
    overwrite: bool,
    recompute: bool,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Write one row of features per segment of every track in AUDIO_DIR.

    AUDIO_DIR holds one folder per genre (wav, au, flac, ogg, mp3). One Parquet table per segment length
    is written, and status.parquet, which says what became of each file. Interrupted, the same command
    goes on where it stopped; a file that cannot be read costs its own rows only.
    """
    from gtzan_features.config import FeatureConfig
    from gtzan_features.pipelines.extract import ExtractConfig, remove_parts
    from gtzan_features.pipelines.extract import extract as run

    config = ExtractConfig(
        features=FeatureConfig(feature_set=feature_set), segments=tuple(sorted(set(segments)))
    )
    if recompute:
        remove_parts(out)
    with progress_bar() as progress:
        summary = run(
            audio_dir,
            out,
            config,
            n_jobs=n_jobs,
            genres=genres,
            overwrite=overwrite,
            progress=progress,
            notice=notice,
        )
    print_json(summary) if as_json else _print_summary(summary)
    if strict and summary.skipped:
        ctx.exit(1)


@features.command()
@click.argument("audio_dir", type=FOLDER)
@click.option("--out", "-o", type=FOLDER, default=TABLES_DIR, show_default=True, help="Folder of the tables.")
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    multiple=True,
    default=("mel",),
    show_default=True,
    help="Bands: mel, or of equal width in Hz (decibel); levels in dB on both. Several for several tables.",
)
@click.option(
    "--segments",
    "-s",
    type=SegmentLength(),
    multiple=True,
    default=("3s",),
    show_default=True,
    help="Length of a row; give it several times for several tables.",
)
@click.option("--bands", type=int, default=64, show_default=True, help="Bands of a frame.")
@click.option("--pool", type=int, default=4, show_default=True, help="STFT frames averaged into one frame.")
@click.option("--genre", "genres", multiple=True, help="Only this genre folder; may be given several times.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a file gave no rows.")
@click.option("--overwrite", is_flag=True, help="Replace tables of another configuration or of other tracks.")
@n_jobs_option
@json_option
@click.pass_context
def spectrograms(
    ctx: click.Context,
    audio_dir: Path,
    out: Path,
    scale: tuple[str, ...],
    segments: tuple[SegmentConfig, ...],
    bands: int,
    pool: int,
    genres: tuple[str, ...],
    strict: bool,
    overwrite: bool,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Write one spectrogram per segment of every track in AUDIO_DIR, for gtzan fit cnn.

    A row is a picture of FRAMES x BANDS bytes, a byte a level in steps of 0.5 dB. Interrupted, the same
    command goes on where it stopped; a file that cannot be read costs its own rows only.
    """
    from gtzan_features.pipelines.spectrograms import SpectrogramRecipe
    from gtzan_features.pipelines.spectrograms import spectrograms as run

    summaries = []
    for one in dict.fromkeys(scale):
        recipe = SpectrogramRecipe(
            spectrograms=SpectrogramConfig(scale=one, n_bands=bands, pool=pool),
            segments=tuple(sorted(set(segments))),
        )
        with progress_bar() as progress:
            summaries.append(
                run(
                    audio_dir,
                    out,
                    recipe,
                    n_jobs=n_jobs,
                    genres=genres,
                    overwrite=overwrite,
                    progress=progress,
                    notice=notice,
                )
            )
        if not as_json:
            _print_summary(summaries[-1])
    if as_json:
        print_json([asdict(summary) for summary in summaries])
    if strict and any(summary.skipped for summary in summaries):
        ctx.exit(1)


@features.command("import")
@click.argument("csv", type=FILE)
@click.option("--out", "-o", type=FOLDER, default=TABLES_DIR, show_default=True, help="Folder of the tables.")
@click.option(
    "--recipe",
    type=click.Choice(["auto", "kaggle", "foreign"]),
    default="auto",
    show_default=True,
    help="Whether the values follow the Kaggle recipe, so that models pass between this table and "
    "extracted ones; auto recognises Kaggle's own two CSVs.",
)
@click.option("--overwrite", is_flag=True, help="Replace a table from elsewhere.")
@json_option
def import_(csv: Path, out: Path, recipe: str, overwrite: bool, as_json: bool) -> None:
    """Read a CSV in Kaggle's format, such as features_3_sec.csv, into a feature table."""
    from gtzan_features.pipelines.exchange import import_csv

    summary = import_csv(csv, out, recipe=recipe, overwrite=overwrite)
    if as_json:
        print_json(summary)
        return
    click.echo(f"{summary.path}: {summary.n_rows} rows of {summary.segment}, {summary.n_tracks} tracks")
    click.echo(f"Data set {summary.dataset}; " + _recipe_text(summary.known_recipe))


@features.command()
@click.argument("tables_dir", type=FOLDER, default=TABLES_DIR)
@click.option("--segments", "-s", type=SegmentLength(), default="3s", show_default=True, help="Which table.")
@click.option("--features", "feature_set", default="kaggle", show_default=True, help=FEATURES_HELP)
@click.option(
    "--format", "format_name", type=click.Choice(["kaggle-csv"]), default="kaggle-csv", show_default=True
)
@click.option("--out", "-o", type=FILE, required=True, help="The file to write.")
def export(tables_dir: Path, segments: SegmentConfig, feature_set: str, format_name: str, out: Path) -> None:
    """Write a feature table from TABLES_DIR in another format: Kaggle's 60 columns as CSV."""
    from gtzan_features.pipelines.exchange import export_table

    rows = export_table(
        tables_dir, out, feature_set=feature_set, segment=segments.name, format_name=format_name
    )
    click.echo(f"{out}: {rows} rows")


def _recipe_text(known: bool) -> str:
    if known:
        return "values follow the Kaggle recipe: models pass between this table and extracted ones."
    return "recipe unknown: models trained on this table apply to it alone."


def _print_summary(summary: ExtractSummary) -> None:
    for path, rows in summary.tables.values():
        click.echo(f"{path}: {rows} rows")
    click.echo(f"{summary.status}: {summary.n_files} files")
    computed = summary.n_files - summary.n_reused - len(summary.skipped)
    speed = f", {summary.audio_s / summary.elapsed_s:.0f} times real time" if summary.audio_s else ""
    click.echo(
        f"{computed} files computed, {summary.n_reused} found done, {len(summary.skipped)} skipped; "
        f"{summary.elapsed_s:.1f} s{speed}"
    )
    _print_files("Skipped", summary.skipped)
    _print_files("Incomplete", summary.notes)
    if summary.empty_genres:
        notice(f"Folders without audio, passed over: {', '.join(summary.empty_genres)}")


def _print_files(title: str, files: tuple[FileStatus, ...]) -> None:
    for file in files[:_SHOWN]:
        notice(f"{title}: {file.path}: {file.status}: {file.reason}")
    if len(files) > _SHOWN:
        notice(f"{title}: {len(files) - _SHOWN} more, see the status table")
