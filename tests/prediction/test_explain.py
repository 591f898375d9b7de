from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import AudioTooShortError, ModelError, TableError
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import spectrograms
from gtzan_features.prediction.explain import Explainer
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import SR, make_spectrograms, save_spectrograms

HZ = {"high": 4000.0, "low": 500.0}
SPLIT = SplitConfig(protocol="track", folds=2)


def chirped(genre, seed, starts=None, seconds=6.2):
    """Noise with half a second of a genre's tone, at random times or at `starts` (s)."""
    rng = np.random.default_rng(seed)
    y = 0.02 * rng.standard_normal(round(seconds * SR))
    t = np.arange(SR // 2) / SR
    for start in starts or (rng.uniform(0, 2.4), rng.uniform(3.1, 5.4)):
        at = round(start * SR)
        y[at : at + len(t)] += 0.2 * np.sin(2 * np.pi * HZ[genre] * t)
    return y.astype(np.float32)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Music whose genres are known by when and where a tone sounds; tables and runs of it."""
    root = tmp_path_factory.mktemp("explain")
    for g, genre in enumerate(HZ):
        (root / "music" / genre).mkdir(parents=True)
        for i in range(10):
            y = chirped(genre, 100 * g + i)
            soundfile.write(root / "music" / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    spectrograms(root / "music", root / "f", n_jobs=2)
    extract(root / "music", root / "f", ExtractConfig(segments=(SegmentConfig(3.0),)), n_jobs=2)
    return root


def run(place, model, *settings, **more):
    config = FitConfig(model=model, settings=settings, split=SPLIT, **more)
    return fit_run(place / "f", place / "runs", config, n_jobs=1).folder


def explain_file(path, folder, tables):
    return Explainer(load_predictor(folder), tables).explain(path)


@pytest.mark.parametrize(("genre", "starts"), [("high", (1.2, 4.7)), ("low", (0.3, 4.1))])
def test_the_decisive_region_of_a_file_is_found(place, tmp_path, genre, starts):
    folder = run(place, "cnn", "filters=24", "epochs=40", "validation=0.3")
    soundfile.write(tmp_path / "new.wav", chirped(genre, 999, starts=starts), SR)
    found = explain_file(tmp_path / "new.wav", folder, place / "f")
    found.save(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes()[:4] == b"\x89PNG"
    assert "gradient × input and occlusion" in found.method
    assert found.agreement > 0.3
    assert found.genre == genre
    times, bands, fall, product = found.table.rows[0]
    low_s, high_s = (float(x) for x in times.removesuffix(" s").split("–"))
    low_hz, high_hz = (float(x) for x in bands.removesuffix(" Hz").split("–"))
    assert any(low_s < start + 0.5 and high_s > start for start in starts)
    assert low_hz / 1.1 <= HZ[genre] <= high_hz * 1.1
    assert float(fall) > 0
    assert float(product) > 0


def test_trees_name_features_and_families(place, tmp_path):
    folder = run(place, "xgboost", "n_estimators=20")
    found = explain_file(place / "music" / "high" / "high.0.wav", folder, tmp_path)
    assert found.genre == "high"
    assert found.method.startswith("TreeSHAP")
    names = [row[0] for row in found.table.rows]
    assert {"family timbre", "family spectral"} <= set(names)
    assert found.agreement is None


def test_other_models_are_explained_by_families(place, tmp_path):
    folder = run(place, "svm")
    file = place / "music" / "low" / "low.0.wav"
    found = explain_file(file, folder, place / "f")
    assert {row[0] for row in found.table.rows} == {"timbre", "spectral", "tonal", "rhythm", "energy"}
    whole = explain_model(folder, place / "f")
    assert "20 rows of the first of 2 folds" in whole.method
    assert float(whole.table.rows[0][1]) >= float(whole.table.rows[-1][1])
    with pytest.raises(TableError, match="no such feature table"):
        explain_file(file, folder, tmp_path)


def test_what_cannot_be_explained_is_refused(place, tmp_path):
    folder = run(place, "mlp", "epochs=3", scale="mel")
    soundfile.write(tmp_path / "short.wav", chirped("low", 1, starts=[0.2], seconds=2.0), SR)
    with pytest.raises(
        AudioTooShortError, match="2.00 s long: too short for this model, whose rows are spectrograms of 3s"
    ):
        explain_file(tmp_path / "short.wav", folder, place / "f")
    with pytest.raises(ModelError, match="is explained for a file: gtzan explain FILE"):
        explain_model(folder, place / "f")
    with pytest.raises(ModelError, match="holds no model"):
        explain_file(tmp_path / "short.wav", tmp_path, place / "f")


def test_networks_of_other_shapes_are_not_confused(place, tmp_path):
    save_spectrograms(tmp_path, make_spectrograms())
    config = FitConfig(model="mlp", settings=("epochs=2",), scale="mel", split=SPLIT)
    folder = fit_run(tmp_path, tmp_path / "runs", config, n_jobs=1).folder
    file = place / "music" / "low" / "low.0.wav"
    with pytest.raises(ModelError, match="trained on spectrograms of another version"):
        explain_file(file, folder, tmp_path)


def test_a_network_that_nothing_can_change_is_explained_without_a_correlation(place, tmp_path):
    """As one that is so sure that its probabilities are 0 and 1."""
    folder = run(place, "mlp", "epochs=1", scale="mel")
    predictor = load_predictor(folder)

    class Sure:
        def __init__(self, network):
            self.network = network

        def standardised(self, X):
            return self.network.standardised(X)

        def probabilities_at(self, Z):
            return np.tile([0.0, 1.0], (len(Z), 1))

        def gradient_at(self, Z, target):  # noqa: ARG002
            return np.zeros(Z.shape)

        def predict_proba(self, X):
            return self.probabilities_at(np.asarray(X))

    sure = dataclasses.replace(
        predictor, kept=dataclasses.replace(predictor.kept, estimator=Sure(predictor.kept.estimator))
    )
    found = Explainer(sure, place / "f").explain(place / "music" / "low" / "low.0.wav")
    assert (found.genre, found.probability, found.agreement) == ("low", 1.0, None)
    assert "no rank correlation: one of them is the same over all" in found.method
    found.save(tmp_path / "picture.png")
