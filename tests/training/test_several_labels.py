"""From a table of several labels a track to a run folder, its report, and what other commands say of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gtzan_cli.main import run
from sklearn.metrics import average_precision_score, precision_score

from gtzan_features.errors import TableError
from gtzan_features.evaluation.label_aggregate import aggregate_labels
from gtzan_features.models.applying.load import load_model
from gtzan_features.tables.predictions import PROBABILITY, read_predictions, write_predictions
from gtzan_features.tables.run_folder import read_run
from tests.conftest import make_several_table, make_table, save_table

LABELS = ["fast", "genre0", "genre1", "genre2"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Tables of several labels, and runs of two models on them by the command."""
    root = tmp_path_factory.mktemp("several")
    save_table(root / "tables", make_several_table(artists=True))
    save_table(root / "tables", make_several_table(n_segments=1, segment="30s"))
    base = ["--tables", root / "tables", "--runs", root / "runs", "-j", "1", "--folds", "3"]
    assert gtzan("fit", "lda", "majority", "--protocol", "artist", *base) == 0
    assert gtzan("fit", "lda", "-s", "30s", *base) == 0
    return root


def gtzan(*words):
    return run([str(word) for word in words])


def runs_of(world, model="", segment="3s"):
    found = [read_run(path.parent) for path in sorted((world / "runs").glob("*/manifest.json"))]
    return [one for one in found if model in one.manifest.model and one.manifest.segment == segment]


def test_the_run_has_its_labels_and_predictions_that_sum_to_anything(world):
    (one,) = runs_of(world, "lda")
    assert one.manifest.several_labels
    assert list(one.manifest.genres) == list(one.predictions.genres) == LABELS
    assert one.manifest.settings["label_threshold"] == "f1"
    p = one.predictions.probabilities
    assert p.max() <= 1
    assert np.ptp(p.sum(axis=1)) > 0.1
    cells = one.predictions.frame["genre"]
    expected = np.array([[name in cell.split(";") for name in LABELS] for cell in cells])
    np.testing.assert_array_equal(one.predictions.truth, expected)
    assert len(one.predictions.thresholds) == 3
    split = pd.read_csv(one.folder / "split.csv")
    artists = split["track_id"].map(one.predictions.artists)
    assert (split["fold"].groupby(artists).nunique() == 1).all()


def test_figures_are_scikit_learns_on_the_predictions(world, capsys):
    (one,) = runs_of(world, "lda")
    capsys.readouterr()
    assert gtzan("report", "--runs", world / "runs", "-o", world / "reports", "--html", "--json") == 0
    rows = pd.DataFrame(json.loads(capsys.readouterr().out))
    rows = rows[(rows["run_id"] == one.manifest.run_id) & (rows["aggregation"] == "mean")]
    index, predictions = one.predictions.track_index, one.predictions
    tracks = aggregate_labels(predictions.probabilities, index, "mean", predictions.row_thresholds)
    truth = predictions.truth[np.unique(index, return_index=True)[1]]
    whole = rows[rows["label"] == ""].iloc[0]
    found = average_precision_score(truth, tracks.probabilities, average="macro")
    assert whole["macro_average_precision"] == pytest.approx(found)
    assert whole["ci_low"] < found < whole["ci_high"]
    of_labels = rows[rows["label"] != ""].set_index("label")
    for i, label in enumerate(LABELS):
        row = of_labels.loc[label]
        ap = average_precision_score(truth[:, i], tracks.probabilities[:, i])
        assert row["average_precision"] == pytest.approx(ap)
        assert row["precision"] == pytest.approx(precision_score(truth[:, i], tracks.given[:, i]))
    in_csv = pd.read_csv(world / "reports" / "labels.csv", keep_default_na=False)
    assert set(in_csv["label"]) == {"", *LABELS}


