from __future__ import annotations

import dataclasses

import pytest

from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.reports.card import model_card
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
    assert protocol.split()[0] in head.split("\n")[0]
