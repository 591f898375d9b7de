"""A table that is larger than memory is refused before it is read."""

from __future__ import annotations

import pytest

from gtzan_features.errors import TableError
from gtzan_features.tables import memory
from gtzan_features.training.load_rows import read_fittable
from tests.conftest import TOY_COLUMNS, make_spectrograms, make_table, save_spectrograms, save_table


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that sets how much memory there is, in kB, and the limit of the control group."""

    def of(available, swap=0, limit="max"):
        (tmp_path / "meminfo").write_text(
            f"MemTotal: 99999999 kB\nMemAvailable: {available} kB\nSwapFree: {swap} kB\nHugePages_Total: 0\n"
        )
        (tmp_path / "limit").write_text(f"{limit}\n")

    monkeypatch.setattr(memory, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_LIMIT", tmp_path / "limit")
    return of


def test_a_table_larger_than_memory_is_refused_before_it_is_read(tmp_path, machine, monkeypatch):
    table = make_table(n_segments=50)
    path = save_table(tmp_path, table)
    n_bytes = len(table.frame) * len(TOY_COLUMNS) * 12 + len(table.frame) * 12  # start_s is a number, too
    assert memory.needed_bytes(path) == n_bytes
    machine(n_bytes // 1024 + 1)
    assert len(read_fittable(path).table.frame) == len(table.frame)
    for lack in (lambda: machine(n_bytes // 1024 - 1), lambda: machine(10**9, limit=n_bytes - 1)):
        lack()
        with monkeypatch.context() as patch:
            patch.setattr("gtzan_features.training.load_rows.read_any_table", lambda *_: pytest.fail("read"))
            with pytest.raises(
                TableError, match=r"a fit on it takes 0\.0 GB of memory at the least, and 0\.0"
            ):
                read_fittable(path)


def test_swap_counts_and_so_do_pixels(tmp_path, machine):
    path = save_spectrograms(tmp_path, make_spectrograms(n_frames=20, n_bands=16))
    assert memory.needed_bytes(path) == 72 * (20 * 16 * 5 + 12)
    machine(1, swap=10**6)
    assert memory.available_bytes() == 1024 * (10**6 + 1)
    read_fittable(path)


def test_where_the_system_does_not_say_or_the_file_is_no_table_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_MEMORY", tmp_path / "missing")
    assert memory.available_bytes() is None
    memory.check_memory(save_table(tmp_path, make_table()))
    (tmp_path / "x.parquet").write_text("no table")
    assert memory.needed_bytes(tmp_path / "x.parquet") == memory.needed_bytes(tmp_path / "none.parquet") == 0
