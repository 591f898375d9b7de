"""The block of YAML before a model card: what the Hub reads in it, whatever names a run has."""

from __future__ import annotations

import dataclasses
import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtzan_features.prediction.named_models import PACKAGED
from gtzan_features.reports.card import model_card
from gtzan_features.reports.hub_metadata import Measured, hub_block, without_hub_block
from gtzan_features.reports.scores import score
from gtzan_features.rounding import percent
from gtzan_features.text import one_line
from tests.reports.test_card import MANIFEST, card
from tests.reports.test_scores import predictions

LEAKED = {"leaked": True, "protocol": "segment 5-fold", "protocol_settings": {"protocol": "segment"}}


def metadata(text):
    """Read the block as the Hub does: between the first line and the next that is three dashes."""
    first, block, rest = text.split("---\n", 2)
    assert first == ""
    assert rest.startswith("\n")
    assert rest.lstrip("\n") == without_hub_block(text)
    return yaml.safe_load(block)


def test_figures_are_those_of_the_card_with_their_protocol():
    found = metadata(card())
    best = score(predictions())["mean"]
    (index,) = found["model-index"]
    (result,) = index["results"]
    assert index["name"] == "toy-1"
    assert result["task"]["type"] == found["pipeline_tag"] == "audio-classification"
    data_set = {"type": "own", "name": "toy", "config": "kaggle, 3s rows", "split": "track 5-fold"}
    assert result["dataset"] == data_set
    values = {one["type"]: one["value"] for one in result["metrics"]}
    assert values == {
        "accuracy": pytest.approx(best.metrics.accuracy, abs=5e-5),
        "f1": pytest.approx(best.metrics.macro_f1, abs=5e-5),
    }
    assert found["metrics"] == list(values)
    low, high = 100 * best.interval.low, 100 * best.interval.high
    said = f"Accuracy (track 5-fold, {best.metrics.n} tested, "
    assert result["metrics"][0]["name"].startswith(said)
    assert result["metrics"][0]["name"].endswith(f"; 95 % interval {low:.1f} to {high:.1f} %)")
    assert {"library_name", "license", "tags"} <= set(found)
    assert "datasets" not in found


def test_the_hub_gets_no_leaked_figure():
    found = metadata(card(**LEAKED))
    assert "leaked" in found["tags"]
    assert "model-index" not in found
    assert "leaked" not in metadata(card())["tags"]


@pytest.mark.parametrize(
    ("name", "synthetic", "is_gtzan"),
    [
        ("GTZAN", False, True),
        ("GTZAN (389 of 1000 tracks, Ogg copies)", False, True),
        ("GTZAN", True, False),
        ("GTZANish", False, False),
        ("my music (GTZAN)", False, False),
    ],
)
def test_gtzan_has_its_name_on_the_hub_and_no_other_music_has(name, synthetic, is_gtzan):
    found = metadata(card(dataset=name, synthetic=synthetic))
    assert found.get("datasets", []) == ["marsyas/gtzan"] * is_gtzan
    assert found["model-index"][0]["results"][0]["dataset"]["type"] == (
        "marsyas/gtzan" if is_gtzan else "own"
    )
    assert ("synthetic" in found["tags"]) == synthetic


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_any_name_is_one_text_and_nothing_else(name, model):
    manifest = dataclasses.replace(MANIFEST, dataset=name, model=model, run_id=name)
    test = Measured(
        protocol=name, level="mean", n=4, figures={"accuracy": ("Accuracy", 0.5)}, interval=(0.4, 0.6)
    )
    block = hub_block(manifest, [test], name=name)
    found = metadata(block + "# Card\n")
    assert found["tags"][2] == one_line(model)
    (index,) = found["model-index"]
    assert index["name"] == index["results"][0]["dataset"]["name"] == one_line(name)
    assert set(found) == {"license", "library_name", "pipeline_tag", "tags", "metrics", "model-index"} | (
        {"datasets"} if "datasets" in found else set()
    )
    assert without_hub_block(block + "# Card\n---\nmore\n") == "# Card\n---\nmore\n"


def test_the_card_of_the_model_in_the_package_has_its_figures_under_both_protocols():
    folder = PACKAGED / "gtzan10"
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    found = metadata((folder / "README.md").read_text(encoding="utf-8"))
    assert (found["library_name"], found["license"], found["datasets"]) == ("gtzan", "mit", ["marsyas/gtzan"])
    assert found["pipeline_tag"] == "audio-classification"
    assert found["metrics"] == ["accuracy", "f1"]
    (index,) = found["model-index"]
    assert index["name"] == "gtzan10"
    artist, filtered = index["results"]
    assert [one["dataset"]["split"] for one in (artist, filtered)] == ["artist 3-fold", "fault-filtered"]
    accuracy, f1 = artist["metrics"]
    assert accuracy["value"] == pytest.approx(figures["accuracy"], abs=5e-5)
    assert 0 < f1["value"] < 1
    bounds = " to ".join(percent(figures[name]) for name in ("low", "high"))
    assert accuracy["name"].startswith(f"Accuracy (artist 3-fold, {figures['n_tracks']} tested, ")
    assert accuracy["name"].endswith(f"; 95 % interval {bounds} %)")


@pytest.mark.parametrize("text", ["", "---", "---\n", "# Card\n\n---\n", "---\nno end\n"])
def test_what_is_no_block_stays(text):
    assert without_hub_block(text) == text


def test_the_hubs_own_library_reads_it():
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub reads cards")
    text = model_card(MANIFEST, score(predictions()), 0.99)
    data = hub.ModelCard(text).data
    first, second = data.eval_results
    assert (first.metric_type, second.metric_type) == ("accuracy", "f1")
    assert (data.model_name, first.dataset_split) == ("toy-1", "track 5-fold")
    assert first.is_equal_except_value(first)
    assert hub.ModelCard(card(**LEAKED)).data.eval_results is None
    packaged = hub.ModelCard.load(PACKAGED / "gtzan10" / "README.md").data
    assert packaged.model_name == "gtzan10"
    assert [(one.metric_type, one.dataset_split) for one in packaged.eval_results] == [
        (metric, split) for split in ("artist 3-fold", "fault-filtered") for metric in ("accuracy", "f1")
    ]
