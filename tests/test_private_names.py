"""Which private names of other packages are used: each bounds its package from above in pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PRIVATE = {
    "joblib": {
        "joblib.externals.loky",
        "joblib.externals.loky.backend.reduction",
        "joblib.externals.loky.backend.resource_tracker",
    },
    "scikit-learn": {
        "sklearn.model_selection._search",
        "sklearn.utils._safe_indexing",
        "sklearn.utils.metaestimators._BaseComposition",
    },
}
"""What is imported. Beside it: `_validate_params` of scikit-learn and its private classes in `TRUSTED`, the
form of a skops archive, and the titles at the sides of matplotlib's axes."""

BOUNDED = {*PRIVATE, "matplotlib", "skops"}

_FROM = r"^\s*from (?P<module>[\w.]+) import (?P<names>[^#\n(]+)"
_IMPORT = re.compile(_FROM + r"|^\s*import (?P<whole>[\w.]+)", re.MULTILINE)


def private_imports() -> set[str]:
    found = set()
    for path in [*(ROOT / "gtzan_features").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]:
        for one in _IMPORT.finditer(path.read_text()):
            module = one["module"] or one["whole"]
            if module.startswith(("gtzan", "_", "__future__", ".")):
                continue
            if re.search(r"\._|externals", module):
                found.add(module)
            names = (one["names"] or "").split(",")
            found |= {
                f"{module}.{name.split()[0]}" for name in names if re.match(r"\s*_[a-z]", name, re.IGNORECASE)
            }
    return found


def test_private_names_are_the_listed_ones():
    assert private_imports() == set().union(*PRIVATE.values())


@pytest.mark.parametrize("package", sorted(BOUNDED))
def test_a_package_whose_private_names_are_used_has_an_upper_bound(package):
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (found,) = [one for one in asked if one.startswith(f"{package}>=")]
    assert ",<" in found
