"""Loads `moments` into every process of a command that is tested: Python imports this file at its start."""

import importlib.util
import os
import sys

_path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "moments.py")  # noqa: PTH100,PTH118,PTH120
_spec = importlib.util.spec_from_file_location("gtzan_kills_moments", _path)
if _spec is not None and _spec.loader is not None:
    moments = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(moments)
    moments.install()
sys.path.remove(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100,PTH120
