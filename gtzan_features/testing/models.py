"""What every model keeps: words, the same model for a seed, refusal in a line, storage without pickle."""

from __future__ import annotations

import pickle
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd

from gtzan_features.api.fitting import fit as fit_face
from gtzan_features.api.model import Model
from gtzan_features.api.table import Table
from gtzan_features.config import SpectrogramConfig
from gtzan_features.errors import GtzanError, ModelError
from gtzan_features.models.applying.kept_model import load_kept_model
from gtzan_features.models.checked_settings import probabilities
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.spec import FEATURES, TrainingData
from gtzan_features.models.words import all_words
from gtzan_features.tables.feature_tables import FeatureTable
from gtzan_features.tables.schema import TableMeta
from gtzan_features.tables.spectrograms import SpectrogramTable
from gtzan_features.training.load_rows import in_memory

if TYPE_CHECKING:
    from gtzan_features.models.spec import ModelSpec

_COLUMNS = ("a", "b", "c", "d", "e", "f")
_FAMILIES = ("timbre", "timbre", "tonal", "tonal", "rhythm", "rhythm")
_N_FRAMES, _N_BANDS = 12, 8
_STORED = 1e-6  # by how much probabilities may differ once a model was stored: trees keep float32


def check_model(name: str, **settings: Any) -> None:  # noqa: ANN401 - whatever settings the model has
    """Check that a model keeps what every model of the package does.

    Its defaults are those that ``gtzan fit --list`` shows; unknown settings are refused; probabilities are
    such; equal seeds give equal models; genres are words, in and out; one column and one track of each genre
    are enough, or refused in a line, as one genre is; it is stored without pickle and gives the same
    probabilities when it is read.

    Parameters
    ----------
    name : str
        As in ``gtzan fit --list``.
    **settings
        Fewer trees, for example, so that it takes less time.

    Raises
    ------
    AssertionError
        With what is not kept.
    ModelError
        If there is no such model.

    Examples
    --------
    >>> from gtzan_features.testing import check_model
    >>> check_model("knn")
    """
    spec = model_spec(name)
    asked = _check_settings(spec, settings)
    table = example_table(spec)
    data = _training(table, spec)
    first, again, other = (_proba(spec, data, asked, seed) for seed in (0, 0, 1))
    for p in (first, other):
        _expect(spec, p.shape == (len(data.y), 3), "does not give a probability for each genre")
    _expect(spec, np.array_equal(first, again), "two fits with one seed differ")
    _check_few(spec, data, asked)
    model = fit_face(name, table, **settings)
    _expect(spec, model.genres == ("blues", "jazz", "rock"), "genres are not the words of the table")
    _check_one_genre(spec, table, settings)
    _check_nan(spec, model, table)
    _check_storage(spec, model, table)


def example_table(spec: ModelSpec, n_tracks: int = 4) -> Table:
    """Return a table that a model takes: three genres of `n_tracks` tracks of three rows."""
    rng = np.random.default_rng(0)
    keys = [
        (f"{genre}/{t}", genre, s, 3.0 * s, 66_149)
        for genre in ("blues", "jazz", "rock")
        for t in range(n_tracks)
        for s in range(3)
    ]
    frame = pd.DataFrame(keys, columns=["track_id", "genre", "segment", "start_s", "n_samples"])
    number = np.repeat(np.arange(3), 3 * n_tracks)
    meta = TableMeta(feature_set="example", feature_fingerprint="example", segment="3s", dataset="example")
    if FEATURES in spec.inputs:
        centres = rng.normal(0, 3, (3, len(_COLUMNS)))
        values = pd.DataFrame(rng.normal(centres[number], 1.0), columns=list(_COLUMNS))
        columns = tuple((column, "1") for column in _COLUMNS)
        return Table(
            in_memory(FeatureTable(frame=pd.concat([frame, values], axis=1), columns=columns, meta=meta))
        )
    config = SpectrogramConfig(n_bands=_N_BANDS)
    pictures = rng.normal(80, 8, (len(frame), _N_FRAMES, _N_BANDS))
    pictures[np.arange(len(frame)), :, 2 * number] += 40
    meta = replace(meta, feature_set=config.name, config=config.to_dict())
    codes = np.clip(np.rint(pictures), 0, 255).astype(np.uint8)
    return Table(in_memory(SpectrogramTable(frame=frame, codes=codes, meta=meta)))


def _training(table: Table, spec: ModelSpec) -> TrainingData:
    data = table.opened.data
    families = _FAMILIES if FEATURES in spec.inputs else ()
    return TrainingData(X=data.X, y=data.y, groups=data.groups(), shape=data.shape, families=families)


