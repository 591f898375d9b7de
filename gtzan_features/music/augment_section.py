"""What each augmentation does to a track: pictures for the page of a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio import augment as audio
from gtzan_features.audio.load import load
from gtzan_features.config import SegmentConfig, SpectrogramConfig
from gtzan_features.errors import AudioError
from gtzan_features.models.networks.spectrogram_augment import KINDS, augmented
from gtzan_features.music.augmented_copies import generator
from gtzan_features.music.heard import heard
from gtzan_features.reports.before_after import Stage, before_after_figure
from gtzan_features.reports.html.data import csv_link
from gtzan_features.reports.html.explore import Picture, PictureSection, Sound
from gtzan_features.spectra.spectrogram import band_hz, decode, spectrogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from gtzan_features.datasets.tracks import Catalogue, TrackFile

    Float32 = npt.NDArray[np.float32]

SHOWN_S = 6.0
"""How much of a track is drawn."""

SHORTEST_S = 1.0
"""Tracks below this many seconds are not drawn."""

_TRIES = 5
_SPECTRAL_TRIES = 50

_WORDS = {
    "time-shift": "it begins somewhere else, and what is cut off follows at the end",
    "noise": f"white noise {audio.SNR_DB[0]:g} to {audio.SNR_DB[1]:g} dB below it",
    "crop-pad": f"up to {100 * audio.LARGEST_CROP:g} % of it cut off, silence in its place",
    "pitch-shift": f"moved by up to {audio.SEMITONES[1]:g} semitones",
    "time-stretch": f"played at {audio.STRETCH[0]:g} to {audio.STRETCH[1]:g} times its speed",
    "time-mask": "a stretch of time set to the mean of each band",
    "frequency-mask": "some neighbouring bands set to their mean",
    "mixup": "mixed with another track",
    "cutmix": "a rectangle of another track in its place",
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """The beginning of a track."""

    track_id: str
    samples: Float32


def augmentation_sections(
    catalogue: Catalogue, examples: Sequence[TrackFile], seed: int = 0, *, sounds: bool = False
) -> list[PictureSection]:
    """Draw a track before and after each augmentation; for `explore` (``more``).

    The track is the first of the examples that can be read; MixUp and CutMix mix the last one in. Where
    there is only one, they have no picture.

    Parameters
    ----------
    catalogue : Catalogue
        Where the tracks lie.
    examples : sequence of TrackFile
        Tracks to choose from.
    seed : int
        Of all chance.
    sounds : bool
        Whether the signals before and after can be heard.

    Returns
    -------
    list of PictureSection
        Empty where no example can be read or is long enough.
    """
    config = SpectrogramConfig()
    pieces = _pieces(catalogue, examples, config.sr)
    if not pieces:
        return []
    size = min(len(piece.samples) for piece in pieces)
    track, *others = [_Piece(piece.track_id, piece.samples[:size]) for piece in pieces]
    pictures = [_of_audio(track, kind, config, seed, sounds=sounds) for kind in audio.KINDS]
    for kind in KINDS:
        mixes = kind in ("mixup", "cutmix")
        if others or not mixes:
            pictures.append(_of_levels(track, others[-1] if mixes else None, kind, config, seed))
    section = PictureSection(
        title="Augmentation, before and after",
        words=f"The first {size / config.sr:g} s of {track.track_id}, as they are and as gtzan fit --augment "
        "changes training rows; test rows are never changed. Of several changes at random a strong one is "
        "shown. The CSV: mean mel spectra before and after.",
        pictures=tuple(pictures),
        wide=False,
    )
    return [section]


def _pieces(catalogue: Catalogue, examples: Sequence[TrackFile], sr: int) -> list[_Piece]:
    """Read the beginnings of the first and the last example that can be read."""
    found: list[_Piece] = []
    for track in examples:
        try:
            samples = load(catalogue.root / track.path, sr, seconds=SHOWN_S).samples
        except AudioError:
            continue  # `explore` names it among the skipped
        if len(samples) >= SHORTEST_S * sr:
            found.append(_Piece(track.track_id, samples))
    return [found[0], found[-1]] if len(found) > 1 else found


def _of_audio(track: _Piece, kind: str, config: SpectrogramConfig, seed: int, *, sounds: bool) -> Picture:
    """Draw what an augmentation of the signal does, as waveform and mel spectrogram."""
    length = _length(track, config)
    before = _mel_levels(track.samples, config, length)
    rng = generator(seed, kind, track.track_id)
    tries = [audio.augment(track.samples, config.sr, kind, rng) for _ in range(_TRIES)]
    levels = [_mel_levels(samples, config, length) for samples in tries]
    # The weakest changes would show nothing.
    chosen = int(np.argmax([np.abs(one - before).mean() for one in levels]))
    stages = [
        Stage(name="before", levels=before, samples=track.samples),
        Stage(name="after", levels=levels[chosen], samples=tries[chosen]),
    ]
    what = f"waveform and mel spectrogram before and after {kind}"
    picture = _picture(track, kind, stages, config, what)
    return replace(picture, sounds=tuple(_sounds(stages, config.sr))) if sounds else picture


def _sounds(stages: Sequence[Stage], sr: int) -> Iterator[Sound]:
    for stage in stages:
        mp3 = None if stage.samples is None else heard(stage.samples, sr)
        if mp3 is not None:
            yield Sound(name=stage.name, mp3=mp3)


def _of_levels(
    track: _Piece, other: _Piece | None, kind: str, config: SpectrogramConfig, seed: int
) -> Picture:
    """Draw what an augmentation of the spectrogram does."""
    length = _length(track, config)
    before = _mel_levels(track.samples, config, length)
    second = _mel_levels(other.samples, config, length) if other else before
    after = _visibly(np.stack([before, second]), kind, seed)
    stages = [Stage(name="before", levels=before), Stage(name="after", levels=after)]
    what = f"mel spectrogram before and after {kind}"
    if other:
        stages.insert(1, Stage(name=f"mixed in: {other.track_id}", levels=second))
        what = f"mel spectrogram before and after {kind} with {other.track_id}, which stands between them"
    return _picture(track, kind, stages, config, what)


def _length(track: _Piece, config: SpectrogramConfig) -> SegmentConfig:
    return SegmentConfig(len(track.samples) / config.sr)


def _picture(track: _Piece, kind: str, stages: list[Stage], config: SpectrogramConfig, what: str) -> Picture:
    seconds = len(track.samples) / config.sr
    means = (stages[0].levels.mean(axis=0), stages[-1].levels.mean(axis=0))
    rows = [(band, f"{a:.2f}", f"{b:.2f}") for band, (a, b) in enumerate(zip(*means, strict=True))]
    return Picture(
        name=f"augment-{kind}",
        words=f"{track.track_id}: {what} ({_WORDS[kind]}), {seconds:g} s, levels in dB.",
        figure=before_after_figure(f"{track.track_id}: {kind}", stages, seconds, band_hz(config)),
        csv=csv_link(f"augment {kind}", ("mel_band", "before_db", "after_db"), rows),
    )


def _mel_levels(samples: Float32, config: SpectrogramConfig, length: SegmentConfig) -> Float32:
    """Return the spectrogram of a signal as a network sees it, in dB, shape (n_frames, n_bands)."""
    return decode(spectrogram(samples, config, config.n_frames(length)), config)


def _visibly(pair: Float32, kind: str, seed: int) -> Float32:
    """Augment the first of two spectrograms; of many tries one that changes more than most do.

    Masks may be empty and shares of a mixture next to 0 or 1: such a picture would show nothing.
    """
    centre = pair.mean(axis=(0, 1), keepdims=True)
    rng = generator(seed, kind, "picture")
    tries = []
    for _ in range(_SPECTRAL_TRIES):
        batch = augmented(pair - centre, np.arange(2), (kind,), rng)
        tries.append(batch.X[0].reshape(pair.shape[1:]) + centre[0])
    changes = np.array([np.abs(one - pair[0]).mean() for one in tries])
    chosen: Float32 = tries[int(np.argsort(changes)[3 * _SPECTRAL_TRIES // 4])]
    return chosen
