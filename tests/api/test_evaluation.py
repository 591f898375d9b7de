"""gf.evaluate and what it gives, against the command line, scikit-learn and the steps below."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import gtzan_features as gf
from gtzan_features.config import SplitConfig
from gtzan_features.errors import ConfigError, GtzanWarning, ModelError, RunError, SplitError
from gtzan_features.evaluation.comparison import compare as compare_correct
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables.run_folder import read_run
from gtzan_features.training.fit_config import FitConfig
from tests.api.fragments import check_fragment
from tests.conftest import make_table, save_table

PIPE = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5_000))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Tables of three genres: 12 tracks each, three rows a track."""
    where = tmp_path_factory.mktemp("tables")
    save_table(where, make_table(3, 12, 3))
    return where


@pytest.fixture(scope="module")
def table(folder):
    return gf.read_table(folder / "kaggle-3s.parquet")


def quick(model, table, **more):
    return gf.evaluate(model, table, **{"protocol": "track", "folds": 3, "n_jobs": 1, **more})


def files(folder):
    """Bytes of a run's files by name, but for the time."""
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: p.read_bytes() for name, p in sorted(found.items()) if name != "fitted_at.txt"}


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


class TestSplitters:
    def test_folds_are_those_of_the_splitter(self, table):
        result = gf.evaluate("knn", table, protocol=GroupKFold(4), n_jobs=1)
        expected = list(GroupKFold(4).split(table.X, table.y, table.artists))
        fold = result.predictions.set_index(["track_id", "segment"])["fold"]
        keys = pd.MultiIndex.from_frame(table.frame[["track_id", "segment"]])
        found = fold.reindex(keys).to_numpy()
        for number, (_, test) in enumerate(expected):
            assert np.flatnonzero(found == number).tolist() == sorted(test.tolist())
        assert result.protocol == "custom GroupKFold(n_splits=4)"
        assert not result.leaked

    @pytest.mark.parametrize(
        ("splitter", "same"),
        [
            (gf.TrackKFold(3, seed=2), {"protocol": "track", "folds": 3, "seed": 2}),
            (gf.LeakedSegments(4), {"protocol": "segment", "folds": 4}),
        ],
    )
    def test_ours_are_protocols_by_name(self, table, splitter, same):
        a = gf.evaluate("random-forest", table, protocol=splitter, allow_leak=True, n_jobs=1, n_estimators=3)
        b = gf.evaluate("random-forest", table, **same, allow_leak=True, n_jobs=1, n_estimators=3)
        assert a.manifest == b.manifest
        pd.testing.assert_frame_equal(a.predictions, b.predictions)

    def test_our_splitters_and_estimators_give_what_cross_val_score_finds(self, table):
        pipe = make_pipeline(gf.RankNormal(), gf.ShrinkageLDA())
        tracks = table.frame["track_id"].to_numpy()
        to_fit = {"shrinkagelda__groups": tracks}  # as `evaluate` gives them
        scores = cross_val_score(pipe, table.X, table.y, groups=tracks, cv=gf.TrackKFold(3), params=to_fit)
        result = gf.evaluate(pipe, table, protocol=gf.TrackKFold(3), n_jobs=1)
        sizes = result.predictions.groupby("fold").size()
        expected = np.average(scores, weights=sizes)
        assert result.scores.loc["segment", "accuracy"] == pytest.approx(expected)
        assert result.manifest.model == "RankNormal+ShrinkageLDA"

    def test_two_seeds_are_refused(self, table):
        with pytest.raises(ConfigError, match="seed=3 for the model, and for the folds seed=1: give one"):
            gf.evaluate("knn", table, protocol=gf.TrackKFold(3, seed=1), seed=3)

    def test_one_test_part_and_parts_that_were_made_before(self, table):
        splitter = GroupShuffleSplit(1, test_size=0.3, random_state=0)
        one = gf.evaluate("knn", table, protocol=splitter, n_jobs=1)
        parts = list(splitter.split(table.X, table.y, table.groups))
        same = gf.evaluate("knn", table, protocol=parts, n_jobs=1)
        pd.testing.assert_frame_equal(one.predictions, same.predictions)
        assert same.protocol == "custom 1 given parts"

    def test_a_leak_is_found_whatever_makes_it(self, table):
        leaky = KFold(3, shuffle=True, random_state=0)
        with pytest.raises(
            SplitError, match=r"KFold\(n_splits=3.* puts segments of one track .*allow_leak=True"
        ):
            gf.evaluate("knn", table, protocol=leaky, n_jobs=1)
        result = gf.evaluate("knn", table, protocol=leaky, allow_leak=True, n_jobs=1)
        assert result.leaked
        assert result.accuracy > quick("knn", table).accuracy

    def test_what_no_split_can_say_is_refused(self, table):
        with pytest.raises(SplitError, match="tests .* rows more than once"):
            gf.evaluate("knn", table, protocol=ShuffleSplit(5, random_state=0), allow_leak=True)
        with pytest.raises(SplitError, match="part 1 has no genre0 to train on"):
            gf.evaluate("knn", table, protocol=LeaveOneGroupOut().split(table.X, table.y, table.y))
        with pytest.raises(SplitError, match="cannot divide these rows: .*n_splits=99"):
            gf.evaluate("knn", table, protocol=GroupKFold(99))
        with pytest.raises(ConfigError, match="protocol=3 is neither a name nor a splitter"):
            gf.evaluate("knn", table, protocol=3)
        with pytest.raises(ConfigError, match="folds= goes with a protocol by name"):
            gf.evaluate("knn", table, protocol=GroupKFold(3), folds=3)

    def test_a_saved_run_of_a_splitter_is_reported(self, table, tmp_path):
        gf.evaluate("lda", table, protocol=GroupKFold(3), n_jobs=1).save(tmp_path, n_jobs=1)
        (row,) = (
            report(tmp_path, tmp_path / "page", html=True)
            .results.query("aggregation == 'mean'")
            .to_dict("records")
        )
        assert row["protocol"] == "custom GroupKFold(n_splits=3)"
        assert not row["leaked"]


