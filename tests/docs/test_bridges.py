"""The page on other libraries: its Python runs, wherever the library is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import make_table, save_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "bridges.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
LIBRARIES = [re.match(r"import (\w+)", block)[1] for block in BLOCKS]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a table of 3 s rows, and nothing of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv(
        "MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db"
    )  # folders are no longer taken
    (tmp_path / "data" / "features").mkdir(parents=True)
    return make_table(), save_table(tmp_path / "data" / "features", make_table())


def test_the_libraries_that_are_always_here_are_among_them():
    assert {"polars", "duckdb", "skops", "datasets", "mlflow"} == set(LIBRARIES)


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=LIBRARIES)
def test_the_code_of_the_page_runs(number, here):
    pytest.importorskip(LIBRARIES[number], reason=f"{LIBRARIES[number]} is installed by whoever uses it")
    table, _ = here
    known: dict[str, object] = {}
    if LIBRARIES[number] == "mlflow":
        exec(compile(BLOCKS[number], str(PAGE), "exec"), known)
        (run,) = known["mlflow"].search_runs(output_format="list")[:1]
        assert run.data.metrics["accuracy"] == known["result"].accuracy
        assert run.data.tags["features"] == "kaggle@1"
        return
    first, last = BLOCKS[number].strip().rsplit("\n", 1)
    exec(compile(first, str(PAGE), "exec"), known)
    value = eval(compile(last.partition("  #")[0], str(PAGE), "eval"), known)
    medians = table.frame.groupby("genre")["tempo"].median()
    if LIBRARIES[number] == "polars":
        found = dict(value.with_columns(genre=value["genre"].cast(str)).iter_rows())
        assert found == pytest.approx(medians.to_dict())
    elif LIBRARIES[number] == "duckdb":
        assert value.set_index("genre").iloc[:, 0].to_dict() == pytest.approx(medians.to_dict())
    elif LIBRARIES[number] == "datasets":
        assert value[0] == table.frame["mfcc1_mean"].iloc[0]
        assert sorted(value[1]) == sorted(medians.index)
        assert len(known["rows"]) == len(table.frame)
    else:
        assert all(name.startswith(("gtzan_features.", "sklearn.", "numpy.", "scipy.")) for name in value)
