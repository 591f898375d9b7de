"""A song as it lies in a library: mp3 in stereo at 44100 Hz, made of real tracks, and what its rows cost.

    python benchmarks/music_file.py AUDIO_DIR

Four minutes at 192 kbit/s, made by sox and lame. Processor milliseconds a minute of music: its rows of
3 s, as extraction computes them, decoding and resampling included; decoding and resampling alone (soundfile,
the mean of both channels, soxr); and the same rows of a WAV file of the same samples, mono at 22050 Hz. The
first is to be within 1.5 times the two others together. All take turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import machine, one_thread, ratio

if TYPE_CHECKING:
    from collections.abc import Callable

SR, SECONDS, TURNS = 22_050, 240, 7
MOST = 1.5  # times the parts
_LABEL = (
    "3 s rows of a song of 4 minutes (mp3, stereo, 44100 Hz), a minute of it, against decoding with "
    "resampling and the rows from WAV"
)


def make(tracks: list[Path], folder: Path) -> Path:
    """Join tracks of all genres, the right channel seven milliseconds late; return the mp3 file."""
    chosen = tracks[:: max(1, len(tracks) // 9)][:9]  # 270 s, of which 240 are kept
    wide, song = folder / "song.wav", folder / "song.mp3"
    subprocess.run(
        ["sox", "-V1", *map(str, chosen), "-b", "16", str(wide),
         "gain", "-2", "remix", "1", "1", "rate", "44100", "delay", "0", "0.007", "trim", "0", str(SECONDS)],
        check=True,
    )  # fmt: skip
    subprocess.run(["lame", "--quiet", "-b", "192", str(wide), str(song)], check=True)
    return song


def measured(song: Path) -> dict[str, Any]:
    """Return milliseconds a minute of music: rows of the song, its parts, and the median of their ratio."""
    import soundfile

    from gtzan_features.audio.load import load
    from gtzan_features.config import FeatureConfig, SegmentConfig
    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.row_cache import recording_part
    from gtzan_features.extraction.row_kinds import ExtractConfig

    wav = song.with_name("mono.wav")
    soundfile.write(wav, load(song, SR).samples, SR)
    recipe = ExtractConfig(features=FeatureConfig(), segments=(SegmentConfig(3.0),))
    recipe.prepare(lambda _: None)

    def rows(path: Path) -> int:
        return len(recording_part(TrackFile(track_id="a", genre="", path="a"), path, recipe).rows["3s"][0])

    parts: dict[str, Callable[[], object]] = {
        "song": lambda: rows(song),
        "decoding": lambda: decode(song),
        "wav": lambda: rows(wav),
    }
    if rows(song) != rows(wav):
        sys.exit("the song and its WAV file have not as many rows")
    spent: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(TURNS):
        for name, part in parts.items():
            start = time.process_time()
            part()
            spent[name].append((time.process_time() - start) * 60 / SECONDS)
    found = {name: 1e3 * statistics.median(seconds) for name, seconds in spent.items()}
    apart = [decoding + rest for decoding, rest in zip(spent["decoding"], spent["wav"], strict=True)]
    return {**found, "ratio": ratio(spent["song"], apart)}


def decode(path: Path) -> int:
    """Decode, mix and resample as plainly as can be, in blocks; return how many samples."""
    import numpy as np
    import soundfile
    import soxr

    count = 0
    with soundfile.SoundFile(path) as sound:
        stream = soxr.ResampleStream(sound.samplerate, SR, 1, dtype="float32", quality="soxr_hq")
        while len(block := sound.read(1 << 19, dtype="float32", always_2d=True)):
            mono = block[:, 0] + block[:, 1]
            mono *= np.float32(0.5)
            count += stream.resample_chunk(mono).size
        count += stream.resample_chunk(np.empty(0, np.float32), last=True).size
    return count


def row(found: dict[str, Any]) -> tuple[str, str, str, str, str]:
    """Return the row of the table in RESULTS.md."""
    parts = f"{found['decoding']:.0f} and {found['wav']:.0f} ms"
    return _LABEL, f"{found['song']:.0f} ms", parts, f"{found['ratio']:.2f} times as long", f"at most {MOST}"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("give one folder of music, for example data/audio")
    os.environ.update(one_thread())  # before numpy is imported
    with tempfile.TemporaryDirectory() as folder:
        song = make(sorted(Path(sys.argv[1]).rglob("*.wav")), Path(folder))
        print(machine("gtzan", "soundfile", "soxr"))
        print(": ".join(row(measured(song))))


if __name__ == "__main__":
    main()
