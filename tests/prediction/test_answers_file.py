"""Files of answers: whatever a path holds comes back, and whatever a kill leaves is put right."""

from __future__ import annotations

import csv
import errno
import json
import os
import random
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from gtzan_features.errors import ConfigError, OutputExistsError, OutputLockedError
from gtzan_features.prediction.answers import (
    Stamp,
    columns_of,
    path_in,
    row_of,
    stamp_of,
    warning_kind,
)
from gtzan_features.prediction.answers_file import checked_out, open_answers, read_answers
from gtzan_features.prediction.predict import FilePrediction
from gtzan_features.tables.locking import output_lock
from tests.nasty import NAMES, NFC, UNDECODABLE

GENRES = ("calm", "=loud", "a; b", 'q"u')
COLUMNS = columns_of(GENRES)
BY = "xgboost 0123456789ab mean"
FORMATS = ("csv", "jsonl", "parquet")

KINDS = {
    "answer": FilePrediction(
        path="",
        genre="calm",
        genres=GENRES,
        probabilities=(0.5, 0.25, 0.125, 0.125),
        ranking=GENRES,
        segments=((0.5, 0.25, 0.125, 0.125),),
        duration_s=3.25,
    ),
    "formula": FilePrediction(path="", genre="=loud", genres=GENRES, probabilities=(0.0, 1.0, 0.0, 0.0)),
    "warned": FilePrediction(
        path="",
        genre='q"u',
        genres=GENRES,
        probabilities=(0.1, 0.2, 0.3, 0.4),
        warnings=("clipped: 3 %", "=x: y"),
    ),
    "failed": FilePrediction(path="", genres=GENRES, error="x: short, 0.2 s\nlong", status="short"),
}
"""Answers of each kind; whatever can stand in a cell stands in one."""


def rows():
    """Each name with one of the kinds, and two names that are one in Unicode's other form."""
    kinds = list(KINDS.values())
    names = [*NAMES.values(), NFC, "deep/=1+1/- x.wav", "a\rb", "\x85\u2028"]
    return [
        row_of(replace(kinds[i % len(kinds)], path=name), Stamp(i, f"2026-01-01T00:00:00.{i:09d}Z"), BY)
        for i, name in enumerate(names)
    ]


def write(out, rows, **options):
    with open_answers(out, COLUMNS, BY, **options) as answers:
        old = list(answers.entries)
        answers.finish([*old, *(answers.append(row) for row in rows)])
    return old


def same(one, other):
    def plain(row):
        return {name: None if value != value else value for name, value in row.items()}

    return [plain(row) for row in one] == [plain(row) for row in other]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_row_comes_back_and_is_found_again(kind, tmp_path):
    out = tmp_path / f"answers.{kind}"
    given = rows()
    write(out, given)
    expected = sorted(given, key=lambda row: row["file"])
    assert same(read_answers(out, COLUMNS), expected)
    before = out.read_bytes()
    found = write(out, [])
    assert {(e.file, e.stamp) for e in found} == {
        (r["file"], Stamp(r["bytes"], r["modified"])) for r in given
    }
    assert [e.failed for e in found] == [bool(row["error"]) for row in expected]
    assert out.read_bytes() == before
    assert os.listdir(tmp_path) == [out.name]  # noqa: PTH208


def test_other_programs_read_what_is_written(tmp_path):
    given = sorted(rows(), key=lambda row: row["file"])
    for kind in FORMATS:
        write(tmp_path / f"answers.{kind}", given)
    with (tmp_path / "answers.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert all(len(row) == len(COLUMNS) and None not in row.values() for row in table)
    assert not [cell for row in table for cell in row.values() if cell.startswith(("=", "@", "\t"))]
    lines = (tmp_path / "answers.jsonl").read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines[:-1]]
    frame = pq.ParquetFile(tmp_path / "answers.parquet").read().to_pylist()
    for row, line, record, cells in zip(given, records, frame, table, strict=True):
        assert line["file"] == record["file"] == row["file"]
        assert cells["file"].removeprefix("./") == row["file"].removeprefix("./")
        failed = bool(row["error"])
        assert (
            (line["probabilities"] is None) is (record["p_calm"] is None) is (cells["p_calm"] == "") is failed
        )
        assert line["warnings"] == record["warnings"] == row["warnings"]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_that_was_cut_anywhere_is_put_right(kind, tmp_path):
    out = tmp_path / f"answers.{kind}"
    given = sorted(rows(), key=lambda row: row["file"])
    write(out, given)
    whole = out.read_bytes()
    cuts = {0, 1, len(whole) - 1, len(whole), *random.Random(0).sample(range(len(whole)), 60)}
    for cut in cuts:
        out.write_bytes(whole[:cut])
        with open_answers(out, COLUMNS, BY) as answers:
            done = {entry.file for entry in answers.entries}
            kept = list(answers.entries)
            answers.finish([*kept, *(answers.append(row) for row in given if row["file"] not in done)])
        assert out.read_bytes() == whole, cut
        if cut > 1000:
            assert done


