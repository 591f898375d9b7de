"""Measure what a folder of a million files costs beside the sound, and write ``benchmarks/MILLION_FILES.md``.

    python benchmarks/million_files.py [--files 1000000] [--jobs 2] [--folder /scratch]

The files are real ones of eight bytes, each of other content, in folders of ten genres and of artists; they
are listed, opened and hashed. Only decoding and features are replaced, by rows of chance of the real width:
57 columns, ten rows of 3 s and one of 30 s a file. Plan, journals, shards, records, tables and all that is
written come from the package itself. Commands, one after the other, each in a process of its own:

1. all files are new;
2. the same command again;
3. one file more, which moves every slice: rows are taken over from the shards that there are;
4. one of 400 slices of a folder without shards, as a job of an array has it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling import peak_mb, processor

if TYPE_CHECKING:
    from gtzan_features.audio.opened import AudioFile
    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.row_cache import Part
    from gtzan_features.extraction.row_kinds import Recipe

HERE = Path(__file__).resolve().parent
GENRES, ARTIST_FILES = 10, 100
FILE_S = 0.051
"""Seconds of one core for the columns of kaggle of a clip of 30 s: benchmarks/RESULTS.md."""

CLIP_MB = 1.32
SLICES = 400


def make_files(folder: Path, count: int) -> None:
    """Write `count` files of eight bytes."""
    for number in range(count):
        genre, artist = number % GENRES, number // GENRES // ARTIST_FILES
        place = folder / f"genre{genre}" / f"artist {artist:05}"
        if number // GENRES % ARTIST_FILES == 0:
            place.mkdir(parents=True)
        (place / f"{number:08}.wav").write_bytes(number.to_bytes(8, "little"))


def generated(track: TrackFile, file: AudioFile, recipe: Recipe, _change: object) -> tuple[Part, bool]:
    """Stand for decoding and features: rows of chance, the same for the same bytes."""
    import numpy as np

    from gtzan_features.extraction.row_cache import Part
    from gtzan_features.tables.file_status import FileStatus

    rng, rows = np.random.default_rng(int(file.sha256[:16], 16)), {}
    for length in recipe.segments:
        count = 1 if length.is_track else 10
        keys = np.array([(i, i * 66_150, 66_149) for i in range(count)], dtype=np.int64)
        rows[length.name] = keys, rng.standard_normal((count, len(recipe.columns)), dtype=np.float32)
    status = FileStatus.of(
        track, status="ok", sha256=file.sha256, n_samples=661_500, source_sr=22_050, source_channels=1
    )
    return Part(status, rows, reused=False), True


def replace_sound() -> None:
    """Let this process generate rows; runs first in each worker."""
    from gtzan_features.extraction import row_cache

    vars(row_cache)["_compute"] = generated


def child(music: Path, out: Path, jobs: int, part: str) -> None:
    """Extract once and print what it took as JSON."""
    from gtzan_features.extraction.extract import ExtractConfig, extract
    from gtzan_features.extraction.row_options import announced_catalogue
    from gtzan_features.extraction.shards import Slice
    from gtzan_features.progress import mute

    ExtractConfig().prepare(mute)  # what every command has, however many files there are
    started, times, base_mb = time.perf_counter(), [], peak_mb("self")

    def progress(done: int, total: int, what: str) -> None:
        if what == "files":
            times.append((time.perf_counter() - started, done, total))

    catalogue = announced_catalogue(music)
    listed, listed_mb = time.perf_counter() - started, peak_mb("self")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=replace_sound) as pool:
        done = extract(
            catalogue,
            out,
            ExtractConfig(),
            layout="shards",
            part=Slice.parse(part) if part else None,
            executor=pool,
            overwrite=True,
            progress=progress,
        )
        ended = time.perf_counter() - started
        n_shards = len([one for one in times[1:] if one[1] > times[0][1]]) or len(times)
        result = {
            "files": done.n_files,
            "computed": done.n_computed,
            "rows": {name: rows for name, (_, rows) in done.tables.items()},
            "listed_s": listed,
            "base_mb": base_mb,
            "listed_mb": listed_mb,
            "first_s": times[0][0] - listed,
            "shard_s": sum(cpu_s(one.pid) for one in multiprocessing.active_children()) / n_shards,
            "shards": n_shards,
            "after_s": ended - times[-1][0],
            "seconds": ended,
            "driver_mb": peak_mb("self"),
            "worker_mb": max((peak_mb(one.pid) for one in multiprocessing.active_children()), default=0.0),
        }
    print(json.dumps(result))


def cpu_s(pid: int | None) -> float:
    """Return the seconds of a processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_child(name: str, music: Path, out: Path, jobs: int, part: str = "") -> dict[str, Any]:
    """Run `child` in a process of its own."""
    words = ["--child", str(music), "--tables", str(out), "--jobs", str(jobs), "--part", part]
    command = [sys.executable, __file__, *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, {key: round(v, 2) if isinstance(v, float) else v for key, v in result.items()}, flush=True)
    return result


