"""A plugin by the command line: from the folder of music to a prediction, and what is said without it."""

from __future__ import annotations

import json

import pytest
from gtzan_cli import main as entry

from gtzan_features import plugins
from tests.test_plugins import installed

FEATURES = """
import numpy as np
import gtzan_features as gf

@gf.feature(unit="1", description="share of a frame's energy below 300 Hz", source="mine", family="mine")
def bass_share(spectra):
    power = spectra.magnitude**2
    last = int(300 * spectra.config.n_fft / spectra.config.sr)
    return power[:, :last].sum(axis=1) / np.maximum(power.sum(axis=1), 1e-12)
"""
MODELS = """
import gtzan_features as gf
from sklearn.ensemble import HistGradientBoostingClassifier

gf.register_model("hist-gb", HistGradientBoostingClassifier, defaults={"max_iter": 5, "min_samples_leaf": 2},
                  summary="boosted histograms", space={"max_leaf_nodes": (4, 15)})
"""


BOTH = ("--plugin", "my_features.py", "--plugin", "my_models.py")


@pytest.fixture
def gtzan(tmp_path, monkeypatch, capfd):
    """Run a command in a folder with both plugins, as a process of its own would; return code and text."""
    (tmp_path / "my_features.py").write_text(FEATURES)
    (tmp_path / "my_models.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        with plugins.temporary():
            code = entry.run([str(word) for word in words])
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def done(gtzan):
    def run(*words):
        code, out, err = gtzan(*words)
        assert code == 0, err
        return out

    return run


@pytest.fixture
def fails(gtzan):
    def run(*words):
        code, out, err = gtzan(*words)
        lines = [line for line in err.splitlines() if line.startswith("Error: ")]
        assert (code, len(lines)) == (1, 1), (out, err)
        return lines[0]

    return run


def test_from_music_to_a_prediction_with_a_feature_and_a_model_of_ones_own(done, fails, music, tmp_path):
    features = ("--features", "kaggle+bass_share", "-s", "3s")
    shown = done(*BOTH, "features", "describe", "--features", "kaggle+bass_share", "--columns")
    (line,) = (one for one in shown.splitlines() if one.startswith("| bass_share_mean |"))
    assert line.startswith("| bass_share_mean | 1 | ")
    assert line.endswith(" | mine | Mean of: share of a frame's energy below 300 Hz | mine |")
    assert "hist-gb" in done(*BOTH, "fit", "--list")
    done(*BOTH, "features", "extract", music, *features, "-j", "2")
    made = tmp_path / "data" / "features" / "kaggle+bass_share-3s.parquet"
    by_two = made.read_bytes()
    done(*BOTH, "features", "extract", music, *features, "-j", "1", "--recompute")
    assert made.read_bytes() == by_two
    run = json.loads(done(*BOTH, "fit", "hist-gb", *features, "--json", "-j", "2"))[0]["run"]
    manifest = json.loads((tmp_path / run / "manifest.json").read_text())
    assert set(manifest["plugins"]) == {"feature bass_share", "model hist-gb"}
    assert manifest["command"].startswith("gtzan --plugin my_features.py --plugin my_models.py fit hist-gb ")
    song, other = music / "calm" / "calm.0.wav", music / "loud" / "loud.0.wav"
    told = json.loads(done(*BOTH, "predict", song, other, "-j", "2", "--json"))
    assert [one["genre"] for one in told["files"]] == ["calm", "loud"]

    needed = fails("predict", song, "--model", run)
    assert "needs the model hist-gb of the plugin my_models.py, which is not loaded" in needed
    assert "gtzan --plugin my_models.py" in needed
    one_of_two = fails("--plugin", "my_models.py", "predict", song, "--model", run)
    assert "needs the feature bass_share of the plugin my_features.py" in one_of_two
    assert "my_features.py" in fails("fit", "knn", *features)

    (tmp_path / "my_features.py").write_text(FEATURES.replace("300 *", "310 *"))
    for words in (("predict", song, "--model", run), ("fit", "knn", *features)):
        assert "computed before my_features.py was changed" in fails(*BOTH, *words)
    assert "--overwrite to replace it" in fails(*BOTH, "features", "extract", music, *features)
    done(*BOTH, "features", "extract", music, *features, "--overwrite")
    assert made.read_bytes() != by_two


def test_settings_of_a_plugins_model_are_checked_and_searched(done, fails, music, tmp_path):
    done("features", "extract", music, "-s", "3s")
    words = ("--plugin", "my_models.py")
    assert "hist-gb has no setting 'trees'; it has" in fails(*words, "fit", "hist-gb", "--set", "trees=3")
    assert "hist-gb cannot be fitted with these settings" in fails(
        *words, "fit", "hist-gb", "--set", "max_iter=-3", "--holdout", "0.5"
    )
    found = json.loads(done(*words, "tune", "hist-gb", "--trials", "1", "-j", "1", "--json"))
    assert found["command"].startswith("gtzan --plugin my_models.py fit hist-gb ")
    one = ("fit", "hist-gb", "--holdout", "0.5", "--json")
    runs = [json.loads(done(*words, *one))[0]["run"] for _ in range(2)]
    (tmp_path / "my_models.py").write_text(MODELS + "# changed\n")
    again = json.loads(done(*words, "tune", "hist-gb", "--trials", "1", "-j", "1", "--json"))
    assert runs[0] == runs[1] != json.loads(done(*words, *one))[0]["run"], "another source is another model"
    assert again["study"] != found["study"]


def test_a_plugin_whose_feature_fails_is_refused_before_any_file_is_read(fails, music, tmp_path):
    (tmp_path / "wrong.py").write_text(FEATURES.replace("axis=1)", "axis=3)"))
    told = fails("--plugin", "wrong.py", "features", "extract", music, "--features", "bass_share")
    assert "feature bass_share: AxisError" in told
    (tmp_path / "wrong.py").write_text(FEATURES.replace("1e-12)", "1e-12) * np.nan"))
    told = fails("--plugin", "wrong.py", "features", "extract", music, "--features", "bass_share")
    assert "feature bass_share: gave values that are not finite" in told


def test_a_plugin_that_is_not_there_is_said_in_one_line(fails):
    assert "nothere.py: no such file" in fails("--plugin", "nothere.py", "fit", "--list")
    assert "there is no module nothere" in fails("--plugin", "nothere", "fit", "--list")
    assert "no model 'hist-gb'" in fails("fit", "hist-gb")
    assert "A feature of your own: --plugin FILE.py" in fails("features", "describe", "--features", "bass")


def test_a_broken_distribution_is_named_in_the_list_and_disturbs_nothing_else(gtzan, tmp_path, monkeypatch):
    installed(tmp_path, "gtzan-broken", "import nowhere_to_be_found\n", "gtzan.models")
    installed(tmp_path, "gtzan-hist", MODELS, "gtzan.models")
    monkeypatch.syspath_prepend(tmp_path)
    code, out, err = gtzan("fit", "--list")
    assert code == 0
    assert "hist-gb" in out
    (line,) = err.splitlines()
    assert line.startswith("plugin gtzan-broken: ModuleNotFoundError: No module named 'nowhere_to_be_found'")
    assert gtzan("features", "describe", "--features", "kaggle")[2] == ""
