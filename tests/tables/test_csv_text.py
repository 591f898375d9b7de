"""CSVs as people have them: each is read as the plain one is, or refused in one line that says why."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import numpy as np
import pandas as pd
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.sets import columns
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.tables.csv_bytes import table_stem
from gtzan_features.tables.kaggle_csv import read_kaggle_csv
from gtzan_features.tables.kaggle_rows import CsvReading

NAMES = [c.name for c in columns(FeatureConfig())]
GENRES = ("NA", "null", "nan", "None", "Ünï", "r&b, soul")


def plain():
    """Two segments of two tracks of each of six genres that mean something to a CSV reader."""
    rng = np.random.default_rng(0)
    rows = [(f"{g}/track{t} é.{i}.wav", 66_149, g) for g in GENRES for t in "ab" for i in (0, 1)]
    frame = pd.DataFrame(rows, columns=["filename", "length", "label"])
    values = rng.normal(size=(len(frame), 57)) * 10.0 ** rng.integers(-6, 7, (len(frame), 57))
    frame = pd.concat([frame, pd.DataFrame(values, columns=NAMES)], axis=1)
    return frame[["filename", "length", *NAMES, "label"]]


def text_of(frame, **how):
    return frame.to_csv(index=False, **how)


def same_as_plain(path, frame=None, **said):
    table = read_kaggle_csv(path, reading=CsvReading(**said))
    expected = plain() if frame is None else frame
    assert sorted(table.frame["genre"].unique()) == sorted(GENRES)
    assert len(table.frame["track_id"].unique()) == 2 * len(GENRES)
    by_name = {n: v for n, *v in expected[["filename", *NAMES]].itertuples(index=False)}
    for row in table.frame.itertuples(index=False):
        assert list(row[5:]) == by_name[f"{row.track_id}.{row.segment}.wav"]
    return table


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_separators_line_ends_and_decimal_signs(tmp_path, separator, ends, decimal):
    path = tmp_path / "a.csv"
    text = text_of(plain(), sep=separator, decimal=decimal, lineterminator=ends)
    path.write_bytes((text + ends + ends).encode())
    same_as_plain(path)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(text_of(plain()).encode(encoding))
    notes = []
    read_kaggle_csv(path, notes=notes)
    same_as_plain(path)
    same_as_plain(path, encoding=encoding)
    said = ["read as Windows-1252, as line 2 holds byte 0xe9. If names look wrong, give --encoding"]
    assert notes == (said if encoding == "cp1252" else [])


def test_an_encoding_that_is_not_told_is_asked_for(tmp_path):
    path = tmp_path / "a.csv"
    frame = plain()
    frame["filename"] = frame["filename"].str.replace("é", "ー")
    path.write_bytes(text_of(frame).replace("Ünï", "Uni").encode("cp932"))
    with pytest.raises(TableError, match=r"neither UTF-8 nor Windows-1252 \(line 2 holds.*--encoding cp932"):
        read_kaggle_csv(path)
    assert "NA/trackb ー" in set(
        read_kaggle_csv(path, reading=CsvReading(encoding="cp932")).frame["track_id"]
    )
    with pytest.raises(TableError, match=r"is not utf-8 \(line 2 holds byte 0x.*--encoding"):
        read_kaggle_csv(path, reading=CsvReading(encoding="utf-8"))
    for name in ("klingon", "rot13", "hex"):
        with pytest.raises(ConfigError, match=f"--encoding {name}: not a known text encoding"):
            read_kaggle_csv(path, reading=CsvReading(encoding=name))


def zipped(names):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, text_of(plain()))
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("A.CSV", lambda b: b),
        ("a.csv.gz", gzip.compress),
        ("a.CSV.GZ", gzip.compress),
        ("a.csv", gzip.compress),
        ("a.csv.xz", lzma.compress),
        ("a.csv.bz2", bz2.compress),
        ("a.zip", lambda _: zipped(["Data/a.csv", "__MACOSX/Data/._a.csv", "Data/blues.wav"])),
    ],
)
def test_archives_and_endings(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(text_of(plain()).encode()))
    assert same_as_plain(path).meta.dataset.lower() == "a"
    assert table_stem(path).lower() == "a"


def test_headers_and_cells_as_spreadsheets_leave_them(tmp_path):
    path = tmp_path / "a.csv"
    frame = plain()
    changed = frame.rename(columns=lambda c: f" {c.replace('_', ' ').upper()} ")
    changed.to_csv(path)  # with an index column without a name
    same_as_plain(path)
    frame.rename_axis("Unnamed: 0").to_csv(path, quoting=1)
    same_as_plain(path)
    path.write_text("sep=;\n" + text_of(frame, sep=";"))
    same_as_plain(path)
    lines = text_of(frame).splitlines()
    path.write_text("\n\n" + "\n".join([*lines[:4], "", "," * 59, *lines[4:], "  ", "," * 59]) + "\n\n")
    same_as_plain(path)
    padded = frame.astype(str).map(lambda cell: f" {cell} ")
    padded.to_csv(path, index=False, sep="\t")
    same_as_plain(path)


@pytest.mark.parametrize(
    ("sign", "mark"), [(".", ","), (",", "."), (".", " "), (",", "\u202f"), (".", "'"), (",", "\u00a0")]
)
def test_thousands_may_stand_apart(tmp_path, sign, mark):
    frame = plain()
    written = frame.copy()
    for name in ["length", *NAMES]:
        texts = [f"{v:,}" if name == "length" else f"{v:,.9f}" for v in frame[name]]
        written[name] = [t.translate(str.maketrans({",": mark, ".": sign})) for t in texts]
        if name != "length":
            frame[name] = [float(f"{v:.9f}") for v in frame[name]]
    written.to_csv(tmp_path / "a.csv", index=False, sep=";")
    same_as_plain(tmp_path / "a.csv", frame)


def test_numbers_that_may_be_read_in_two_ways_are_refused(tmp_path):
    frame = plain()
    frame[NAMES] = "1,234"
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(TableError, match="it is not clear whether '1,234' has a decimal comma"):
        read_kaggle_csv(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("\n", "\n,", 1), "line 2 has 61 cells, the header 60. Correct or remove it"),
        (lambda t: t[: len(t) - 300], r"line 25 has \d+ cells, the header 60"),
        (lambda t: t.replace(",", ":"), r"60 of 60 columns are missing .*commas, semicolons, tabs or bars"),
        (lambda t: t.replace("label", "class"), r"1 of 60 columns are missing \(label\)"),
        (lambda t: t.replace("length", " Tempo "), "has the column tempo more than once"),
        (
            lambda t: t.replace(",66149,", ",three,", 1),
            "line 2, column length: 'three' is not",
        ),
        (lambda t: t.replace(",66149,", ",3.2,", 1), "line 2, column length: 3.2 is no number of samples"),
        (lambda t: t.replace(",66149,", ",-9,", 1), "line 2, column length: -9 is no number of samples"),
        (
            lambda t: t.replace(",66149,", ",,", 1),
            "line 2, column length: an empty cell is not",
        ),
        (lambda t: t.replace(",66149,", ",66149,\n,", 1), r"line 2 has 3 cells, .*2 such lines in all"),
        (lambda t: t.split("\n")[0], "holds no rows"),
        (lambda _: "", "is empty"),
        (lambda _: " \n\n", "is empty"),
        (lambda t: t.replace('"r&b, soul"', "r&b, soul"), r"line 22 has 61 cells.*\(4 such lines in all\)"),
        (lambda t: t.replace(",nan\n", ',"nan\n', 1), "quote|line"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, change, message):
    path = tmp_path / "a.csv"
    path.write_text(change(text_of(plain())))
    with pytest.raises(TableError, match=message) as error:
        read_kaggle_csv(path)
    assert "\n" not in str(error.value)
    assert "CSV parse error" not in str(error.value)


def tar_of(data):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped(["[Content_Types].xml", "xl/a.csv"]), "workbook.*Save the table as CSV"),
        (zipped(["a.txt.md"]), "zip archive without a CSV"),
        (zipped(["a.csv", "b.csv"]), r"2 tables \(a.csv, b.csv\). Unpack the one that you mean"),
        (zipped(["a.csv"])[:-300], "archive is damaged"),
        (gzip.compress(b"a,b\n" * 999)[:-9], "archive is damaged"),
        (lzma.compress(b"a,b\n" * 999)[:-9], "archive is damaged"),
        (tar_of(b"a,b"), "is a tar archive"),
        (b"PAR1\x15\x04\x15", "a Parquet file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook"),
        (b"7z\xbc\xaf'\x1c", "a 7z archive"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "an audio file"),
        (b"\x80\x04\x95\x00\x00\x00\x01\x02\x03", "is no text"),
        (bytes(range(256)) * 9, "is no text"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        (b"\n  <html>", "a web page"),
        (json.dumps({"a": 1}).encode(), "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS.*git lfs pull"),
        (b"@relation gtzan\n@attribute a numeric\n", "an ARFF file"),
    ],
    # Packed bytes hold the time: as names of tests they would differ from one worker to the next.
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_files_of_another_kind_are_called_what_they_are(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=message) as error:
        read_kaggle_csv(path)
    assert "\n" not in str(error.value)


def test_a_folder_is_called_a_folder_and_its_csvs_are_named(tmp_path):
    with pytest.raises(TableError, match="is a folder; give the CSV itself. No CSV lies in it"):
        read_kaggle_csv(tmp_path)
    (tmp_path / "x.CSV.gz").write_bytes(b"")
    with pytest.raises(TableError, match="is a folder; give the CSV itself. It holds x.CSV.gz"):
        read_kaggle_csv(tmp_path)
    with pytest.raises(TableError, match="no such file"):
        read_kaggle_csv(tmp_path / "none.csv")
