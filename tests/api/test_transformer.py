"""`AudioFeatures` as scikit-learn has its transformers."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import gtzan_features as gf
from gtzan_features.errors import AudioError, ConfigError
from tests.conftest import SR, tone

NUMBERS = "transforms a table of numbers, which is no list of recordings"
NOT_REFUSED = "wants fit to refuse what is no table of numbers; fit looks at no recording"
COUNTS = "counts the columns of X, which has none"
NO_TABLE = (
    dict.fromkeys(
        (
            "check_dict_unchanged",
            "check_dtype_object",
            "check_estimators_dtypes",
            "check_estimators_pickle",
            "check_f_contiguous_array_estimator",
            "check_fit2d_predict1d",
            "check_fit_idempotent",
            "check_fit_score_takes_y",
            "check_methods_sample_order_invariance",
            "check_methods_subset_invariance",
            "check_pipeline_consistency",
            "check_transformer_data_not_an_array",
            "check_transformer_general",
            "check_transformer_preserve_dtypes",
            "check_transformers_unfitted_stateless",
        ),
        NUMBERS,
    )
    | dict.fromkeys(
        (
            "check_complex_data",
            "check_estimator_sparse_tag",
            "check_estimators_empty_data_messages",
            "check_estimators_nan_inf",
            "check_fit1d",
        ),
        NOT_REFUSED,
    )
    | dict.fromkeys(("check_n_features_in", "check_n_features_in_after_fitting"), COUNTS)
)
"""Of scikit-learn's checks those that do not apply to a transformer of recordings, and why."""


class AsIfOfNumbers(gf.AudioFeatures):
    """Says that it takes a table of numbers: scikit-learn gives no check for what does not."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array = True, False
        return tags


@pytest.fixture
def paths(music) -> list[str]:
    return sorted(str(path) for path in music.rglob("*.wav"))


@parametrize_with_checks([AsIfOfNumbers()], expected_failed_checks=lambda _: NO_TABLE)
def test_scikit_learns_checks_pass_but_for_those_of_tables(estimator, check):
    check(estimator)


def test_its_tags_say_what_it_takes():
    tags = get_tags(gf.AudioFeatures())
    assert (tags.input_tags.two_d_array, tags.input_tags.string, tags.requires_fit) == (False, True, False)


def test_rows_are_those_of_features(paths):
    rows = gf.AudioFeatures(segments="5s").fit_transform(paths)
    frame = gf.features(paths, segments="5s")
    assert rows.dtype == np.float64
    assert np.array_equal(rows, frame.to_numpy(dtype=np.float64))
    assert gf.AudioFeatures(segments="5s", n_jobs=2).transform(paths).tolist() == rows.tolist()


def test_several_segments_are_their_mean_or_refused(paths):
    means = gf.features(paths).groupby("file", sort=False).mean().to_numpy()
    np.testing.assert_allclose(gf.AudioFeatures(segments="3s").transform(paths), means, rtol=1e-6)
    strict = gf.AudioFeatures(segments="3s", gather=None)
    with pytest.raises(
        AudioError, match=r'calm\.0\.wav: gives 2 rows of 3s, and one is wanted: gather="mean'
    ):
        strict.transform(paths)


def test_a_short_recording_is_one_row_over_all_of_it(paths):
    whole = gf.AudioFeatures(segments="30s").transform(paths[:1])
    samples, sr = soundfile.read(paths[0], dtype="float32")
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors import sets

    assert np.array_equal(whole, sets.compute([samples], FeatureConfig()).astype(np.float32).astype(float))
    assert np.array_equal(gf.AudioFeatures(sr=sr).transform([samples]), whole)
    assert np.array_equal(gf.AudioFeatures().transform([(samples, sr)]), whole)


def test_frames_have_names_and_the_index_of_a_series(paths):
    extractor = gf.AudioFeatures(features="kaggle:energy").set_output(transform="pandas")
    series = pd.Series(paths, index=[f"track {i}" for i in range(6)])
    for given in (paths, np.array(paths), np.array(paths, dtype=object), series):
        frame = extractor.fit_transform(given)
        assert list(frame.columns) == ["rms_mean", "rms_var"] == list(extractor.get_feature_names_out())
        assert len(frame) == 6
    assert list(frame.index) == list(series.index)
    polars = pytest.importorskip("polars")
    assert isinstance(extractor.set_output(transform="polars").fit_transform(paths), polars.DataFrame)


def test_it_works_in_pipelines_and_searches_and_is_cloned_and_pickled(paths, tmp_path):
    genres = [path.split("/")[-2] for path in paths]
    pipe = make_pipeline(
        gf.AudioFeatures(features="kaggle:energy,spectral"),
        StandardScaler(),
        LogisticRegression(),
        memory=str(tmp_path / "memory"),
    )
    assert pipe.fit(paths, genres).predict(paths).tolist() == genres
    new = tmp_path / "new.flac"
    soundfile.write(new, tone(7.0, 440.0, seed=99), SR)
    assert pipe.predict([new]).tolist() == pickle.loads(pickle.dumps(pipe)).predict([str(new)]).tolist()
    assert clone(pipe).get_params()["audiofeatures__features"] == "kaggle:energy,spectral"
    scores = cross_val_score(pipe, paths, genres, cv=3)
    assert scores.shape == (3,)
    search = GridSearchCV(pipe, {"audiofeatures__segments": ["3s", "5s"]}, cv=2, error_score="raise")
    assert search.fit(paths, genres).best_params_["audiofeatures__segments"] in ("3s", "5s")
    with config_context(display="diagram"):
        assert "AudioFeatures" in pipe._repr_html_()


def test_from_files_to_genres_by_our_own_estimators(paths):
    genres = np.array([path.split("/")[-2] for path in paths])
    pipe = make_pipeline(gf.AudioFeatures(segments="30s"), gf.RankNormal(), gf.ShrinkageLDA())
    assert pipe.fit(paths, genres).predict(paths).tolist() == genres.tolist()
    pipe.set_output(transform="pandas")
    again = pipe.fit(paths, genres)
    assert list(again[1].get_feature_names_out()) == gf.describe("kaggle")["column"].tolist()
    assert again.predict(paths).tolist() == genres.tolist()


def test_a_bad_file_ends_the_call_with_a_line_that_names_it(paths, tmp_path):
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(AudioError, match=r"text\.wav: corrupt \(.*\)\. Leave it out, or replace it$"):
        gf.AudioFeatures().transform([paths[0], tmp_path / "text.wav"])
    soundfile.write(tmp_path / "silent.wav", np.zeros(4 * SR), SR)
    with pytest.raises(AudioError, match=r"silent\.wav: silent \(every sample is 0\)"):
        gf.AudioFeatures().transform([tmp_path / "silent.wav"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"features": "kagle"}, "feature set 'kagle' does not exist"),
        ({"segments": "three"}, "is not a number of seconds"),
        ({"gather": "median"}, "gather='median' is not known"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_fit(settings, message, paths):
    with pytest.raises(ConfigError, match=message):
        gf.AudioFeatures(**settings).fit(paths)


def test_a_single_path_is_no_list(paths):
    with pytest.raises(ConfigError, match="transform takes a list of recordings"):
        gf.AudioFeatures().transform(paths[0])
