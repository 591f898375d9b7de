"""Accuracies of GTZAN that others published, each with the place where it is stated.

They are printed beside ours and always marked as published: protocols, versions of the data and
numbers of repetitions differ, and no interval is known for most.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One published accuracy.

    Attributes
    ----------
    protocol : str
        As the source describes it.
    leaked : bool
        Whether segments of one track were in both training and test.
    what : str
        Features and model.
    accuracy : float
        Share of right predictions, within [0, 1].
    source : str
        Where it is stated.
    """

    protocol: str
    leaked: bool
    what: str
    accuracy: float
    source: str


_SEED = "README of the public project music-classification-with-spectrograms (R. Moslemi)"
_RANDOM_10 = "10-fold, tracks at random"
_TRANSFER = "README of the public project sklearn-audio-transfer-learning (J. Pons)"
_PONS_SERRA = "Pons and Serra 2018, arXiv 1805.00237"

PUBLISHED = (
    PublishedFigure(_RANDOM_10, False, "GMM", 0.61, "Tzanetakis and Cook 2002, IEEE TSAP 10(5)"),
    PublishedFigure(_RANDOM_10, False, "DWCH + SVM", 0.785, "Li, Ogihara and Li 2003, SIGIR"),
    PublishedFigure(
        "5-fold, tracks at random", False, "AdaBoost", 0.825, "Bergstra et al. 2006, Machine Learning 65"
    ),
    PublishedFigure("fault-filtered", False, "MFCC + SVM", 0.534, _PONS_SERRA),
    PublishedFigure("fault-filtered", False, "VGGish, PCA + SVM", 0.776, _TRANSFER),
    PublishedFigure("fault-filtered", False, "MusiCNN, PCA + SVM", 0.772, _TRANSFER),
    PublishedFigure("fault-filtered", False, "OpenL3, PCA + SVM", 0.747, _TRANSFER),
    PublishedFigure(
        "fault-filtered", False, "SampleCNN transfer", 0.821, "Lee et al. 2018, Applied Sciences 8(1) 150"
    ),
    PublishedFigure("30 s rows, at random", False, "XGBoost, Kaggle columns", 0.74, _SEED),
    PublishedFigure("3 s rows, at random", True, "XGBoost, Kaggle columns", 0.904, _SEED),
    PublishedFigure("tracks", False, "CNN, 30 s, mel scale", 0.66, _SEED),
    PublishedFigure("tracks", False, "ResNet18 pre-trained, 3 s + vote, decibel scale", 0.90, _SEED),
)


def dataset_title(name: str, *, synthetic: bool) -> str:
    """Return the name of a data set, marked where the music is synthetic."""
    return f"{name} (SYNTHETIC music)" if synthetic and not name.endswith("(synthetic)") else name


def is_real_gtzan(name: str, *, synthetic: bool) -> bool:
    """Return whether a data set is GTZAN or a part of it, with which published figures may be compared."""
    return not synthetic and (name == "GTZAN" or name.startswith("GTZAN "))
