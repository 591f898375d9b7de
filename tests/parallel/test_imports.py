"""What workers and a prediction import: start-up is most of what a single file costs."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from functools import partial

import pytest

from gtzan_features.datasets.tracks import TrackFile
from gtzan_features.extraction.recordings import Recording, usable_rows
from gtzan_features.extraction.row_cache import file_part
from gtzan_features.extraction.row_kinds import ExtractConfig, SpectrogramRecipe
from gtzan_features.prediction.file_rows import read_recording

HEAVY = (
    *("pandas", "pyarrow", "sklearn", "xgboost", "skops", "matplotlib", "scipy.stats", "librosa"),
    *("scipy.signal", "scipy.optimize", "rich", "fsspec", "click", "gtzan_features.parallel.dask"),
)

WORK = """
import json, pickle, sys
task, item = pickle.loads(bytes.fromhex(sys.stdin.read()))
task(item)
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("recipe", [ExtractConfig(), SpectrogramRecipe()])
@pytest.mark.parametrize("kind", ["extract", "predict", "features"])
def test_workers_import_no_tables_and_no_models(music, tmp_path, recipe, kind):
    if kind == "extract":
        task = partial(file_part, root=str(music), parts_dir=str(tmp_path), recipe=recipe)
        item = TrackFile(track_id="calm.0", genre="calm", path="calm/calm.0.wav")
    elif kind == "features":
        task = partial(usable_rows, recipe=recipe, whole=True)
        item = Recording("calm.0", music / "calm" / "calm.0.wav")
    else:
        one = type(recipe)(segments=recipe.segments[:1])
        task, item = partial(read_recording, recipe=one), music / "calm" / "calm.0.wav"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORK],
        input=pickle.dumps((task, item)).hex(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(HEAVY) & set(json.loads(done.stdout))


@pytest.mark.parametrize("kind", ["extract", "spectrograms"])
def test_an_extraction_imports_no_pandas(music, tmp_path, kind):
    code = (
        "import json, sys; from gtzan_cli.main import run; code = run(sys.argv[1:]); "
        "print(json.dumps([code, sorted(sys.modules)]))"
    )
    words = ["features", kind, str(music), "-o", str(tmp_path), "-s", "3s", "-j", "1"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *words], capture_output=True, text=True, check=True
    )
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    assert {*HEAVY, "pyarrow.compute", "joblib"} & set(names) == {"pyarrow", "click"}
    assert any(tmp_path.glob("status*.parquet"))


def test_what_computes_a_shard_imports_arrow_and_nothing_else_that_is_heavy():
    code = "import sys, gtzan_features.extraction.shard_task; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    # Arrow itself imports pandas where it is installed, once an array is made.
    assert set(HEAVY) & set(done.stdout.split()) == {"pyarrow"}
