"""Plugins: what is imported when, what is refused, and what other processes get."""

from __future__ import annotations

import pickle
import subprocess
import sys
from textwrap import dedent

import pytest
from joblib.externals.loky.backend.reduction import dumps

from gtzan_features import plugins
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.descriptors.words import columns_in_words
from gtzan_features.errors import ConfigError, ModelError, PluginError
from gtzan_features.models.words import known_model, model_names
from gtzan_features.parallel.carried import with_plugins
from gtzan_features.parallel.isolated import call_isolated
from gtzan_features.parallel.local import local_executor

FEATURE = """
import gtzan_features as gf

@gf.feature(unit="1", description="largest magnitude", source="mine", family="mine")
def loudest_bin(spectra):
    return spectra.magnitude.max(axis=1)
"""
MODEL = """
import gtzan_features as gf
from sklearn.linear_model import RidgeClassifier

gf.register_model("ridge", RidgeClassifier, defaults={"alpha": 2.0}, summary="a ridge")
"""


@pytest.fixture(autouse=True)
def _forgotten():
    with plugins.temporary():
        yield


def written(folder, name, text):
    path = folder / name
    path.write_text(dedent(text))
    return str(path)


def columns_here(name):
    return [column.name for column in sets.columns(FeatureConfig(feature_set=name))]


def fingerprint_of(feature_set):
    return FeatureConfig(feature_set=feature_set).fingerprint()


def test_a_file_adds_columns_alone_and_together_with_a_set(tmp_path):
    plugins.load(written(tmp_path, "some_features.py", FEATURE))
    own = ["loudest_bin_mean", "loudest_bin_var"]
    assert columns_here("loudest_bin") == own
    assert columns_here("kaggle+loudest_bin") == columns_here("kaggle") + own
    assert columns_here("loudest_bin + kaggle:timbre,mine") == columns_here("kaggle:timbre") + own
    for name in ("loudest_bin", "kaggle+loudest_bin", "full+loudest_bin:-blocks"):
        config = FeatureConfig(feature_set=name)
        assert columns_in_words(config) == sets.columns(config)


def test_the_fingerprint_changes_with_the_source_and_those_of_the_package_stay(tmp_path):
    usual = fingerprint_of("kaggle"), fingerprint_of("full")
    path = written(tmp_path, "some_features.py", FEATURE)
    found = []
    for text in (FEATURE, FEATURE.replace("max(", "min(")):
        written(tmp_path, "some_features.py", text)
        with plugins.temporary():
            plugins.load(path)
            found.append(fingerprint_of("kaggle+loudest_bin"))
            assert (fingerprint_of("kaggle"), fingerprint_of("full")) == usual
    assert found[0] != found[1]
    assert usual == ("04ecfebd4427", "ae28f7a32a16"), "those of stored tables and models"
    plugins.load(path)
    stored = FeatureConfig(feature_set="kaggle+loudest_bin", code="0123456789ab")
    assert not stored.is_current


def test_a_model_is_known_by_its_name(tmp_path):
    with pytest.raises(ModelError, match="no model 'ridge'; there are xgboost"):
        known_model("ridge")
    plugins.load(written(tmp_path, "some_models.py", MODEL))
    assert known_model("ridge") == "ridge"
    assert "ridge" in model_names(["all"])
    assert "ridge" not in model_names(["all"], scale="mel")
    with pytest.raises(ModelError, match="Did you mean ridge"):
        known_model("rigde")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\ny = 1 / 0\n", r"ZeroDivisionError: division by zero \(line 2\)"),
        ("def f(:\n", r"SyntaxError: .*\(line 1\)"),
        ("import nowhere_to_be_found\n", r"ModuleNotFoundError: .*\(line 1\)"),
        ("x = 1\n", "adds no feature and no model"),
        (FEATURE.replace("def loudest_bin", "def tempo"), "'tempo': the package uses this name"),
        (FEATURE.replace("def loudest_bin", "def track_id"), "'track_id': the package uses this name"),
        (FEATURE.replace("def loudest_bin", "def Loudest"), "small letters, digits and underscores"),
        (FEATURE.replace('"mine", family', '" ", family'), "source is empty"),
        (FEATURE.replace('family="mine"', 'family="My own"'), "'My own' is not one word"),
        (FEATURE.replace('family="mine"', 'statistics=("mean", "mode")'), "give some of mean, var, std"),
        (FEATURE.replace('family="mine"', 'statistics=("value", "mean")'), "give some of mean, var, std"),
        (FEATURE.replace('family="mine"', "indices=0"), "indices=0: give a number of bands"),
        (MODEL.replace('"ridge"', '"lda"'), "'lda': the package has one of this name"),
        (MODEL.replace('"ridge"', '"my ridge"'), "small letters, digits and -"),
        (MODEL.replace("RidgeClassifier,", "RidgeClassifier(),"), "give a function or a class"),
    ],
)
def test_a_broken_plugin_is_one_line_and_adds_nothing(tmp_path, text, reason):
    path = written(tmp_path, "broken.py", text)
    with pytest.raises(PluginError, match=reason) as told:
        plugins.load(path)
    assert "\n" not in str(told.value)
    assert str(told.value).startswith("plugin broken.py: ")
    assert plugins.names("feature") == plugins.names("model") == ()


def test_what_a_plugin_added_before_it_failed_is_taken_back(tmp_path):
    path = written(tmp_path, "half.py", FEATURE + "\nraise RuntimeError('no luck')\n")
    with pytest.raises(PluginError, match=r"RuntimeError: no luck \(line \d+\)"):
        plugins.load(path)
    assert plugins.find("feature", "loudest_bin") is None


