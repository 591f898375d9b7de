"""Training and validation part together: who is trained on, what a run is called, what is refused."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from gtzan_cli.main import cli

import gtzan_features as gf
from gtzan_features.config import PROTOCOLS, WITH_PARTS, SplitConfig
from gtzan_features.datasets.groups import artist_groups
from gtzan_features.datasets.splits import make_split
from gtzan_features.datasets.training_arrays import duplicate_labels
from gtzan_features.errors import ConfigError
from gtzan_features.reporting.compare import compare_runs
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.reports import protocols
from gtzan_features.reports.protocols import command_for_the_whole, protocol_order
from gtzan_features.tables.feature_tables import table_path
from gtzan_features.tables.run_folder import read_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import make_table, save_table
from tests.datasets.test_splits import copies_of, gtzan_rows, sides

BOTH = "train+valid"


def given_table():
    """Parts as labels name them, two tracks of each artist, one of them in no part; a copy across parts."""
    table = make_table(3, 12, 2)
    number = table.frame.groupby("track_id").ngroup()
    frame = table.frame.copy()
    part = np.array(["train", "train", "valid", "test", "train", ""])[(number % 12) // 2]
    frame.insert(5, "artist", [f"artist {n // 2}" for n in number])
    frame.insert(6, "split", part)
    copy, original = frame["track_id"] == "genre0/track04", frame["track_id"] == "genre0/track06"
    frame.loc[copy, table.feature_names] = frame.loc[original, table.feature_names].to_numpy()
    return dataclasses.replace(table, frame=frame)


def rows_of(protocol):
    """Rows and copies of a protocol's tracks."""
    if protocol != "given":
        rows = gtzan_rows(2)
        return rows, copies_of(rows)
    table = given_table()
    return table.frame, duplicate_labels(table.frame, table.values())


@pytest.mark.parametrize("protocol", WITH_PARTS)
def test_the_union_of_both_parts_is_trained_on_and_nothing_else(protocol):
    rows, copies = rows_of(protocol)
    plain, valid, both = (
        make_split(rows, copies, SplitConfig(protocol=protocol, **more))
        for more in ({}, {"evaluate_on": "valid"}, {"train_on": BOTH})
    )
    ((train, test),), ((_, watched),), ((learned, tested),) = (
        sides(one, rows) for one in (plain, valid, both)
    )
    assert learned == train | watched
    assert watched
    assert tested == test
    assert not learned & tested
    excluded = set(both.frame.loc[both.frame["role"] == "excluded", "track_id"])
    assert excluded == set(plain.frame.loc[plain.frame["role"] == "excluded", "track_id"])
    assert not excluded & (learned | tested)
    labels = copies.reindex(sorted(learned | tested))
    assert not set(labels[sorted(learned)]) & set(labels[sorted(tested)])
    assert both.fingerprint() != plain.fingerprint()


@pytest.mark.parametrize("protocol", ["fault-filtered", "given"])
def test_the_validation_part_brings_no_artist_of_the_test_part(protocol):
    """By groups of Foleis and Tavares, of which the published split, by names, has one in both parts."""
    rows, copies = rows_of(protocol)
    divided = [
        sides(make_split(rows, copies, SplitConfig(protocol=protocol, **more)), rows)
        for more in ({}, {"train_on": BOTH})
    ]
    tracks = rows.drop_duplicates("track_id")
    artists = artist_groups(tracks).set_axis(tracks["track_id"]).dropna()
    (plain, tested), (both, _) = (
        [set(artists.reindex(sorted(side)).dropna()) for side in pair] for (pair,) in divided
    )
    assert both > plain
    assert both & tested == plain & tested
    assert len(plain & tested) == (protocol == "fault-filtered")


@pytest.mark.parametrize("protocol", sorted(set(PROTOCOLS) - set(WITH_PARTS)))
def test_protocols_without_parts_refuse_it(protocol):
    with pytest.raises(
        ConfigError, match=rf"--train-on train\+valid: {protocol} has no validation part; fault"
    ):
        SplitConfig(protocol=protocol, train_on=BOTH)


