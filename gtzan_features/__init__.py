"""Audio features and honest genre classification for GTZAN and for any folder of music.

``import gtzan_features as gf`` gives all that is public; ``help(gf.features)`` and so on say more.

From audio to numbers
    `features` (a frame of one recording or many), `describe` (what the columns are), `AudioFeatures` (the
    first step of a scikit-learn pipeline), `extract` (a folder of genres to a `Table`, cached), `read_table`
    (Kaggle's CSVs, Parquet and frames to a `Table`), `synthesise` (music by a program, for examples).
For scikit-learn
    The classifiers `ShrinkageLDA`, `KernelSVM`, `Ensemble` and `Tempered`, the transformers `RankNormal` and
    `FamilyBalance`; the splitters `TrackKFold`, `ArtistKFold`, `FaultFiltered` and, to see a leak,
    `LeakedSegments`.
From a table to honest figures
    `evaluate`: any classifier under a protocol that keeps tracks, or artists, on one side, to an
    `EvaluationResult`, or a `LabelsResult` where a track may have several labels; `compare` and `Comparison`
    (paired tests), `aggregate` (segments to tracks).
A model to keep
    `fit`, `load_model` and `pretrained` (a model out of the box) give a `Model`, which gives a `Prediction`
    of a recording; `explain` gives an `Explanation` of it. `LibraryAnswers` are those of a library in a file;
    `restore_tags` undoes what these write.
Of your own
    `feature` adds a feature, `register_model` a model.

Errors are `GtzanError`, each one line; warnings are `GtzanWarning`; the log is called ``gtzan_features``.
Every public name is listed in the stub beside this file and loaded when it is first used.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
