"""Pictures of what each augmentation does to the spectrogram of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio import augment as audio
from gtzan_features.audio.load import load
from gtzan_features.config import SegmentConfig, SpectrogramConfig
from gtzan_features.errors import AudioTooShortError
from gtzan_features.models.networks.spectrogram_augment import KINDS, augmented
from gtzan_features.music.augmented_copies import generator
from gtzan_features.reports.figures import save_figure
from gtzan_features.reports.saliency import gallery_figure
from gtzan_features.spectra.spectrogram import band_hz, decode, spectrogram

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

SHOWN = SegmentConfig(6.0)
"""How much of a file is shown."""

_TRIES = 50


def augmentation_picture(path: Path, out: Path, other: Path | None = None, seed: int = 0) -> None:
    """Draw the mel spectrogram of a file's first seconds, as it is and under each augmentation.

    Parameters
    ----------
    path : Path
        The file.
    out : Path
        The picture, PNG.
    other : Path, optional
        The file that MixUp and CutMix mix in; the same file 6 s later where not given.
    seed : int
        Of all chance.

    Raises
    ------
    AudioError
        If a file cannot be read or is too short.
    """
    config = SpectrogramConfig()
    first = _seconds(path, config.sr, 0)
    second = _seconds(other, config.sr, 0) if other else _seconds(path, config.sr, 1)
    pictures = {"as it is": mel_levels(first, config)}
    for kind in audio.KINDS:
        changed = audio.augment(first, config.sr, kind, generator(seed, kind, path.name))
        pictures[kind] = mel_levels(changed, config)
    pair = np.stack([pictures["as it is"], mel_levels(second, config)])
    for kind in KINDS:
        pictures[kind] = visibly(pair, kind, seed)
    title = f"{path.name}: mel spectrogram under each augmentation of training rows, seed {seed}"
    save_figure(gallery_figure(pictures, SHOWN.seconds, band_hz(config), title), out)


def _seconds(path: Path, sr: int, number: int) -> npt.NDArray[np.float32]:
    length = SHOWN.n_samples(sr)
    found = load(path, sr, seconds=(number + 1) * SHOWN.seconds)
    samples = found.samples[number * length : (number + 1) * length]
    if len(samples) < length:
        raise AudioTooShortError(
            path, f"shorter than the {(number + 1) * SHOWN.seconds:g} s of the picture. Give a longer file"
        )
    return samples


def mel_levels(
    samples: npt.NDArray[np.float32], config: SpectrogramConfig, length: SegmentConfig = SHOWN
) -> npt.NDArray[np.float32]:
    """Return the spectrogram of a signal as a network sees it, in dB, shape (n_frames, n_bands)."""
    return decode(spectrogram(samples, config, config.n_frames(length)), config)


def visibly(pair: npt.NDArray[np.float32], kind: str, seed: int) -> npt.NDArray[np.float32]:
    """Augment the first of two spectrograms; of many tries one that changes more than most do.

    Masks may be empty and shares of a mixture next to 0 or 1: such a picture would show nothing.
    """
    centre = pair.mean(axis=(0, 1), keepdims=True)
    rng = generator(seed, kind, "picture")
    tries = []
    for _ in range(_TRIES):
        batch = augmented(pair - centre, np.arange(2), (kind,), rng)
        tries.append(batch.X[0].reshape(pair.shape[1:]) + centre[0])
    changes = np.array([np.abs(one - pair[0]).mean() for one in tries])
    chosen: npt.NDArray[np.float32] = tries[int(np.argsort(changes)[3 * _TRIES // 4])]
    return chosen
