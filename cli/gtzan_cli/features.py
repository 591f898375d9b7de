"""``gtzan features``: extract, spectrograms, merge, prune, describe."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gtzan_cli.completion import complete_feature_sets
from gtzan_cli.extraction_summary import failed, print_extracted, print_summary, record_of
from gtzan_cli.help_sections import SectionedCommand
from gtzan_cli.options import (
    FEATURES_HELP,
    FOLDER_OR_URL,
    MUSIC_OR_URL,
    TABLES,
    TABLES_DIR,
    TABLES_OR_URL,
    SegmentLength,
    deformed_option,
    engine_options,
    json_option,
    n_jobs_option,
    selection_options,
    shard_options,
)
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, show, show_text
from gtzan_features.config import DEFAULT_SEGMENTS, SCALES, FeatureConfig, SpectrogramConfig, default_of
from gtzan_features.garbage import seldom_looked_for
from gtzan_features.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.config import SegmentConfig, Selection

prune_option = click.option(
    "--prune",
    is_flag=True,
    help="Remove the rows kept for the next run, as large as the tables, once these are written.",
)

name_option = click.option(
    "--name", default="", help="What the data set is called in tables and reports, if not as its folder."
)


@click.group()
def features() -> None:
    """Compute features from audio, or move them in and out of CSV."""


@features.command(cls=SectionedCommand)
@click.argument("audio_dir", type=MUSIC_OR_URL)
@click.option(
    "--out", "-o", type=FOLDER_OR_URL, default=TABLES_DIR, show_default=True, help="Folder of the tables."
)
@click.option(
    "--segments",
    "-s",
    type=SegmentLength(),
    multiple=True,
    default=tuple(length.name for length in DEFAULT_SEGMENTS),
    show_default=True,
    help="Length of a row; give it several times for several tables.",
)
@click.option(
    "--features",
    "feature_set",
    shell_complete=complete_feature_sets,
    default=default_of(FeatureConfig, "feature_set"),
    show_default=True,
    help=FEATURES_HELP,
)
@deformed_option
@selection_options
@click.option("--strict", is_flag=True, help="Exit with 1 if a file gave no rows.")
@click.option("--overwrite", is_flag=True, help="Replace tables of another configuration or of other tracks.")
@click.option("--recompute", is_flag=True, help="Compute every file anew, also those that are done.")
@prune_option
@name_option
@shard_options
@n_jobs_option
@engine_options
@json_option
@click.pass_context
@seldom_looked_for()
def extract(
    ctx: click.Context,
    audio_dir: Path,
    out: Path,
    segments: tuple[SegmentConfig, ...],
    feature_set: str,
    deformed: tuple[str, ...],
    selection: Selection,
    strict: bool,
    overwrite: bool,
    recompute: bool,
    prune: bool,
    name: str,
    shards: dict[str, Any],
    n_jobs: int,
    executor: str,
    as_json: bool,
) -> None:
    """Write one row of features per segment of every track in AUDIO_DIR.

    AUDIO_DIR holds one folder per genre, or with --labels files in any folders, of any audio format; some
    need ffmpeg. How it was read is said before anything is computed. One Parquet table per segment length
    is written, and status.parquet, which says what became of each file. Interrupted, the same command goes
    on where it stopped; a file that cannot be read costs its own rows only. What is no audio is counted by
    its ending. Exits with 1 if no file gave a row.
    """
    from gtzan_features.extraction.deformed_tables import extract_with_deformed
    from gtzan_features.extraction.extract import ExtractConfig

    config = ExtractConfig(
        features=FeatureConfig(feature_set=feature_set), segments=tuple(sorted(set(segments)))
    )
    with progress_bar() as progress:
        done = extract_with_deformed(
            audio_dir,
            out,
            config,
            deformed,
            n_jobs=n_jobs,
            executor=executor,
            selection=selection,
            overwrite=overwrite,
            recompute=recompute,
            prune=prune,
            name=name,
            progress=progress,
            notice=notice,
            **shards,
        )
    print_extracted(done, as_json=as_json)
    if failed([done.clean, *done.deformed.values()], strict=strict):
        ctx.exit(1)


@features.command()
@click.argument("audio_dir", type=MUSIC_OR_URL)
@click.option(
    "--out", "-o", type=FOLDER_OR_URL, default=TABLES_DIR, show_default=True, help="Folder of the tables."
)
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    multiple=True,
    default=(default_of(SpectrogramConfig, "scale"),),
    show_default=True,
    help="Bands: mel, or of equal width in Hz (decibel); levels in dB on both. Several for several tables.",
)
@click.option(
    "--segments",
    "-s",
    type=SegmentLength(),
    multiple=True,
    default=(DEFAULT_SEGMENTS[0].name,),
    show_default=True,
    help="Length of a row; give it several times for several tables.",
)
@click.option(
    "--bands",
    type=int,
    default=default_of(SpectrogramConfig, "n_bands"),
    show_default=True,
    help="Bands of a frame.",
)
@click.option(
    "--pool",
    type=int,
    default=default_of(SpectrogramConfig, "pool"),
    show_default=True,
    help="STFT frames averaged into one frame.",
)
@selection_options
@click.option("--strict", is_flag=True, help="Exit with 1 if a file gave no rows.")
@click.option("--overwrite", is_flag=True, help="Replace tables of another configuration or of other tracks.")
@prune_option
@name_option
@shard_options
@n_jobs_option
@engine_options
@json_option
@click.pass_context
@seldom_looked_for()
def spectrograms(
    ctx: click.Context,
    audio_dir: Path,
    out: Path,
    scale: tuple[str, ...],
    segments: tuple[SegmentConfig, ...],
    bands: int,
    pool: int,
    selection: Selection,
    strict: bool,
    overwrite: bool,
    prune: bool,
    name: str,
    shards: dict[str, Any],
    n_jobs: int,
    executor: str,
    as_json: bool,
) -> None:
    """Write one spectrogram per segment of every track in AUDIO_DIR, for gtzan fit cnn.

    A row is a picture of FRAMES x BANDS bytes, a byte a level in steps of 0.5 dB. Interrupted, the same
    command goes on where it stopped; a file that cannot be read costs its own rows only.
    """
    from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms

    summaries = []
    for one in dict.fromkeys(scale):
        recipe = SpectrogramRecipe(
            spectrograms=SpectrogramConfig(scale=one, n_bands=bands, pool=pool),
            segments=tuple(sorted(set(segments))),
        )
        with progress_bar() as progress:
            summaries.append(
                spectrograms(
                    audio_dir,
                    out,
                    recipe,
                    n_jobs=n_jobs,
                    executor=executor,
                    selection=selection,
                    overwrite=overwrite,
                    prune=prune,
                    name=name,
                    progress=progress,
                    notice=notice,
                    **shards,
                )
            )
        if not as_json:
            print_summary(summaries[-1])
    if as_json:
        print_json([record_of(summary) for summary in summaries])
    if failed(summaries, strict=strict):
        ctx.exit(1)


@features.command()
@click.argument("tables_dir", type=TABLES_OR_URL, default=TABLES_DIR)
@click.option(
    "--layout",
    type=click.Choice(["auto", "file", "shards"]),
    default="auto",
    show_default=True,
    help="One file a table, or a folder of shards; auto: one file for up to 32,000 files of music, and of a "
    "folder of shards that is a table already.",
)
@click.option("--prune", is_flag=True, help="Keep no rows for the next extraction, where one file is made.")
@json_option
def merge(tables_dir: Path, layout: str, prune: bool, as_json: bool) -> None:
    """Make tables in TABLES_DIR of the shards that gtzan features extract --shard I/N left there.

    Says which are missing, if any. Of a table that is a folder of shards already it makes one file, of the
    same bytes as without shards. Memory does not grow with the rows.
    """
    from gtzan_features.extraction.merge import merge

    with progress_bar() as progress:
        done = merge(tables_dir, layout=layout, prune=prune, progress=progress)
    if as_json:
        print_json([asdict(one) for one in done])
        return
    for one in done:
        shards = f" in {counted(one.shards, 'shard')}" if one.shards else ""
        show(f"{one.path}: {counted(one.rows, 'row')}{shards}")


@features.command()
@click.argument("tables_dir", type=TABLES, default=TABLES_DIR)
@json_option
def prune(tables_dir: Path, as_json: bool) -> None:
    """Remove the rows in TABLES_DIR/.parts that extraction keeps to go on where it stopped.

    They take about as much room as the tables, which stay. No other command needs them; another extraction
    into the folder computes every file anew.
    """
    from gtzan_features.extraction.cache_folders import PARTS, prune

    removed = prune(tables_dir)
    if as_json:
        print_json(removed)
        return
    what = f"rows of {counted(removed.n_files, 'file')}, {removed.n_bytes / 1e6:.1f} MB, removed"
    show(f"{tables_dir / PARTS}: {what if removed.n_files else 'holds no rows'}")


@features.command()
@click.option(
    "--features",
    "feature_set",
    shell_complete=complete_feature_sets,
    default="full",
    show_default=True,
    help=FEATURES_HELP,
)
@click.option("--columns", "each", is_flag=True, help="Every column with unit, meaning and source.")
@json_option
def describe(feature_set: str, each: bool, as_json: bool) -> None:
    """Say what the columns of a feature set are: families and features, or with --columns each of them.

    A column is called feature, index and statistic: mfcc3_p90, correlation_pattern3x17.
    """
    from gtzan_features.extraction.describe import columns_table, describe, families_table, versions_table

    columns = describe(feature_set)
    if as_json:
        print_json([asdict(column) for column in columns])
        return
    if each:
        show_text(columns_table(columns).markdown())
        return
    table = families_table(columns)
    print_table(table.title, table.header, table.rows)
    versions = versions_table(feature_set)
    if versions.rows:
        print_table(versions.title, versions.header, versions.rows)
    show(f"{len(columns)} columns. Each of them: --columns (Markdown) or --json.")
