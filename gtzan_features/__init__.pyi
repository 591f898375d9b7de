# The public names: the package loads each from here when it is used, and editors and mypy read them here.
# One line for each, in both lists.
from .api.audio import describe as describe
from .api.audio import features as features
from .api.extraction import extract as extract
from .api.music import synthesise as synthesise
from .api.reading import read_table as read_table
from .api.table import Table as Table
from .api.transformer import AudioFeatures as AudioFeatures
from .errors import GtzanError as GtzanError
from .errors import GtzanWarning as GtzanWarning

__all__ = [
    "AudioFeatures",
    "GtzanError",
    "GtzanWarning",
    "Table",
    "describe",
    "extract",
    "features",
    "read_table",
    "synthesise",
]

__version__: str
