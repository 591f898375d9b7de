"""A pretrained model from rows to its folder, on rows by chance under the names of GTZAN's tracks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features.datasets import gtzan
from gtzan_features.errors import ConfigError, OutputExistsError, SplitError, TableError
from gtzan_features.models.applying.kept_model import load_kept_model
from gtzan_features.prediction.named_models import PACKAGED
from gtzan_features.pretraining import deformed
from gtzan_features.pretraining import pretrain as module
from gtzan_features.pretraining.candidates import (
    LEVEL_COLUMNS,
    Candidate,
    fit_calibrated,
    fit_rule,
    full_candidates,
    kaggle_candidates,
)
from gtzan_features.pretraining.pretrain import KINDS, Places, pretrain
from gtzan_features.pretraining.trial import divided
from gtzan_features.reports.hub_metadata import without_hub_block
from gtzan_features.training.load_rows import in_memory, open_fittable
from tests.conftest import SR, make_table, save_table, tone

LOGISTIC = {"scaling": "standard", "C": 0.1}
QUICK = (
    Candidate(model="logistic-regression", segment="3s", settings=LOGISTIC, level=False),
    Candidate(model="lda", segment="3s", settings={"scaling": "rank"}, level=False),
    Candidate(model="lda", segment="3s", settings={"scaling": "rank"}),
    Candidate(model="lda", segment="30s", settings={"scaling": "standard"}, level=False),
)


def rows(segment, n_segments, seed):
    """Rows of all of GTZAN's tracks, with something of their genre and something of their artist."""
    table = make_table(10, 100, n_segments, segment=segment, dataset="GTZAN", seed=seed, track_spread=1.0)
    names = dict(zip(sorted(table.frame["track_id"].unique()), sorted(gtzan.track_genres()), strict=True))
    table.frame["track_id"] = table.frame["track_id"].map(names)
    table.frame["genre"] = table.frame["track_id"].map(gtzan.track_genres())
    artists = gtzan.facts()["artist_group"].reindex(table.frame["track_id"]).fillna(0).to_numpy(dtype=int)
    table.frame["tempo"] += np.random.default_rng(seed).normal(0, 1, 2_000)[artists].astype(np.float32)
    return table


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    save_table(folder, rows("3s", 2, 1))
    save_table(folder, rows("30s", 1, 1))
    return folder


@pytest.fixture
def quick(monkeypatch):
    kind = dataclasses.replace(KINDS["gtzan10"], candidates=lambda: QUICK)
    monkeypatch.setitem(module.KINDS, "gtzan10", kind)


def places(tmp_path, name="made"):
    return Places(
        tables=tmp_path / "t", work=tmp_path / "w", reports=tmp_path / "reports", out=tmp_path / name
    )


def test_no_artist_is_on_both_sides_anywhere(tables):
    division = divided(open_fittable(tables, "kaggle", "3s"))
    track = division.opened.data.rows["track_id"].to_numpy(dtype=str)
    artist = gtzan.facts()["artist_group"].reindex(track).to_numpy()
    role = gtzan.facts()["fault_filtered"].reindex(track).to_numpy(dtype=str)
    (filtered,) = division.filtered_parts()
    assert set(role[filtered[0]]) == {"train"}
    assert set(role[filtered[1]]) == {"test"}
    assert len(set(track[filtered[1]])) == 290
    parts = [*division.artist_parts(), *division.inner_parts(filtered[0])]
    assert len(parts) == 3 + 4  # a genre has four artists in the training part
    for train, test in parts:
        assert not set(track[train]) & set(track[test])
        assert not set(artist[train][~pd.isna(artist[train])]) & set(artist[test][~pd.isna(artist[test])])
    inner = np.concatenate([np.concatenate(part) for part in division.inner_parts(filtered[0])])
    assert set(inner) == set(filtered[0])


def test_a_model_is_chosen_tested_and_written_with_its_card(tables, tmp_path, quick):  # noqa: ARG001
    made = pretrain("gtzan10", tables, places(tmp_path), n_jobs=1)
    kept = load_kept_model(made.folder)
    figures, found = kept.figures, made.findings
    assert found.chosen in QUICK[:2]
    assert [t.loss for t in found.trials] == sorted(t.loss for t in found.trials)
    assert figures.n_tracks == found.artist.score.metrics.n > 900
    assert figures.accuracy == found.artist.score.metrics.accuracy > 0.2
    assert figures.low < figures.accuracy < figures.high
    assert sum(right for right, _ in figures.genres.values()) == found.artist.score.metrics.n_correct
    assert sum(found.filtered.chosen.values()) == 1
    assert sum(found.artist.chosen.values()) == 3
    text = without_hub_block((made.folder / "README.md").read_text(encoding="utf-8"))
    assert text.splitlines()[0] == figures.headline
    assert "Not tested." in text
    page = made.report.read_text(encoding="utf-8")
    assert page.count("\n| lda, scaling") == 3
    assert kept.card.trained_on == "all 1000 tracks of GTZAN, after the test"
    assert gtzan.facts().loc["jazz.00001", "sha256_wav"] in kept.trained_on
    assert kept.level is None
    assert not LEVEL_COLUMNS & set(kept.seen.columns)
    used = {kept.card.columns[i] for i in kept.estimator.used}
    assert used == set(kept.card.columns) - LEVEL_COLUMNS == set(kept.seen.columns)
    again = pretrain("gtzan10", tables, places(tmp_path, "again"), n_jobs=1)
    for path in made.folder.iterdir():
        assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name


