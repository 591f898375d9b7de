"""``gtzan explain``: what decides."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gtzan_cli.options import FILE, FOLDER, MODEL, REPORTS_DIR, RUNS_DIR, SONG, TABLES_DIR, json_option
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, show

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.prediction.explain import Explanation


@click.command()
@click.argument("file", type=SONG, required=False, is_eager=True)
@click.option("--model", "-m", "run", type=MODEL, help="A run folder; else the one of gtzan predict.")
@click.option("--runs", type=FOLDER, default=RUNS_DIR, show_default=True, help="Where run folders lie.")
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
def explain(
    file: Path | None, run: Path | None, runs: Path, out: Path | None, tables: Path, as_json: bool
) -> None:
    """Show what makes the model of a run take FILE for its genre, as a table and a picture.

    Networks on spectrograms: which times and bands (gradient x input, checked by occlusion). XGBoost:
    TreeSHAP. Other models: families of features. Without FILE: which families a model on features uses,
    measured on test rows that it never saw; where the stored model has seen them all, as under folds, one of
    the same settings is fitted anew without them.
    """
    from gtzan_features.prediction.explain import explain_file, explain_model, picture_path
    from gtzan_features.prediction.predict import find_model

    folder = run or find_model(runs, notice)
    picture = out or picture_path(REPORTS_DIR, folder, file)
    with progress_bar():
        if file is None:
            found = explain_model(folder, picture, tables)
        else:
            found = explain_file(file, folder, picture, tables)
    if as_json:
        print_json(asdict(found))
        return
    _print(found)


def _print(found: Explanation) -> None:
    print_table(found.table.title, found.table.header, found.table.rows)
    show(f"Method: {found.method}.")
    show(f"Picture: {found.picture}")