class TestViews:
    def test_a_leak_stands_first_in_every_view(self, table, tmp_path):
        result = quick("knn", table, protocol="segment", allow_leak=True)
        assert result.leaked
        assert repr(result).startswith("LEAKED")
        assert "No accuracy on new music" in repr(result)
        assert re.search(r'gz-title">LEAKED', result._repr_html_())
        assert result.plot_confusion(Figure().subplots()).get_title().startswith("LEAKED")
        assert (result.save(tmp_path, n_jobs=1) / "README.md").read_text().count("LEAKED")
        assert "LEAKED" in result.compare(quick("lda", table, protocol="segment", allow_leak=True)).sentence

    def test_a_result_reads_as_what_it_holds(self, table):
        result = quick("lda", table)
        confusion, found = result.confusion, result.predictions
        assert confusion.to_numpy().sum() == found["track_id"].nunique() == 36
        assert np.trace(confusion) / 36 == pytest.approx(result.accuracy)
        assert result.scores.index.tolist() == ["segment", "vote", "mean", "log-mean"]
        assert result.scores.loc["mean", "accuracy"] == result.accuracy
        assert (result.scores["ci_low"] <= result.scores["accuracy"]).all()
        found["fold"] = -1
        assert (result.predictions["fold"] >= 0).all()

    def test_the_fragment_is_whole_and_asks_for_nothing(self, table):
        result = quick("lda", table)
        check_fragment(result._repr_html_())
        check_fragment(result.compare(quick("knn", table))._repr_html_())
        assert "genre0" in result._repr_html_()

    def test_the_picture_has_the_counts(self, table):
        result = quick("lda", table)
        axes = result.plot_confusion(Figure().subplots())
        drawn = sum(int(text.get_text()) for text in axes.texts)
        assert drawn == 36

    def test_messages_name_keywords(self, table):
        with pytest.raises(ConfigError, match=r"^folds=1: at least 2 are needed"):
            quick("lda", table, folds=1)
        with pytest.raises(ConfigError, match=r"^folds= and holdout= exclude each other"):
            quick("lda", table, holdout=0.5)
        with pytest.raises(SplitError, match=r'Use protocol="artist" or "track", or allow_leak=True'):
            quick("lda", table, protocol="segment")

    def test_what_the_tracks_do_not_allow_is_warned_of(self, table):
        few = table.take(np.isin(table.groups, np.unique(table.groups)[::2]))
        with pytest.warns(GtzanWarning, match="track, 6 folds: genre0 has 6 tracks"):
            gf.evaluate("knn", few, protocol="track", n_jobs=1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            gf.evaluate("knn", few, protocol="track", folds=3, n_jobs=1)

    def test_progress_is_told_to_whoever_asks(self, table):
        steps = []
        quick("lda", table, progress=lambda *step: steps.append(step))
        assert steps == [(n, 3, "lda") for n in range(4)]


class TestComparisons:
    def test_the_test_is_that_of_the_command(self, table, tmp_path):
        a, b = quick("lda", table), quick("knn", table)
        found = a.compare(b)
        command = [sys.executable, "-m", "gtzan_cli", "compare", "--json"]
        runs = [str(one.save(tmp_path, n_jobs=1)) for one in (a, b)]
        done = subprocess.run([*command, *runs], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == found.found.to_dict()
        assert repr(found) == found.sentence
        assert found.difference == pytest.approx(a.accuracy - b.accuracy)

    def test_tracks_of_an_artist_are_one_unit(self):
        made = make_table(2, 12, 1)
        frame = made.frame.copy()
        number = frame.groupby("genre", observed=True)["track_id"].transform(lambda t: pd.factorize(t)[0])
        artist = frame["genre"].astype(str) + "-" + (number // 3).astype(str)
        frame["track_id"] = frame["genre"].astype(str) + "/" + artist + "/" + number.astype(str)
        table = gf.read_table(frame, segments="3s")
        assert len(set(table.artists)) == 8
        a, b = (gf.evaluate(name, table, protocol="artist", n_jobs=1) for name in ("lda", "majority"))
        found = a.compare(b).found
        assert (found.n, found.n_units, found.test) == (24, 8, "exact sign-flip by artist")
        right = [
            one.predictions.set_index("track_id").filter(like="p_").idxmax(axis=1).str[2:]
            == one.predictions.set_index("track_id")["genre"]
            for one in (a, b)
        ]
        artists = pd.Series(table.artists, index=table.frame["track_id"]).reindex(right[0].index)
        genres = made.frame.set_index(frame["track_id"])["genre"].astype(str).reindex(right[0].index)
        expected = compare_correct(
            right[0].to_numpy(), right[1].to_numpy(), artists.to_numpy(), genres.to_numpy()
        )
        assert (found.p_value, found.ci_low) == (expected.p_value, expected.ci_low)

    def test_several_are_corrected_for_their_number(self, table):
        results = [quick(name, table) for name in ("lda", "knn", "majority")]
        found = gf.compare(*results)
        assert len(found) == 3
        single = results[0].compare(results[2])
        pair = found[(found["first"] == "lda") & (found["second"] == "majority")].iloc[0]
        assert pair["p_value"] >= single.p_value
        assert pair["difference"] == single.difference
        assert "corrected by Holm for 3 pairs" in pair["sentence"]
        with pytest.raises(ConfigError, match="1 results: give two or more"):
            gf.compare(results[0])

    def test_an_aggregation_that_is_not_known_is_refused(self, table):
        with pytest.raises(ConfigError, match="aggregation 'median' is not known; there are vote, mean"):
            quick("lda", table).compare(quick("knn", table), aggregation="median")

    def test_other_tracks_are_refused_in_one_line(self, table):
        one, other = quick("lda", table), quick("lda", table, fold=1)
        with pytest.raises(RunError, match=r"tested 12 tracks and .* 36, 12 of them the same") as error:
            one.compare(other)
        assert "\n" not in str(error.value)


class TestAggregate:
    def test_a_results_predictions_give_its_figures(self, table):
        result = quick("lda", table)
        genre = table.tracks["genre"]
        for method in ("vote", "mean", "log-mean"):
            tracks = gf.aggregate(result.predictions, method=method)
            right = (tracks["genre"] == genre.reindex(tracks.index)).mean()
            assert right == pytest.approx(result.scores.loc[method, "accuracy"])
            np.testing.assert_allclose(tracks[["genre0", "genre1", "genre2"]].sum(axis=1), 1)
            assert (tracks["segments"] == 3).all()

    def test_the_mean_is_that_of_pandas(self):
        rng = np.random.default_rng(0)
        p = pd.DataFrame(rng.dirichlet([1, 1, 1], 40), columns=["a", "b", "c"])
        tracks = rng.integers(0, 7, 40)
        found = gf.aggregate(p, tracks)
        pd.testing.assert_frame_equal(
            found[["a", "b", "c"]], p.groupby(tracks).mean(), check_names=False, check_index_type=False
        )
        assert gf.aggregate(p.to_numpy(), tracks)["genre"].map(dict(enumerate("abc"))).equals(found["genre"])

    def test_wrong_input_is_one_clear_line(self):
        with pytest.raises(ConfigError, match="nothing tells the track of each row: give tracks="):
            gf.aggregate([[1.0, 0.0]])
        with pytest.raises(ConfigError, match="tracks= has the shape \\(2,\\) for 1 rows"):
            gf.aggregate([[1.0, 0.0]], ["a", "b"])
        with pytest.raises(ConfigError, match="aggregation 'median' is unknown"):
            gf.aggregate([[1.0, 0.0]], ["a"], method="median")
        with pytest.raises(ModelError, match="holds what is no number"):
            gf.aggregate([["a", "b"]], ["a"])
        with pytest.raises(ModelError, match="has 1 dimensions"):
            gf.aggregate([1.0, 0.0], ["a", "b"])
        with pytest.raises(ModelError, match="sum"):
            gf.aggregate([[1.0, 0.5]], ["a"])
