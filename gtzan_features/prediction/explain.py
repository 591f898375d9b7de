"""Why a model takes a recording for its genre."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import spearmanr

from gtzan_features.config import SegmentConfig, SpectrogramConfig, fingerprint
from gtzan_features.descriptors import sets
from gtzan_features.models import saliency
from gtzan_features.models.applying.one_vs_rest import OneVsRest
from gtzan_features.prediction.explanation import Contribution, Explanation, Region
from gtzan_features.prediction.predict import classify, read_one
from gtzan_features.reports.saliency import SaliencyMaps
from gtzan_features.rounding import percent
from gtzan_features.spectra.spectrogram import band_hz
from gtzan_features.text import printable
from gtzan_features.training.divide import labelled
from gtzan_features.training.load_rows import Fittable, open_fittable

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.audio.samples import Samples
    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.applying.load import ModelCard
    from gtzan_features.models.spec import Classifier
    from gtzan_features.prediction.file_rows import RecordingRows
    from gtzan_features.prediction.predict import FilePrediction
    from gtzan_features.prediction.predictor import Predictor

WINDOW_BANDS = 8
"""Bands of an occlusion window."""

WINDOW_S = 0.4
"""Length of an occlusion window; of rows longer than 10 s, one 25th of the row."""

_BACKGROUND = 200


class Explainer:
    """Explains recordings by one model; what it reads of a table is read once.

    Networks on spectrograms: gradient times input, and occlusion beside it. XGBoost: TreeSHAP. Pretrained
    linear models: what each column adds to the genre's margin, in closed form. Other models: the fall of the
    probability when a family of features is taken from other rows of the table that the model was fitted on.

    Parameters
    ----------
    predictor : Predictor
        The model.
    tables : Path or Fittable
        The table that it was fitted on, or the folder of tables where that lies. Read where it is needed.
    """

    def __init__(self, predictor: Predictor, tables: Path | Fittable) -> None:
        self.predictor = predictor
        self._tables = tables

    def explain(self, source: Path | Samples, aggregation: str = "mean") -> Explanation:
        """Read a recording and say why the model takes it for the genre that `predict` gives it.

        Raises
        ------
        AudioError
            If the file cannot be read, or is too short for `predict` too.
        SignalError
            If it is no signal that rows are defined for.
        TableError
            If a table is needed and missing, or not the model's.
        """
        found = read_one(source, self.predictor)
        return self.explain_rows(found, classify(found, self.predictor, aggregation))

    def explain_rows(
        self, found: RecordingRows, predicted: FilePrediction, n_rows: int | None = None
    ) -> Explanation:
        """Say why the model takes a recording for the genre that it was predicted, by its rows.

        Parameters
        ----------
        found : RecordingRows
            The recording.
        predicted : FilePrediction
            What the model says of it; of music unlike the training music the nearest genre is explained.
        n_rows : int, optional
            By so many of the first rows only.
        """
        rows = self.predictor.recipe.inputs(found.values)[:n_rows]
        target = self.predictor.genres.index(predicted.nearest)
        share = predicted.probabilities[target]
        card = self.predictor.card
        said = (
            f"{predicted.genre}, nearest {predicted.nearest}" if predicted.none_of_these else predicted.genre
        )
        title = (
            f"{Path(predicted.path).name}: {said}, {percent(share)} % by {card.model} on {card.feature_set}"
        )
        method, unit, values = self._method()(rows, target)
        return Explanation(
            title=title,
            method=marked(method, card),
            unit=unit,
            genre=predicted.nearest,
            probability=share,
            **values,
        )

    @cached_property
    def background(self) -> npt.NDArray[np.floating]:
        """Rows of the model's table from which families of features are taken, evenly spread over it."""
        opened = opened_table(self.predictor.kept, self._tables)
        values = opened.table.values()
        return values[:: -(-len(values) // _BACKGROUND)].copy()  # or all of the table would stay

    def _method(self) -> Callable[[npt.NDArray[np.floating], int], tuple[str, str, dict[str, Any]]]:
        if self.predictor.card.shape:
            return self._by_regions
        models = getattr(self._estimator, "estimators", [self._estimator])  # of several labels, one a label
        if all(hasattr(one, "get_booster") for one in models):
            return self._by_trees
        # A pretrained model comes without the table that others are explained by.
        return self._by_rule if self.predictor.kept.figures is not None else self._by_replacement

    @property
    def _estimator(self) -> Classifier:
        return self.predictor.kept.estimator

    def _by_trees(
        self, rows: npt.NDArray[np.floating], target: int
    ) -> tuple[str, str, dict[str, tuple[Contribution, ...]]]:
        booster: Any = self._estimator
        if isinstance(booster, OneVsRest):  # of the label, whose classes are its absence and itself
            booster, target = booster.estimators[target], 1
        values = saliency.tree_shap(booster, rows, target).mean(axis=0)
        unit = "TreeSHAP, sum over the family, in the genre's margin"
        method = "TreeSHAP (xgboost pred_contribs), mean over the rows"
        return method, unit, {"contributions": self._of_columns(values)}

    def _by_rule(
        self, rows: npt.NDArray[np.floating], target: int
    ) -> tuple[str, str, dict[str, tuple[Contribution, ...]]]:
        rule: Any = self._estimator
        values = rule.contributions(rows, target).mean(axis=0)
        unit = "sum over the family, in the genre's margin over the mean of all genres"
        method = "Shapley values of a linear rule, from the typical training row, mean over the rows"
        return method, unit, {"contributions": self._of_columns(values)}

    def _of_columns(self, values: npt.NDArray[np.floating]) -> tuple[Contribution, ...]:
        """Return what each family adds, and then each column, the largest first."""
        card = self.predictor.card
        of_column = sets.column_families(card.columns, card.feature_config)
        summed = {name: float(values[columns].sum()) for name, columns in families(card).items()}
        single = [
            Contribution("feature", card.columns[i], of_column[i], float(values[i]))
            for i in np.argsort(-np.abs(values), kind="stable")
        ]
        return (*_of_families(summed), *single)

    def _by_replacement(
        self, rows: npt.NDArray[np.floating], target: int
    ) -> tuple[str, str, dict[str, tuple[Contribution, ...]]]:
        background = self.background
        falls = saliency.family_replacement(
            self._estimator, rows, background, families(self.predictor.card), target
        )
        method = f"replacing each family by that of {len(background)} other rows of the table, in turn"
        return method, "fall of the probability", {"contributions": tuple(_of_families(falls))}

    def _by_regions(self, rows: npt.NDArray[np.floating], target: int) -> tuple[str, str, dict[str, Any]]:
        recipe, network = self.predictor.recipe, self._estimator
        config = SpectrogramConfig(**recipe.settings)
        window, row_s = _window(config, recipe.segments[0]), recipe.segments[0].seconds
        gradient = saliency.gradient_times_input(_network(network), rows, target)
        hidden = saliency.occlusion(_network(network), rows, target, window)
        summed = saliency.summed_in_windows(gradient, window)
        agreement = _agreement(summed.ravel(), hidden.ravel())
        maps = SaliencyMaps(
            level_db=np.asarray(rows, dtype=np.float32).reshape(-1, config.n_bands),
            gradient=summed.reshape(-1, hidden.shape[2]),
            occlusion=hidden.reshape(-1, hidden.shape[2]),
            seconds=row_s * len(rows),
            edges_s=_edges_s(gradient.shape[1], window[0], config.frame_s, row_s, len(rows)),
            edges_band=np.append(np.arange(0.0, config.n_bands, window[1]), config.n_bands),
            band_hz=band_hz(config),
        )
        found = f"no rank correlation: one of them is the same over all {hidden.size} windows"
        if agreement is not None:
            found = f"rank correlation {agreement:.2f} over {hidden.size} windows"
        values = {
            "regions": tuple(_regions(hidden, summed, config, window, row_s)),
            "maps": maps,
            "agreement": agreement,
        }
        unit = "fall of the row's probability when hidden"
        return f"gradient × input and occlusion, {found}", unit, values


def picture_path(folder: Path, run: Path, file: Path | None = None) -> Path:
    """Return where the picture of an explanation goes where no name is given.

    It is named by the file and the run, and by a hash of where both lie: no explanation of another file, or
    by another model, has that name. A long name is cut to what every file system takes.
    """
    places = [str(path.absolute()) for path in (run, file) if path is not None]
    digits = fingerprint({"places": [printable(place) for place in places]})[:6]
    names = [_kept(file.name, 70)] if file is not None else []
    return folder / "-".join(["explain", *names, _kept(run.absolute().name, 90), f"{digits}.png"])


def marked(method: str, card: ModelCard) -> str:
    """Return how something was found, with a mark where the model's figure is a leak."""
    return f"{method}, of a LEAKED run" if card.leaked and "LEAKED" not in method else method


def opened_table(kept: KeptModel, tables: Path | Fittable) -> Fittable:
    """Return the table that a model was fitted on, read from a folder of tables or as it is given.

    Raises
    ------
    TableError
        If it is missing or damaged.
    ModelError
        If it is not the model's.
    """
    card = kept.card
    opened = tables if isinstance(tables, Fittable) else open_fittable(tables, card.feature_set, card.segment)
    opened, _ = labelled(opened)
    kept.stored.check(opened.table, opened.place)
    return opened


def families(card: ModelCard) -> dict[str, list[int]]:
    """Columns of a model by family; "other" for columns that are in no feature set."""
    result: dict[str, list[int]] = {}
    for number, family in enumerate(sets.column_families(card.columns, card.feature_config)):
        result.setdefault(family, []).append(number)
    return result


def _kept(name: str, most_bytes: int) -> str:
    """Return as much of a name as so many bytes hold."""
    return printable(name).encode()[:most_bytes].decode(errors="ignore").strip()


def _of_families(values: dict[str, float]) -> list[Contribution]:
    ordered = sorted(values.items(), key=lambda pair: -abs(pair[1]))
    return [Contribution("family", name, name, value) for name, value in ordered]


def _network(estimator: Any) -> saliency.PictureModel:  # noqa: ANN401 - whatever was stored for spectrograms
    network: saliency.PictureModel = estimator
    return network


def _agreement(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float | None:
    """Return Spearman's rank correlation; None where one does not vary, as of a network that is very sure."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(spearmanr(one, other).statistic)


def _window(config: SpectrogramConfig, length: SegmentConfig) -> tuple[int, int]:
    seconds = max(WINDOW_S, length.seconds / 25)
    return max(1, round(seconds / config.frame_s)), WINDOW_BANDS


def _edges_s(
    n_frames: int, window: int, frame_s: float, row_s: float, n_rows: int
) -> npt.NDArray[np.float64]:
    """Return where the windows of all rows begin, and the end of the last one, in seconds."""
    starts = np.arange(0, n_frames, window) * frame_s
    rows = np.arange(n_rows) * row_s
    return np.append((rows[:, None] + starts).ravel(), n_rows * row_s)


def _regions(
    hidden: npt.NDArray[np.float64],
    summed: npt.NDArray[np.float64],
    config: SpectrogramConfig,
    window: tuple[int, int],
    row_s: float,
) -> list[Region]:
    """List the windows, those whose hiding lowers the probability most first."""
    hz, regions = band_hz(config), []
    for flat in np.argsort(-hidden, axis=None):
        row, i, j = (int(k) for k in np.unravel_index(flat, hidden.shape))
        start = row * row_s + i * window[0] * config.frame_s
        regions.append(
            Region(
                start_s=start,
                end_s=start + window[0] * config.frame_s,
                low_hz=float(hz[j * window[1]]),
                high_hz=float(hz[min((j + 1) * window[1], len(hz)) - 1]),
                fall=float(hidden[row, i, j]),
                gradient=float(summed[row, i, j]),
            )
        )
    return regions
