"""What the shell proposes for a word: runs, models and feature sets by their names, without heavy imports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from gtzan_features.config import FEATURE_SETS, RUNS_DIR
from gtzan_features.presets import PRESETS

if TYPE_CHECKING:
    from collections.abc import Iterable


class RunName(click.Path):
    """A run or a model: a folder, or a name that `prediction.model_names` knows."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return short names of runs and names of models; folders where none fits."""
        from gtzan_features.prediction.model_names import known_names

        runs_dir = Path(ctx.params.get("runs") or ctx.params.get("runs_dir") or RUNS_DIR)
        return _fitting(known_names(runs_dir), incomplete) or super().shell_complete(ctx, param, incomplete)


RUN = RunName()


def complete_models(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of ``gtzan fit --list``."""
    from gtzan_features.training.model_list import all_words

    return _fitting([*all_words(), "all"], incomplete)


def complete_feature_sets(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the feature sets of the package."""
    return _fitting([*FEATURE_SETS, *PRESETS], incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
