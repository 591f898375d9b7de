from __future__ import annotations

from gtzan_features.config import SplitConfig
from gtzan_features.models.save import load_model
from gtzan_features.prediction.model_summary import model_facts
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig


def test_facts_are_those_of_the_model_card(tables, tmp_path):
    config = FitConfig(model="knn", split=SplitConfig(folds=3), final=True)
    run = fit_run(tables, tmp_path / "runs", config, n_jobs=1).folder
    facts = model_facts(run, load_model(run / "model").card)
    text = (run / "README.md").read_text()
    assert facts.title == "knn on kaggle, 3s rows of toy"
    assert f"**{facts.accuracy} %**" in text
    assert facts.protocol_words in text
    assert facts.trained_on in text
    assert facts.tested_on == "48 tracks, segments gathered by mean"
    assert (facts.protocol, facts.leaked, facts.synthetic) == ("track 3-fold", False, False)


def test_a_model_without_its_run_has_no_accuracy(tables, tmp_path):
    run = fit_run(tables, tmp_path / "runs", FitConfig(model="majority"), n_jobs=1).folder
    (run / "metrics.json").unlink()
    facts = model_facts(run, load_model(run / "model").card)
    assert (facts.accuracy, facts.protocol) == ("", "")
    assert facts.genres == ("genre0", "genre1", "genre2", "genre3")
