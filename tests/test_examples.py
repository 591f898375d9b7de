"""The notebooks of examples/: stored without outputs, and every cell runs."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

import gtzan_features as gf
from gtzan_features import plugins

pytestmark = pytest.mark.filterwarnings("ignore::gtzan_features.errors.GtzanWarning")

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples").glob("*.ipynb"))


def cells(path: Path, kind: str) -> list[str]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def run(path: Path) -> list[Any]:
    """Run the cells as a notebook does and return what each would show; its HTML and repr are made."""
    space: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for number, source in enumerate(cells(path, "code"), start=1):
        tree = ast.parse(source, filename=f"{path.name}, cell {number}")
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{path.name}, cell {number}", "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"{path.name}, cell {number}", "eval"), space)
            if value is None:
                continue
            assert repr(value)
            html = getattr(value, "_repr_html_", None)
            assert html is None or html() is None or "<" in html()
            shown.append(value)
    return shown


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


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_of_a_notebook_runs(path):
    assert run(path)


@pytest.mark.real
@pytest.mark.slow
def test_the_leak_is_shown_on_kaggles_rows(monkeypatch, real_material):
    monkeypatch.setenv("GTZAN_CSV", str(real_material / "features" / "features_3_sec.csv"))
    path = next(path for path in NOTEBOOKS if path.stem.startswith("02"))
    shown = run(path)
    honest, leaked = (one for one in shown if isinstance(one, gf.EvaluationResult))
    assert leaked.leaked
    assert not honest.leaked
    assert leaked.accuracy > honest.accuracy + 0.3  # nearest neighbours know tracks again
