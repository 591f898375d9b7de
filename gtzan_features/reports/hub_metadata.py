"""What the Hugging Face Hub reads at the beginning of a model card: YAML between two lines of dashes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gtzan_features.reports.tables import level_name
from gtzan_features.rounding import decimals, percent
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gtzan_features.tables.run_folder import RunManifest

TASK = "audio-classification"
_FENCE = "---"
_GTZAN = "marsyas/gtzan"
"""What GTZAN is called on the Hub."""


def hub_block(
    manifest: RunManifest,
    figures: Mapping[str, tuple[str, float]],
    *,
    level: str,
    n: int,
    interval: tuple[float, float],
    leaked: bool,
) -> str:
    """Return the metadata of a run's card, to stand before its first line.

    A leaked figure is no accuracy on new music: the Hub, which ranks models by such figures, gets none.

    Parameters
    ----------
    manifest : RunManifest
        What the run did.
    figures : mapping of str to (str, float)
        The Hub's name of each metric; ours, and its value within [0, 1].
    level : str
        Level of the figures, such as ``mean``.
    n : int
        Tracks, or rows, that were tested.
    interval : (float, float)
        Bounds of the 95 % interval of the first figure.
    leaked : bool
        Whether what was tested is known to the model.
    """
    tags = ["music", "music-genre-classification", manifest.model, "leaked" * leaked]
    tags.append("synthetic" * manifest.synthetic)
    content: dict[str, Any] = {
        "license": "unknown",
        "library_name": "gtzan",
        "pipeline_tag": TASK,
        "tags": [tag for tag in tags if tag],
        "metrics": list(figures),
    }
    if _is_gtzan(manifest):
        content["datasets"] = [_GTZAN]
    if not leaked:
        content["model-index"] = [
            {"name": manifest.run_id, "results": [_result(manifest, figures, level, n, interval)]}
        ]
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


def _is_gtzan(manifest: RunManifest) -> bool:
    """Whether the data set is GTZAN, or a part or copy of it."""
    return not manifest.synthetic and manifest.dataset.partition(" (")[0] == "GTZAN"


def _result(
    manifest: RunManifest,
    figures: Mapping[str, tuple[str, float]],
    level: str,
    n: int,
    interval: tuple[float, float],
) -> dict[str, Any]:
    low, high = (percent(bound) for bound in interval)
    measured = f"{manifest.protocol}, {n} tested, {level_name(level)}"
    metrics = [
        {
            "type": kind,
            "name": f"{name} ({measured}{f'; 95 % interval {low} to {high} %' if not number else ''})",
            "value": float(decimals(value, 4)),
        }
        for number, (kind, (name, value)) in enumerate(figures.items())
    ]
    data_set = {
        "type": _GTZAN if _is_gtzan(manifest) else "own",
        "name": manifest.dataset,
        "config": f"{manifest.feature_set}, {manifest.segment} rows",
        "split": manifest.protocol,
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
