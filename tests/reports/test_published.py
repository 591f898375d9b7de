"""The file of published figures, and the page that sets them beside ours."""

from __future__ import annotations

import csv
import dataclasses
import re
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from gtzan_features.datasets import gtzan
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.own_runs import Part, own_runs
from gtzan_features.reports.published import FAULT_FILTERED, figure, published
from gtzan_features.reports.standing import (
    PAGE,
    RIVAL,
    RIVAL_ON_TEN,
    SIX_GENRES,
    TEST_TRACKS,
    interval_text,
    write_standing,
)
from gtzan_features.rounding import percent
from gtzan_features.tables.predictions import Predictions
from gtzan_features.tables.run_folder import Run
from tests.reports.test_card import MANIFEST

ROLES = gtzan.fault_filtered_roles()
SIX = ("blues", "classical", "country", "jazz", "metal", "rock")
RIVALS = [p for p in published() if p.protocol == FAULT_FILTERED]


def tracks(*roles, genres=gtzan.GENRES):
    return [t for t, role in ROLES.items() if role in roles and t.partition(".")[0] in genres]


def run(tmp_path, name, tested, trained, *, share=0.5, genres=gtzan.GENRES, **changes):
    """A run on GTZAN of which `share` of the tested tracks is right, with its split on the disk."""
    folder = tmp_path / name
    folder.mkdir(parents=True)
    split = [(t, -1, 0, "train") for t in trained] + [(t, -1, 0, "test") for t in tested]
    pd.DataFrame(split, columns=["track_id", "segment", "fold", "role"]).to_csv(
        folder / "split.csv", index=False
    )
    true = [t.partition(".")[0] for t in tested]
    right = np.arange(len(tested)) < round(share * len(tested))
    names = list(genres)
    told = [g if ok else names[names.index(g) - 1] for g, ok in zip(true, right, strict=True)]
    frame = pd.DataFrame({"track_id": tested, "segment": 0, "fold": 0, "genre": true})
    for genre in names:
        frame[f"p_{genre}"] = [0.9 if genre == t else 0.1 / (len(names) - 1) for t in told]
    manifest = dataclasses.replace(
        MANIFEST,
        **{
            "run_id": name,
            "dataset": "GTZAN",
            "synthetic": False,
            "leaked": False,
            "genres": tuple(genres),
            "protocol": "fault-filtered",
            "protocol_settings": {"protocol": "fault-filtered", "evaluate_on": "test"},
            "command": f"gtzan fit {name}",
            **changes,
        },
    )
    return Run(
        folder=folder,
        manifest=manifest,
        predictions=Predictions(frame=frame, genres=tuple(genres)),
        metrics={"train_accuracy": 1.0},
    )


def page(tmp_path, *runs):
    write_standing(score_runs(runs), tmp_path / "out", ROLES)
    return (tmp_path / "out" / PAGE).read_text(encoding="utf-8")


def section(text, title):
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("found", published(), ids=lambda p: f"{p.what} {p.stated}")
def test_each_figure_has_source_protocol_and_range(found):
    assert found.source
    assert found.protocol
    assert 0.3 < found.accuracy < 1
    assert float(found.stated.split()[0]) == pytest.approx(100 * found.accuracy)
    assert found.year is None or 2002 <= found.year <= 2026
    # What was not read in its source stands in the table of what does not compare, and says so.
    assert found.checked or found.protocol != FAULT_FILTERED
    assert found.leaked == ("segments of one track" in found.remarks)


def test_no_figure_stands_twice():
    assert len({(p.model, p.accuracy, p.protocol, p.source) for p in published()}) == len(published())


def valid_row():
    path = files("gtzan_features.reports") / "published.csv"
    with path.open("r", encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": " "}, "no source"),
        ({"protocol": ""}, "no protocol"),
        ({"model": ""}, "no model"),
        ({"accuracy": "101"}, "no percentage"),
        ({"accuracy": "-1"}, "no percentage"),
        ({"accuracy": "nan"}, "no percentage"),
        ({"accuracy": "many"}, "could not convert"),
        ({"kind": "deep"}, "none of learned, hand-crafted"),
        ({"split": ""}, "stated or likely"),
        ({"protocol": "tracks"}, "else empty"),
        ({"trained": ""}, "what was trained"),
        ({"spread": "much"}, "could not convert"),
        ({"year": "long ago"}, "invalid literal"),
    ],
)
def test_a_row_that_lacks_something_is_refused(changes, message):
    assert figure(valid_row()) == published()[0]
    with pytest.raises(ValueError, match=message):
        figure({**valid_row(), **changes})


