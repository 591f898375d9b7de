"""A model to keep: fitted on a table, or loaded from a folder, and applied to rows and to sound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.api import html
from gtzan_features.api.given import place
from gtzan_features.api.library import LibraryAnswers, answer_to
from gtzan_features.api.recordings import recordings_of
from gtzan_features.api.results import Explanation, Prediction, caveats
from gtzan_features.api.showing import showing
from gtzan_features.api.table import Table
from gtzan_features.api.words import speaks_python
from gtzan_features.errors import ConfigError, ModelError, TableError
from gtzan_features.evaluation.aggregate import checked_method
from gtzan_features.models.save import replace_model
from gtzan_features.prediction.explain import Explainer
from gtzan_features.prediction.library_config import LibraryOptions
from gtzan_features.prediction.predict import FilePrediction, classify, read_one
from gtzan_features.prediction.predict import predict as predict_each
from gtzan_features.prediction.predictor import (
    Predictor,
    predictor_of,
)
from gtzan_features.reports.label_tables import threshold_words
from gtzan_features.storage import here

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    import numpy.typing as npt

    from gtzan_features.api.audio import Audio
    from gtzan_features.api.showing import ShowProgress
    from gtzan_features.models.applying.figures import Figures
    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.applying.load import ModelCard


TABLES = Path("data/features")
"""Where the command line keeps tables."""


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A fitted model, with what it was trained on.

    Made by `fit` and `load_model`.

    Attributes
    ----------
    genres : tuple of str
        Genres in the order of the probabilities.
    columns : tuple of str
        Columns that a row needs, in order; bands where rows are spectrograms.
    card : ModelCard
        What the model was trained on, and so what it can be applied to.
    kept : KeptModel
        The fitted estimator, its card, and what is known of its training rows.
    origin : str
        Folder that it was loaded from; empty for one that was fitted here.
    table : Table or None
        The table that it was fitted on here, by which some models are explained.

    Examples
    --------
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> frame = pd.DataFrame({"track_id": list("abcdef"), "genre": ["jazz", "rock"] * 3})
    >>> frame["tempo"] = [90.0, 120.0, 92.0, 125.0, 88.0, 119.0]
    >>> model = gf.fit("knn", gf.read_table(frame, segments="30s"), n_neighbors=1)
    >>> model.genres, model.columns
    (('jazz', 'rock'), ('tempo',))
    >>> model.predict_proba([[91.0], [118.0]]).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    kept: KeptModel
    origin: str = ""
    table: Table | None = None

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres in the order of the probabilities."""
        return self.kept.card.genres

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a row needs, in order; bands where rows are spectrograms."""
        return self.kept.card.columns

    @property
    def card(self) -> ModelCard:
        """What the model was trained on, and so what it can be applied to."""
        return self.kept.card

    @property
    def figures(self) -> Figures | None:
        """How well a pretrained model did where it was tested; None for others, whose run has that."""
        return self.kept.figures

    @speaks_python
    def predict_proba(self, rows: Table | pd.DataFrame | npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the probability of each genre for rows of features.

        Parameters
        ----------
        rows : Table, DataFrame or array_like of shape (n_rows, n_columns)
            A table must be computed as the training rows were; a frame has the model's `columns` by name,
            in any order, among others; an array has them in their order.

        Returns
        -------
        ndarray of shape (n_rows, n_genres)
            In the order of `genres`; each row sums to one, but for several labels. `aggregate` gathers
            segments to tracks.

        Raises
        ------
        ModelError
            If columns are missing, the table was computed differently, or values are not finite.
        """
        if isinstance(rows, Table):
            self.kept.stored.check(rows.opened.table, rows.opened.place)
            X = rows.X
        else:
            X = self._values(rows)
        p = np.asarray(self.kept.estimator.predict_proba(X), dtype=np.float64)
        if self.card.several_labels:
            return np.clip(p, 0.0, 1.0)
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    @speaks_python
    def predict(
        self,
        x: Audio,
        sr: int | None = None,
        *,
        aggregation: str = "mean",
        reject: bool = True,
        n_jobs: int = 1,
        progress: ShowProgress = None,
    ) -> Prediction | pd.DataFrame:
        """Say the genre of a recording, or of each of several, as ``gtzan predict`` does.

        Parameters
        ----------
        x : path, samples, list of these, or folder
            Files of any format that libsndfile or ffmpeg reads, of any rate and length from one second on
            (of networks on spectrograms, 90 % of the segment length). Samples as for `features`: an array
            with `sr`, or ``(samples, sr)``.
        sr : int, optional
            Rate of samples in Hz.
        aggregation : {"mean", "vote", "log-mean"}
            How segments are gathered to the recording.
        reject : bool
            Whether the answer to music unlike the training music is "none of these", where the model has a
            rule for that; its model card says how often it errs. Without, each recording gets a genre.
        n_jobs : int
            Worker processes, where there are several recordings; -1 for one per processor. Results do not
            depend on it.
        progress : bool or callable, optional
            Whether a bar is drawn over several recordings; see `features`.

        Returns
        -------
        Prediction or DataFrame
            A prediction for one recording. For a list or a folder a frame indexed by ``file``, with a row for
            each: ``genre`` (the answer), ``none_of_these``, ``nearest`` (the most probable genre),
            ``p_GENRE`` for each genre, ``duration_s``, ``n_segments``, ``warnings`` and ``error``. One that
            cannot be used costs its own row only: its ``genre`` is missing, and ``error`` says why. A
            model of several labels has ``labels`` instead of the first three: names with semicolons between,
            none where no label reaches its threshold.

        Raises
        ------
        AudioError, SignalError
            If `x` is one recording and it cannot be read, is silent or too short.
        ModelError
            If this program cannot compute the model's rows from audio.
        ConfigError
            If the aggregation is unknown, or samples come without their rate.
        """
        checked_method(aggregation)
        predictor = self.predictor if reject else self.predictor.never_rejecting()
        with showing(progress) as shown:
            found, is_single = recordings_of(x, sr, shown.notice)
            if is_single:
                rows = read_one(found[0].source, predictor)
                return Prediction(classify(rows, predictor, aggregation), self.card)
            each = predict_each(
                [one.source for one in found],
                predictor,
                aggregation=aggregation,
                n_jobs=n_jobs,
                progress=shown.progress,
                notice=shown.notice,
            )
            several = self.card.several_labels
            none = {} if several else {"genre": None, "nearest": None}
            records = [one.to_record() if one.genre else {**one.to_record(), **none} for one in each]
        columns = list(FilePrediction(path="", genres=self.genres, several=several).to_record())
        return pd.DataFrame(records, columns=columns).set_index("file")

    @speaks_python
    def predict_to(
        self,
        out: str | os.PathLike[str],
        x: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        aggregation: str = "mean",
        overwrite: bool = False,
        retry_failed: bool = False,
        prune: bool = False,
        n_jobs: int = 1,
        executor: Any = None,  # noqa: ANN401 - as for `extract`
        progress: ShowProgress = None,
    ) -> LibraryAnswers:
        """Write the genre of each recording of a library into a file, as ``gtzan predict --out`` does.

        Memory does not grow with the answers. The same call goes on where it was ended, and later answers new
        and changed files only.

        Parameters
        ----------
        out : path
            A name that ends in .csv, .jsonl or .parquet.
        x : path, folder, or list of these
            Of the library.
        aggregation : {"mean", "vote", "log-mean"}
            As for `predict`.
        overwrite : bool
            Whether answers of another model in `out`, or another file of that name, are replaced.
        retry_failed : bool
            Whether recordings that have no genre in `out` are tried again.
        prune : bool
            Whether rows of files that are not named are left out of `out`.
        n_jobs : int
            Worker processes; -1 for one per processor.
        executor : str or object, optional
            Where files are read, if not in processes of this machine; as for `extract`.
        progress : bool or callable, optional
            Whether a bar is drawn; see `features`.

        Returns
        -------
        LibraryAnswers

        Raises
        ------
        ConfigError
            If the ending of `out` or the aggregation is unknown.
        OutputExistsError
            If `out` holds something else, or answers of another model.
        OutputLockedError
            If another process writes it.
        AudioError
            If a folder holds no audio file.
        """
        options = LibraryOptions(
            aggregation=aggregation,
            overwrite=overwrite,
            retry_failed=retry_failed,
            prune=prune,
            n_jobs=n_jobs,
            executor=executor,
        )
        return answer_to(out, x, self.predictor, options, progress)

    @speaks_python
    def explain(
        self,
        x: Audio,
        sr: int | None = None,
        *,
        table: Table | str | os.PathLike[str] | None = None,
        aggregation: str = "mean",
    ) -> Explanation:
        """Say why the model takes a recording for its genre, as ``gtzan explain`` does.

        Parameters
        ----------
        x : path, samples or (samples, sr)
            One recording; whatever `predict` takes.
        sr : int, optional
            Rate of samples in Hz.
        table : Table or path, optional
            For models that are explained by rows of the table that they were fitted on (all but XGBoost and
            networks): that table, or the folder of tables where it lies. Where not given, the table that the
            model was fitted on here, else the folder ``data/features``.
        aggregation : {"mean", "vote", "log-mean"}
            As for `predict`.

        Returns
        -------
        Explanation
            Of the genre that `predict` gives.

        Raises
        ------
        AudioError, SignalError
            As `predict`.
        TableError
            If a table is needed, and there is none.
        ModelError
            If it is not the model's.
        """
        found, is_single = recordings_of(x, sr)
        if not is_single:
            msg = "one recording is explained at a time: give a path, samples with sr=, or (samples, sr)"
            raise ConfigError(msg)
        explainer = self._explainer if table is None else self._explainer_by(table)
        try:
            return Explanation(explainer.explain(found[0].source, aggregation), self.card)
        except TableError as error:
            reason = f"{error.reason}. Or give the table that the model was fitted on: table="
            raise TableError(error.path, reason) from error

    @cached_property
    def predictor(self) -> Predictor:
        """The model with what computes its rows from audio; ModelError where that is not known."""
        return predictor_of(self.kept, Path(self.origin or "model"))

    @cached_property
    def _explainer(self) -> Explainer:
        return self._explainer_by(TABLES if self.table is None else self.table)

    def _explainer_by(self, table: Table | str | os.PathLike[str]) -> Explainer:
        return Explainer(self.predictor, table.opened if isinstance(table, Table) else place(table))

    @speaks_python
    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model into a folder, without pickle; `load_model` and `gtzan predict --model` read it.

        Parameters
        ----------
        folder : path
            Made where it does not exist. An earlier model in it is replaced as a whole.

        Raises
        ------
        OutputExistsError
            If the folder holds other files than a model's.
        OutputLockedError
            If another process writes into it.
        ModelError
            If it holds objects that cannot be stored without pickle; the message names their types.
        """
        replace_model(here(folder, "a model").expanduser().absolute(), self.kept)

    def _values(self, rows: Any) -> npt.NDArray[Any]:  # noqa: ANN401 - whatever a person has
        """Return rows as an array of the model's columns."""
        if isinstance(rows, pd.DataFrame) and not self.card.shape:
            missing = [name for name in self.columns if name not in rows.columns]
            if missing:
                msg = f"the frame lacks {len(missing)} of the model's columns, such as {missing[0]}"
                raise ModelError(msg)
            rows = rows[list(self.columns)]
        X = np.asarray(rows, dtype=np.float64)
        width = len(self.columns) * (self.card.shape[0] if self.card.shape else 1)
        if X.ndim != 2 or X.shape[1] != width:
            msg = f"the model takes rows of {width} values, and the array has the shape {X.shape}"
            raise ModelError(msg)
        if not np.isfinite(X).all():
            msg = "the rows hold values that are not finite: leave these rows out, or compute them again"
            raise ModelError(msg)
        return X

    def __repr__(self) -> str:
        """Return the model in a line."""
        card = self.card
        rows = f"{card.feature_set}, {card.segment} rows"
        what = f"{len(card.genres)} {'labels' if card.several_labels else 'genres'}"
        return f"Model({card.model} on {rows} of {card.dataset}, {what})"

    def _repr_html_(self) -> str:
        """Return the model for a notebook: what it was trained on, and so what it can be applied to."""
        card = self.card
        settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
        pairs = [
            ("trained on", card.trained_on),
            ("labels" if card.several_labels else "genres", ", ".join(card.genres)),
            ("bands" if card.shape else "columns", len(card.columns)),
            ("settings", settings or "none"),
            *([("given from", threshold_words(card.genres, card.thresholds))] if card.thresholds else []),
            ("from", self.origin or "this session"),
        ]
        if self.figures is not None:
            pairs.insert(0, ("how good", self.figures.headline))
        title = f"{card.model} on {card.feature_set}, {card.segment} rows of {card.dataset}"
        return html.card(title, html.key_values(pairs), notes=caveats(card))
