"""Stored trees of XGBoost, applied through its C interface.

Importing the package ``xgboost`` imports pandas, scikit-learn and scipy.stats, which takes longer than all
the rest of a prediction. What a stored model needs is its library: a function that loads, one that predicts,
both documented and stable ("XGBoost C package"). Everything else is the package's business.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import json
import weakref
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_LIBRARIES = ("libxgboost.so", "libxgboost.dylib")


class StoredTrees:
    """Boosted trees, read from what ``Booster.save_raw`` gives.

    Parameters
    ----------
    raw : bytes
        A model in XGBoost's UBJSON.

    Raises
    ------
    ValueError
        If the bytes are no model.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._handle = ctypes.c_void_p()
        _call("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        weakref.finalize(self, _library().XGBoosterFree, self._handle)
        _call("XGBoosterLoadModelFromBuffer", self._handle, raw, ctypes.c_uint64(len(raw)))
        # For the few rows of a file several threads take longer than one: they wait for each other.
        _call("XGBoosterSetParam", self._handle, b"nthread", b"1")
        # A model that stopped early holds rounds after its best one, which are not used.
        best = self._attribute("best_iteration")
        self._rounds = 0 if best is None else int(best) + 1

    def predict_proba(self, X: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Return probabilities of shape (n_rows, n_classes), as ``XGBClassifier.predict_proba``."""
        rows = np.ascontiguousarray(X, dtype=np.float32)
        shape, n_dims = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        values = ctypes.POINTER(ctypes.c_float)()
        _call(
            "XGBoosterPredictFromDense",
            self._handle,
            _described(rows),
            _settings(self._rounds),
            None,
            *(ctypes.byref(result) for result in (shape, n_dims, values)),
        )
        # The library keeps the memory of its answer until the next call: it is copied.
        size = tuple(shape[: n_dims.value])
        found = np.ctypeslib.as_array(values, size).copy() if len(rows) else np.empty(size, np.float32)
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def get_booster(self) -> Any:  # noqa: ANN401 - a package without types
        """Return the model as ``xgboost.Booster``, for what the package alone can do."""
        booster = importlib.import_module("xgboost").Booster()
        booster.load_model(bytearray(self._raw))
        return booster

    def _attribute(self, name: str) -> str | None:
        text, there = ctypes.c_char_p(), ctypes.c_int()
        _call("XGBoosterGetAttr", self._handle, name.encode(), ctypes.byref(text), ctypes.byref(there))
        return text.value.decode() if there.value and text.value is not None else None


@cache
def _library() -> ctypes.CDLL:
    package = importlib.util.find_spec("xgboost")
    folder = Path(package.origin).parent / "lib" if package and package.origin else Path()
    found = [folder / name for name in _LIBRARIES if (folder / name).is_file()]
    # Some distributions keep the library elsewhere, and tell the package where.
    path = found[0] if found else importlib.import_module("xgboost.libpath").find_lib_path()[0]
    library = ctypes.CDLL(str(path))
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library


def _call(name: str, *arguments: Any) -> None:  # noqa: ANN401 - what the C function takes
    if getattr(_library(), name)(*arguments) != 0:
        raise ValueError(_library().XGBGetLastError().decode(errors="replace").splitlines()[0])


def _described(rows: npt.NDArray[np.float32]) -> bytes:
    """Return the array interface of rows as JSON."""
    content = {"data": (rows.ctypes.data, True), "shape": rows.shape, "typestr": rows.dtype.str, "version": 3}
    return json.dumps(content).encode()


def _settings(rounds: int) -> bytes:
    """Return what to predict as JSON: probabilities, by the first `rounds` rounds or by all (0)."""
    content = {
        "type": 0,
        "training": False,
        "iteration_begin": 0,
        "iteration_end": rounds,
        "missing": float("nan"),
        "strict_shape": True,
        "cache_id": 0,
    }
    return json.dumps(content).encode()
