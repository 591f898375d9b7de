"""Files of a run that were cut, changed, removed or written by others: one clear line, or the truth."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gtzan_features.config import FeatureConfig, SplitConfig
from gtzan_features.descriptors import sets
from gtzan_features.errors import GtzanError, ModelError, RunError
from gtzan_features.models.applying import load as stored
from gtzan_features.models.applying.training_files import load_training_files
from gtzan_features.models.save import load_model
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.prediction.predictor import load_predictor, newest_predictor
from gtzan_features.reporting.compare import compare_runs
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reports.collect import score_runs
from gtzan_features.tables.headline import HEADLINE
from gtzan_features.tables.run_folder import FITTED_AT, list_runs, read_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import make_table, recorded_again, save_table

HOLDOUT = SplitConfig(protocol="track", holdout=0.25)
QUICK = {"xgboost": ("n_estimators=5",), "svm": (), "mlp": ("epochs=2", "hidden=4")}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Tables, and a run of each storage; nothing changes them."""
    root = tmp_path_factory.mktemp("runs")
    save_table(root / "t", whole_table())
    folders = {
        model: fit_run(
            root / "t", root / "r", FitConfig(model=model, settings=settings, split=HOLDOUT), n_jobs=1
        ).folder
        for model, settings in QUICK.items()
    }
    return root, folders


@pytest.fixture
def copy(world, tmp_path):
    """Return a function that copies a run for a test to change."""
    _, folders = world
    return lambda model: Path(shutil.copytree(folders[model], tmp_path / "runs" / folders[model].name))


def commands(root: Path, run: Path):
    """Everything that reads a run."""
    return (
        lambda: score_runs(read_run(folder) for folder in list_runs(run.parent)),
        lambda: load_model(run / "model"),
        lambda: load_predictor(run),
        lambda: newest_predictor(run.parent),
        lambda: explain_model(run, root / "t"),
        lambda: compare_runs(run, run),
    )


def refusal(command) -> str:
    """Return what a command complains of; empty where it does its work."""
    try:
        command()
    except GtzanError as error:
        return str(error)
    return ""


def whole_table():
    """A toy table with all columns of the Kaggle set, so that its models can hear audio."""
    toy = make_table(n_genres=2, n_tracks=24, n_segments=2)
    columns = tuple((column.name, column.unit) for column in sets.columns(FeatureConfig()))
    rng = np.random.default_rng(0)
    more = {name: rng.random(len(toy.frame)) for name, _ in columns if name not in toy.feature_names}
    frame = pd.concat([toy.frame, pd.DataFrame(more)], axis=1)
    return dataclasses.replace(toy, frame=frame, columns=columns)


CHANGES = {
    "empty": lambda _: b"",
    "cut": lambda content: content[: len(content) // 2],
    "flipped": lambda content: content[:30] + bytes([content[30] ^ 0x41]) + content[31:],
    "longer": lambda content: content + b"x",
    "garbage": lambda content: np.random.default_rng(0).bytes(len(content)),
    "no text": lambda _: b"\xff\xfe" * 400,
    "nested": lambda _: b"[" * 100_000,
    "missing": None,
}


@pytest.mark.parametrize(
    ("model", "change"),
    [*(("xgboost", change) for change in CHANGES), ("svm", "cut"), ("mlp", "cut"), ("mlp", "garbage")],
)
def test_a_changed_file_is_one_line_or_changes_nothing(model, change, world, copy):
    root, _ = world
    run = copy(model)
    refused = set()
    for path in sorted(p for p in run.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if CHANGES[change] is None:
            path.unlink()
        else:
            path.write_bytes(CHANGES[change](content))
        for command in commands(root, run):
            line = refusal(command)
            assert "\n" not in line
            assert line == "" or path.name in line or "holds no runs" in line
            refused |= {path.name} if line else set()
        path.write_bytes(content)
    whole = {p.name for p in run.rglob("*") if p.is_file()} - {"README.md", "curves.png", HEADLINE, FITTED_AT}
    assert refused == whole


def test_no_changed_model_reaches_its_parser(copy, monkeypatch):
    monkeypatch.setattr(stored, "READERS", {})
    rng = np.random.default_rng(0)
    for model, name in (("xgboost", "model.ubj"), ("svm", "model.skops"), ("mlp", "model.npz")):
        path = copy(model) / "model" / name
        content = path.read_bytes()
        for _ in range(60):
            changed = bytearray(content)
            for at in rng.integers(0, len(changed), rng.integers(1, 9)):
                changed[at] ^= rng.integers(1, 256)
            path.write_bytes(bytes(changed[: rng.integers(1, len(changed) + 1)]))
            with pytest.raises(ModelError, match=f"{name}: not a whole model file: damaged or replaced"):
                load_model(path.parent)


def test_a_model_that_was_stored_without_hashes_is_refused_with_what_to_do(copy):
    folder = copy("xgboost") / "model"
    (folder.parent / "manifest.json").unlink()
    card = json.loads((folder / "model.json").read_text())
    del card["files"]
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="stored by an earlier version of this program. .* Fit the model"):
        load_model(folder)


def test_a_card_that_was_changed_is_told_by_the_manifest(copy):
    folder = copy("xgboost") / "model"
    text = (folder / "model.json").read_text()
    (folder / "model.json").write_text(text.replace('"genre0"', '"genre9"'))
    with pytest.raises(ModelError, match="model.json: not a model card of this program: damaged or replaced"):
        load_model(folder)


WRONG_CARDS = {
    "no object": "[]",
    "a number for a text": {"model": 3},
    "a text for genres": {"genres": "genre0"},
    "one genre": {"genres": ["genre0"]},
    "three genres": {"genres": ["a", "b", "c"]},
    "a genre twice": {"genres": ["a", "a"]},
    "numbers for columns": {"columns": [1, 2, 3]},
    "a column less": {"columns": ["a", "b"]},
    "a hundred thousand columns": {"columns": [f"c{i}" for i in range(100_000)]},
    "a negative shape": {"shape": [-1, 8]},
    "a shape of other bands": {"shape": [4, 9]},
    "an endless shape": {"shape": [10**18, 8]},
    "a list for settings": {"settings": []},
    "a word for a mark": {"synthetic": "yes"},
    "hashes that are none": {"files": {"model.ubj": 3}},
    "a negative size": {"files": {"model.ubj": {"sha256": "x", "bytes": -4}}},
    "a size without end": {"files": {"model.ubj": {"sha256": "x", "bytes": 10**30}}},
    "a field of the future": {"novelty": 1},
    "half a character": {"dataset": "\ud800"},
}


@pytest.mark.parametrize("change", WRONG_CARDS)
def test_a_card_of_wrong_types_is_one_line(change, copy):
    folder = copy("xgboost") / "model"
    (folder.parent / "manifest.json").unlink()
    card, wrong = json.loads((folder / "model.json").read_text()), WRONG_CARDS[change]
    text = wrong if isinstance(wrong, str) else json.dumps({**card, **wrong})
    (folder / "model.json").write_text(text)
    with pytest.raises(ModelError, match="Fit the model again") as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["range.json", "level.json", "unlike.json"])
