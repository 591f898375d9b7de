"""What the networks share as estimators of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import validate_data

from gtzan_features.models.checked_input import checked_rows, encoded_classes, encoded_groups
from gtzan_features.models.networks.early_stopping import grouped_validation
from gtzan_features.models.networks.training import NetworkSettings

if TYPE_CHECKING:
    import numpy.typing as npt

    IntVector = npt.NDArray[np.int64]

_FLOATS = (np.float64, np.float32)
"""Kinds of numbers that networks take as they are; others become the first."""


class TrainedInEpochs(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """An estimator whose layers `training.train_network` trains; subclasses set the parameters.

    What a trained network does is written in its other base (`AppliedLayers`, `AppliedConvolution`), which
    stored networks share; here are the checks of rows around it.

    Attributes
    ----------
    epochs, patience, batch_size : int
        See `NetworkSettings`.
    learning_rate : float
        Of Adam.
    validation : float
        Share of the tracks on which the loss is watched.
    random_state : int
        Seed of everything.
    classes_ : ndarray of shape (n_classes,)
    """

    epochs: int
    patience: int
    learning_rate: float
    batch_size: int
    validation: float
    random_state: int

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes), in the order of `classes_`."""
        found: npt.NDArray[np.float64] = super().predict_proba(checked_rows(self, X, _FLOATS))
        return found

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Most probable class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        found: npt.NDArray[Any] = self.classes_[best]
        return found

    def _network(self, hidden: tuple[int, ...], alpha: float) -> NetworkSettings:
        """Return the settings of a network with these hidden layers and this penalty."""
        return NetworkSettings(
            hidden=tuple(hidden),
            epochs=self.epochs,
            patience=self.patience,
            learning_rate=self.learning_rate,
            alpha=alpha,
            batch_size=self.batch_size,
        )

    def _checked(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[npt.NDArray[Any], IntVector]:
        """Return rows as finite numbers and the number of each row's class; set `classes_`."""
        rows, labels = validate_data(self, X, y, dtype=_FLOATS)
        self.classes_, codes = encoded_classes(labels)
        return rows, codes

    def _divided(
        self, codes: IntVector, groups: npt.ArrayLike | None, apart: npt.ArrayLike | None
    ) -> tuple[IntVector, IntVector]:
        """Return the rows to learn from and those to watch."""
        of_rows = encoded_groups(groups, codes)
        positions: Any = np.arange(len(codes))
        of_rows = positions if of_rows is None else of_rows
        artists = encoded_groups(apart, codes)
        return grouped_validation(
            positions[:, None], codes, of_rows, self.validation, self.random_state, artists
        )
