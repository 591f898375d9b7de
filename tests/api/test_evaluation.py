"""gf.evaluate against the command line, scikit-learn and the steps below."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.model_selection import (
    GroupKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import gtzan_features as gf
from gtzan_features.config import SplitConfig
from gtzan_features.errors import GtzanWarning, ModelError, RunError
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables.run_folder import read_run
from gtzan_features.training.fit_config import FitConfig
from tests.api.evaluated import PIPE, files, quick


class TestTheCommand:
    @pytest.mark.slow
    def test_figures_are_those_of_gtzan_fit_on_kaggles_csv(self, real_material, tmp_path):
        csv = real_material / "features" / "features_30_sec.csv"
        import_csv(csv, tmp_path / "t")
        protocols = ("artist", "track", "fault-filtered")
        words = [word for protocol in protocols for word in ("-p", protocol)]
        command = [sys.executable, "-m", "gtzan_cli", "fit", "lda", "-s", "30s", *words, "--json", "-j", "1"]
        folders = ["--tables", str(tmp_path / "t"), "--runs", str(tmp_path / "r")]
        done = subprocess.run([*command, *folders], capture_output=True, text=True, check=True)
        table = gf.read_table(csv)
        for protocol, theirs in zip(protocols, json.loads(done.stdout), strict=True):
            level = theirs["levels"]["track"]
            ours = gf.evaluate("lda", table, protocol=protocol, n_jobs=1)
            assert (ours.accuracy, ours.interval.low, ours.interval.high) == (
                level["accuracy"],
                level["interval"]["low"],
                level["interval"]["high"],
            )
            assert ours.scores.loc["track", "log_loss"] == level["log_loss"]
            assert ours.confusion.to_numpy().tolist() == level["confusion"]
            assert ours.protocol == theirs["protocol"]

    @pytest.mark.parametrize(
        ("model", "settings", "split", "final"),
        [
            ("lda", {}, {"protocol": "track", "folds": 3}, False),
            ("svm", {"C": 2.5, "scaling": "rank"}, {"protocol": "track", "holdout": 0.25}, True),
            ("knn", {"n_neighbors": 3}, {"protocol": "track", "folds": 3, "only": 2, "seed": 1}, False),
        ],
    )
    def test_a_saved_result_is_the_commands_run_folder(
        self, folder, table, tmp_path, model, settings, split, final
    ):
        pairs = tuple(f"{name}={value}" for name, value in settings.items())
        config = FitConfig(model=model, settings=pairs, split=SplitConfig(**split), final=final)
        theirs = fit_run(folder, tmp_path / "theirs", config, n_jobs=1)

        words = {"fold" if name == "only" else name: value for name, value in split.items()}
        ours = gf.evaluate(model, table, **words, final=final, n_jobs=1, **settings)
        saved = ours.save(tmp_path / "ours", n_jobs=1)
        assert saved.name == theirs.folder.name
        assert files(saved) == files(theirs.folder)

    def test_settings_are_checked_as_those_of_the_command(self, table):
        with pytest.raises(ModelError, match=r"svm has no setting 'D'; it has .*C"):
            quick("svm", table, D=1)
        with pytest.raises(ModelError, match=r"mlp: hidden=\(9, 0\) cannot be meant"):
            quick("mlp", table, hidden=(9, 0))
        with pytest.raises(ModelError, match=r"C=.* cannot be meant; give a number"):
            quick("svm", table, C=np.arange(2))
        with pytest.raises(ModelError, match="no model 'cart'"):
            quick("cart", table)

    def test_numbers_of_numpy_are_numbers(self, table):
        a = quick("svm", table, C=np.float64(3.0))
        assert a.manifest.settings["C"] == 3.0
        assert a.manifest == quick("svm", table, C=3.0).manifest


class TestEstimators:
    def test_a_pipeline_is_cloned_and_fitted_for_each_fold(self, table):
        result = quick(PIPE, table)
        assert not hasattr(PIPE[-1], "coef_")
        frame = result.predictions.set_index(["track_id", "segment"])
        keys = pd.MultiIndex.from_frame(table.frame[["track_id", "segment"]])
        fold = frame["fold"].reindex(keys).to_numpy()
        for number in range(3):
            model = clone(PIPE).set_params(logisticregression__random_state=0)
            model.fit(table.X[fold != number], table.y[fold != number])
            expected = model.predict_proba(table.X[fold == number])
            found = frame.reindex(keys[fold == number]).filter(like="p_").to_numpy()
            np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_a_model_of_ours_by_name_and_the_same_pipeline_agree(self, table):
        by_name = quick("logistic-regression", table)
        assert quick(PIPE, table).accuracy == by_name.accuracy

    def test_results_repeat_by_the_seed(self, table):
        a, b, c = (quick(RandomForestClassifier(5), table, seed=seed) for seed in (0, 0, 1))
        pd.testing.assert_frame_equal(a.predictions, b.predictions)
        assert a.manifest == b.manifest
        assert not a.predictions.equals(c.predictions)

    def test_one_without_probabilities_gets_calibrated_ones(self, table):
        result = quick(Perceptron(), table)
        p = result.predictions.filter(like="p_").to_numpy()
        np.testing.assert_allclose(p.sum(axis=1), 1)
        assert ((p > 0) & (p < 1)).all()

    def test_what_is_no_classifier_is_one_clear_line(self, table):
        with pytest.raises(ModelError, match="LogisticRegression is no model: give a name .*unfitted"):
            quick(LogisticRegression, table)
        with pytest.raises(ModelError, match="StandardScaler is no scikit-learn classifier"):
            quick(StandardScaler(), table)
        with pytest.raises(ModelError, match="settings \\(C\\) go with models by name"):
            quick(LogisticRegression(), table, C=2)

    def test_a_run_is_named_by_class_and_parameters(self, table):
        a, b, c = (quick(RandomForestClassifier(n), table, fold=1) for n in (5, 5, 6))
        assert a.manifest.model == "RandomForestClassifier"
        assert a.manifest.settings["n_estimators"] == 5
        assert a.manifest.run_id == b.manifest.run_id != c.manifest.run_id
        assert quick(PIPE, table, fold=1).manifest.model == "StandardScaler+LogisticRegression"
        assert a.manifest.command == (
            f"gf.evaluate(RandomForestClassifier(n_estimators=5), gf.read_table({str(table.opened.path)!r}), "
            "protocol='track', folds=3, fold=1, seed=0)"
        )

    def test_saved_it_is_a_run_as_any_other(self, table, tmp_path):
        result = quick(PIPE, table)
        folder = result.save(tmp_path, n_jobs=1)
        assert read_run(folder).manifest.model_kept
        model = quick("lda", table).save(tmp_path, n_jobs=1)
        found = report(tmp_path, tmp_path / "page", html=True).results
        assert set(found["run_id"]) == {folder.name, model.name}
        ours = found[(found["run_id"] == folder.name) & (found["aggregation"] == "mean")]
        assert ours["accuracy"].item() == result.accuracy

    def test_what_a_model_uses_is_explained_by_rows_that_it_never_saw(self, folder, table, tmp_path):
        saved = quick(PIPE, table, folds=None, holdout=0.25).save(tmp_path, n_jobs=1)
        found = explain_model(saved, folder).families
        assert found.keys() == {"energy", "rhythm", "spectral", "timbre", "tonal"}
        saved = quick(PIPE, table).save(tmp_path, n_jobs=1)
        with pytest.raises(RunError, match="was given in Python and has seen all tracks"):
            explain_model(saved, folder)
        saved = gf.evaluate("lda", table, protocol=GroupKFold(3), n_jobs=1).save(tmp_path, n_jobs=1)
        with pytest.raises(RunError, match="divided by a splitter that was given in Python"):
            explain_model(saved, folder)

    def test_one_that_cannot_be_stored_is_tested_and_saved_without_its_model(self, table, tmp_path):
        odd = make_pipeline(FunctionTransformer(lambda X: X), StandardScaler(), LogisticRegression())
        result = quick(odd, table)
        assert result.accuracy == quick(make_pipeline(StandardScaler(), LogisticRegression()), table).accuracy
        with pytest.warns(GtzanWarning, match="the model is not kept: .*cannot be stored without pickle"):
            folder = result.save(tmp_path, n_jobs=1)
        assert not (folder / "model").exists()
        assert "no model is stored here" in (folder / "README.md").read_text()