def _proba(spec: ModelSpec, data: TrainingData, settings: dict[str, Any], seed: int) -> Any:  # noqa: ANN401
    return probabilities(spec.fit(data, settings, seed), data.X, spec, settings)


def _expect(spec: ModelSpec, holds: bool, otherwise: str) -> None:
    if not holds:
        msg = f"model {spec.name}: {otherwise}"
        raise AssertionError(msg)


def _check_settings(spec: ModelSpec, settings: dict[str, Any]) -> dict[str, Any]:
    """Return all settings of a fit."""
    words = all_words()[spec.name]
    _expect(spec, bool(words.summary.strip()), "has no summary")
    _expect(spec, parse_settings(spec, []) == words.defaults, "its defaults are not those that are listed")
    own = {setting for setting in words.defaults if "." not in setting}
    _expect(spec, own <= spec.settable(), "has defaults that cannot be set")
    _expect(spec, set(spec.space) <= spec.settable(), "is searched in settings that cannot be set")
    for pair in ("no_such_setting=1", "random_state=1"):
        _refused(spec, f"the setting {pair}", lambda pair=pair: parse_settings(spec, [pair]))
    return parse_settings(spec, [f"{key}={value}" for key, value in settings.items()])


def _refused(spec: ModelSpec, what: str, call: Any, *, may_pass: bool = False) -> None:  # noqa: ANN401
    """Expect an error of this package, in one line."""
    try:
        call()
    except GtzanError as error:
        said = str(error)
        _expect(spec, "\n" not in said and len(said) > 20, f"refuses {what} in no line: {said!r}")
    except Exception as error:
        msg = f"model {spec.name}: fails at {what} with {type(error).__name__}: {error}"
        raise AssertionError(msg) from error
    else:
        _expect(spec, may_pass, f"takes {what}")


def _check_few(spec: ModelSpec, data: TrainingData, settings: dict[str, Any]) -> None:
    """One track of each genre, and one column, are fitted or refused in a line."""
    first = np.array([data.groups[data.y == genre][0] for genre in range(3)])
    few = data.take(np.flatnonzero(np.isin(data.groups, first)))
    _refused(spec, "one track of each genre", lambda: _proba(spec, few, settings, 0), may_pass=True)
    if data.shape is None:
        narrow = replace(data, X=data.X[:, :1], families=data.families[:1])
        p = _proba(spec, narrow, settings, 0)
        _expect(spec, p.shape == (len(data.y), 3), "does not give a probability for each genre of one column")


def _check_one_genre(spec: ModelSpec, table: Table, settings: dict[str, Any]) -> None:
    one = Table(table.opened.of_genres(["jazz"]))
    _refused(spec, "a table of one genre", lambda: fit_face(spec.name, one, **settings))


def _check_nan(spec: ModelSpec, model: Model, table: Table) -> None:
    broken = np.array(table.X, dtype=np.float64)
    broken[0, 0] = np.nan
    _refused(spec, "rows with NaN", lambda: model.predict_proba(broken))


def _check_storage(spec: ModelSpec, model: Model, table: Table) -> None:
    """Store the model and read it with every way to unpickle shut."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name) / "model"
        model.save(folder)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        model.save(folder)
        after = {path.name: path.read_bytes() for path in folder.iterdir()}
        _expect(spec, before == after, "is stored in other bytes each time")
        for way in ("load", "loads", "Unpickler"):
            stack.enter_context(mock.patch.object(pickle, way, side_effect=_Unpickled))
        try:
            kept = load_kept_model(folder)
            again = Path(name) / "again"
            Model(kept).save(again)
            twice = load_kept_model(again)
        except (ModelError, _Unpickled) as error:
            msg = f"model {spec.name}: cannot be read without pickle: {error}"
            raise AssertionError(msg) from error
        files = [sorted(path.name for path in place.iterdir()) for place in (folder, again)]
        _expect(spec, files[0] == files[1], f"is stored as {files[1]} after it was read from {files[0]}")
        here = model.predict_proba(table.X)
        for one in (kept, twice):
            _expect(spec, one.card.genres == model.genres, "other genres are stored")
            there = np.asarray(one.estimator.predict_proba(table.X))
            apart = float(np.abs(here - there / np.sum(there, axis=1, keepdims=True)).max())
            _expect(spec, apart <= _STORED, f"probabilities change by {apart:.2g} when it is stored")


class _Unpickled(Exception):  # noqa: N818 - it never reaches a person
    """Something was about to be unpickled."""
