"""``gtzan data``: get, check, look at and augment a folder of music, or make a synthetic one."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import click

from gtzan_cli.options import (
    FILE,
    FOLDER,
    MUSIC,
    REPORTS_DIR,
    Words,
    json_option,
    n_jobs_option,
    selection_options,
)
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, show
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.config import Selection


_OF_GTZAN = re.compile(r"([a-z]+)\.([0-9]{5})")


@click.group()
def data() -> None:
    """Get, check, look at and augment a folder of music, or make a synthetic one."""


@data.command()
@click.argument("audio_dir", type=MUSIC)
@selection_options
@click.option(
    "--index",
    type=FILE,
    metavar="FILE.json",
    help="Compare with an index of mirdata, such as gtzan_genre_index_1.0.json: which files, and their MD5.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if anything is wrong.")
@n_jobs_option
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    audio_dir: Path,
    selection: Selection,
    index: Path | None,
    strict: bool,
    n_jobs: int,
    as_json: bool,
) -> None:
    """List what is missing, unreadable, short, silent, corrupt, duplicated or unknown in AUDIO_DIR.

    GTZAN is checked against the facts on its 1000 tracks, other music for damage and duplicates only; with
    --index, which files there are and their bytes are compared with those of the index.
    """
    from gtzan_features.music.verify import verify

    with progress_bar() as progress:
        found = verify(audio_dir, selection=selection, index=index, n_jobs=n_jobs, progress=progress)
    if as_json:
        print_json(found)
    else:
        rows = tuple(
            (f.kind, f.track_id or "–", f.path or "–", f.detail)
            for f in found.findings
            if f.kind != "missing"
        )
        if rows:
            print_table("", ("what", "track", "file", "detail"), rows)
        _print_missing([f.track_id for f in found.findings if f.kind == "missing"])
        for line in found.remarks:
            notice(line)
        show(found.words())
    if strict and found.findings:
        ctx.exit(1)


@data.command()
@click.argument("which", type=click.Choice(["mini", "full"]))
@click.argument("directory", type=FOLDER)
@json_option
def download(which: str, directory: Path, as_json: bool) -> None:
    """Download GTZAN into DIRECTORY: the public mini set, or all 1000 tracks (1.2 GB).

    Goes on where an interrupted download ended, and checks the archive and every track by hash. GTZAN
    carries no licence: what you may do with it depends on where you are.
    """
    from gtzan_features.music.download import download

    with progress_bar() as progress:
        done = download(which, directory, progress=progress, notice=notice)
    if as_json:
        print_json(done)
        return
    for name in done.differing:
        notice(f"Differs from the facts on GTZAN: {name}")
    for name in done.left:
        notice(f"Left as it was, with other bytes than the download: {done.folder / name}")
    if done.left:
        notice(
            "To replace them, move them away and give the same command again: the archive is kept in "
            f"{done.folder / '.download'}. To keep them, remove that folder."
        )
    show(f"{done.folder}: {done.n_tracks} tracks from {done.url}")


@data.command()
@click.argument("audio_dir", type=MUSIC)
@click.option(
    "--out", "-o", type=FOLDER, default=REPORTS_DIR / "explore", show_default=True, help="Where pictures go."
)
@click.option("--track", "tracks", multiple=True, metavar="ID", help="Show this track for its genre.")
@click.option(
    "--sounds/--no-sounds",
    default=True,
    show_default=True,
    help="Put some seconds of the tracks shown into the page, to play.",
)
@selection_options
@n_jobs_option
@json_option
def explore(
    audio_dir: Path,
    out: Path,
    tracks: tuple[str, ...],
    sounds: bool,
    selection: Selection,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Draw AUDIO_DIR: overview, features by genre, tracks in the plane, tempos, spectrograms, augmentations.

    Each augmentation is drawn before and after, on the first example. Writes PNG pictures and explore.html,
    one page with all of them that needs no network; it plays some seconds of each track shown.
    """
    from gtzan_features.music.augment_section import augmentation_sections
    from gtzan_features.music.explore import explore

    with progress_bar() as progress:
        done = explore(
            audio_dir,
            out,
            tracks=tracks,
            selection=selection,
            n_jobs=n_jobs,
            sounds=sounds,
            more=partial(augmentation_sections, sounds=sounds),
            progress=progress,
            notice=notice,
        )
    if as_json:
        print_json(done)
        return
    for line in done.skipped:
        notice(f"Skipped: {line}")
    for line in done.remarks:
        notice(line)
    if done.accuracy1 is not None and done.accuracy2 is not None:
        show(
            f"Tempo: {percent(done.accuracy1)} % within 4 %, {percent(done.accuracy2)} % allowing factors "
            "of 2 and 3."
        )
    show(f"{done.n_tracks} tracks. Page: {done.page}")