def sizes(out: Path) -> dict[str, int]:
    """Return the bytes of each table, and of the manifest of one."""
    from gtzan_features.tables.table_files import MANIFEST

    found = {}
    for path in sorted(out.glob("*.parquet")):
        found[path.name] = sum(file.stat().st_size for file in path.iterdir())
        found["manifest"] = (path / MANIFEST).stat().st_size
    return found


def measure(folder: Path, count: int, jobs: int, *, short: bool) -> dict[str, Any]:
    """Make the files and run the commands; without the third, if short."""
    music, out = folder / "music", folder / "tables"
    started = time.perf_counter()
    make_files(music, count)
    print(f"{count:,} files made in {time.perf_counter() - started:.0f} s", flush=True)
    found: dict[str, Any] = {"file system": file_system(folder), "new": run_child("new", music, out, jobs)}
    found["sizes"] = sizes(out)
    found["again"] = run_child("again", music, out, jobs)
    if not short:
        (music / "genre0" / "artist 00000" / "00000000a.wav").write_bytes(b"one more")
        found["one more"] = run_child("one more", music, out, jobs)
    shutil.rmtree(out)
    found["slice"] = run_child("slice", music, out, 1, f"17/{SLICES}")
    return found


def file_system(folder: Path) -> str:
    """Return the kind of file system that a folder lies on, as Linux calls it."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    place = folder.resolve()
    return max((len(at), kind) for at, kind in mounts if place.is_relative_to(at))[1]


def report(found: dict[str, Any], count: int, jobs: int) -> str:
    """Return the page."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    python, today = platform.python_version(), f"{datetime.now(UTC):%Y-%m-%d}"
    new = found["new"]
    busy = " More processes wanted a processor than these workers: seconds would be fewer without them."
    return (
        f"# {count:,} files\n\n"
        f"Written by `python benchmarks/million_files.py --files {count} --jobs {jobs}"
        f"{'' if 'one more' in found else ' --short'}`; do not edit.\n\n"
        f"- Machine: {processor()}, {cores} cores, {jobs} workers, load {load:.0f}; files and tables on "
        f"{found['file system']}; Python {python}; {today}.{busy if load > jobs + 2 else ''}\n"
        f"- {count:,} files of eight bytes, in folders of {ARTIST_FILES}; listed, opened and hashed. "
        "Decoding and features are replaced by rows of chance of the real width (57 columns; ten rows of 3 s "
        "and one of 30 s a file). All else is the package's own work.\n"
        f"- {new['shards']:,} shards. The driver has {new['base_mb']:.0f} MB before it lists the files, "
        f"{new['listed_mb']:.0f} MB then ({bytes_a_file(new, count):,.0f} bytes a file), and "
        f"{new['driver_mb']:.0f} MB at its peak.\n\n"
        + _commands(found)
        + "\n\n"
        + _output(found["sizes"], count)
        + ("" if count >= 1e6 else _of_a_million(found, count))
        + _extrapolated(found, count)
    )


def _of_a_million(found: dict[str, Any], count: int) -> str:
    """Say what a million files would take, where fewer were measured."""
    new, again, scale = found["new"], found["again"], 1e6 / count
    own_h = new["shard_s"] * new["shards"] * scale / 3600
    rows_gb = sum(size for name, size in found["sizes"].items() if name != "manifest") * scale / 1e9
    return (
        "## A million files\n\n"
        "Not measured; by the figures above the driver has "
        f"{new['base_mb'] + bytes_a_file(new, count):,.0f} MB, lists {again['listed_s'] * scale:,.0f} s, and "
        f"finds all shards done in {again['seconds'] * scale:,.0f} s. Shards take {own_h:.1f} core-hours "
        f"beside {1e6 * FILE_S / 3600:.0f} of the sound, and have {rows_gb:.1f} GB.\n\n"
    )


