"""Names under which earlier versions stored the classes of models, and what they are called now.

skops names each type by its module. Modules were moved once; a file that names an old one is read as if it
named the new one, and nothing else about it is changed: it may hold the same types as any other.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from gtzan_features.models.archive import SCHEMA, zipped

_MODELS = "gtzan_features.models."

MOVED = {
    ("choices", "OnFamilies"): "choosing.wrappers",
    ("cnn", "ConvolutionalClassifier"): "networks.cnn",
    ("discriminant", "ShrinkageLDA"): "estimators.discriminant",
    ("ensemble", "Ensemble"): "choosing.ensemble",
    ("kernel_svm", "KernelSVM"): "estimators.kernel_svm",
    ("mlp", "PlainNetwork"): "networks.mlp",
    ("network", "Epoch"): "networks.training",
    ("portable", "PortableTrees"): "applying.xgboost_state",
    ("scaling", "FamilyBalance"): "estimators.preprocessing",
    ("scaling", "RankNormal"): "estimators.preprocessing",
    ("temperature", "OfDecisions"): "calibration",
    ("temperature", "Tempered"): "calibration",
}
"""Module, below ``models``, of each class by the module and the name that version 0.1.0 gave it."""


def with_new_names(skops: bytes) -> bytes:
    """Return a skops archive whose types have the names of this version; the same bytes where they have.

    Raises
    ------
    zipfile.BadZipFile, KeyError, json.JSONDecodeError
        If it is no skops archive.
    """
    with zipfile.ZipFile(io.BytesIO(skops)) as archive:
        text = archive.read(SCHEMA)
        schema = json.loads(text)
        if not _rename(schema):
            return skops
        files = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**files, SCHEMA: json.dumps(schema).encode()})


def _rename(schema: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    """Rename types in place; return whether there was one to rename."""
    changed, waiting = False, [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            module = str(node.get("__module__", ""))
            new = MOVED.get((module.removeprefix(_MODELS), str(node.get("__class__"))))
            if new is not None and module.startswith(_MODELS):
                node["__module__"], changed = _MODELS + new, True
    return changed
