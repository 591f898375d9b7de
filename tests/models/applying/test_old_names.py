"""Models that were stored under the names of earlier modules are read, and say what they said."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import sklearn
import skops.io

from gtzan_features.errors import ModelError
from gtzan_features.models.applying import old_names
from gtzan_features.models.applying.load import TRUSTED, _UntrustedError, load_model, read_estimator
from gtzan_features.models.archive import zipped
from gtzan_features.models.save import save_model, stored_bytes
from tests.conftest import make_table
from tests.models.test_models import recorded_again, stored

OLD = Path(__file__).parent / "stored_before_moves"
MODELS = ["mlp-on-families", "vote", "stack", "lda-on-families", "svm-of-few-tracks", "shrinkage-lda"]
NEW_TO_OLD = {(new, name): old for (old, name), new in old_names.MOVED.items()}


def opened(skops_bytes):
    with zipfile.ZipFile(io.BytesIO(skops_bytes)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files["schema.json"])


def nodes(schema):
    """Every object of a JSON document."""
    if isinstance(schema, dict):
        yield schema
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from nodes(child)


def with_old_names(skops_bytes):
    """Rename types backwards, as an independent walk over the document."""
    files, schema = opened(skops_bytes)
    renamed = 0
    for node in nodes(schema):
        module = str(node.get("__module__", "")).removeprefix("gtzan_features.models.")
        old = NEW_TO_OLD.get((module, node.get("__class__")))
        if old is not None:
            node["__module__"] = f"gtzan_features.models.{old}"
            renamed += 1
    assert renamed
    return zipped({**files, "schema.json": json.dumps(schema).encode()})


def read(name):
    content = (OLD / f"{name}.skops").read_bytes()
    return read_estimator("skops", content, lambda _: False)


@pytest.fixture(scope="module")
def answers():
    with np.load(OLD / "answers.npz") as archive:
        return dict(archive)


def skip_for_another_scikit_learn(name):
    if name in ("lda-on-families", "svm-of-few-tracks") and not sklearn.__version__.startswith("1.9."):
        pytest.skip("it holds objects of scikit-learn 1.9")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("name", MODELS)
def test_models_stored_before_the_moves_give_equal_probabilities(name, answers):
    skip_for_another_scikit_learn(name)
    np.testing.assert_allclose(read(name).predict_proba(answers["X"]), answers[name], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["rank-normal", "family-balance"])
def test_transformers_stored_before_the_moves_give_equal_columns(name, answers):
    np.testing.assert_allclose(read(name).transform(answers["X"]), answers[name], rtol=1e-12)


def test_each_class_that_was_moved_is_there_and_trusted():
    for (_, name), module in old_names.MOVED.items():
        found = getattr(importlib.import_module(f"gtzan_features.models.{module}"), name)
        assert f"{found.__module__}.{found.__name__}" in TRUSTED


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("svm", ["scaling=rank"]),
        ("ensemble", ["members=lda+svm+knn", "svm.scaling=rank", "knn.scaling=rank"]),
        ("lda", ["families=auto"]),
    ],
)
def test_a_model_of_today_under_old_names_is_the_same_model(name, settings, tmp_path):
    table = make_table()
    model = stored(name, table, settings)
    save_model(tmp_path, model)
    path = tmp_path / "model.skops"
    old = with_old_names(path.read_bytes())
    assert b"gtzan_features.models.estimators" not in opened(old)[0]["schema.json"]
    path.write_bytes(old)
    recorded_again(tmp_path)
    found = load_model(tmp_path).predict_proba(table)
    np.testing.assert_array_equal(found, model.predict_proba(table))


def test_names_of_today_are_left_as_they_are():
    content = stored_bytes(stored("svm").estimator, "skops", "svm")
    assert old_names.with_new_names(content) is content


@pytest.mark.parametrize(
    "module", ["gtzan_features.models.store", "gtzan_features.models.scaling.more", "models.scaling", "os"]
)
def test_no_other_name_is_taken_for_one_of_ours(module, tmp_path):
    save_model(tmp_path, stored("svm", settings=["scaling=rank"]))
    files, schema = opened((tmp_path / "model.skops").read_bytes())
    changed = [node for node in nodes(schema) if node.get("__class__") == "RankNormal"]
    assert changed
    for node in changed:
        node["__module__"] = module
    (tmp_path / "model.skops").write_bytes(zipped({**files, "schema.json": json.dumps(schema).encode()}))
    recorded_again(tmp_path)
    with pytest.raises(ModelError, match="types that a model of this program never has"):
        load_model(tmp_path)


def test_an_old_name_trusts_nothing_else():
    from sklearn.preprocessing import FunctionTransformer

    files, schema = opened(skops.io.dumps(FunctionTransformer(json.dumps)))
    schema["__module__"], schema["__class__"] = "gtzan_features.models.scaling", "RankNormal"
    content = zipped({**files, "schema.json": json.dumps(schema).encode()})
    with pytest.raises(_UntrustedError):
        read_estimator("skops", content, lambda _: False)
