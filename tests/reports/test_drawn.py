"""Which tracks count as one in the figures of a run, and how tables say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.units import track_units
from gtzan_features.evaluation.intervals import accuracy_interval
from gtzan_features.reports.collect import long_table, score_runs
from gtzan_features.reports.drawn import Drawn, exact_tests, frame_tests, frame_words, interval_words, p_title
from gtzan_features.reports.page import write_report
from gtzan_features.reports.paired import length_tests
from gtzan_features.reports.scores import score
from gtzan_features.tables.predictions import ARTIST, PROBABILITY, Predictions
from tests.reports.html.test_parts import run

GENRES = ("blues", "reggae")


def of_gtzan(n_segments, seed=0):
    """Predictions of two genres of GTZAN whose rows are right by chance."""
    tracks = [track for track, genre in gtzan.track_genres().items() if genre in GENRES]
    frame = pd.DataFrame({"track_id": np.repeat(sorted(tracks), n_segments)})
    frame["segment"] = np.tile(np.arange(n_segments), len(tracks))
    frame["fold"] = 0
    frame["genre"] = frame["track_id"].str.partition(".")[0]
    p = np.random.default_rng(seed).uniform(size=len(frame))
    frame[PROBABILITY + "blues"], frame[PROBABILITY + "reggae"] = p, 1 - p
    return Predictions(frame=frame, genres=GENRES)


def renamed(one, name, artist=None):
    """The same predictions of tracks that are called otherwise, where wanted with artists."""
    frame = one.frame.assign(track_id=name(one.frame))
    if artist is not None:
        frame.insert(4, ARTIST, artist)
    return Predictions(frame=frame, genres=one.genres)


def artists_in_facts():
    """Artists of the facts in both genres, and their tracks of whom nobody knows."""
    facts = gtzan.facts()
    facts = facts[facts["genre"].isin(GENRES)]
    return facts["artist_group"].nunique() + int(facts["artist_group"].isna().sum())


@pytest.mark.parametrize("n_segments", [1, 3])
def test_tracks_of_gtzan_count_with_the_artists_of_its_facts(n_segments):
    for level, found in score(of_gtzan(n_segments)).items():
        assert found.interval.n_units == artists_in_facts() < 200, level
        assert found.interval.method == "cluster bootstrap (expanded BCa)"
        assert found.interval.n_rows == len(found.units)


def test_labels_folders_and_nobody_say_who_made_a_track():
    one = of_gtzan(1)
    third = one.frame["track_id"].str[-2:].astype(int) // 3
    in_folder = renamed(one, lambda f: f["genre"] + "/" + third.astype(str) + "/" + f["track_id"])
    by_labels = renamed(one, lambda f: "x" + f["track_id"], third.astype(str))
    unnamed = renamed(in_folder, lambda f: f["track_id"], "")
    plain = renamed(one, lambda f: "x" + f["track_id"])
    # An artist of both genres is a unit in each.
    assert score(in_folder)["track"].interval.n_units == score(by_labels)["track"].interval.n_units == 68
    assert score(in_folder)["track"].interval == score(by_labels)["track"].interval
    for nobody in (unnamed, plain):
        found = score(nobody)["track"]
        assert (found.interval.n_units, found.interval.method) == (200, "Wilson")
        assert found.interval == accuracy_interval(found.correct)


def test_a_track_is_no_artist_and_an_unknown_artist_stands_for_himself():
    assert track_units(["a", "b", "c"], {"a": "b", "b": "", "c": "b"}).tolist() == [
        "artist b",
        "track b",
        "artist b",
    ]
    assert len(set(track_units(["x", "y"]))) == 2


def test_segments_count_with_the_artist_of_their_track():
    one = of_gtzan(2)
    rows, tracks = Drawn.of_rows(one), Drawn.of_tracks(one.tracks, [t.partition(".")[0] for t in one.tracks])
    np.testing.assert_array_equal(rows.units[::2], tracks.units)
    np.testing.assert_array_equal(rows.at(np.arange(1, 400, 2)).genres, tracks.genres)


def test_a_table_of_both_kinds_says_what_draws_artists_and_what_tracks():
    said = interval_words([("artist 3-fold", 948, 412), ("given", 60, 60), ("artist 3-fold", 948, 412)])
    assert said.count("artist 3-fold: 948 tracks, 412 units") == 1
    assert "Wilson's over tracks" in said
    assert "(given: 60 tracks)" in said
    assert "Wilson" not in interval_words([("artist 3-fold", 948, 412)])
    assert "artists within genres" not in interval_words([("given", 60, 60)])


@pytest.mark.parametrize(
    ("counts", "title", "name"),
    [
        ([(9, 9)], "exact McNemar p", "exact McNemar test"),
        ([(9, 5)], "exact p, by artist", "exact sign-flip test by artist"),
        ([(9, 5), (9, 9)], "exact p, by artist or McNemar", "exact sign-flip test by artist (McNemar where"),
    ],
)
def test_a_column_of_tests_says_which_they_are(counts, title, name):
    assert p_title(counts) == title
    assert exact_tests(counts).startswith(name)
    frame = pd.DataFrame(counts, columns=["n_tracks", "ci_units"]).assign(protocol="track 3-fold")
    assert frame_tests(frame) == exact_tests(counts)
    assert frame_words(frame) == interval_words([("track 3-fold", *one) for one in counts])


def runs_of_gtzan():
    found = [run(0.6, segment="30s", dataset="GTZAN"), run(0.6, per_track=3, segment="3s", dataset="GTZAN")]
    for one, n_segments in zip(found, (1, 3), strict=True):
        object.__setattr__(one, "predictions", of_gtzan(n_segments, seed=n_segments))
    return found


def test_a_report_says_under_its_tables_what_is_drawn_and_tests_by_artist(tmp_path):
    scored = score_runs(runs_of_gtzan())
    write_report(scored, tmp_path)
    page = (tmp_path / "accuracy.md").read_text()
    units = artists_in_facts()
    assert "95 % intervals draw artists within genres" in page
    assert f"200 tracks, {units} units" in page
    assert "| exact p, by artist |" in page
    assert "McNemar" not in page
    assert (long_table(scored)["ci_units"] == units).all()
    (test,) = length_tests(scored)
    assert "exact sign-flip by artist p " in test.sentence


def test_a_report_on_music_of_unknown_artists_is_by_track(tmp_path):
    scored = score_runs([run(0.6, segment="30s"), run(0.7, per_track=3, segment="3s")])
    write_report(scored, tmp_path)
    page = (tmp_path / "accuracy.md").read_text()
    assert "Wilson's over tracks" in page
    assert "| exact McNemar p |" in page
    assert "by artist" not in page
