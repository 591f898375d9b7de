"""A model that another version of scikit-learn wrote is read, and says so in one line."""

from __future__ import annotations

import io
import json
import logging
import shutil
import warnings
import zipfile

import sklearn

from gtzan_features.models.applying.load import load_model
from tests.conftest import recorded_again
from tests.fuzz.readers_models import run_of


def test_another_version_of_scikit_learn_is_said_in_one_line(tmp_path, caplog):
    folder = tmp_path / "model"
    shutil.copytree(run_of("svm") / "model", folder)
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        load_model(folder)
        assert not caplog.records
    _as_written_by(folder, "1.7.9")
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        load_model(folder)
    (line,) = [one.getMessage() for one in caplog.records]
    assert f"written with scikit-learn 1.7.9, here is {sklearn.__version__}" in line
    assert "\n" not in line


def _as_written_by(folder, version):
    content = (folder / "model.skops").read_bytes()
    out, here = io.BytesIO(), sklearn.__version__
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "schema.json":
                assert here.encode() in data
                data = data.replace(here.encode(), version.encode())
            new.writestr(name, data)
    (folder / "model.skops").write_bytes(out.getvalue())
    recorded_again(folder)
    card = json.loads((folder / "model.json").read_text())
    card["versions"]["scikit-learn"] = version
    (folder / "model.json").write_text(json.dumps(card))