def test_a_parquet_file_that_was_not_put_together_is_finished(tmp_path):
    given = rows()
    write(tmp_path / "whole.parquet", given)
    out = tmp_path / "answers.parquet"
    write(out, given[:5])
    with open_answers(out, COLUMNS, BY) as answers:  # ended while it was answered
        for row in given[5:12]:
            answers.append(row)
    assert len(list(read_answers(out, COLUMNS))) == 5
    assert len(write(out, given[12:])) == 12
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()


FOREIGN = {
    "csv": [b"name,year\nx,1\n", b"\xff\xfe\x00", b"PK\x03\x04" + bytes(300)],
    "jsonl": [b'[\n{"a": 1}\n]\n', b"a letter without an end", b'{"file": "x"}\n', bytes(99)],
    "parquet": [b"", b"PAR1 not quite PAR1", b"name,year\n"],
}


@pytest.mark.parametrize(("kind", "content"), [(k, c) for k, some in FOREIGN.items() for c in some])
def test_what_is_no_file_of_answers_is_left_as_it_is(kind, content, tmp_path):
    out = tmp_path / f"answers.{kind}"
    out.write_bytes(content)
    with pytest.raises(OutputExistsError, match="answers.*--overwrite"), open_answers(out, COLUMNS, BY):
        pass
    assert out.read_bytes() == content
    write(out, rows()[:3], overwrite=True)
    assert len(list(read_answers(out, COLUMNS))) == 3


@pytest.mark.parametrize("kind", FORMATS)
def test_answers_of_another_model_are_refused_or_replaced(kind, tmp_path):
    out = tmp_path / f"answers.{kind}"
    write(out, rows()[:4])
    with (
        pytest.raises(OutputExistsError, match=f"{BY}, and this is lda 1 vote.*--overwrite"),
        open_answers(out, COLUMNS, "lda 1 vote"),
    ):
        pass
    with (
        pytest.raises(OutputExistsError, match="other columns|no answer|holds answers of"),
        open_answers(out, columns_of(("one", "two")), "lda 1 vote"),
    ):
        pass
    with open_answers(out, COLUMNS, "lda 1 vote", overwrite=True) as answers:
        assert not [entry for entry in answers.entries if entry.is_ours]
        answers.finish([])
    assert list(read_answers(out, COLUMNS)) == []


def test_one_command_at_a_time(tmp_path):
    out = checked_out(tmp_path / "answers.csv")
    with open_answers(out, COLUMNS, BY), pytest.raises(OutputLockedError), output_lock(out):
        pass


def test_the_ending_says_the_format(tmp_path):
    for name in ("answers", "answers.txt", "answers.xlsx", ".csv"):
        with pytest.raises(ConfigError, match=r"ends in .csv, .jsonl or .parquet"):
            checked_out(tmp_path / name)
    (tmp_path / "real.csv").touch()
    (tmp_path / "link.jsonl.csv").symlink_to("real.csv")
    assert checked_out(tmp_path / "link.jsonl.csv") == tmp_path / "real.csv"


def test_an_output_is_a_file_on_a_disk(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "device.jsonl").symlink_to("/dev/null")
    for name in ("pipe.csv", "device.jsonl"):
        with pytest.raises(ConfigError, match=f"{name}: is no file on a disk"):
            checked_out(tmp_path / name)


class _FullFile:
    """A file on a disk that is full, also when it is closed."""

    def write(self, data):
        return len(data)

    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    close = flush


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    def write_on():
        with open_answers(tmp_path / "answers.csv", COLUMNS, BY) as answers:
            answers.close()
            answers._file = _FullFile()
            answers.append(rows()[0])

    with pytest.raises(OSError, match=r"answers\.csv"):
        write_on()


def test_the_file_of_a_row_is_found(tmp_path):
    for name in (UNDECODABLE, "caf\\xe8", "plain"):
        path = tmp_path / name
        path.touch()
        one = FilePrediction(path=str(path), genres=GENRES)
        assert path_in(row_of(one, stamp_of(path), BY)) == path


def test_a_stamp_tells_changed_bytes_and_changed_times(tmp_path):
    path = tmp_path / "a"
    assert stamp_of(path) == Stamp()
    path.write_bytes(b"1")
    found = [stamp_of(path)]
    for ns in (0, 1, -1, 10**9 + 5, 4 * 10**18, 2**62):
        os.utime(path, ns=(0, ns))
        found.append(stamp_of(path))
    assert len(set(found)) == len(found)
    assert found[1] == Stamp(1, "1970-01-01T00:00:00.000000000Z")


def test_warnings_of_a_kind_are_counted_together():
    texts = [
        "clipped: 1 % of it",
        "clipped: 2 % of it",
        "silent in 3 of 4 segments",
        "silent in 1 of 9 segments",
    ]
    assert {warning_kind(text) for text in texts} == {"clipped", "silent in some segments"}
