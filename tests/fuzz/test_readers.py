"""Every way in, with inputs that were changed by chance: rows, a status or one clear line, and nothing else.

The same inputs each time, a few hundred a reader; `benchmarks/fuzz.py` reads as many as there is time for.
"""

from __future__ import annotations

import pytest

pytest.importorskip("mutagen", reason="the extra tags is not installed")
pytest.importorskip("starlette", reason="the extra app is not installed")

from tests.fuzz.parent import Job, run_jobs
from tests.fuzz.readers import READERS

SEED = 0
GROUPS = {
    "audio": ("audio", "serve"),
    "tables": ("tables", "csv", "json", "archives"),
    "models": ("models", "runs", "words"),
}
_FEW = {"audio/rows": 30, "serve/answer": 10, "audio/samples by ffmpeg": 10, "models/skops": 15, "runs": 15}
_MANY = 120


def inputs_of(name: str) -> int:
    """As many inputs as take about a second."""
    return _FEW.get(name, _FEW.get(name.partition("/")[0], _MANY))


def _job(name: str) -> Job:
    """The first inputs, which are the seeds as they are; of few, those behind the seeds."""
    n_inputs = inputs_of(name)
    start = 0 if n_inputs == _MANY else _MANY
    return name, SEED, start, start + n_inputs


@pytest.mark.parametrize("group", GROUPS)
def test_no_input_gives_anything_but_rows_a_status_or_one_line(group, tmp_path):
    names = [name for name in READERS if name.partition("/")[0] in GROUPS[group]]
    found = run_jobs([_job(name) for name in names], tmp_path)
    told = [f"{one['reader']} input {one['index']}: {one['what']}\n{one['where']}" for one in found.faults]
    assert not told, "\n\n".join(told[:10])
    assert {name: tally.n_inputs for name, tally in found.tallies.items()} == {n: inputs_of(n) for n in names}
    # Had all been refused, nothing would have been read: the seeds at least are.
    many = [tally for tally in found.tallies.values() if tally.n_inputs == _MANY]
    assert all(len(tally.outcomes) > 1 or "taken" in tally.outcomes for tally in many)


def test_every_reader_is_in_a_group():
    assert {name.partition("/")[0] for name in READERS} == {one for group in GROUPS.values() for one in group}