def test_two_plugins_may_not_have_one_name_and_a_module_may_define_its_own_again(tmp_path):
    plugins.load(written(tmp_path, "some_features.py", FEATURE + FEATURE))
    with pytest.raises(PluginError, match=r"some_features.py has one of this name"):
        plugins.load(written(tmp_path, "others.py", FEATURE))
    with pytest.raises(ConfigError, match="choose one of full, kaggle, loudest_bin"):
        columns_here("loudest")


def test_columns_of_one_name_are_refused(tmp_path):
    text = FEATURE.replace("loudest_bin", "rms_mean").replace('family="mine"', 'statistics=("value",)')
    plugins.load(written(tmp_path, "clash.py", text))
    with pytest.raises(ConfigError, match="column 'rms_mean' is of rms and of rms_mean"):
        columns_here("kaggle+rms_mean")


def test_two_sets_that_share_features_are_refused():
    with pytest.raises(ConfigError, match="is in it twice"):
        columns_here("kaggle+full")


def installed(folder, name, text, group):
    """A distribution with an entry point, as pip would install it."""
    module = name.replace("-", "_")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\nany = {module}\n")
    written(folder, f"{module}.py", text)


def test_distributions_are_found_by_entry_points_and_a_broken_one_is_named_where_a_name_is_missing(
    tmp_path, monkeypatch
):
    installed(tmp_path, "gtzan-loud", FEATURE, "gtzan.features")
    installed(tmp_path, "gtzan-broken", "import nowhere_to_be_found\n", "gtzan.features")
    installed(tmp_path, "gtzan-ridge", MODEL, "gtzan.models")
    monkeypatch.syspath_prepend(tmp_path)
    assert len(columns_here("kaggle")) == 57
    assert not {"gtzan_loud", "gtzan_ridge"} & set(sys.modules), "imported only where a name asks for it"
    assert columns_here("loudest_bin") == ["loudest_bin_mean", "loudest_bin_var"]
    assert "gtzan_ridge" not in sys.modules
    assert plugins.described(["loudest_bin"])["feature loudest_bin"].startswith("gtzan-loud ")
    with pytest.raises(ConfigError, match=r"plugin gtzan-broken: ModuleNotFoundError: .*nowhere") as told:
        columns_here("nothing")
    assert "\n" not in str(told.value)
    assert model_names(["all"])[-1] == "ridge"


def test_a_feature_may_have_a_name_of_the_full_set_which_it_then_does_not_go_with(tmp_path):
    plugins.load(written(tmp_path, "flux.py", FEATURE.replace("def loudest_bin", "def spectral_flux")))
    assert columns_here("kaggle+spectral_flux")[57:] == ["spectral_flux_mean", "spectral_flux_var"]
    assert columns_here("spectral_flux") == ["spectral_flux_mean", "spectral_flux_var"]
    with pytest.raises(ConfigError, match="spectral_flux is in it twice. Leave out one"):
        columns_here("full+spectral_flux")
    assert len(columns_here("full")) == 3660


def test_workers_and_processes_of_their_own_have_the_plugins_of_their_parent(tmp_path):
    plugins.load(written(tmp_path, "some_features.py", FEATURE))
    expected = [(columns_here(name), fingerprint_of(name)) for name in ("loudest_bin", "kaggle")]
    for executor in (local_executor(2), local_executor(1)):
        assert list(executor.map(seen, ["loudest_bin", "kaggle"])) == expected
    assert call_isolated(seen, "loudest_bin") == expected[0]


def seen(name):
    return columns_here(name), fingerprint_of(name)


def test_a_process_that_had_another_version_of_a_plugin_imports_it_anew(tmp_path):
    """A pool of workers outlives a notebook's cell: the next one may bring a changed plugin."""
    path = written(tmp_path, "some_features.py", FEATURE)
    for text in (FEATURE, FEATURE.replace("max(", "min(")):
        written(tmp_path, "some_features.py", text)
        with plugins.temporary():
            plugins.load(path)
            assert list(local_executor(2).map(seen, ["loudest_bin"] * 2)) == [seen("loudest_bin")] * 2


def test_a_plugin_that_changes_while_workers_start_is_refused(tmp_path):
    path = written(tmp_path, "some_features.py", FEATURE)
    plugins.load(path)
    pickled = bytes(dumps(with_plugins(seen)))
    written(tmp_path, "some_features.py", FEATURE.replace("max(", "min("))
    with plugins.temporary():
        plugins._forget(plugins.load(path))
        with pytest.raises(PluginError, match="was changed while this command ran"):
            pickle.loads(pickled)


def test_without_plugins_functions_go_as_they_are():
    assert with_plugins(seen) is seen


SCRIPT = """
import numpy as np
import gtzan_features as gf
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.parallel.local import local_executor

@gf.feature(unit="1", description="half of the largest sample", source="mine", statistics=("value",))
def half_peak(spectra):
    return factor * np.abs(spectra.signal).max()

factor = 0.5

def row(config, seed=0):
    signal = np.random.default_rng(seed).standard_normal(30_000).astype(np.float32)
    return float(sets.compute([signal], config)[0, 0]), float(abs(signal).max())

if __name__ == "__main__":
    config = FeatureConfig(feature_set="half_peak")
    here, peak = row(config)
    assert abs(here - peak / 2) < 1e-6
    for value, _ in local_executor(2).map(row, [config, config]):
        assert value == here
    print("equal")
"""


@pytest.mark.parametrize("way", ["script", "prompt"])
def test_what_a_script_or_a_prompt_defines_reaches_workers(tmp_path, way):
    path = written(tmp_path, "script.py", SCRIPT)
    words = [path] if way == "script" else ["-c", SCRIPT]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert done.stdout == "equal\n", done.stderr
