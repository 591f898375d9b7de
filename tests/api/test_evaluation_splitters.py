"""gf.evaluate by splitters: ours, those of scikit-learn, parts that were made before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline

import gtzan_features as gf
from gtzan_features.errors import ConfigError, SplitError
from gtzan_features.reporting.report import report
from tests.api.evaluated import quick


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
