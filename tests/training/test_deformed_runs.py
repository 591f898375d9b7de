"""Training on rows of deformed copies: what a run and its kept model say of them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner
from gtzan_cli.main import cli

import gtzan_features as gf
from gtzan_features.audio.deform import DEFORMATIONS, ROBUST
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.feature_tables import augmented_folder, table_path
from gtzan_features.tables.run_folder import read_run
from gtzan_features.training.announced import announced
from gtzan_features.training.augmented_rows import OF_AUDIO, augmentation_text, augmentations_of
from gtzan_features.training.prepare_fit import prepare_fit
from tests.conftest import make_table, save_table
from tests.training.deformed import NAMES, TRACK, config, deformed_table


def test_the_range_of_a_kept_model_is_that_of_all_rows_it_learned_from(deformed, tmp_path):
    runs = [
        fit_run(deformed, tmp_path / "runs", config(augment=augment), n_jobs=1) for augment in ((), NAMES)
    ]
    plain, robust = (
        np.array(json.loads((one.folder / "model" / "range.json").read_text())["values"]) for one in runs
    )
    assert (robust[:, 0] <= plain[:, 0]).all()
    assert (robust[:, -1] >= plain[:, -1]).all()
    assert (robust[:, -1] > plain[:, -1]).any()


def test_manifest_name_card_and_sentence_say_which_copies(deformed, tmp_path):
    result = fit_run(deformed, tmp_path / "runs", config(), n_jobs=1)
    plain = fit_run(deformed, tmp_path / "runs", config(augment=()), n_jobs=1)
    manifest = json.loads((result.folder / "manifest.json").read_text())
    assert manifest["trained_on"].endswith("; also with gain+6, noise-10") or manifest["trained_on"].endswith(
        "; also with noise-10, gain+6"
    )
    assert set(manifest["augmented_sha256"]) == set(NAMES)
    assert "--augment noise-10,gain+6" in manifest["command"]
    assert result.folder.name != plain.folder.name
    assert "; also with " in (result.folder / "README.md").read_text()
    assert "and 2 augmented copies of each" in result.sentence
    assert "copies" not in plain.sentence
    save_table(augmented_folder(deformed, "gain+6"), deformed_table(make_table(3, 12, 2), "gain+6", seed=1))
    assert fit_run(deformed, tmp_path / "runs", config(), n_jobs=1).folder.name != result.folder.name
    assert announced(prepare_fit(deformed, config()))[1].startswith("Trained also on 144 rows of ")


@pytest.mark.parametrize(
    "kinds", [(), *((one,) for one in OF_AUDIO), NAMES, ROBUST, ("pitch-shift", *ROBUST), OF_AUDIO]
)
def test_the_augmentations_of_a_run_are_found_again_by_its_manifest(deformed, kinds):
    """A name may hold the sign that stands between names."""
    manifest = prepare_fit(deformed, config(augment=NAMES)).manifest
    one = dataclasses.replace(
        manifest,
        settings={"augment": augmentation_text(kinds)} if kinds else {},
        augmented_sha256=dict.fromkeys(kinds, "0"),
    )
    assert augmentations_of(one) == kinds


def test_a_model_of_deformed_copies_is_explained_by_one_fitted_anew_on_them(deformed, tmp_path):
    folder = fit_run(deformed, tmp_path / "runs", config(split=TRACK), n_jobs=1).folder
    assert "fitted anew without them" in explain_model(folder, deformed).method


def test_python_gives_the_figures_of_the_command_also_on_a_part_of_the_table(deformed, tmp_path):
    done = fit_run(deformed, tmp_path / "runs", config(), n_jobs=1)
    table = gf.read_table(table_path(deformed, "kaggle", "3s"))
    found = gf.evaluate("lda", table, protocol="track", folds=3, augment="noise-10,gain+6", n_jobs=1)
    assert found.manifest.run_id == done.manifest.run_id
    assert found.accuracy == done.metrics.accuracy
    some = table.take(table.y != "genre0")
    assert gf.evaluate("lda", some, protocol="track", folds=3, augment=["noise-10"], n_jobs=1).accuracy > 0
    model = gf.fit("lda", table, augment=NAMES)
    assert "also with noise-10, gain+6" in model.kept.card.trained_on
    assert model.kept.card.settings["augment"] == "noise-10+gain+6"
    own = gf.read_table(table.frame, segments="3s")
    with pytest.raises(gf.GtzanError, match="this table lies in no folder"):
        gf.fit("lda", own, augment="robust")


def test_the_help_of_fit_names_robust():
    shown = " ".join(CliRunner().invoke(cli, ["fit", "--help"]).stdout.split())
    assert "extract --deformed: robust" in shown
    assert len({one.name for one in DEFORMATIONS} & set(ROBUST)) == len(ROBUST)


def test_from_music_to_a_robust_model(music, tmp_path):
    out, runs = tmp_path / "features", tmp_path / "runs"
    words = ["--segments", "3s", "-j", "1"]
    run = CliRunner().invoke
    done = run(cli, ["features", "extract", str(music), "-o", str(out), "--deformed", "robust", *words])
    assert done.exit_code == 0, done.output
    assert all((augmented_folder(out, kind) / "kaggle-3s.parquet").is_file() for kind in ROBUST)
    fit = ["fit", "lda", "--tables", str(out), "--runs", str(runs), "--augment", "robust", "--json", *words]
    done = run(cli, fit)
    assert done.exit_code == 0, done.output
    (folder,) = runs.iterdir()
    assert read_run(folder).manifest.settings["augment"] == "robust"
    assert load_predictor(folder) is not None
