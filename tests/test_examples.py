"""The notebooks of examples/: stored without outputs; that every cell runs, the build of the site shows."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import gtzan_features as gf
from docs_build import notebooks
from gtzan_features import plugins

pytestmark = pytest.mark.filterwarnings("ignore::gtzan_features.errors.GtzanWarning")

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples").glob("*.ipynb"))


def cells(path: Path, kind: str) -> list[str]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.fixture(autouse=True)
def _quiet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("GTZAN_CSV", raising=False)
    monkeypatch.delenv("MY_MUSIC", raising=False)
    with plugins.temporary():
        yield
    plt.close("all")


def test_there_are_five_notebooks():
    assert len(NOTEBOOKS) == 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert cells(path, "markdown")[0].startswith("# ")


@pytest.mark.real
@pytest.mark.slow
def test_the_leak_is_shown_on_kaggles_rows(monkeypatch, real_material):
    monkeypatch.setenv("GTZAN_CSV", str(real_material / "features" / "features_3_sec.csv"))
    path = next(path for path in NOTEBOOKS if path.stem.startswith("02"))
    shown = notebooks.run(path).shown
    honest, leaked = (one for one in shown if isinstance(one, gf.EvaluationResult))
    assert leaked.leaked
    assert not honest.leaked
    assert leaked.accuracy > honest.accuracy + 0.3  # nearest neighbours know tracks again
