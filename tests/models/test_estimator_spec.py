"""Any scikit-learn classifier as a model: what scikit-learn itself gives is the reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from gtzan_features.errors import ModelError
from gtzan_features.models.calibration import Tempered
from gtzan_features.models.checked_settings import guarded, probabilities
from gtzan_features.models.choosing.wrappers import with_choices
from gtzan_features.models.estimator_spec import spec_of_estimator
from gtzan_features.models.registry import model_spec
from tests.models.test_models import training


class TakesTracks(ClassifierMixin, BaseEstimator):
    """Notes the tracks that it is given."""

    def fit(self, X, y, groups=None):  # noqa: ARG002
        self.classes_, self.groups_ = np.unique(y), groups
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


class OnlyClasses(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):  # noqa: ARG002
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[:1].repeat(len(X))


def test_the_probabilities_are_those_of_the_estimator_by_itself():
    _, data = training()
    forest = RandomForestClassifier(20)
    spec = spec_of_estimator("mine", forest)
    alone = RandomForestClassifier(20, random_state=7).fit(data.X, data.y)
    np.testing.assert_array_equal(spec.fit(data, {}, 7).predict_proba(data.X), alone.predict_proba(data.X))
    assert forest.random_state is None
    assert not hasattr(forest, "classes_"), "the estimator that was given stays as it is"


def test_a_random_state_that_was_chosen_is_kept_and_an_open_one_in_a_pipeline_is_seeded():
    _, data = training()
    steps = make_pipeline(StandardScaler(), RandomForestClassifier(5))
    spec = spec_of_estimator("steps", steps)
    assert spec.fit(data, {}, 3).steps[-1][1].random_state == 3
    chosen = spec_of_estimator("chosen", RandomForestClassifier(5, random_state=11))
    assert chosen.fit(data, {}, 3).random_state == 11


def test_without_probabilities_one_temperature_is_fitted_as_linear_svm_has_it():
    _, data = training()
    ours = model_spec("linear-svm")
    spec = spec_of_estimator("theirs", make_pipeline(StandardScaler(), LinearSVC(C=0.01)))
    a = ours.fit(data, dict(ours.defaults), 0).predict_proba(data.X)
    np.testing.assert_array_equal(a, spec.fit(data, {}, 0).predict_proba(data.X))
    assert spec.calibrated


def test_without_probabilities_and_with_one_track_of_each_genre_decisions_are_taken():
    from tests.conftest import make_table

    _, data = training(make_table(n_tracks=1))
    spec = spec_of_estimator("ridge", RidgeClassifier())
    p = probabilities(spec.fit(data, {}, 0), data.X, spec, {})
    assert (p.argmax(axis=1) == data.y).mean() > 0.9


@pytest.mark.parametrize("estimator", [TakesTracks(), make_pipeline(StandardScaler(), TakesTracks())])
def test_tracks_are_given_to_a_fit_that_takes_them(estimator):
    _, data = training()
    fitted = spec_of_estimator("tracks", estimator).fit(data, {}, 0)
    last = fitted.steps[-1][1] if hasattr(fitted, "steps") else fitted
    np.testing.assert_array_equal(last.groups_, data.groups)


@pytest.mark.parametrize("cv", [GroupKFold(3), KFold(3, shuffle=True, random_state=0), 3])
def test_a_search_whose_folds_are_of_groups_gets_the_tracks(cv):
    _, data = training()
    grid = GridSearchCV(LogisticRegression(), {"C": [0.01, 1.0]}, cv=cv)
    fitted = spec_of_estimator("grid", grid).fit(data, {}, 0)
    groups = {"groups": data.groups} if isinstance(cv, GroupKFold) else {}
    alone = GridSearchCV(LogisticRegression(random_state=0), {"C": [0.01, 1.0]}, cv=cv)
    alone.fit(data.X, data.y, **groups)
    assert fitted.best_score_ == alone.best_score_


def test_settings_reach_the_estimator_and_unknown_ones_are_not_settable():
    _, data = training()
    spec = spec_of_estimator("mine", RandomForestClassifier(5))
    assert len(spec.fit(data, {"n_estimators": 9}, 0).estimators_) == 9
    assert "n_estimators" in spec.settable()
    assert not {"random_state", "n_jobs", "trees"} & spec.settable()


def made(C=0.5, *, scaled=True):
    model = LogisticRegression(C=C)
    return make_pipeline(StandardScaler(), model) if scaled else model


def test_of_a_function_its_own_keywords_are_settings_and_their_defaults_the_defaults():
    spec = spec_of_estimator("made", made)
    assert spec.defaults == {"C": 0.5, "scaled": True}
    assert spec.settable() == {"C", "scaled"}
    _, data = training()
    assert spec.fit(data, {"C": 3.0}, 0).steps[-1][1].C == 3.0


@pytest.mark.parametrize("factory", [LogisticRegression, lambda **settings: LogisticRegression(**settings)])
def test_of_a_class_and_of_any_keywords_the_parameters_are_settings(factory):
    spec = spec_of_estimator("any", factory)
    assert {"C", "max_iter", "tol"} <= spec.settable()
    assert spec.defaults == {}


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (LinearRegression(), "LinearRegression is no scikit-learn classifier"),
        (OnlyClasses(), "neither predict_proba nor decision_function"),
        ("svm", "str is no scikit-learn estimator"),
        (lambda: 7, "int is no scikit-learn classifier"),
    ],
)
def test_what_is_no_classifier_is_refused_in_one_line(estimator, reason):
    with pytest.raises(ModelError, match=reason) as told:
        spec_of_estimator("odd", estimator)
    assert "\n" not in str(told.value)
    assert str(told.value).startswith("odd: ")


def test_what_divides_rows_once_more_inside_keeps_artists_together_and_calibrates_on_recorded_rows():
    _, data = training()
    rng = np.random.default_rng(0)
    tracks = np.unique(data.groups)
    artist = dict(zip(tracks.tolist(), (rng.permutation(len(tracks)) // 2).tolist(), strict=True))
    apart = np.array([artist[track] for track in data.groups.tolist()])
    data = replace(data, apart=apart, made=rng.random(len(apart)) < 0.2)
    model = Tempered(LogisticRegression())
    found = spec_of_estimator("mine", model).fit(data, {}, 0).inverse_temperature_
    by_hand = clone(model).fit(data.X, data.y, data.groups, apart=apart, made=data.made)
    assert found == by_hand.inverse_temperature_
    assert found != clone(model).fit(data.X, data.y, data.groups).inverse_temperature_


def test_choices_of_every_model_go_with_it():
    _, data = training()
    spec = guarded(with_choices(spec_of_estimator("mine", LogisticRegression())))
    p = spec.fit(data, {"calibrate": True}, 0).predict_proba(data.X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    with pytest.raises(ModelError, match="mine cannot be fitted with these settings.*C=-1"):
        spec.fit(data, {"C": -1}, 0)
