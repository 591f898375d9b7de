"""Read one very long recording, and say which memory that took: it must not grow with the length.

    python benchmarks/long_file.py --hours 1 24
    python benchmarks/long_file.py --hours 1 4 --rows

The recording is a sparse WAV file of one channel at 22050 Hz with a short noise at its end, in a process that
may address 1.5 GB more than it does before. With --rows, rows of 3 s are computed as extraction does.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SR = 22_050
_MORE = 1_500 << 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, nargs="+", default=[1.0, 24.0])
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--file", type=Path, help="used inside: read it, here")
    given = parser.parse_args()
    if given.file:
        print(json.dumps(_measured(given.file, rows=given.rows)))
        return
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    for hours in given.hours:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "long.wav"
            _write(path, round(hours * 3600 * SR))
            command = [sys.executable, __file__, "--file", str(path), *(["--rows"] if given.rows else [])]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            print(f"{hours:g} h: {done.stdout.strip() or done.stderr[-500:]}", flush=True)


def _write(path: Path, n_samples: int) -> None:
    size = 2 * n_samples
    head = b"RIFF" + struct.pack("<I", min(size + 36, 2**32 - 1)) + b"WAVEfmt "
    head += struct.pack("<IHHIIHH", 16, 1, 1, SR, 2 * SR, 2, 16) + b"data" + struct.pack("<I", size)
    noise = b"".join(struct.pack("<h", (i * 7919) % 2001 - 1000) for i in range(SR))
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
        file.seek(len(head) + size - len(noise))
        file.write(noise)


class _Nothing:
    """Takes samples and forgets them."""

    def __init__(self, _: int) -> None:
        self.n = 0

    def add(self, samples: object) -> None:
        self.n += len(samples)  # type: ignore[arg-type]


def _measured(path: Path, *, rows: bool) -> dict[str, float]:
    from gtzan_features.audio.load import load_into
    from gtzan_features.config import FeatureConfig, SegmentConfig
    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.row_cache import recording_part
    from gtzan_features.extraction.row_kinds import ExtractConfig

    recipe = ExtractConfig(features=FeatureConfig(), segments=(SegmentConfig(3.0),))
    if rows:
        recipe.prepare(lambda _: None)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _MORE, resource.RLIM_INFINITY))
    before, started = _peak_mb(), time.process_time()
    if rows:
        n = len(recording_part(TrackFile(track_id="a", genre="", path="a"), path, recipe).rows["3s"][0])
    else:
        n = load_into(path, SR, _Nothing)[1].n
    return {
        "read": n,
        "mb_before": before,
        "mb_peak": _peak_mb(),
        "cpu_s": round(time.process_time() - started, 1),
    }


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main()
