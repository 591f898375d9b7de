"""What the Hugging Face Hub reads at the beginning of a model card: YAML between two lines of dashes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gtzan_features.reports.tables import level_name
from gtzan_features.rounding import decimals, percent
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gtzan_features.evaluation.metrics import Metrics

TASK = "audio-classification"
_FENCE = "---"
_GTZAN = "marsyas/gtzan"
"""What GTZAN is called on the Hub."""


class Described(Protocol):
    """What a card is of: the manifest of a run, or the card of a stored model."""

    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def dataset(self) -> str: ...  # noqa: D102
    @property
    def feature_set(self) -> str: ...  # noqa: D102
    @property
    def segment(self) -> str: ...  # noqa: D102
    @property
    def synthetic(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures of one test.

    Attributes
    ----------
    protocol : str
        Such as ``artist 3-fold``.
    level : str
        Level of the figures, such as ``mean``.
    n : int
        Tracks, or rows, that were tested.
    figures : mapping of str to (str, float)
        The Hub's name of each metric; ours, and its value within [0, 1].
    interval : (float, float)
        Bounds of the 95 % interval of the first figure.
    """

    protocol: str
    level: str
    n: int
    figures: Mapping[str, tuple[str, float]]
    interval: tuple[float, float]


def genre_figures(metrics: Metrics) -> dict[str, tuple[str, float]]:
    """Return the figures of a model of genres, as `Measured` has them."""
    return {
        "accuracy": ("Accuracy", metrics.accuracy),
        "f1": ("F1, mean over genres", metrics.macro_f1),
    }


def hub_block(
    about: Described,
    tests: Sequence[Measured],
    *,
    name: str,
    leaked: bool = False,
    license_name: str = "unknown",
) -> str:
    """Return the metadata of a card, to stand before its first line.

    A leaked figure is no accuracy on new music: the Hub, which ranks models by such figures, gets none.

    Parameters
    ----------
    about : Described
        What the card is of.
    tests : sequence of Measured
        What was measured, the most telling first; at least one.
    name : str
        Of the run or the model.
    leaked : bool
        Whether what was tested is known to the model.
    license_name : str
        The Hub's name of the licence; a run's is its owner's to say.
    """
    tags = ["music", "music-genre-classification", about.model, "leaked" * leaked]
    tags.append("synthetic" * about.synthetic)
    content: dict[str, Any] = {
        "license": license_name,
        "library_name": "gtzan",
        "pipeline_tag": TASK,
        "tags": [tag for tag in tags if tag],
        "metrics": list(dict.fromkeys(metric for one in tests for metric in one.figures)),
    }
    if _is_gtzan(about):
        content["datasets"] = [_GTZAN]
    if not leaked:
        content["model-index"] = [{"name": name, "results": [_result(about, one) for one in tests]}]
    return "\n".join([_FENCE, *_lines(content), _FENCE]) + "\n\n"


def without_hub_block(card: str) -> str:
    r"""Return a card as a person reads it: without the block at its beginning, if there is one.

    Examples
    --------
    >>> without_hub_block("---\nlicense: unknown\n---\n\n# Card\n"), without_hub_block("# Card\n")
    ('# Card\n', '# Card\n')
    """
    if not card.startswith(f"{_FENCE}\n"):
        return card
    _, fence, rest = card[len(_FENCE) :].partition(f"\n{_FENCE}\n")
    return rest.lstrip("\n") if fence else card


def _is_gtzan(about: Described) -> bool:
    """Whether the data set is GTZAN, or a part or copy of it."""
    return not about.synthetic and about.dataset.partition(" (")[0] == "GTZAN"


def _result(about: Described, test: Measured) -> dict[str, Any]:
    low, high = (percent(bound) for bound in test.interval)
    measured = f"{test.protocol}, {test.n} tested, {level_name(test.level)}"
    metrics = [
        {
            "type": kind,
            "name": f"{name} ({measured}{f'; 95 % interval {low} to {high} %' if not number else ''})",
            "value": float(decimals(value, 4)),
        }
        for number, (kind, (name, value)) in enumerate(test.figures.items())
    ]
    data_set = {
        "type": _GTZAN if _is_gtzan(about) else "own",
        "name": about.dataset,
        "config": f"{about.feature_set}, {about.segment} rows",
        "split": test.protocol,
    }
    task = {"type": TASK, "name": "Music genre classification"}
    return {"task": task, "dataset": data_set, "metrics": metrics}


def _lines(value: Any, indent: str = "") -> Iterator[str]:  # noqa: ANN401 - mappings, lists and scalars
    """Write a value as YAML: names are ours, texts are quoted as JSON quotes them, which YAML reads alike."""
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, dict | list):
                yield f"{indent}{name}:"
                yield from _lines(one, f"{indent}  ")
            else:
                yield f"{indent}{name}: {_scalar(one)}"
        return
    for one in value:
        if isinstance(one, dict | list):
            first, *others = _lines(one, f"{indent}  ")
            yield f"{indent}- {first.strip()}"
            yield from others
        else:
            yield f"{indent}- {_scalar(one)}"


def _scalar(value: Any) -> str:  # noqa: ANN401
    return json.dumps(one_line(value), ensure_ascii=False) if isinstance(value, str) else json.dumps(value)