@pytest.mark.parametrize("found", RIVALS, ids=lambda p: f"{p.what} {p.stated}")
def test_intervals_are_those_of_scipy(found):
    right = round(found.accuracy * TEST_TRACKS)
    wanted = binomtest(right, TEST_TRACKS).proportion_ci(0.95, method="wilson")
    low, high = (float(x) for x in interval_text(found).split("–"))
    assert low == pytest.approx(100 * wanted.low, abs=0.051)
    assert high == pytest.approx(100 * wanted.high, abs=0.051)
    assert abs(right / TEST_TRACKS - found.accuracy) <= 0.5 / TEST_TRACKS


def test_the_split_of_the_page_is_that_of_the_facts():
    assert len(tracks("test")) == TEST_TRACKS == RIVAL_ON_TEN.tracks
    assert len(tracks("train")) == 443
    assert len(tracks("train", "valid")) == 640
    # Of one of the tracks the WAV was missing.
    assert RIVAL.tracks == len(tracks("test", genres=SIX)) == 178
    assert {one.tracks for one in SIX_GENRES} == {177, 178}


def test_the_sentence_says_what_the_tables_have(tmp_path):
    text = page(tmp_path, run(tmp_path, "a", tracks("test"), tracks("train")))
    sentence = " ".join(text.split("\n\n")[1].split())
    of = {p.model: 100 * p.accuracy for p in RIVALS}
    level = [of[name] for name in ("MusiCNN", "VGGish", "Jukebox")]
    assert f"({min(level):.0f} to {max(level):.0f} per cent)" in sentence
    late = [
        100 * p.accuracy
        for p in RIVALS
        if p.year is not None and p.year >= 2024 and p.trained != "nothing" and p.model != "Dasheng base"
    ]
    assert f"({min(late):.0f} to {max(late):.0f})" in sentence
    ours = 100 * SIX_GENRES[0].right / SIX_GENRES[0].tracks
    assert f"{int(min(late) - ours)} to {max(late) - ours:.0f} points under" in sentence
    assert "six of the ten genres" in sentence


def test_the_published_table_is_sorted_and_whole(tmp_path):
    text = page(tmp_path, run(tmp_path, "a", tracks("test"), tracks("train")))
    shown = section(text, "Ten genres, published")
    rows = [line.split(" | ") for line in shown.splitlines() if re.match(r"\| \d", line)]
    figures = [float(row[0].strip("| ").split()[0]) for row in rows]
    assert len(figures) == len(RIVALS)
    assert all(a >= b for a, b in pairwise(figures))
    sources = section(text, "Sources")
    for row in rows:
        assert f"\n{row[-1].strip(' |')}. " in sources
    assert "LEAKED" not in shown
    assert "LEAKED 90.4" in section(text, "Figures that are not comparable")


def test_our_runs_stand_sorted_with_command_and_seed_and_what_they_were_trained_on(tmp_path):
    test = tracks("test")
    low = run(tmp_path, "low", test, tracks("train"), share=0.4, seed=7)
    high = run(tmp_path, "high", test, tracks("train", "valid"), share=0.6, seed=3)
    shown = section(page(tmp_path, low, high), "Ten genres, ours")
    rows = [line for line in shown.splitlines() if re.match(r"\| \d", line)]
    # The interval is the one that all of our figures have.
    wanted = score_runs([high])[0].best.interval
    assert f"| 1 | 60.0 ({percent(wanted.low)}–{percent(wanted.high)}) |" in rows[0]
    assert rows[0].endswith("| train + valid | 3 |")
    assert rows[1].endswith("| train | 7 |")
    assert "# 1\ngtzan fit high\n# 2\ngtzan fit low\n" in shown


