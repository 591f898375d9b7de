"""Which files of tests run first, and which need one set of versions of the dependencies only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = (
    "tests/cli/test_bench.py",
    "tests/bench/test_accuracy.py",
    "tests/docs/test_site.py",
    "tests/cli/test_main.py",
    "tests/descriptors/test_feature_values.py",
    "tests/spectra/test_kernel_speed.py",
    "tests/app/test_page_in_browser.py",
    "tests/test_examples.py",
    "tests/reporting/test_joint_runs.py",
    "tests/kills",
    "tests/fuzz",
    "tests/storage",
    "tests/parallel",
    "tests/docs",
    "tests/audio/test_augment.py",
    "tests/prediction/test_uploaded.py",
    "tests/api/test_evaluation.py",
    "tests/api/test_evaluation_results.py",
    "tests/api/test_evaluation_splitters.py",
    "tests/training",
)
"""Files and folders that take long, the longest first: one that came last would leave a processor idle."""

ONCE = (
    "tests/api/test_model_on_audio.py",
    "tests/cli/test_before.py",
    "tests/cli/test_environment_faults.py",
    "tests/cli/test_odd_music.py",
    "tests/cli/test_predict_library.py",
    "tests/cli/test_progress.py",
    "tests/cli/test_streams.py",
    "tests/contracts",
    "tests/docs",
    "tests/extraction/test_deformed_tables.py",
    "tests/fuzz",
    "tests/kills",
    "tests/models/networks",
    "tests/prediction/test_held_out.py",
    "tests/prediction/test_uploaded.py",
    "tests/reporting/test_joint_runs.py",
    "tests/reporting/test_names.py",
    "tests/reports/html/test_parts.py",
    "tests/reports/test_names.py",
    "tests/test_config.py",
    "tests/test_examples.py",
    "tests/test_package.py",
    "tests/test_release.py",
    "tests/test_sbom.py",
    "tests/training/test_deformed_refused.py",
    "tests/training/test_deformed_rows.py",
    "tests/training/test_deformed_runs.py",
)
"""Files and folders that show what no version of a dependency changes: processes and signals, names, words,
properties of our own kernels and networks, one way against another. Others of the same libraries stay."""


def _place(path: Path, root: Path, listed: Sequence[str]) -> int:
    """Return at which entry of the list a file or its folder stands; the list's length where it does not."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
    found = (at for at, one in enumerate(listed) if name == one or name.startswith(f"{one}/"))
    return next(found, len(listed))


def arrange(root: Path, items: list[pytest.Item]) -> None:
    """Mark what runs once, and put the files that take long at the beginning."""
    places: dict[Path, int] = {}
    for item in items:
        if item.path not in places:
            places[item.path] = _place(item.path, root, FIRST)
        if _place(item.path, root, ONCE) < len(ONCE):
            item.add_marker(pytest.mark.once)
    items.sort(key=lambda item: places[item.path])
