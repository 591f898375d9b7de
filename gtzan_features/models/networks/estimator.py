"""What the networks share as estimators of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from gtzan_features.models.networks.early_stopping import check_classes, grouped_validation
from gtzan_features.models.networks.training import NetworkSettings

if TYPE_CHECKING:
    import numpy.typing as npt

    IntVector = npt.NDArray[np.int64]


class TrainedInEpochs(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """An estimator whose layers `network.train_network` trains; subclasses set the parameters.

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

    def predict(self, X: npt.NDArray[np.floating]) -> npt.NDArray[Any]:
        """Most probable class of each row."""
        classes: npt.NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return classes

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

    def _divided(
        self,
        X: npt.NDArray[np.floating],
        y: npt.NDArray[Any],
        groups: IntVector | None,
        apart: IntVector | None,
    ) -> tuple[IntVector, IntVector, IntVector]:
        """Return the number of each row's class, the rows to learn from and those to watch."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        check_classes(self.classes_)
        groups = np.arange(len(X)) if groups is None else groups
        return codes, *grouped_validation(X, codes, groups, self.validation, self.random_state, apart)
