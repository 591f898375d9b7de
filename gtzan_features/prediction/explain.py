"""What decides: for one file and a fitted model, or for a model on its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import spearmanr

from gtzan_features.config import SegmentConfig, SpectrogramConfig, fingerprint
from gtzan_features.descriptors import sets
from gtzan_features.errors import ModelError
from gtzan_features.extraction.row_kinds import recipe_of
from gtzan_features.models import saliency
from gtzan_features.models.applying.load import StoredModel, load_model
from gtzan_features.prediction.file_rows import recording_rows
from gtzan_features.prediction.held_out import held_out
from gtzan_features.reports.figures import save_figure
from gtzan_features.reports.saliency import SaliencyMaps, bars_figure, saliency_figure
from gtzan_features.rounding import decimals, percent, points
from gtzan_features.spectra.spectrogram import band_hz
from gtzan_features.tables import run_folder as runs
from gtzan_features.text import printable, shell_path
from gtzan_features.text_table import TextTable
from gtzan_features.training.load_rows import open_fittable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.training.load_rows import Fittable

WINDOW_BANDS = 8
"""Bands of an occlusion window."""

WINDOW_S = 0.4
"""Length of an occlusion window; of rows longer than 10 s, one 25th of the row."""

_BACKGROUND = 200
_SHOWN = 8
_NOTHING = 0.0005
"""A fall of the accuracy smaller than this is shown as 0.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What decides, and where it is drawn.

    Attributes
    ----------
    method : str
        How it was found, in words.
    genre : str
        The predicted genre; empty for a model on its table.
    probability : float or None
        Mean probability of that genre over the file's rows.
    table : TextTable
        What decides most, the largest first.
    picture : Path
        The picture.
    agreement : float or None
        Spearman's rank correlation of the two saliency methods over the windows.
    """

    method: str
    genre: str
    probability: float | None
    table: TextTable
    picture: Path
    agreement: float | None = None


def explain_file(path: Path, run: Path, out: Path, tables: Path) -> Explanation:
    """Explain why a model takes a file for its genre.

    Networks on spectrograms: gradient times input, and occlusion beside it. XGBoost: TreeSHAP. Other
    models: the fall of the probability when a family of features is taken from other rows of the table
    the model was fitted on, found in `tables`.

    Raises
    ------
    ModelError
        If the folder holds no model, or one whose features cannot be computed from audio.
    AudioError
        If the file cannot be read, or is too short for `predict` too.
    TableError
        If a table is needed and missing.
    """
    model = load_model(run / runs.MODEL)
    recipe, rows = _rows(path, model, run)
    probabilities = np.asarray(model.estimator.predict_proba(rows), dtype=np.float64).mean(axis=0)
    target = int(probabilities.argmax())
    genre = model.card.genres[target]
    by = f"{model.card.model} on {model.card.feature_set}"
    title = f"{path.name}: {genre}, {percent(probabilities[target])} % by {by}"
    agreement = None
    if model.card.shape:
        method, table, agreement = _pictured(model, recipe, rows, target, title, out)
    elif hasattr(model.estimator, "get_booster"):
        method, table = _shap(model, rows, target, title, out)
    else:
        method, table = _replaced(model, rows, target, title, out, tables)
    return Explanation(
        method=_marked(method, model),
        genre=genre,
        probability=float(probabilities[target]),
        table=table,
        picture=out,
        agreement=agreement,
    )


def explain_model(run: Path, out: Path, tables: Path) -> Explanation:
    """Say which families of features a model uses, by permutation importance on rows that it never saw.

    On rows that it knows by heart, permuting a family changes nothing. So where the stored model has seen all
    tracks, as under folds and with ``--final``, one of the same settings is fitted without the first test
    part, and measured on that; see `held_out`.

    Raises
    ------
    ModelError
        If the folder holds no model, or one on spectrograms.
    RunError
        If it is no run folder, or the table no longer holds what the run tested.
    TableError
        If the table is missing, or not the model's.
    """
    found = runs.read_run(run)
    model = load_model(run / runs.MODEL)
    if model.card.shape:
        command = f"gtzan explain FILE --model {shell_path(run)}"
        msg = f"{run}: a model on spectrograms is explained for a file: {command}"
        raise ModelError(msg)
    # Genres that were left out as too small are in the table and not in the run.
    opened = _opened(model, tables).of_genres(model.card.genres)
    measured = held_out(found, model, opened, tables)
    data = opened.data
    falls = saliency.family_importance(
        measured.estimator, data.X[measured.rows], data.y[measured.rows], _families(model)
    )
    ordered = sorted(falls.items(), key=lambda pair: -pair[1][0])
    rows = tuple((name, points(mean), decimals(100 * std, 1)) for name, (mean, std) in ordered)
    where = f"{measured.rows.size} {measured.words}"
    method = f"permutation importance by family, {where}, 5 repeats"
    if all(abs(mean) < _NOTHING for mean, _ in falls.values()):
        method += ". No family is missed: the others, or the most frequent genre, do as well without it"
    m = found.manifest
    title = f"{m.model} on {m.feature_set}, {m.segment} rows, {m.protocol}: {where}"
    figure = bars_figure({k: 100 * v for k, (v, _) in falls.items()}, "fall of the accuracy, points", title)
    save_figure(figure, out)
    header = ("family", "fall of the accuracy, points", "deviation")
    return Explanation(
        method=_marked(method, model),
        genre="",
        probability=None,
        table=TextTable(title=title, header=header, rows=rows),
        picture=out,
    )


def picture_path(folder: Path, run: Path, file: Path | None = None) -> Path:
    """Return where the picture of an explanation goes where no name is given.

    It is named by the file and the run, and by a hash of where both lie: no explanation of another file, or
    by another model, has that name. A long name is cut to what every file system takes.
    """
    places = [str(path.absolute()) for path in (run, file) if path is not None]
    digits = fingerprint({"places": [printable(place) for place in places]})[:6]
    names = [_kept(file.name, 70)] if file is not None else []
    return folder / "-".join(["explain", *names, _kept(run.absolute().name, 90), f"{digits}.png"])


def _kept(name: str, most_bytes: int) -> str:
    """Return as much of a name as so many bytes hold."""
    return printable(name).encode()[:most_bytes].decode(errors="ignore").strip()


def _marked(method: str, model: StoredModel) -> str:
    return f"{method}, of a LEAKED run" if model.card.leaked and "LEAKED" not in method else method


def _rows(path: Path, model: StoredModel, run: Path) -> tuple[Recipe, npt.NDArray[np.floating]]:
    """Compute a file's rows as prediction does."""
    recipe = recipe_of(model.card, run)
    _, rows = recording_rows(path, recipe)
    return recipe, recipe.inputs(recipe.heard(rows))