def test_runs_on_parts_stand_in_a_table_of_their_own(tmp_path):
    whole = run(tmp_path, "whole", tracks("test"), tracks("train"), share=0.5)
    six = run(
        tmp_path,
        "six",
        tracks("test", genres=SIX),
        tracks("train", genres=SIX),
        share=0.9,
        genres=SIX,
        dataset="GTZAN (591 of 1000 tracks)",
    )
    valid = run(
        tmp_path,
        "valid",
        tracks("valid"),
        tracks("train"),
        share=0.8,
        protocol="fault-filtered (validation part)",
        protocol_settings={"protocol": "fault-filtered", "evaluate_on": "valid"},
    )
    text = page(tmp_path, whole, six, valid)
    ours, parts = (section(text, title) for title in ("Ten genres, ours", "Parts of the split, ours"))
    assert "gtzan fit whole" in ours
    assert "gtzan fit six" not in ours
    assert "gtzan fit valid" not in ours
    assert "gtzan fit whole" not in parts
    assert "| GTZAN (591 of 1000 tracks) | part of the test part | 178 |" in parts
    assert "| GTZAN | VALIDATION PART | 197 |" in parts


FOREIGN = {
    "synthetic": {"synthetic": True},
    "another data set": {"dataset": "FMA"},
    "another protocol": {"protocol": "artist 3-fold", "protocol_settings": {"protocol": "artist"}},
    "leaked": {"leaked": True},
    "leaked by protocol": {"protocol": "segment 5-fold", "protocol_settings": {"protocol": "segment"}},
}


@pytest.mark.parametrize("changes", FOREIGN.values(), ids=FOREIGN.keys())
def test_other_runs_never_appear(tmp_path, changes):
    mine = run(tmp_path, "mine", tracks("test"), tracks("train"))
    other = run(tmp_path, "other", tracks("test"), tracks("train"), share=0.99, **changes)
    text = page(tmp_path, mine, other)
    assert "gtzan fit mine" in text
    assert "gtzan fit other" not in text
    assert "99.0" not in text


def test_runs_on_other_tracks_or_trained_on_the_test_never_appear(tmp_path):
    train, test, valid = (tracks(role) for role in ("train", "test", "valid"))
    on_validation = {"protocol": "fault-filtered", "evaluate_on": "valid"}
    bad = [
        run(tmp_path, "a", test + valid, train),
        run(tmp_path, "b", test, train + test[:1]),
        run(tmp_path, "c", test, train + tracks("excluded")[:1]),
        run(tmp_path, "d", valid, train),
        run(tmp_path, "e", test, train, protocol_settings=on_validation),
        run(tmp_path, "f", valid, train + valid, protocol_settings=on_validation),
    ]
    assert own_runs(score_runs(bad), ROLES) == ((), ())


def test_fewer_training_tracks_are_counted(tmp_path):
    few = run(tmp_path, "few", tracks("test"), tracks("train")[1:])
    none = run(tmp_path, "none", tracks("test"), [])
    whole, parts = own_runs(score_runs([few, none]), ROLES)
    assert {(o.scored.run.manifest.run_id, o.trained, o.part) for o in whole} == {
        ("few", "442 tracks", Part.WHOLE),
        ("none", "not known", Part.WHOLE),
    }
    assert parts == ()


def test_a_page_without_a_run_of_ours_says_so(tmp_path):
    other = run(tmp_path, "other", tracks("test"), tracks("train"), **FOREIGN["another protocol"])
    text = page(tmp_path, other)
    assert "No run of ours under this protocol was found" in section(text, "Ten genres, ours")
    assert "none was found" in text.split("\n## ")[0]
    assert section(text, "Parts of the split, ours") == ""


def test_kaggle_columns_are_told_from_the_set_full(tmp_path):
    kaggle = run(tmp_path, "k", tracks("test"), tracks("train"), feature_set="kaggle")
    full = run(tmp_path, "f", tracks("test"), tracks("train"), feature_set="full")
    assert "**These are Kaggle's 57 columns**" in page(tmp_path, kaggle)
    both = page(tmp_path, kaggle, full)
    assert "Kaggle's 57" not in both
    assert "How `full` does on all ten genres" not in both


def test_without_gtzan_there_is_no_page_and_an_earlier_one_goes(tmp_path):
    page(tmp_path, run(tmp_path, "a", tracks("test"), tracks("train")))
    other = score_runs([run(tmp_path, "b", tracks("test"), tracks("train"), dataset="mine")])
    assert write_standing(other, tmp_path / "out", ROLES) is None
    assert not (tmp_path / "out" / PAGE).exists()