@pytest.mark.parametrize("protocol", WITH_PARTS)
def test_what_is_trained_on_cannot_be_what_is_tested(protocol):
    with pytest.raises(ConfigError, match="learns from the validation part, which then tests nothing"):
        SplitConfig(protocol=protocol, train_on=BOTH, evaluate_on="valid")
    with pytest.raises(ConfigError, match="--train-on all: choose one of train, train"):
        SplitConfig(protocol=protocol, train_on="all")


@pytest.mark.parametrize("protocol", WITH_PARTS)
@pytest.mark.parametrize("left_out", [0, 3])
def test_a_protocol_is_found_again_by_its_name(protocol, left_out):
    config = SplitConfig(protocol=protocol, train_on=BOTH, min_tracks=left_out)
    found = protocols.tested_by_name(config.name)
    assert (found.kind, found.is_whole, found.learned_from_validation) == (protocol, True, True)
    assert found.about.endswith("The validation part was trained on, too.")
    plain = SplitConfig(protocol=protocol, min_tracks=left_out).name
    assert protocol_order(config.name) < protocol_order(plain)  # the usual one is the headline
    assert not protocols.tested_by_name(plain).learned_from_validation


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs on the given parts: trained on the training part, and on both."""
    root = tmp_path_factory.mktemp("given")
    save_table(root / "features", given_table())
    configs = [SplitConfig(protocol="given"), SplitConfig(protocol="given", train_on=BOTH)]
    done = [
        fit_run(root / "features", root / "runs", FitConfig(model="lda", split=split), n_jobs=1)
        for split in configs
    ]
    return root, *done


def test_it_is_a_run_of_its_own_and_says_so(runs):
    _, plain, both = runs
    one, other = plain.manifest, both.manifest
    assert both.folder.name != plain.folder.name
    assert "given-train-valid" in both.folder.name
    assert other.protocol == "given, train+valid"
    assert "train_on" not in one.protocol_settings  # names of other runs stay
    assert "--train-on train+valid" in other.command
    counts = [int(m.trained_on.rpartition(": ")[2].split()[0]) for m in (one, other)]
    assert counts[1] == counts[0] + 6  # two tracks of each genre
    assert other.trained_on.startswith("the training part of given, train+valid: ")
    card = (both.folder / "README.md").read_text()
    assert "given, train+valid" in card
    assert "The validation part was trained on, too." in card
    assert "The validation part was trained on" not in (plain.folder / "README.md").read_text()
    assert both.sentence.endswith("trained on the validation part, too")
    assert protocols.tested_on(other).learned_from_validation
    split = pd.read_csv(both.folder / "split.csv")
    assert set(split["role"]) == {"train", "test", "excluded"}
    assert "--train-on" not in command_for_the_whole(other, protocol="track")


def test_reports_have_a_row_of_each_and_the_two_can_be_compared(runs, tmp_path):
    root, plain, both = runs
    found = report(root / "runs", tmp_path)
    assert set(found.results["protocol"]) == {"given", "given, train+valid"}
    assert set(found.results["model"]) == {"lda"}
    _, text = compare_runs(plain.folder, both.folder)
    assert text.endswith("They differ in protocol.")


@pytest.mark.filterwarnings("ignore:given, left out:gtzan_features.GtzanWarning")
def test_the_command_repeats_it_and_python_gives_the_same(runs, tmp_path):
    root, _, both = runs
    words = ["fit", "lda", "--tables", str(root / "features"), "--runs", str(tmp_path), "--protocol", "given"]
    done = CliRunner().invoke(cli, [*words, "--train-on", BOTH, "--json", "-j", "1"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)
    (folder,) = tmp_path.iterdir()
    assert folder.name == both.folder.name
    table = gf.read_table(table_path(root / "features", "kaggle", "3s"))
    result = gf.evaluate("lda", table, protocol="given", train_on=BOTH, n_jobs=1)
    assert result.manifest.run_id == both.folder.name
    pd.testing.assert_frame_equal(read_run(folder).predictions.frame, read_run(both.folder).predictions.frame)
    with pytest.raises(ConfigError, match=r'^train_on="train\+valid": track has no validation part'):
        gf.evaluate("lda", table, protocol="track", train_on=BOTH)
    with pytest.raises(ConfigError, match='Leave out evaluate_on="valid"'):
        gf.FaultFiltered(evaluate_on="valid", train_on=BOTH)
