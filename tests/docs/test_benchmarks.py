"""The index of the benchmarks is whole, and the comparison with other extractors says what was measured."""

import importlib
from pathlib import Path

import pytest

from gtzan_features.descriptors.full import FULL
from gtzan_features.descriptors.registry import KAGGLE

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """A module of the folder by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


@pytest.mark.parametrize(
    "path", sorted({*FOLDER.glob("*.*")} - {FOLDER / "README.md"}), ids=lambda path: path.name
)
def test_the_index_names_every_script_and_page(path):
    assert path.name == "README.md" or path.name in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_each_peer_has_an_environment_an_extractor_and_features_that_exist(script):
    peers, extractors = script("peer_list"), script("peer_extractors").EXTRACTORS
    ours = {spec.name for spec in (*KAGGLE, *FULL)}
    environments = {one.name for one in peers.ENVIRONMENTS}
    for peer in peers.PEERS:
        assert peer.environment in environments
        assert peer.extractor in extractors
        assert set(peer.shared) <= ours
        assert len(set(peer.shared)) == len(peer.shared)
    assert {peer.environment for peer in peers.PEERS} == environments


def sides(module, theirs, ours):
    """Results of the first peer, whose rows from WAV take so many seconds; all else is equal."""
    result = module.Result(module.PEERS[0])
    for side, wav in ((result.theirs, theirs), (result.ours, ours)):
        side.wav, side.mp3, side.cores, side.first = wav, [1.0] * len(wav), [1.0], [1.0]
    return result


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ([0.01, 0.02, 0.05], "2.00 times as fast from WAV (20.0 against 40.0 ms)"),
        ([0.04, 0.04, 0.04], "none is faster by more than 5 %"),
        ([0.08, 0.08, 0.08], "none is faster by more than 5 %"),
    ],
)
def test_the_page_says_where_a_peer_is_ahead_and_by_how_much(script, theirs, said):
    module, report = script("peers"), script("peer_report")
    text = report.page([sides(module, theirs, [0.04, 0.04, 0.04])], 3)
    assert said in text
    assert "No peer gives the first row of a new process sooner" in text


def test_a_peer_that_cannot_be_installed_is_named_with_the_reason(script, tmp_path):
    module, report = script("peers"), script("peer_report")
    absent = module.Environment(name="sonara", package="sonara", version="0", least=(99, 0))
    found = module.measured(absent, tmp_path, None, [], [])
    assert found
    assert "needs Python 99.0: give --python312" in report.page(found, 1)