def _pictured(
    model: StoredModel, recipe: Recipe, rows: npt.NDArray[np.floating], target: int, title: str, out: Path
) -> tuple[str, TextTable, float]:
    config = SpectrogramConfig(**recipe.settings)
    network: Any = model.estimator
    window = _window(config, recipe.segments[0])
    gradient = saliency.gradient_times_input(network, rows, target)
    hidden = saliency.occlusion(network, rows, target, window)
    summed = saliency.summed_in_windows(gradient, window)
    agreement = float(spearmanr(summed.ravel(), hidden.ravel()).statistic)
    row_s = SegmentConfig.parse(model.card.segment).seconds
    maps = SaliencyMaps(
        level_db=np.asarray(rows, dtype=np.float32).reshape(-1, config.n_bands),
        gradient=gradient.reshape(-1, config.n_bands),
        occlusion=hidden.reshape(-1, hidden.shape[2]),
        seconds=row_s * len(rows),
        band_hz=band_hz(config),
    )
    save_figure(saliency_figure(maps, title), out)
    return (
        f"gradient × input and occlusion, rank correlation {agreement:.2f} over {hidden.size} windows",
        _regions(hidden, summed, config, window, row_s, title),
        agreement,
    )


def _window(config: SpectrogramConfig, length: SegmentConfig) -> tuple[int, int]:
    seconds = max(WINDOW_S, length.seconds / 25)
    return max(1, round(seconds / config.frame_s)), WINDOW_BANDS


def _regions(
    hidden: npt.NDArray[np.float64],
    summed: npt.NDArray[np.float64],
    config: SpectrogramConfig,
    window: tuple[int, int],
    row_s: float,
    title: str,
) -> TextTable:
    """List the windows whose hiding lowers the probability most."""
    hz, rows = band_hz(config), []
    for flat in np.argsort(-hidden, axis=None)[:_SHOWN]:
        row, i, j = (int(k) for k in np.unravel_index(flat, hidden.shape))
        start = row * row_s + i * window[0] * config.frame_s
        low, high = hz[j * window[1]], hz[min((j + 1) * window[1], len(hz)) - 1]
        rows.append(
            (
                f"{start:.1f}–{start + window[0] * config.frame_s:.1f} s",
                f"{low:.0f}–{high:.0f} Hz",
                f"{hidden[row, i, j]:+.3f}",
                f"{summed[row, i, j]:+.3f}",
            )
        )
    header = ("time", "bands", "fall of the row's probability when hidden", "gradient × input")
    return TextTable(title=title, header=header, rows=tuple(rows))


def _shap(
    model: StoredModel, rows: npt.NDArray[np.floating], target: int, title: str, out: Path
) -> tuple[str, TextTable]:
    booster: Any = model.estimator
    values = saliency.tree_shap(booster, rows, target).mean(axis=0)
    families = _families(model)
    by_family = {name: float(values[columns].sum()) for name, columns in families.items()}
    save_figure(bars_figure(by_family, "TreeSHAP, sum over the family, in the genre's margin", title), out)
    names = model.card.columns
    top = np.argsort(-np.abs(values))[:_SHOWN]
    lines = [(f"family {name}", f"{value:+.3f}") for name, value in _largest(by_family)]
    lines += [(names[i], f"{values[i]:+.3f}") for i in top]
    table = TextTable(title=title, header=("feature", "adds to the genre's margin"), rows=tuple(lines))
    return "TreeSHAP (xgboost pred_contribs), mean over the rows", table


def _replaced(
    model: StoredModel, rows: npt.NDArray[np.floating], target: int, title: str, out: Path, tables: Path
) -> tuple[str, TextTable]:
    values = _opened(model, tables).table.values()
    background = values[:: -(-len(values) // _BACKGROUND)]
    falls = saliency.family_replacement(model.estimator, rows, background, _families(model), target)
    label = "fall of the probability"
    save_figure(bars_figure(falls, label, title), out)
    lines = tuple((name, f"{value:+.3f}") for name, value in _largest(falls))
    method = f"families of features taken from {len(background)} rows of the table"
    return method, TextTable(title=title, header=("family", label), rows=lines)


def _largest(values: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda pair: -abs(pair[1]))


def _opened(model: StoredModel, tables: Path) -> Fittable:
    opened = open_fittable(tables, model.card.feature_set, model.card.segment)
    model.check(opened.table, opened.place)
    return opened


def _families(model: StoredModel) -> dict[str, list[int]]:
    """Columns of the model by family; "other" for columns that are in no feature set."""
    result: dict[str, list[int]] = {}
    families = sets.column_families(model.card.columns, model.card.feature_config)
    for number, family in enumerate(families):
        result.setdefault(family, []).append(number)
    return result
