"""Ways in for tables: Parquet files and folders of them, and CSVs from elsewhere."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.file_mutators import arrow_mutation
from tests.fuzz.mutators import Seeds, bytes_mutation, json_mutation
from tests.fuzz.reader import Reader


def _feature_tables(folder: Path) -> Seeds:
    from tests.conftest import make_several_table, make_table, save_table

    tables = (make_table(2, 3, 2), make_several_table(6, 2))
    return [save_table(folder / str(i), one).read_bytes() for i, one in enumerate(tables)]


def _feature_table(path: Path) -> str:
    from gtzan_features.datasets.training_arrays import load_dataset
    from gtzan_features.tables.feature_tables import read_meta
    from gtzan_features.tables.spectrograms import read_any_table

    read_meta(path)
    table = read_any_table(path)
    table.values()
    load_dataset(table)
    return "read"


def _spectrogram_tables(folder: Path) -> Seeds:
    from tests.conftest import make_spectrograms, save_spectrograms

    return [save_spectrograms(folder, make_spectrograms(2, 2, 2, n_frames=8, n_bands=8)).read_bytes()]


def _spectrograms(path: Path) -> str:
    from gtzan_features.tables.spectrograms import read_spectrograms

    table = read_spectrograms(path)
    table.values()
    return "read"


def _streamed(path: Path) -> str:
    """What reads tables larger than memory."""
    from gtzan_features.tables.table_files import record_batches, table_hash, table_rows, table_schema

    table_schema(path)
    table_hash(path)
    n_rows = table_rows(path)
    assert sum(batch.num_rows for batch in record_batches(path, n_rows=3)) == n_rows
    return "read"


def _shards(folder: Path) -> None:
    from gtzan_features.tables.checked import file_record
    from gtzan_features.tables.table_files import ShardFile, write_shard_list

    content = _feature_tables(folder.parent / "of-shards")[0]
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    for name in ("a.parquet", "b.parquet"):
        (folder / name).write_bytes(content)
        record = file_record(folder / name)
        n_rows = pq.ParquetFile(io.BytesIO(content)).metadata.num_rows
        shards.append(ShardFile(name=name, n_rows=n_rows, n_bytes=record["bytes"], sha256=record["sha256"]))
    write_shard_list(folder, shards)


def _shard_lists(folder: Path) -> Seeds:
    from gtzan_features.tables.table_files import LIST_KEY, MANIFEST

    _shards(folder / "t.parquet")
    return [pq.read_schema(folder / "t.parquet" / MANIFEST).metadata[LIST_KEY]]


def _shard_list(path: Path) -> str:
    from gtzan_features.tables.table_files import LIST_KEY, MANIFEST, table_files

    folder = path.parent
    nothing = pa.table({}).replace_schema_metadata({LIST_KEY: path.read_bytes()})
    path.unlink()
    pq.write_table(nothing, folder / MANIFEST)
    files = table_files(folder)
    assert all(one.parent == folder and one.resolve().parent == folder.resolve() for one in files), files
    return _streamed_of_shards(folder)


def _streamed_of_shards(folder: Path) -> str:
    from gtzan_features.tables.table_files import record_batches, table_rows, table_schema

    table_schema(folder)
    table_rows(folder)
    for _ in record_batches(folder):
        pass
    return "read"


def _shard(path: Path) -> str:
    return _streamed_of_shards(path.parent)


def _statuses(folder: Path) -> Seeds:
    from gtzan_features.tables.file_status import FileStatus
    from gtzan_features.tables.status_table import write_status

    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        FileStatus(track_id=f"g/{i}", genre="g", path=f"g/{i}.wav", status="ok", sha256="0" * 64)
        for i in range(4)
    ]
    write_status(folder / "status.parquet", rows)
    return [(folder / "status.parquet").read_bytes()]


def _status(path: Path) -> str:
    from gtzan_features.tables.status_table import read_status

    read_status(path)
    return "read"


def prediction_tables(folder: Path) -> Seeds:
    import pandas as pd

    from gtzan_features.tables.predictions import Predictions, write_predictions

    folder.mkdir(parents=True, exist_ok=True)
    rows = [(f"{g}/{i}", s, i % 2, g, 0.5, 0.5) for g in ("a", "b") for i in range(3) for s in range(2)]
    frame = pd.DataFrame(rows, columns=["track_id", "segment", "fold", "genre", "p_a", "p_b"])
    write_predictions(folder / "one.parquet", Predictions(frame=frame, genres=("a", "b")))
    several = frame.assign(genre=["a", "a;b"] * 6)
    several = several.assign(genre=several.groupby("track_id")["genre"].transform("last"))
    write_predictions(
        folder / "two.parquet",
        Predictions(frame=several, genres=("a", "b"), thresholds=((0.5, 0.5), (0.5, 0.4))),
    )
    return [(folder / f"{one}.parquet").read_bytes() for one in ("one", "two")]


def _predictions(path: Path) -> str:
    from gtzan_features.reports.label_scores import score_labels
    from gtzan_features.reports.scores import score
    from gtzan_features.tables.predictions import read_predictions

    found = read_predictions(path)
    if found.several:
        score_labels(found)
    else:
        score(found)
    return "scored"


# --------------------------------------------------------------------------------------------- CSV


def _text_mutation(rng: Random, seeds: Seeds) -> bytes:
    """Cells of another kind, other separators, encodings, packing; or other bytes."""
    if rng.random() < 0.4:
        return bytes_mutation(rng, seeds)
    rows = list(csv.reader(io.StringIO(rng.choice(seeds).decode())))
    for _ in range(rng.choice((1, 1, 2, 5))):
        row = rows[rng.randrange(len(rows))] if rows else []
        if not row:
            break
        row[rng.randrange(len(row))] = rng.choice(_CELLS)
        if rng.random() < 0.15:
            row.append("more")
        if rng.random() < 0.1:
            rows.append(list(row))
        if rng.random() < 0.1:
            del row[-1]
        if rng.random() < 0.05:
            del rows[0]
    out = io.StringIO()
    csv.writer(
        out, delimiter=rng.choice(",,,;\t|"), quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    ).writerows(rows)
    written = out.getvalue().encode(
        rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")), "replace"
    )
    return gzip.compress(written, 1) if rng.random() < 0.1 else written


_CELLS = (
    *("", "nan", "inf", "-1", "1e400", "1,5", "1.234,5", "0x10", "9" * 400, "x" * 200_000),
    *("rock;jazz", "['a', 'b']", "[" * 3000, "{'a': " * 2000, "label", "filename", "train", "é"),
    *("a\nb", '"', "\x00", "\x1b[31m", "\u202e", "=1+1", "blues.00000.0.wav", "../../x.wav"),
)


def _kaggle_csvs(_: Path) -> Seeds:
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.sets import columns

    features = [column.name for column in columns(FeatureConfig())]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["filename", "length", *features, "label"])
    rng = Random(0)
    for genre in ("blues", "jazz"):
        for track in range(2):
            for segment in range(3):
                values = [f"{rng.uniform(0, 10):.6f}" for _ in features]
                writer.writerow([f"{genre}.{track:05d}.{segment}.wav", 66149, *values, genre])
    return [out.getvalue().encode()]


def _kaggle_csv(path: Path) -> str:
    from gtzan_features.extraction.csv_exchange import read_kaggle

    read_kaggle(path)
    return "read"


def _label_csvs(_: Path) -> Seeds:
    return [
        b"path,genre,artist,split\na.wav,rock,A,train\nb.wav,jazz,B,test\nc.wav,rock;jazz,,validation\n",
        b"file;label\na.wav;rock\nb.wav;jazz\n",
        b"track_id,rock,jazz,pop\na,1,0,0\nb,0,1,1\n",
        b",track,track\n,genre_top,title\ntrack_id,,\n1,Rock,a\n2,Jazz,b\n",
    ]


def _labels(path: Path) -> str:
    """Read a table of labels, and give its labels to three tracks."""
    from gtzan_features.datasets.catalogue import read_catalogue
    from gtzan_features.datasets.label_table import read_label_table
    from gtzan_features.selection import Selection

    read_label_table(path)
    read_catalogue(path.parent / "music", Selection(labels=str(path)))
    return "read"


def three_tracks(folder: Path) -> None:
    """Three files that are called like tracks."""
    (folder / "music").mkdir(parents=True, exist_ok=True)
    for name in "abc":
        (folder / "music" / f"{name}.wav").write_bytes(b"RIFF")


def _label_tables(folder: Path) -> Seeds:
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"path": ["a.wav", "b.wav"], "genre": ["rock", "jazz"], "artist": ["A", None]}).to_parquet(
        folder / "a.parquet"
    )
    pd.DataFrame({"path": ["a.wav", "b.wav"], "genre": [["rock", "x"], ["jazz"]]}).to_parquet(
        folder / "b.parquet"
    )
    return [(folder / f"{one}.parquet").read_bytes() for one in "ab"]


def _markers(_: Path) -> Seeds:
    return [json.dumps({"name": "toy", "synthetic": True, "settings": {"seed": 0}}).encode()]


def _catalogue(path: Path) -> str:
    from gtzan_features.datasets.catalogue import read_catalogue
    from gtzan_features.datasets.remarks import catalogue_text

    catalogue_text(read_catalogue(path.parent))
    return "read"


def _genres(folder: Path) -> None:
    for genre in ("calm", "loud"):
        (folder / genre).mkdir(parents=True, exist_ok=True)
        (folder / genre / f"{genre}.wav").write_bytes(b"RIFF")


TABLES = (
    Reader(
        name="tables/features",
        seeds=_feature_tables,
        read=_feature_table,
        file="t.parquet",
        mutate=arrow_mutation,
        weight=0.6,
    ),
    Reader(
        name="tables/spectrograms",
        seeds=_spectrogram_tables,
        read=_spectrograms,
        file="spectrogram-t.parquet",
        mutate=arrow_mutation,
        weight=1,
    ),
    Reader(
        name="tables/batches",
        seeds=_feature_tables,
        read=_streamed,
        file="t.parquet",
        mutate=arrow_mutation,
        weight=1,
    ),
    Reader(
        name="tables/shard list",
        seeds=_shard_lists,
        read=_shard_list,
        file="list.json",
        mutate=json_mutation,
        around=_shards,
        weight=3,
    ),
    Reader(
        name="tables/shard",
        seeds=_feature_tables,
        read=_shard,
        file="a.parquet",
        mutate=arrow_mutation,
        around=_shards,
        weight=0.3,
    ),
    Reader(
        name="tables/status",
        seeds=_statuses,
        read=_status,
        file="status.parquet",
        mutate=arrow_mutation,
        weight=1.5,
    ),
    Reader(
        name="tables/predictions",
        seeds=prediction_tables,
        read=_predictions,
        file="p.parquet",
        mutate=arrow_mutation,
        weight=0.08,
    ),
    Reader(
        name="csv/kaggle",
        seeds=_kaggle_csvs,
        read=_kaggle_csv,
        file="k.csv",
        mutate=_text_mutation,
        weight=0.4,
    ),
    Reader(
        name="csv/labels",
        seeds=_label_csvs,
        read=_labels,
        file="l.csv",
        mutate=_text_mutation,
        around=three_tracks,
        weight=0.5,
    ),
    Reader(
        name="tables/labels",
        seeds=_label_tables,
        read=_labels,
        file="l.parquet",
        mutate=arrow_mutation,
        around=three_tracks,
        weight=0.5,
    ),
    Reader(
        name="json/dataset",
        seeds=_markers,
        read=_catalogue,
        file="dataset.json",
        mutate=json_mutation,
        around=_genres,
        weight=4,
    ),
)
