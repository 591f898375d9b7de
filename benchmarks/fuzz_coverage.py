"""Fuzz the parsers that are written in Python, guided by atheris to the branches that were not taken yet.

    pip install atheris
    python benchmarks/fuzz_coverage.py --seconds 60

One process for each reader; an input that fails, and how it is repeated, is printed by libFuzzer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from tests.fuzz.readers import READERS

if TYPE_CHECKING:
    from tests.fuzz.reader import Reader

GUIDED = {
    "audio/containers": ("audio.containers", "audio.mpeg", "audio.ogg", "audio.flac", "audio.opened"),
    "audio/mpeg": ("audio.mpeg", "audio.opened"),
    "audio/ogg": ("audio.ogg", "audio.opened"),
    "audio/flac": ("audio.flac", "audio.opened"),
    "audio/tags": ("audio.tags",),
    "json/any": ("tables.checked",),
    "json/dataset": ("tables.checked", "datasets.catalogue"),
    "csv/labels": ("tables.csv_bytes", "tables.label_grid", "datasets.label_table", "datasets.label_columns"),
    "csv/kaggle": ("tables.csv_bytes", "tables.csv_text", "tables.kaggle_rows", "tables.kaggle_csv"),
}
"""Readers, and the modules whose branches guide."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--only", help="one reader, in this process")
    given = parser.parse_args()
    if given.only:
        _explore(READERS[given.only], given.seconds)
        return
    failed = []
    for name in GUIDED:
        command = [sys.executable, __file__, "--only", name, "--seconds", str(given.seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines() if line.startswith(("#", "Done", "Uncaught"))]
        print(f"{name}: exit code {done.returncode}; {said[-1] if said else done.stderr[-300:]}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stderr[-3000:])
    sys.exit(bool(failed))


def _explore(reader: Reader, seconds: int) -> None:
    import atheris  # nothing else of this project needs it

    with atheris.instrument_imports(include=["gtzan_features"]):
        for module in GUIDED[reader.name]:
            __import__(f"gtzan_features.{module}")
    from gtzan_features.errors import GtzanError

    place = Path(tempfile.mkdtemp())
    corpus = place / "corpus"
    corpus.mkdir()
    for number, content in enumerate(reader.seeds(place / "seeds")):
        (corpus / str(number)).write_bytes(content)
    if reader.around is not None:
        reader.around(place / "input")
    path = place / "input" / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)

    def one(content: bytes) -> None:
        path.write_bytes(content)
        try:
            reader.read(path)
        except GtzanError as error:
            str(error)

    settings = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=20000"]
    atheris.Setup([sys.argv[0], str(corpus), *settings], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
