"""``gtzan explain``: what decides."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cli.options import FILE, FOLDER, REPORTS_DIR, TABLES_DIR, json_option
from cli.progress import print_json, print_table, show

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.pipelines.explain import Explanation


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option("--model", "run", type=FOLDER, required=True, help="Run folder of the model.")
@click.option(
    "--out", "-o", type=FILE, help="The picture, PNG; reports/explain-FILE-RUN-….png where not given."
)
@click.option(
    "--tables",
    type=FOLDER,
    default=TABLES_DIR,
    show_default=True,
    help="Tables, for models that are explained by other rows than the file's.",
)
@json_option
def explain(file: Path | None, run: Path, out: Path | None, tables: Path, as_json: bool) -> None:
    """Show what makes the model of a run take FILE for its genre, as a table and a picture.

    Networks on spectrograms: which times and bands (gradient x input, checked by occlusion). XGBoost:
    TreeSHAP. Other models: families of features. Without FILE: which families a model on features uses,
    measured on test rows that it never saw; where the stored model has seen them all, as under folds, one of
    the same settings is fitted anew without them.
    """
    from gtzan_features.pipelines.explain import explain_file, explain_model, picture_path

    picture = out or picture_path(REPORTS_DIR, run, file)
    found = explain_file(file, run, picture, tables) if file else explain_model(run, picture, tables)
    if as_json:
        print_json(asdict(found))
        return
    _print(found)


def _print(found: Explanation) -> None:
    print_table(found.table.title, found.table.header, found.table.rows)
    show(f"Method: {found.method}.")
    show(f"Picture: {found.picture}")
