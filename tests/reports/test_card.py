from __future__ import annotations

import dataclasses
import re

import pytest

from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.reports.card import model_card
from gtzan_features.reports.hub_metadata import without_hub_block
from gtzan_features.reports.scores import score
from gtzan_features.tables.run_folder import RunManifest
from tests.reports.test_scores import predictions

MANIFEST = RunManifest(
    run_id="toy-1",
    command="gtzan fit svm --segments 3s",
    model="svm",
    settings={"C": 10.0},
    seed=0,
    dataset="toy",
    synthetic=False,
    feature_set="kaggle",
    feature_fingerprint="abc",
    segment="3s",
    table_origin="audio",
    table_sha256="0" * 64,
    n_tracks=4,
    n_rows=8,
    genres=("jazz", "rock"),
    protocol="track 5-fold",
    protocol_settings={"protocol": "track"},
    leaked=False,
    split_fingerprint="def",
    n_folds=5,
    trained_on="all 4 tracks",
    versions={"numpy": "2"},
)


def card(faults=(), **changes):
    return model_card(dataclasses.replace(MANIFEST, **changes), score(predictions()), 0.99, faults)


def test_every_section_of_a_model_card_is_there():
    text = card()
    for heading in ("Model", "Data", "Protocol", "Figures", "Intended use", "Limits", "Repeat it"):
        assert f"\n## {heading}\n" in text
    best = score(predictions())["mean"]
    assert f"**{100 * best.metrics.accuracy:.1f} ({100 * best.interval.low:.1f}" in text
    assert "LEAKED" not in text
    assert "SYNTHETIC" not in text
    assert "Known faults" not in text
    assert "gtzan fit svm --segments 3s" in text


def test_leaked_and_synthetic_runs_say_so_first():
    text = card(
        leaked=True, synthetic=True, protocol="segment 5-fold", protocol_settings={"protocol": "segment"}
    )
    head = text.split("## Model")[0]
    assert "**LEAKED.**" in head
    assert "**SYNTHETIC.**" in head
    assert "Leaked accuracy: **" in head
    assert "Teaching and tests only." in text


def test_the_faults_of_gtzan_are_counted_from_the_facts():
    text = card(faults=known_faults("GTZAN"))
    assert "Known faults of toy" in text
    assert "the fault-filtered split leaves out 70 tracks" in text
    assert "the artist of 81 tracks is not known" in text
    assert known_faults("GTZAN (six genres)") == ()
    assert known_faults("GTZAN (389 of 1000 tracks, Ogg copies)") == ()
    assert known_faults("GTZAN (Ogg copies)") == known_faults("GTZAN")


@pytest.mark.parametrize(
    ("protocol", "settings", "mark"),
    [
        ("artist fold 2 of 3", {"protocol": "artist", "only": 2}, "**ONE FOLD OF 3.**"),
        ("artist fold 2 of 3", {}, "**ONE FOLD OF 3.**"),
        ("fault-filtered (validation part)", {"evaluate_on": "valid"}, "**VALIDATION PART.**"),
        ("track 70/30", {"protocol": "track", "holdout": 0.3}, ""),
        ("fault-filtered", {"protocol": "fault-filtered"}, ""),
    ],
)
def test_a_card_names_the_features_and_marks_a_part_of_a_protocol(protocol, settings, mark):
    text = card(protocol=protocol, protocol_settings=settings, n_folds=1)
    head = text.split("## Model")[0]
    assert "kaggle features, " in head
    assert (mark in head) if mark else ("> **" not in head)
    assert protocol.split()[0] in without_hub_block(head).split("\n")[0]


RATES = {
    "asked": 0.05,
    "folds": 3,
    "n_nameless": 0,
    "genres": ("jazz", "rock"),
    "tracks": (40, 60),
    "rejected": (4, 1),
    "detected": (30, 15),
}


@pytest.mark.parametrize(
    ("nameless", "words"),
    [
        (0, "The folds keep artists whole."),
        (7, "whole, but for 7 tracks whose artist is not known."),
        (100, "No artist is known: the folds keep tracks whole"),
    ],
)
def test_the_rule_for_unlike_music_comes_with_its_errors(nameless, words):
    scores = score(predictions())
    text = model_card(MANIFEST, scores, 0.99, unlike=RATES | {"n_nameless": nameless})
    assert "3 inner folds of 100 training tracks" in text
    assert "5.0 (2.2–11.2) % are rejected" in text  # Wilson's interval of 5 of 100
    assert "is left out of the rule 50.0 %, the mean over the genres" in text  # of 75 % and 25 %
    assert "| rock | 60 | 1.7 (0.3–8.9) | 25.0 (15.8–37.2) |" in text
    assert words in text
    assert "it gives a genre for speech and noise too" not in text


def test_errors_of_the_rule_are_over_artists_where_it_kept_them():
    counts = [(0, 10, 4, 10), (0, 30, 0, 20), *[(1, 2, 0, 1)] * 14, (1, 32, 1, 1)]
    plain = model_card(MANIFEST, score(predictions()), 0.99, unlike=RATES)
    text = model_card(MANIFEST, score(predictions()), 0.99, unlike=RATES | {"by_artist": tuple(counts)})
    assert "inner folds: 100 tracks, 17 units" in text
    assert "inner folds: 100 tracks)" in plain
    cell = re.compile(r"\| jazz \| 40 \| 10.0 \((\S+)–(\S+)\) \|")
    jazz, own = (cell.search(one) for one in (plain, text))
    assert float(own[2]) - float(own[1]) > 2 * (float(jazz[2]) - float(jazz[1]))


def test_a_model_without_the_rule_says_so():
    assert "This model has no rule for music unlike the training music" in card()
    assert "it gives a genre for speech and noise too" in card()
    scores = score(predictions())
    assert "## None of these" not in model_card(MANIFEST, scores, 0.99, stored=False)
