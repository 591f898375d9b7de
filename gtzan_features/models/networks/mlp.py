"""A plain network on rows as they are: the control that the convolutional network must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.models.applying.layers import flat
from gtzan_features.models.applying.network import AppliedLayers
from gtzan_features.models.estimators.preprocessing import ROUNDING
from gtzan_features.models.networks.estimator import TrainedInEpochs
from gtzan_features.models.networks.spectrogram_augment import augmented
from gtzan_features.models.networks.training import Batch, train_network
from gtzan_features.models.spec import ignore

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.models.networks.training import Epoch

    IntVector = npt.NDArray[np.int64]


class PlainNetwork(TrainedInEpochs, AppliedLayers):
    """scikit-learn's MLP with standardised columns, stopped early on tracks set aside.

    Parameters
    ----------
    n_bands : int
        Bands of a spectrogram, whose frames stand one after the other in a row; 0 for rows of features,
        which take no augmentation.
    hidden : tuple of int
        Units of each hidden layer.
    epochs, patience : int
        Most epochs, and epochs without improvement that end the training.
    learning_rate, alpha : float
        Of Adam; L2 penalty.
    batch_size : int
        Rows in one step.
    validation : float
        Share of the tracks on which the loss is watched; 0 for none: all epochs are run.
    relative : bool
        Take each spectrogram's mean level off it first; features stay as they are.
    augment : tuple of str
        Augmentations of `spectrogram_augment.KINDS`.
    random_state : int
        Seed of everything.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    centre_, scale_ : ndarray of shape (n_columns,)
        Mean and standard deviation of each column over the training rows.
    layers_ : list of ndarray
        Weights and intercepts of the layers.
    curves_ : list of Epoch
        Loss and accuracy after each epoch.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        Where it was fitted on a DataFrame.
    """

    def __init__(
        self,
        n_bands: int = 0,
        *,
        hidden: tuple[int, ...] = (128,),
        epochs: int = 100,
        patience: int = 10,
        learning_rate: float = 1e-3,
        alpha: float = 1e-2,
        batch_size: int = 64,
        validation: float = 0.15,
        relative: bool = True,
        augment: tuple[str, ...] = (),
        random_state: int = 0,
    ) -> None:
        self.n_bands = n_bands
        self.hidden = hidden
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.alpha = alpha
        self.batch_size = batch_size
        self.validation = validation
        self.relative = relative
        self.augment = augment
        self.random_state = random_state

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        on_epoch: Callable[[Epoch], None] = ignore,
        apart: npt.ArrayLike | None = None,
    ) -> PlainNetwork:
        """Learn; parameters and errors as those of `cnn.ConvolutionalClassifier.fit`."""
        rows, codes = self._checked(X, y)
        train, watched = self._divided(codes, groups, apart)
        rows = self.levels(rows)
        centre = rows[train].mean(axis=0)
        scale = rows[train].std(axis=0)
        scale[(scale < 1e-9) | (scale <= ROUNDING * np.abs(centre))] = 1.0
        Z = ((rows - centre) / scale).astype(np.float32)
        rng = np.random.default_rng(self.random_state)
        shown = Batch(Z[train], codes[train])
        layers, self.curves_ = train_network(
            lambda: self._drawn(shown, rng),
            shown,
            Batch(Z[watched], codes[watched]) if len(watched) else None,
            self._network(self.hidden, self.alpha),
            stage="network",
            seed=self.random_state,
            on_epoch=on_epoch,
        )
        self.centre_, self.scale_ = centre.astype(np.float64), scale.astype(np.float64)
        self.layers_ = flat(layers)
        return self

    def _drawn(self, shown: Batch, rng: np.random.Generator) -> Batch:
        if not self.augment or not self.n_bands:
            return shown
        return augmented(shown.X.reshape(len(shown.X), -1, self.n_bands), shown.y, self.augment, rng)
