"""Audio features and honest genre classification for GTZAN and for any folder of music.

``import gtzan_features as gf`` gives all that is public; ``help(gf.features)`` and so on say more.

From audio to numbers
    `features` (a frame of one file or many), `describe` (what the columns are), `AudioFeatures` (the first
    step of a scikit-learn pipeline), `extract` (a folder of genres to a `Table`, cached), `read_table`
    (Kaggle's CSVs, Parquet and frames to a `Table`).
From a table to honest figures
    `evaluate` and `compare`: any classifier under a protocol that keeps tracks, or artists, on one side.
A model to keep
    `fit`, and what it returns.

Errors are `GtzanError`, each one line; warnings are `GtzanWarning`; the log is called ``gtzan_features``.
Every public name is listed in the stub beside this file and loaded when it is first used.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