def test_pages_show_these_runs_in_tables_of_their_own(world):
    assert gtzan("report", "--runs", world / "runs", "-o", world / "reports", "--html") == 0
    page = (world / "reports" / "index.html").read_text(encoding="utf-8")
    text = (world / "reports" / "accuracy.md").read_text(encoding="utf-8")
    for shown in (page, text):
        assert "several labels a track" in shown
        assert "average precision" in shown
        assert "Confusion matrix" not in shown
    (one,) = runs_of(world, "lda")
    card = (one.folder / "README.md").read_text(encoding="utf-8")
    assert "chosen for the best F1 of each label on tracks of inner folds" in card
    assert "do not sum to one" in card
    assert "ccuracy" not in card.replace("train_accuracy", "")


def test_runs_of_one_genre_stand_beside_them(world, tmp_path, capsys):
    save_table(tmp_path / "tables", make_table(3, 6, 2))
    base = ["--tables", tmp_path / "tables", "--runs", world / "runs", "-j", "1", "--folds", "3"]
    assert gtzan("fit", "knn", *base) == 0
    (plain,) = runs_of(world, "knn")
    (one,) = runs_of(world, "lda")
    assert "several_labels" not in (plain.folder / "manifest.json").read_text()
    assert b"gtzan_label" not in str(pq.read_schema(plain.folder / "predictions.parquet").metadata).encode()
    capsys.readouterr()
    assert gtzan("report", "--runs", world / "runs", "-o", tmp_path / "reports", "--html") == 0
    shown = capsys.readouterr().out
    assert "Per cent right" in shown
    assert "several labels a track" in shown
    assert gtzan("compare", plain.folder, one.folder) == 1
    assert "one genre a track, and the other run several labels" in capsys.readouterr().err
    for path in plain.folder.rglob("*"):
        path.unlink() if path.is_file() else None


def test_two_runs_are_compared_by_average_precision(world, capsys):
    (lda,), (floor,) = runs_of(world, "lda"), runs_of(world, "majority")
    capsys.readouterr()
    assert gtzan("compare", lda.folder, floor.folder) == 0
    shown = capsys.readouterr().out
    assert "lda on kaggle, 3s rows by mean, artist 3-fold is better than majority" in shown
    assert "points of average precision, 95 % interval" in shown
    assert "30 tracks in 15 units (artists), 4 labels" in shown
    assert gtzan("compare", floor.folder, lda.folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["difference"] < found["ci_high"] < 0


def test_the_same_command_gives_the_same_bytes(world, tmp_path):
    (one,) = runs_of(world, "lda", "30s")
    command = one.manifest.command.split()[1:]
    assert gtzan(*command, "--runs", tmp_path, "-j", "1") == 0
    again = tmp_path / one.folder.name
    names = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert names == {path.relative_to(one.folder) for path in one.folder.rglob("*") if path.is_file()}
    for name in names - {next(name for name in names if name.name == "fitted_at.txt")}:
        assert (again / name).read_bytes() == (one.folder / name).read_bytes(), name


def test_the_kept_model_has_its_thresholds(world):
    (one,) = runs_of(world, "lda", "30s")
    card = load_model(one.folder / "model").card
    assert card.several_labels
    assert list(card.genres) == LABELS
    assert len(card.thresholds) == 4
    assert one.metrics["label_thresholds"] == list(card.thresholds)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            ("fit", "mlp"),
            "mlp takes one genre a track, and these tracks may have several labels: fit xgboost",
        ),
        (("fit", "ensemble"), "ensemble takes one genre a track"),
        (("fit", "lda", "--set", "label_threshold=2"), "give a number between 0 and 1, or f1"),
        (("fit", "lda", "--protocol", "segment", "--allow-leak"), "segment is leaked"),
        (("fit", "lda", "--min-tracks", "99"), "--min-tracks 99 leaves 0 of 4 labels"),
        (("tune", "lda"), "tune searches for one genre a track"),
    ],
)
def test_what_cannot_is_refused_in_one_line(world, capsys, words, reason):
    extra = ["--tables", world / "tables"] + (["--runs", world / "no"] if words[0] == "fit" else [])
    capsys.readouterr()
    assert gtzan(*words, *extra, "-j", "1") == 1
    shown = capsys.readouterr().err.strip()
    assert len(shown.splitlines()) == 1
    assert reason in shown


