"""scikit-learn's MLPClassifier trained epoch by epoch, with curves and early stopping.

A trained network is kept as its layers: plain arrays, which store without pickle and can be applied,
differentiated and drawn without scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import log_softmax
from sklearn.neural_network import MLPClassifier

from gtzan_features.models.applying.layers import logits

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.models.applying.layers import Float32, Layers

_SHOWN = 4_000
"""Training rows on which loss and accuracy are computed after each epoch."""


class Epoch(NamedTuple):
    """Loss (nats) and accuracy (share) after an epoch, on training and on validation rows.

    `most` is the largest number of epochs there may be. Validation figures are None where there is no
    validation part.
    """

    stage: str
    epoch: int
    most: int
    train_loss: float
    train_accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None


class Batch(NamedTuple):
    """Rows to learn from in one epoch: inputs, classes, and the weight of each."""

    X: Float32
    y: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """Size and training of one network.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer; all are rectified linear.
    epochs, patience : int
        Most epochs, and epochs without a lower validation loss after which training ends.
    learning_rate, alpha : float
        Of Adam; L2 penalty.
    batch_size : int
        Rows in one step.
    """

    hidden: tuple[int, ...]
    epochs: int = 100
    patience: int = 10
    learning_rate: float = 1e-3
    alpha: float = 1e-3
    batch_size: int = 64


def train_network(
    draw: Callable[[], Batch],
    shown: Batch,
    valid: Batch | None,
    settings: NetworkSettings,
    *,
    stage: str,
    seed: int,
    on_epoch: Callable[[Epoch], None],
) -> tuple[Layers, list[Epoch]]:
    """Train a network until its validation loss falls no more, and return its best weights.

    Parameters
    ----------
    draw : callable
        Returns the rows of the next epoch; all classes 0..k-1 must be in ``shown.y``.
    shown : Batch
        Training rows as they are (not augmented), for the curves.
    valid : Batch or None
        Rows of other tracks; without them, all `epochs` are run and the last weights are kept.
    settings : NetworkSettings
        Size and training.
    stage : str
        Name of the network in the curves.
    seed : int
        Of the first weights and of the order of rows.
    on_epoch : callable
        Told of each epoch.

    Returns
    -------
    layers : list of (weights of shape (n_in, n_out), intercepts of shape (n_out,))
    curve : list of Epoch
    """
    model = MLPClassifier(
        hidden_layer_sizes=settings.hidden,
        learning_rate_init=settings.learning_rate,
        alpha=settings.alpha,
        batch_size=settings.batch_size,
        random_state=seed,
    )
    classes = np.unique(shown.y)
    some = shown.X[:: -(-len(shown.X) // _SHOWN)], shown.y[:: -(-len(shown.X) // _SHOWN)]
    best: Layers = []
    lowest, best_epoch = np.inf, 0
    curve: list[Epoch] = []
    for number in range(1, settings.epochs + 1):
        batch = _weighty(draw())
        # A batch larger than the epoch would only give a warning.
        model.set_params(batch_size=min(settings.batch_size, len(batch.X)))
        model.partial_fit(batch.X, batch.y, sample_weight=batch.weight, classes=classes)
        layers = _layers(model)
        train = loss_and_accuracy(layers, *some)
        watched = loss_and_accuracy(layers, valid.X, valid.y) if valid else (None, None)
        curve.append(Epoch(stage, number, settings.epochs, *train, *watched))
        on_epoch(curve[-1])
        loss = watched[0] if watched[0] is not None else -float(number)
        if loss < lowest:
            lowest, best_epoch = loss, number
            best = [(w.copy(), b.copy()) for w, b in layers]
        if number - best_epoch >= settings.patience:
            break
    return best, curve


def _weighty(batch: Batch) -> Batch:
    """Leave out rows without weight: scikit-learn refuses a minibatch that holds no other."""
    if batch.weight is None or batch.weight.all():
        return batch
    some = batch.weight > 0
    return Batch(batch.X[some], batch.y[some], batch.weight[some])


def _layers(model: MLPClassifier) -> Layers:
    """Return the weights of a fitted classifier; with two classes its one output becomes two."""
    layers = [
        (w.astype(np.float32), b.astype(np.float32))
        for w, b in zip(model.coefs_, model.intercepts_, strict=True)
    ]
    w, b = layers[-1]
    if w.shape[1] == 1:
        layers[-1] = np.hstack([np.zeros_like(w), w]), np.concatenate([np.zeros_like(b), b])
    return layers


def loss_and_accuracy(layers: Layers, X: Float32, y: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Mean negative log-probability of the true class in nats, and the share of right rows."""
    logs = log_softmax(logits(layers, X).astype(np.float64), axis=1)
    return float(-logs[np.arange(len(y)), y].mean()), float((logs.argmax(axis=1) == y).mean())
