"""A small convolutional network without torch: what scikit-learn's MLP can learn, applied as a convolution.

What it is: a layer of filters over short stretches of a spectrogram (all bands, `patch` frames), shared
over time; rectified; pooled over time by mean, maximum and standard deviation; and a network on the pooled
values. What it is not: trained end to end. The filters are learnt first, as the first hidden layer of an
`MLPClassifier` that tells genres from single patches; then they are frozen and the head is learnt on the
pooled values. No error is propagated back through the pooling, so that the filters never learn what would
serve the head best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.models.applying.convolution import relative_levels
from gtzan_features.models.applying.layers import flat
from gtzan_features.models.applying.network import AppliedConvolution
from gtzan_features.models.networks.estimator import TrainedInEpochs
from gtzan_features.models.networks.spectrogram_augment import augmented
from gtzan_features.models.networks.training import Batch, train_network
from gtzan_features.models.spec import ignore

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.models.applying.layers import Float32
    from gtzan_features.models.networks.training import Epoch

    IntVector = npt.NDArray[np.int64]


class ConvolutionalClassifier(TrainedInEpochs, AppliedConvolution):
    """Genres from spectrograms by filters shared over time, pooling and a network; see the module.

    Parameters
    ----------
    n_bands : int
        Bands of a spectrogram; a row of `X` holds its frames one after the other.
    patch : int
        Frames that a filter covers.
    filters : int
        Number of filters.
    patch_hidden : tuple of int
        Further layers of the network that learns the filters; they are thrown away with its output.
    head : tuple of int
        Hidden layers of the network on the pooled values.
    time_bins : int
        Equal parts of the row that are pooled by themselves.
    epochs, patience : int
        Most epochs of each of the two trainings, and epochs without improvement that end it.
    patches_per_row : int
        Random patches of each row in one epoch of the first training.
    learning_rate, alpha, head_alpha : float
        Of Adam; L2 penalty of the first and the second training.
    batch_size : int
        Patches, or rows, in one step.
    validation : float
        Share of the tracks on which the loss is watched; 0 for none: all epochs are run.
    relative : bool
        Take each row's mean level off it first, so that loudness does not count.
    augment : tuple of str
        Augmentations of `spectrogram_augment.KINDS`, of patches in the first training and of rows in the
        second.
    random_state : int
        Seed of everything.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    centre_, scale_ : ndarray of shape (n_bands,)
        Mean and standard deviation of each band over the training rows.
    filters_, biases_ : ndarray of shape (patch * n_bands, filters) and (filters,)
        The convolution.
    head_ : list of ndarray
        Weights and intercepts of the head's layers, the pooled values' standardisation folded in.
    curves_ : list of Epoch
        Loss and accuracy after each epoch of both trainings, "filters" and "head".
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        Where it was fitted on a DataFrame.
    """

    def __init__(
        self,
        n_bands: int = 64,
        *,
        patch: int = 4,
        filters: int = 128,
        patch_hidden: tuple[int, ...] = (),
        head: tuple[int, ...] = (64,),
        time_bins: int = 1,
        epochs: int = 60,
        patience: int = 8,
        patches_per_row: int = 4,
        learning_rate: float = 1e-3,
        alpha: float = 1e-3,
        head_alpha: float = 1.0,
        batch_size: int = 64,
        validation: float = 0.15,
        relative: bool = True,
        augment: tuple[str, ...] = (),
        random_state: int = 0,
    ) -> None:
        self.n_bands = n_bands
        self.patch = patch
        self.filters = filters
        self.patch_hidden = patch_hidden
        self.head = head
        self.time_bins = time_bins
        self.epochs = epochs
        self.patience = patience
        self.patches_per_row = patches_per_row
        self.learning_rate = learning_rate
        self.alpha = alpha
        self.head_alpha = head_alpha
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
    ) -> ConvolutionalClassifier:
        """Learn the filters, then the head.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_frames * n_bands)
            Spectrograms, frame after frame.
        y : ndarray of shape (n_rows,)
            Classes, two at least.
        groups : ndarray of shape (n_rows,), optional
            Track of each row; rows of a track are either learnt from or watched. Each row by itself where
            not given.
        on_epoch : callable
            Called with each epoch of both trainings.
        apart : ndarray of shape (n_rows,), optional
            What learning and watched rows do not share where that is more than the track: its artist.

        Returns
        -------
        ConvolutionalClassifier
            Itself.

        Raises
        ------
        InputError
            If there is one class only, a row has fewer frames than a patch, or no track can be watched.
        """
        rows, codes = self._checked(X, y)
        S = self.spectrograms(rows)
        train, watched = self._divided(codes, groups, apart)
        if self.relative:
            S = relative_levels(S)
        self.centre_ = S[train].mean(axis=(0, 1))
        self.scale_ = np.maximum(S[train].std(axis=(0, 1)), 1e-3)
        Z = (S - self.centre_) / self.scale_
        rng = np.random.default_rng(self.random_state)
        self.curves_: list[Epoch] = []
        self._fit_filters((Z[train], codes[train]), (Z[watched], codes[watched]), rng, on_epoch)
        self._fit_head((Z[train], codes[train]), (Z[watched], codes[watched]), rng, on_epoch)
        return self

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - as in scikit-learn
        tags = super().__sklearn_tags__()
        # Pooled over time, rows whose columns have no order in time cannot be distinguished by their places.
        tags.classifier_tags.poor_score = True
        return tags

    def _fit_filters(
        self,
        train: tuple[Float32, IntVector],
        watched: tuple[Float32, IntVector],
        rng: np.random.Generator,
        on_epoch: Callable[[Epoch], None],
    ) -> None:
        Z, y = train
        many = self.patches_per_row
        last = Z.shape[1] - self.patch

        def draw() -> Batch:
            rows = np.repeat(np.arange(len(Z)), many)
            start = rng.integers(0, last + 1, len(rows))
            patches = np.lib.stride_tricks.sliding_window_view(Z, self.patch, axis=1)
            return augmented(patches[rows, start].transpose(0, 2, 1), y[rows], self.augment, rng)

        settings = self._network((self.filters, *self.patch_hidden), self.alpha)
        layers, curve = train_network(
            draw,
            self._spread(*train),
            self._spread(*watched) if len(watched[1]) else None,
            settings,
            stage="filters",
            seed=self.random_state,
            on_epoch=on_epoch,
        )
        self.filters_, self.biases_ = layers[0]
        self.curves_ += curve

    def _spread(self, Z: Float32, y: IntVector) -> Batch:
        """Patches at `patches_per_row` places of each row, evenly spread."""
        starts = np.unique(np.linspace(0, Z.shape[1] - self.patch, self.patches_per_row).astype(int))
        X = np.stack([Z[:, s : s + self.patch].reshape(len(Z), -1) for s in starts], axis=1)
        return Batch(X.reshape(-1, X.shape[2]), np.repeat(y, len(starts)))

    def _fit_head(
        self,
        train: tuple[Float32, IntVector],
        watched: tuple[Float32, IntVector],
        rng: np.random.Generator,
        on_epoch: Callable[[Epoch], None],
    ) -> None:
        Z, y = train
        plain = self.pooled(Z)
        centre, scale = plain.mean(axis=0), np.maximum(plain.std(axis=0), 1e-3)

        def draw() -> Batch:
            if not self.augment:
                return Batch((plain - centre) / scale, y)
            batch = augmented(Z, y, self.augment, rng)
            pooled = self.pooled(batch.X.reshape(len(batch.X), -1, self.n_bands))
            return Batch((pooled - centre) / scale, batch.y, batch.weight)

        valid = Batch((self.pooled(watched[0]) - centre) / scale, watched[1]) if len(watched[1]) else None
        layers, curve = train_network(
            draw,
            Batch((plain - centre) / scale, y),
            valid,
            self._network(self.head, self.head_alpha),
            stage="head",
            seed=self.random_state + 1,
            on_epoch=on_epoch,
        )
        weights, intercepts = layers[0]
        layers[0] = weights / scale[:, None], intercepts - (centre / scale) @ weights
        self.head_ = flat(layers)
        self.curves_ += curve