def test_explain_without_a_file_names_the_command(world, capsys):
    (one,) = runs_of(world, "lda", "30s")
    capsys.readouterr()
    assert gtzan("explain", "--model", one.folder, "--tables", world / "tables") == 1
    assert "is explained for a file: gtzan explain FILE --model" in capsys.readouterr().err


def test_a_threshold_is_refused_where_a_track_has_one_genre(tmp_path, capsys):
    save_table(tmp_path, make_table(2, 4, 1))
    assert gtzan("fit", "lda", "--tables", tmp_path, "--set", "label_threshold=0.3", "--folds", "2") == 1
    assert "label_threshold goes with several labels a track" in capsys.readouterr().err


def test_small_labels_are_left_out_and_their_tracks_stay(tmp_path):
    table = make_several_table()
    frame = table.frame
    frame.loc[frame["track_id"] == "genre0/track00", "genre"] = "genre0;odd"
    frame.loc[frame["track_id"] == "genre1/track01", "genre"] = "odd"
    save_table(tmp_path / "tables", replace(table, frame=frame))
    base = ["--tables", tmp_path / "tables", "--runs", tmp_path / "runs", "-j", "1", "--folds", "3"]
    assert gtzan("fit", "majority", "--min-tracks", "3", *base) == 0
    (one,) = runs_of(tmp_path)
    assert list(one.manifest.genres) == LABELS
    cells = one.predictions.frame.drop_duplicates("track_id").set_index("track_id")["genre"]
    assert cells["genre0/track00"] == "genre0"
    assert "genre1/track01" not in cells.index
    assert len(cells) == 29


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f.assign(genre="fast;other"), "the genre 'other', for which it has no probabilities"),
        (lambda f: f.assign(**{PROBABILITY + "fast": 1.5}), "probabilities that are none: within 0 and 1"),
        (lambda f: f.assign(fold=9), "thresholds that do not fit its labels and folds"),
    ],
)
def test_damaged_predictions_are_refused(world, tmp_path, change, reason):
    (one,) = runs_of(world, "lda", "30s")
    path = tmp_path / "predictions.parquet"
    write_predictions(path, replace(one.predictions, frame=change(one.predictions.frame)))
    with pytest.raises(TableError, match=reason):
        read_predictions(path)
    table = pq.read_table(one.folder / "predictions.parquet")
    pq.write_table(table.replace_schema_metadata({b"gtzan_label_thresholds": b"[[1]]"}), path)
    with pytest.raises(TableError, match="thresholds"):
        read_predictions(path)
    assert isinstance(table, pa.Table)


def test_columns_of_a_csv_are_those_of_its_header(world):
    gtzan("report", "--runs", world / "runs", "-o", world / "reports")
    with (world / "reports" / "labels.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert all(len(row) == len(header) for row in rows)


def test_the_list_of_runs_calls_the_figure_by_its_name(world, capsys):
    (one,) = runs_of(world, "lda", "30s")
    capsys.readouterr()
    assert gtzan("runs", "list", "--runs", world / "runs", "--json") == 0
    listed = {Path(run["folder"]).name: run for run in json.loads(capsys.readouterr().out)}
    found = listed[one.folder.name]
    assert found["measure"] == "mean average precision"
    (one.folder / "headline.json").rename(one.folder / "away")
    assert gtzan("runs", "list", "--runs", world / "runs", "--json") == 0
    (one.folder / "away").rename(one.folder / "headline.json")
    again = {Path(run["folder"]).name: run for run in json.loads(capsys.readouterr().out)}[one.folder.name]
    assert again["accuracy"] == found["accuracy"]
