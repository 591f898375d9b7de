# The public names: the package loads each from here when it is used, and editors and mypy read them here.
# One line for each, in both lists.
from .api.table import Table as Table
from .errors import GtzanError as GtzanError

__all__ = [
    "GtzanError",
    "Table",
]

__version__: str
