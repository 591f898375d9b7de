"""``gtzan explain``: what decides."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from gtzan_cli.options import (
    ANY,
    FOLDER,
    REPORTS_DIR,
    TABLES_DIR,
    json_option,
    model_options,
    some_are_there,
)
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, show
from gtzan_features.errors import FILE_FAULTS
from gtzan_features.garbage import seldom_looked_for

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.prediction.explanation import Explanation

_PICTURE = ".png"


@click.command()
@click.argument(
    "files",
    nargs=-1,
    metavar="[FILE]...",
    type=ANY,
    is_eager=True,
    callback=some_are_there,
)
@model_options
@click.option(
    "--out",
    "-o",
    type=ANY,
    help="The picture, PNG; for several files a folder. reports/explain-FILE-RUN-….png where not given.",
)
@click.option(
    "--tables",
    type=FOLDER,
    default=TABLES_DIR,
    show_default=True,
    help="Tables, for models that are explained by other rows than the file's.",
)
@json_option
@click.pass_context
@seldom_looked_for()
def explain(
    ctx: click.Context,
    files: tuple[Path, ...],
    model: Path | None,
    runs: Path,
    out: Path | None,
    tables: Path,
    as_json: bool,
) -> None:
    """Show what makes the model of a run take each FILE for its genre, as a table and a picture.

    Takes what gtzan predict takes: files of any kind, also short ones, and folders. Networks on spectrograms:
    which times and bands (gradient x input, checked by occlusion). XGBoost: TreeSHAP. gtzan10: what each
    feature adds. Other models: families of features. Without FILE: which families a model on features uses,
    measured on test rows that it never saw; where the stored model has seen them all, as under folds, one of
    the same settings is fitted anew without them. With --json, several files give a list under "files".
    Exits with 1 if a file could not be read; the others are done all the same.
    """
    from gtzan_features.prediction.predictor import find_model

    if not files:
        from gtzan_features.prediction.explain import picture_path
        from gtzan_features.prediction.explain_model import explain_model

        folder = model or find_model(runs, notice)
        with progress_bar():
            found = explain_model(folder, tables)
        _show(found, out or picture_path(REPORTS_DIR, folder), as_json=as_json)
        return
    if not _explain_files(ctx, files, model or find_model(runs, notice), out, tables, as_json=as_json):
        ctx.exit(1)


def _explain_files(
    ctx: click.Context, files: tuple[Path, ...], run: Path, out: Path | None, tables: Path, *, as_json: bool
) -> bool:
    """Explain one file after the other; return whether all could be."""
    from gtzan_features.prediction.explain import Explainer, picture_path
    from gtzan_features.prediction.predict import expand
    from gtzan_features.prediction.predictor import load_predictor

    paths = expand(files, notice)
    if out is not None and len(paths) > 1 and out.suffix.lower() == _PICTURE:
        msg = f"--out {out}: give a folder, for {len(paths)} files."
        raise click.UsageError(msg, ctx)
    explainer = Explainer(load_predictor(run), tables)
    records, n_failed = [], 0
    for path in paths:
        try:
            with progress_bar():
                found = explainer.explain(path)
        except FILE_FAULTS as error:
            if len(paths) == 1:
                raise
            notice(f"Error: {error}")
            n_failed += 1
            continue
        is_file = out is not None and len(paths) == 1 and not out.is_dir()
        picture = out if out is not None and is_file else picture_path(out or REPORTS_DIR, run, path)
        if as_json and len(paths) > 1:
            records.append({"file": str(path), **_saved(found, picture)})
        else:
            _show(found, picture, as_json=as_json)
    if as_json and len(paths) > 1:
        print_json({"files": records})
    return not n_failed


def _saved(found: Explanation, picture: Path) -> dict[str, Any]:
    """Write the picture; return what a script reads."""
    found.save(picture)
    return {
        "method": found.method,
        "genre": found.genre,
        "probability": found.probability,
        "table": asdict(found.table),
        "picture": picture,
        "agreement": found.agreement,
    }


def _show(found: Explanation, picture: Path, *, as_json: bool) -> None:
    record = _saved(found, picture)
    if as_json:
        print_json(record)
        return
    print_table(found.table.title, found.table.header, found.table.rows)
    show(f"Method: {found.method}.")
    show(f"Picture: {picture}")