def test_what_cannot_be_made_is_refused_before_any_fit(tables, tmp_path):
    with pytest.raises(ConfigError, match="no pretrained model 'gtzan11' can be made; there are gtzan10, "):
        pretrain("gtzan11", tables, places(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableError, match=r"features_3_sec.csv: is missing. Give the folder of Kaggle's"):
        pretrain("gtzan10", tmp_path / "empty", places(tmp_path))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="holds other files than a model's"):
        pretrain("gtzan10", tables, places(tmp_path, "full"))
    for segment in ("3s", "30s"):
        save_table(tmp_path / "own", make_table(segment=segment))
        whole = rows(segment, 1, 0)
        few = whole.frame[whole.frame["track_id"].str.endswith(("0", "1"))].reset_index(drop=True)
        save_table(tmp_path / "few", dataclasses.replace(whole, frame=few))
    with pytest.raises(TableError, match="'genre0/track00', which is no track of GTZAN. For your own music"):
        pretrain("gtzan10", tmp_path / "own", places(tmp_path))
    with pytest.raises(TableError, match="holds 200 tracks in 10 genres of GTZAN; gtzan10 needs 300"):
        pretrain("gtzan10", tmp_path / "few", places(tmp_path))


def test_candidates_on_the_full_set_are_fitted_as_the_others(tables):
    division = divided(open_fittable(tables, "kaggle", "30s"))
    data = division.training(division.all_rows)
    for candidate in full_candidates():
        rule = fit_rule(candidate, data, division.names)
        assert (rule.predict_proba(data.X).argmax(axis=1) == data.y).mean() > 0.2
    assert len({(c.model, str(c.settings), c.segment, c.level) for c in kaggle_candidates()}) == 32


@pytest.mark.real
def test_the_packaged_model_is_the_one_that_the_command_makes(real_material):
    from gtzan_features.extraction.csv_exchange import read_kaggle

    kept = load_kept_model(PACKAGED / "gtzan10")
    opened = in_memory(read_kaggle(real_material / "features" / "features_3_sec.csv")[0])
    division = divided(opened)
    settings = dict(kept.card.settings)
    level = settings.pop("level_columns")
    chosen = Candidate(model=kept.card.model, segment="3s", settings=settings, level=level)
    assert chosen in kaggle_candidates()
    assert tuple(opened.table.feature_names) == kept.card.columns
    assert opened.data.genres == kept.card.genres
    rule = fit_calibrated(chosen, division.training(division.all_rows), division.names)
    packaged = kept.estimator.arrays()
    np.testing.assert_allclose(rule.arrays()["quantiles"], packaged["quantiles"], rtol=1e-12)
    # Other versions of the optimiser stop elsewhere.
    np.testing.assert_allclose(
        rule.predict_proba(opened.data.X), kept.estimator.predict_proba(opened.data.X), atol=2e-3
    )


def test_tracks_of_too_few_artists_are_refused():
    whole = rows("3s", 1, 0)
    one = gtzan.facts()["artist_group"].reindex(whole.frame["track_id"]).to_numpy() == 1
    few = whole.frame[one | (whole.frame["genre"] != "blues").to_numpy()].reset_index(drop=True)
    assert 0 < (few["genre"] == "blues").sum() < 100
    with pytest.raises(SplitError, match="blues"):
        divided(in_memory(dataclasses.replace(whole, frame=few)))


@pytest.mark.slow
def test_from_audio_to_a_model_with_what_deformed_sound_costs(tmp_path, monkeypatch):
    """The whole of `gtzan10-full`, but with the Kaggle columns, few short tracks and one deformation."""
    facts = gtzan.facts().dropna(subset="artist_fold")
    chosen = []
    for _, of_genre in facts.groupby("genre"):
        train = of_genre[of_genre["fault_filtered"] == "train"].drop_duplicates("artist_group")
        test = of_genre[of_genre["fault_filtered"] == "test"].drop_duplicates("artist_group")
        chosen += [*train.groupby("artist_fold").head(2).index, *test.index[:2]]
    for number, track in enumerate(chosen):
        genre = track.partition(".")[0]
        folder = tmp_path / "audio" / genre
        folder.mkdir(parents=True, exist_ok=True)
        y = tone(6.5, 110.0 * (2 + len(genre)) + number, seed=number)
        soundfile.write(folder / f"{track}.wav", y, SR, subtype="PCM_16")
    kind = dataclasses.replace(KINDS["gtzan10-full"], feature_set="kaggle", candidates=lambda: QUICK[1:3])
    monkeypatch.setitem(module.KINDS, "gtzan10-full", kind)
    for one in (module, deformed):
        monkeypatch.setattr(one, "DEFAULT_SEGMENTS", one.DEFAULT_SEGMENTS[:1])
    monkeypatch.setattr(module, "ENOUGH_TRACKS", 60)
    monkeypatch.setattr(deformed, "DEFORMATIONS", deformed.DEFORMATIONS[5:6])
    made = pretrain(
        "gtzan10-full",
        tmp_path / "audio",
        places(tmp_path),
        deformed=(tmp_path / "audio",),
        n_jobs=1,
    )
    figures = load_kept_model(made.folder).figures
    assert figures.tested_on == ("gain +6 dB",)
    assert figures.deformations["clean"]["changed"] == 0.0
    assert figures.deformations["gain+6"]["changed"] == 0.0
    assert figures.deformations["table"]["n_tracks"] == len(chosen)
    assert figures.deformations["table"]["accuracy"] == figures.deformations["clean"]["accuracy"]
    assert "gain +6 dB" in (made.folder / "README.md").read_text(encoding="utf-8")