def _commands(found: dict[str, Any]) -> str:
    """Return what each command took, as a table."""
    from gtzan_features.text_table import TextTable

    names = {
        "new": "all files new",
        "again": "the same again",
        "one more": "one file more",
        "slice": f"slice 17 of {SLICES}",
    }
    rows = tuple(
        (
            text,
            f"{one['files']:,}",
            f"{one['computed']:,}",
            f"{one['listed_s']:.1f}",
            f"{one['first_s']:.1f}",
            f"{one['shard_s']:.2f}" if one["shards"] > 2 else "–",
            f"{one['after_s']:.1f}",
            f"{one['seconds']:.0f}",
            f"{one['driver_mb']:.0f}",
            f"{one['worker_mb']:.0f}" if one["worker_mb"] else "–",
        )
        for name, text in names.items()
        if name in found
        for one in [found[name]]
    )
    header = (
        "command",
        "files",
        "computed",
        "listing, s",
        "until the first shard, s",
        "a shard, s of a core",
        "after the last, s",
        "all, s",
        "driver, peak MB",
        "worker, peak MB",
    )
    return TextTable(title="", header=header, rows=rows).markdown()


def bytes_a_file(one: dict[str, Any], count: int) -> float:
    """Return what the list of files takes in memory."""
    return 1e6 * float(one["listed_mb"] - one["base_mb"]) / count


def _output(size: dict[str, int], count: int) -> str:
    lines = [
        f"- `{name}`: {size[name] / 1e6:,.0f} MB, {size[name] / count:,.0f} bytes a file\n"
        for name in size
        if name != "manifest"
    ]
    return "## What is written\n\n" + "".join(lines) + f"- a manifest: {size['manifest'] / 1e3:,.0f} kB\n\n"


def _extrapolated(found: dict[str, Any], count: int) -> str:
    """Say what 10^8 files take, and what would not do."""
    n, one, new = 1e8, found["slice"], found["new"]
    scale = n / count
    own = new["shard_s"] / (count / new["shards"])
    core_days = n * (FILE_S + own) / 86_400
    listing_h, listing_gb = one["listed_s"] * scale / 3600, bytes_a_file(new, count) * n / 1e9
    output_gb = sum(v for name, v in found["sizes"].items() if name != "manifest") * scale / 1e9
    lines = []
    for machines in (1, 10, 100, 1000):
        days = core_days / (8 * machines)
        reads = n * CLIP_MB / (days * 86_400) / 1e3
        lines.append(f"| {machines:,} | {days:,.2f} days | {reads:,.1f} GB/s |\n")
    return (
        "## A hundred million files\n\n"
        f"By these figures and {1e3 * FILE_S:.0f} ms a clip for decoding and the columns of `kaggle` "
        f"([results](RESULTS.md)), to which shards add {1e3 * own:.1f} ms a file: {core_days:,.0f} core-days."
        f" On machines of eight cores, and what the storage must deliver ({CLIP_MB} MB a clip of 30 s, "
        f"{n * CLIP_MB / 1e6:,.0f} TB in all):\n\n"
        "| machines | time | audio read |\n|---:|---:|---:|\n" + "".join(lines) + "\n"
        f"Tables take {output_gb:,.0f} GB. Shards are independent: nothing in them grows with the number of "
        "files.\n\n"
        "**The list of files is what comes next in the way.** Each process lists all files before it "
        f"takes its slice: {listing_h:.1f} hours and {listing_gb:,.0f} GB of memory by these figures, "
        "on a disk that answers at once; a storage gives a thousand names a request. With slices "
        "every job pays that, with an engine the driver alone. Until the list is a file that is made "
        "once and read by slices, divide the music into folders of some million files, and extract "
        "each into a folder of its own. After the list comes the storage: a hundred machines read "
        "more than most file servers give.\n"
    )


def main() -> None:
    """Measure, or be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--folder", type=Path, help="where files and tables are made; a temporary folder else"
    )
    parser.add_argument("--short", action="store_true", help="leave the third command out")
    parser.add_argument("--out", type=Path, default=HERE / "MILLION_FILES.md")
    for hidden in ("--child", "--tables"):
        parser.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.child, options.tables, options.jobs, options.part)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        found = measure(Path(name), options.files, options.jobs, short=options.short)
    options.out.write_text(report(found, options.files, options.jobs), encoding="utf-8")
    digits = hashlib.sha256(options.out.read_bytes()).hexdigest()[:12]
    print(f"{options.out}: {digits}")


if __name__ == "__main__":
    main()
