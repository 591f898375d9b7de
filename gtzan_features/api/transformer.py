"""Audio as the first step of a scikit-learn pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from gtzan_features.api.given import feature_config, row_length
from gtzan_features.api.recordings import recordings_of
from gtzan_features.api.showing import showing
from gtzan_features.api.words import speaks_python
from gtzan_features.errors import AudioError, ConfigError
from gtzan_features.extraction.recordings import each_recording
from gtzan_features.extraction.row_kinds import ExtractConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    from sklearn.utils import Tags

    from gtzan_features.extraction.row_cache import Part

_GATHERED = ("mean", None)


class AudioFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn recordings into rows of features, one each: paths in, numbers out.

    Rows are those of `features`, so of ``gtzan features extract``. A recording that gives several, because
    it is longer than the segment, has their mean; one that is too short for a row has one over all of it.
    It learns nothing from the data, so nothing passes from test to training. It computes anew at each call:
    for many fits on the same files give the pipeline a ``memory=``, or start from `extract`.

    Parameters
    ----------
    features : str, default="kaggle"
        The feature set, "kaggle" or "full", or some families of it: "full:-rhythm".
    segments : str or float, default="30s"
        Length of the segments that rows are computed of, or its seconds; "30s" takes all of a recording of
        27 to 45 s.
    gather : {"mean", None}, default="mean"
        What becomes of several segments of a recording: their mean; with None such a recording is refused.
    sr : int, optional
        Rate in Hz of samples that bring none.
    n_jobs : int, optional
        Worker processes; -1 for one per processor, None for 1. The numbers do not depend on it.

    Notes
    -----
    `X` is a list of paths, of pairs ``(samples, sr)``, or of arrays, all of the rate `sr`; an array or a
    Series of paths, too. A recording that cannot be used ends the call with a line that names it.

    Examples
    --------
    >>> import numpy as np
    >>> import gtzan_features as gf
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> rng = np.random.default_rng(0)
    >>> noises = [(rng.uniform(-1, 1, 66_150) * 0.5, 22_050) for _ in range(3)]
    >>> tones = [(np.sin(np.arange(66_150) * step), 22_050) for step in (0.1, 0.11, 0.12)]
    >>> pipe = make_pipeline(gf.AudioFeatures(), StandardScaler(), LogisticRegression())
    >>> pipe.fit(noises[:2] + tones[:2], ["noise", "noise", "tone", "tone"])
    Pipeline(...)
    >>> pipe.predict([noises[2], tones[2]]).tolist()
    ['noise', 'tone']
    >>> pipe[0].get_feature_names_out()[:2].tolist()
    ['chroma_stft_mean', 'chroma_stft_var']
    """

    def __init__(
        self,
        features: str = "kaggle",
        segments: str | float = "30s",
        *,
        gather: str | None = "mean",
        sr: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.features = features
        self.segments = segments
        self.gather = gather
        self.sr = sr
        self.n_jobs = n_jobs

    @speaks_python
    def fit(self, X: Iterable[Any], y: Any = None) -> AudioFeatures:  # noqa: ANN401, ARG002 - scikit-learn's
        """Check the settings; there is nothing to learn.

        Parameters
        ----------
        X : iterable of recordings
            Not looked at.
        y : ignored

        Returns
        -------
        AudioFeatures
            Itself.

        Raises
        ------
        ConfigError
            If a setting is none that it can have.
        """
        self._recipe()
        return self

    @speaks_python
    def transform(self, X: Iterable[Any]) -> npt.NDArray[np.float64]:
        """Compute a row of features of each recording.

        Parameters
        ----------
        X : iterable of recordings
            Paths, pairs ``(samples, sr)`` or arrays.

        Returns
        -------
        ndarray of shape (n_recordings, n_columns)
            Finite; a frame after ``set_output(transform="pandas")``.

        Raises
        ------
        AudioError
            If a recording cannot be read, is silent, or gives several rows and `gather` is None; the message
            names it.
        ConfigError
            If a setting is none that it can have, or `X` is no list of recordings.
        """
        recipe = self._recipe()
        found, is_single = recordings_of(X, self.sr)
        if is_single:
            msg = "transform takes a list of recordings. Put the one into brackets: [...]"
            raise ConfigError(msg)
        rows = np.empty((len(found), len(recipe.columns)))
        with showing(progress=False) as shown:
            parts = each_recording(found, recipe, whole=True, n_jobs=self.n_jobs or 1, notice=shown.notice)
            for row, part in zip(rows, parts, strict=True):
                row[:] = self._gathered(part, recipe)
        return rows

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:  # noqa: ANN401, ARG002 - scikit-learn's
        """Return the names of the columns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str, dtype object
        """
        return np.array(self._recipe().columns, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        """Say that it takes recordings, not numbers, and needs no fit."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.requires_fit = False
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `transform` may be called: always."""
        return True

    def _recipe(self) -> ExtractConfig:
        if self.gather not in _GATHERED:
            msg = f'gather={self.gather!r} is not known: choose "mean" or None'
            raise ConfigError(msg)
        recipe = ExtractConfig(features=feature_config(self.features), segments=(row_length(self.segments),))
        _ = recipe.columns  # ConfigError where there is no such feature set
        return recipe

    def _gathered(self, part: Part, recipe: ExtractConfig) -> npt.NDArray[np.float64]:
        (length,) = recipe.segments
        name = Path(part.status.path)
        if length.name not in part.rows:
            reason = f"{part.status.status} ({part.status.reason})"
            raise AudioError(name, f"{reason}. Leave it out, or replace it")
        values = recipe.inputs(part.rows[length.name][1])
        if len(values) > 1 and self.gather is None:
            reason = f"gives {len(values)} rows of {length.name}, and one is wanted"
            raise AudioError(name, f'{reason}: gather="mean" takes their mean, or give longer segments=')
        return np.asarray(values.mean(axis=0))