@data.command()
@click.argument("directory", type=FOLDER)
@click.option("--tracks", type=int, default=20, show_default=True, help="Tracks per genre.")
@click.option(
    "--seconds",
    type=float,
    default=30.02,
    show_default=True,
    help="Length of a track; over 30 for ten 3 s segments.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of all random choices.")
@n_jobs_option
@json_option
def synth(directory: Path, tracks: int, seconds: float, seed: int, n_jobs: int, as_json: bool) -> None:
    """Write a synthetic "mini GTZAN" into DIRECTORY: ten genres, WAV, the same bytes every time.

    The music is computed by a program. It serves to try the tools and to show what a leak does; figures
    on it say nothing about real music, and every table made from it says that it is synthetic.
    """
    from gtzan_features.music.synthesise import synthesise

    with progress_bar() as progress:
        count = synthesise(
            directory,
            tracks_per_genre=tracks,
            seconds=seconds,
            seed=seed,
            n_jobs=n_jobs,
            progress=progress,
        )
    if as_json:
        print_json({"folder": directory, "n_tracks": count, "seconds": seconds, "seed": seed})
        return
    show(f"{directory}: {count} synthetic tracks of {seconds:g} s")


@data.command()
@click.argument("audio_dir", type=MUSIC)
@click.argument("out", type=FOLDER)
@click.option(
    "--augment",
    "kinds",
    type=Words(),
    required=True,
    help="time-shift, noise, crop-pad, pitch-shift, time-stretch; several with commas.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of all random choices.")
@click.option("--overwrite", is_flag=True, help="Replace copies of another seed or data set.")
@selection_options
@n_jobs_option
@json_option
def augment(
    audio_dir: Path,
    out: Path,
    kinds: tuple[str, ...],
    seed: int,
    overwrite: bool,
    selection: Selection,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Write an augmented copy of every track of AUDIO_DIR into OUT/KIND/GENRE.

    Compute tables of the copies into data/features/augmented/KIND; gtzan fit --augment KIND then adds
    them to the training rows, each only where its own track is trained on.
    """
    from gtzan_features.music.augmented_copies import augment_folder

    with progress_bar() as progress:
        done = augment_folder(
            audio_dir,
            out,
            kinds,
            selection=selection,
            seed=seed,
            n_jobs=n_jobs,
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        print_json(done)
        return
    for kind, folder in done.folders.items():
        show(f"{kind}: {folder}")
    show(f"{done.n_written} files written, {done.n_kept} found done, {len(done.skipped)} skipped")
    for reason in done.skipped:
        notice(f"Skipped: {reason}")
    for line in done.remarks:
        notice(line)


def _print_missing(tracks: list[str]) -> None:
    """Print the missing tracks: GTZAN's as ranges, a line per genre; others by their names."""
    by_genre: dict[str, list[int]] = {}
    others = []
    for track in tracks:
        if numbered := _OF_GTZAN.fullmatch(track):
            by_genre.setdefault(numbered[1], []).append(int(numbered[2]))
        else:
            others.append(track)
    for genre, numbers in by_genre.items():
        show(f"missing: {genre} {_ranges(sorted(numbers))}")
    for track in others:
        show(f"missing: {track}")


def _ranges(numbers: list[int]) -> str:
    """Write ascending numbers as ranges: 1 2 3 7 is ``1-3 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