@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "1e999", "null", '"x"', "[]", "{}", "-1e308, 1e308"])
def test_numbers_that_are_none_beside_a_model_are_one_line(name, wrong, copy):
    folder = copy("svm") / "model"
    (folder.parent / "manifest.json").unlink()
    text = (folder / name).read_text()
    start = next(start for start in ("[[", '"scales": [', '"thresholds": [') if start in text)
    at = text.index(start) + len(start)
    (folder / name).write_text(text[:at] + wrong + text[text.index(",", at) :])
    recorded_again(folder)
    with pytest.raises(ModelError, match=name):
        load_predictor(folder)


@pytest.mark.parametrize(("content", "words"), [(None, "is missing"), (b"{", "damaged or replaced")])
def test_what_lies_beside_a_model_is_called_missing_or_damaged(content, words, copy, tmp_path):
    level, heard = copy("svm") / "model" / "level.json", tmp_path / "training_files.json"
    level.unlink()
    if content is not None:
        level.write_bytes(content)
        heard.write_bytes(content)
    with pytest.raises(ModelError, match=f"level.json: {words}.*Fit the model again"):
        load_predictor(level.parent)
    with pytest.raises(ModelError, match=f"training_files.json: {words}.*Fit the model again"):
        load_training_files(tmp_path, {"bytes": 9, "sha256": "0" * 64})


@pytest.mark.parametrize("change", [{"seed": -1}, {"genres": [1]}, {"leaked": "no"}, {"n_folds": 1.5}])
def test_a_manifest_of_wrong_types_is_one_line(change, copy):
    run = copy("svm")
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(RunError, match=f"not a manifest of this program: {next(iter(change))} is not"):
        read_run(run)


@pytest.mark.parametrize("share", ["NaN", "2", "true", "null", '"0.5"'])
def test_metrics_that_are_none_are_one_line_in_runs_of_earlier_versions(share, copy):
    run = copy("svm")
    forget_hashes(run)
    metrics = json.loads((run / "metrics.json").read_text())
    text = json.dumps({**metrics, "train_accuracy": "here"}).replace('"here"', share)
    (run / "metrics.json").write_text(text)
    with pytest.raises(RunError, match="metrics.json cannot be read. Fit the model again"):
        read_run(run)


def forget_hashes(run: Path) -> None:
    """Make a run one of an earlier version, whose manifest held no hashes."""
    manifest = json.loads((run / "manifest.json").read_text())
    for name in ("files", "model_kept", "augmented_sha256"):
        del manifest[name]
    (run / "manifest.json").write_text(json.dumps(manifest))


def test_figures_of_earlier_versions_are_read_and_damaged_ones_are_one_line(copy):
    run = copy("svm")
    forget_hashes(run)
    whole = read_run(run).predictions.frame
    path = run / "predictions.parquet"
    content, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        changed = bytearray(content)
        for at in rng.integers(0, len(changed), 4):
            changed[at] ^= rng.integers(1, 256)
        path.write_bytes(bytes(changed))
        line = refusal(lambda: read_run(run))
        assert "\n" not in line
        if not line:
            found = read_run(run).predictions
            assert found.frame.columns.tolist() == whole.columns.tolist()
            np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("moved", ["sklearn.calibration._TemperatureScaling", "sklearn.svm._classes.SVC"])
def test_a_model_for_another_version_of_a_library_says_so(moved, copy, monkeypatch):
    run = copy("svm")
    (run / "manifest.json").unlink()
    card = json.loads((run / "model" / "model.json").read_text())
    assert {"scikit-learn", "xgboost", "skops", "numpy", "gtzan"} <= set(card["versions"])
    card["versions"]["scikit-learn"] = "0.99"
    (run / "model" / "model.json").write_text(json.dumps(card))
    module, _, name = moved.rpartition(".")
    monkeypatch.delattr(f"{module}.{name}")
    with pytest.raises(ModelError, match="written with scikit-learn 0.99, here is .* Fit the model again"):
        load_model(run / "model")
