"""``gtzan features import`` and ``gtzan features export``: tables from CSV in Kaggle's format, and to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gtzan_cli.completion import complete_feature_sets
from gtzan_cli.options import (
    ANY,
    FEATURES_HELP,
    FILE_OR_URL,
    FOLDER,
    FOLDER_OR_URL,
    TABLES_DIR,
    SegmentLength,
    json_option,
    some_are_there,
)
from gtzan_cli.progress import notice, print_json, show
from gtzan_features.config import DEFAULT_SEGMENTS, FeatureConfig, default_of
from gtzan_features.errors import GtzanError

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.config import SegmentConfig
    from gtzan_features.extraction.csv_exchange import ImportSummary


@click.command("import")
@click.argument(
    "csvs",
    nargs=-1,
    required=True,
    metavar="CSV...",
    type=ANY,
    is_eager=True,
    callback=some_are_there,
)
@click.option("--out", "-o", type=FOLDER, default=TABLES_DIR, show_default=True, help="Folder of the tables.")
@click.option(
    "--recipe",
    type=click.Choice(["auto", "kaggle", "foreign"]),
    default="auto",
    show_default=True,
    help="Whether the values follow the Kaggle recipe, so that models pass between this table and "
    "extracted ones; auto recognises Kaggle's own two CSVs.",
)
@click.option(
    "--rows",
    type=click.Choice(["auto", "segments", "tracks"]),
    default="auto",
    show_default=True,
    help="Whether a row is a segment, whose number ends its name, or a track; auto asks where names leave "
    "it open.",
)
@click.option(
    "--segments",
    "-s",
    "segment",
    type=SegmentLength(),
    help="Length of a row, where the column length does not determine it.",
)
@click.option("--encoding", help="Of the text, such as cp932; found out where not given.")
@click.option("--overwrite", is_flag=True, help="Replace a table from elsewhere.")
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    csvs: tuple[Path, ...],
    out: Path,
    recipe: str,
    rows: str,
    segment: SegmentConfig | None,
    encoding: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Read each CSV in Kaggle's format, such as features_3_sec.csv, into a feature table.

    Cells may be separated by commas, semicolons, tabs or bars, decimals have a point or a comma, and the
    file may be packed (gz, xz, bz2, zip). The name of a row says of which track it is (blues.00000.3.wav:
    segment 3 of blues.00000), not its length. Of several CSVs, one that cannot be read costs no other its
    table; the command then exits with 1. With --json, several give a list.
    """
    from gtzan_features.extraction.csv_exchange import CsvReading, import_csv

    reading = CsvReading(rows=rows, segment=segment, encoding=encoding)
    done: list[ImportSummary] = []
    chosen = list(dict.fromkeys(csvs))
    for csv in chosen:
        kept = [one.path for one in done]
        try:
            summary = import_csv(csv, out, recipe=recipe, reading=reading, overwrite=overwrite, kept=kept)
        except (GtzanError, OSError) as error:
            if len(chosen) == 1:
                raise
            notice(f"Error: {error}")
            continue
        done.append(summary)
        for note in summary.notes:
            notice(f"{csv}: {note}.")
        if not as_json:
            show(f"{summary.path}: {summary.n_rows} rows of {summary.segment}, {summary.n_tracks} tracks")
            show(f"Data set {summary.dataset}; " + _recipe_text(summary.known_recipe))
    if as_json:
        print_json(done[0] if len(chosen) == 1 else [asdict(one) for one in done])
    if len(done) < len(chosen):
        ctx.exit(1)


@click.command()
@click.argument("tables_dir", type=FOLDER_OR_URL, default=TABLES_DIR)
@click.option(
    "--segments",
    "-s",
    type=SegmentLength(),
    default=DEFAULT_SEGMENTS[0].name,
    show_default=True,
    help="Which table.",
)
@click.option(
    "--features",
    "feature_set",
    shell_complete=complete_feature_sets,
    default=default_of(FeatureConfig, "feature_set"),
    show_default=True,
    help=FEATURES_HELP,
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["kaggle-csv"]),
    default="kaggle-csv",
    show_default=True,
    help="Form of the file: columns, names and order of Kaggle's CSVs.",
)
@click.option("--out", "-o", type=FILE_OR_URL, required=True, help="The file to write.")
@json_option
def export(
    tables_dir: Path, segments: SegmentConfig, feature_set: str, format_name: str, out: Path, as_json: bool
) -> None:
    """Write a feature table from TABLES_DIR in another format: Kaggle's 60 columns as CSV."""
    from gtzan_features.extraction.csv_exchange import export_table

    rows = export_table(
        tables_dir, out, feature_set=feature_set, segment=segments.name, format_name=format_name
    )
    if as_json:
        print_json({"path": out, "rows": rows})
        return
    show(f"{out}: {rows} rows")


def _recipe_text(known: bool) -> str:
    if known:
        return "values follow the Kaggle recipe: models pass between this table and extracted ones."
    return "recipe unknown: models trained on this table apply to it alone."
