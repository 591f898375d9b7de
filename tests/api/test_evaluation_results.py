"""What gf.evaluate gives: views, comparisons, aggregation."""

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

import gtzan_features as gf
from gtzan_features.errors import ConfigError, GtzanWarning, ModelError, RunError, SplitError
from gtzan_features.evaluation.comparison import compare as compare_correct
from tests.api.evaluated import quick
from tests.api.fragments import check_fragment
from tests.conftest import make_table


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
        texts = [text.get_text() for text in axes.texts]
        assert sum(int(text) for text in texts if not text.endswith("%")) == 36
        matrix, recalls = result.confusion, [text for text in texts if text.endswith("%")]
        right = np.diagonal(matrix) / np.asarray(matrix).sum(axis=1)
        assert recalls == [f"{100 * one:.0f} %" for one in right]

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
