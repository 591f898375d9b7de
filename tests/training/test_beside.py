"""Rows of 3 s with the columns of the 30 s row that each lies in beside their own."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features.audio.segments import around, segment_bounds
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.extraction.extract import extract
from gtzan_features.extraction.row_kinds import ExtractConfig
from gtzan_features.models.save import load_model
from gtzan_features.prediction.explain import Explainer
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.prediction.predict import predict
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.reporting.compare import compare_runs
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.run_folder import read_run
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.load_rows import open_fittable
from tests.conftest import SR, make_table, save_table, tone

THIRTY = SegmentConfig(30.0)
HOLDOUT = SplitConfig(protocol="track", holdout=0.25)


def config(model="lda", **more):
    return FitConfig(model=model, beside=THIRTY, split=SplitConfig(folds=4), **more)


def test_each_row_gets_the_columns_of_its_track(tables):
    both = open_fittable(tables, "kaggle", "3s+30s").table
    short, long = (read_table(tables / f"kaggle-{s}.parquet") for s in ("3s", "30s"))
    assert both.feature_names == [*short.feature_names, *(f"track_{n}" for n in short.feature_names)]
    assert both.meta.segment == "3s+30s"
    of_track = long.frame.set_index("track_id")
    for row in range(0, len(both.frame), 37):
        expected = of_track.loc[both.frame["track_id"][row], long.feature_names].to_numpy(dtype=float)
        np.testing.assert_array_equal(both.values()[row, 8:], expected)
    np.testing.assert_array_equal(both.values()[:, :8], short.values())


@pytest.mark.parametrize("seconds", [20.0, 29.0, 44.0, 46.0, 75.0, 124.0])
def test_a_segment_lies_in_the_row_it_is_put_beside(seconds):
    """Unless the end of a track gives no 30 s row: then it is the last one."""
    n = int(seconds * SR)
    long = segment_bounds(n, THIRTY, SR)
    short = segment_bounds(n, SegmentConfig(3.0), SR)
    if not long:
        return
    for cut, at in zip(short, around([c.start for c in short], [c.start for c in long]), strict=True):
        inside = long[at].start <= cut.start and cut.stop <= long[at].stop
        assert inside or (at == len(long) - 1 and cut.start >= long[at].start)


def test_long_tracks_take_the_row_around_each_segment(tmp_path):
    short = make_table(n_tracks=4, n_segments=25)  # 75 s
    long = make_table(n_tracks=4, n_segments=2, segment="30s")
    long.frame["start_s"] = 30.0 * long.frame["segment"]
    for table in (short, long):
        save_table(tmp_path, table)
    both = open_fittable(tmp_path, "kaggle", "3s+30s").table
    one = both.frame[both.frame["track_id"] == "genre1/track02"]
    rows = long.frame[long.frame["track_id"] == "genre1/track02"]
    expected = rows["tempo"].to_numpy()[[0] * 10 + [1] * 15]
    np.testing.assert_array_equal(one["track_tempo"].to_numpy(), expected)


def test_tracks_without_a_longer_row_are_left_out(tmp_path):
    long = make_table(n_segments=1, segment="30s")
    some = dataclasses.replace(long, frame=long.frame.iloc[3:].reset_index(drop=True))
    save_table(tmp_path, make_table())
    save_table(tmp_path, some)
    opened = open_fittable(tmp_path, "kaggle", "3s+30s")
    assert set(opened.table.frame["track_id"]) == set(some.frame["track_id"])
    assert len(opened.data.y) == len(opened.data.X) == 45 * 5


def test_tables_that_do_not_go_together_are_refused(tmp_path):
    save_table(tmp_path, make_table())
    with pytest.raises(TableError, match="no such feature table; the folder has"):
        open_fittable(tmp_path, "kaggle", "3s+30s")
    long = make_table(n_segments=1, segment="30s")
    meta = dataclasses.replace(long.meta, feature_fingerprint="0" * 12)
    save_table(tmp_path, dataclasses.replace(long, meta=meta))
    with pytest.raises(TableError, match="computed differently from kaggle-3s.parquet"):
        open_fittable(tmp_path, "kaggle", "3s+30s")
    with pytest.raises(ConfigError, match="--beside 3s: give rows longer than 3s"):
        FitConfig(model="lda", beside=SegmentConfig(3.0))
    with pytest.raises(ConfigError, match="without --augment and --scale"):
        FitConfig(model="lda", beside=THIRTY, augment=("noise",))


@pytest.mark.slow
def test_runs_are_named_repeated_compared_and_reported(tables, tmp_path):
    runs = tmp_path / "runs"
    result = fit_run(tables, runs, config("knn"), n_jobs=1)
    m = result.manifest
    assert m.segment == "3s+30s"
    assert "3s-30s" in m.run_id
    assert "--segments 3s --beside 30s" in m.command
    plain = fit_run(tables, runs, dataclasses.replace(config("knn"), beside=None), n_jobs=1)
    assert plain.manifest.split_fingerprint == m.split_fingerprint
    assert compare_runs(result.folder, plain.folder)[0].n == 48
    fit_run(tables, runs, dataclasses.replace(config("knn"), beside=None, segment=THIRTY), n_jobs=1)
    report(runs, tmp_path / "reports", html=True)
    found = pd.read_csv(tmp_path / "reports" / "accuracy.csv")
    assert set(found["segments"]) == {"3s", "30s", "3s+30s"}
    assert "3s+30s (mean) minus 30s" in (tmp_path / "reports" / "accuracy.md").read_text()
    again = fit_run(tables, tmp_path / "again", config("knn"), n_jobs=2)
    assert again.folder.name == result.folder.name
    pd.testing.assert_frame_equal(
        read_run(again.folder).predictions.frame, read_run(result.folder).predictions.frame
    )


def test_families_of_either_length_are_chosen_apart(tables, tmp_path):
    result = fit_run(tables, tmp_path / "runs", config(settings=("families=auto",)), n_jobs=1)
    kept = json.loads((result.folder / "metrics.json").read_text())["families"]["kept"]
    own = {"timbre", "spectral", "tonal", "rhythm", "energy"}
    assert set(kept) <= own | {f"track {name}" for name in own}
    explained = explain_model(result.folder, tables)
    assert {row[0] for row in explained.table.rows} == own | {f"track {name}" for name in own}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two genres of four tracks, one of them of 75 s, and a model of 3 s rows beside those of 30 s."""
    root = tmp_path_factory.mktemp("beside")
    for g, genre in enumerate(("calm", "loud")):
        (root / "music" / genre).mkdir(parents=True)
        for i in range(4):
            y = tone(75.0 if i == 0 else 29.0, 220.0 * (1 + 4 * g) + 20 * i, seed=10 * g + i)
            soundfile.write(root / "music" / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    extract(root / "music", root / "tables", ExtractConfig(), n_jobs=2)
    wanted = FitConfig(
        model="xgboost", settings=("n_estimators=10",), beside=THIRTY, split=HOLDOUT, final=True
    )
    return root, fit_run(root / "tables", root / "runs", wanted, n_jobs=1).folder


def test_files_get_the_probabilities_of_the_table(world):
    root, folder = world
    opened = open_fittable(root / "tables", "kaggle", "3s+30s")
    expected = load_model(folder / "model").predict_proba(opened.table)
    files = [root / "music" / g / f"{g}.{i}.wav" for g in ("calm", "loud") for i in range(4)]
    found = list(predict(files, load_predictor(folder), n_jobs=1))
    assert len(found[0].segments) == 24
    np.testing.assert_allclose(np.concatenate([f.segments for f in found]), expected, atol=1e-6)


def test_a_short_file_has_one_long_row_over_all_of_it(world, tmp_path):
    root, folder = world
    predictor = load_predictor(folder)
    y = tone(8.0, 240.0)
    soundfile.write(tmp_path / "short.wav", y, SR, subtype="FLOAT")
    (found,) = predict([tmp_path / "short.wav"], predictor, n_jobs=1)
    assert len(found.segments) == 2
    pieces = [y[: 3 * SR - 1], y[3 * SR : 6 * SR - 1]]
    own = predictor.recipe.compute(pieces, SegmentConfig(3.0))
    whole = predictor.recipe.compute([y], THIRTY)
    p = predictor.kept.estimator.predict_proba(np.hstack([own, np.vstack([whole, whole])]))
    np.testing.assert_allclose(np.array(found.segments), p, atol=1e-6)
    explained = Explainer(predictor, root / "tables").explain(root / "music" / "calm" / "calm.1.wav")
    assert explained.genre == "calm"
    assert any(row[0].startswith("family track ") for row in explained.table.rows)
