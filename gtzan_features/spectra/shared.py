"""`Spectra`: everything that features share of one signal, computed once and only when asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gtzan_features.errors import SignalError
from gtzan_features.spectra import chroma, descriptors, hearing, lanes, mel, separation, stft
from gtzan_features.spectra.buffers import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

Value = TypeVar("Value")

_LOUDEST = 1e6  # beyond it, powers would leave the range of float32


class Spectra:
    """One signal and its spectra; frames are rows. Read-only by agreement: nothing here is copied.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Mono samples at ``config.sr``, finite, at least ``config.n_fft // 2 + 1`` of them.
    config : FeatureConfig
        Frame length, hop and the settings of everything derived.
    scratch : Scratch, optional
        Memory to work in. The arrays of this object live there, so it is good only until another
        one is made on the same memory.

    Raises
    ------
    GtzanError
        If the signal is too short, holds NaN or infinity, or exceeds a million times full scale.
    ConfigError
        If the settings contradict each other; the hop must divide half a frame.
    TypeError, ValueError
        If the signal is not float32 or not one-dimensional.
    """

    def __init__(self, signal: Float32, config: FeatureConfig, scratch: Scratch | None = None) -> None:
        _check(signal, config)
        self.config = config
        self.signal = np.ascontiguousarray(signal)
        self._scratch = Scratch() if scratch is None else scratch
        self._kept: dict[str, Any] = {}

    def kept(self, name: str, compute: Callable[[], Value]) -> Value:
        """Return what `compute` gave when `name` was first asked for: what several features derive alike."""
        if name not in self._kept:
            self._kept[name] = compute()
        value: Value = self._kept[name]
        return value

    @cached_property
    def padded(self) -> Float32:
        """Signal with half a frame of padding on both sides, shape (n_samples + n_fft,)."""
        return stft.pad(self.signal, self.config.n_fft // 2, self.config.pad_mode, self._scratch)

    @cached_property
    def stft(self) -> NDArray[np.complex64]:
        """Complex spectra, shape (n_frames, n_bins)."""
        return stft.stft(self.padded, self.config.n_fft, self.config.hop, self._scratch)

    @cached_property
    def _magnitudes(self) -> tuple[Float32, Float32]:
        return stft.magnitude(self.padded, self.config.n_fft, self.config.hop, self._scratch)

    @property
    def magnitude(self) -> Float32:
        """Magnitudes, linear, shape (n_frames, n_bins)."""
        return self._magnitudes[0]

    @property
    def lanes(self) -> Float32:
        """Magnitudes with LANES frames side by side, shape (n_blocks, n_bins, LANES)."""
        return self._magnitudes[1]

    @cached_property
    def frame_power(self) -> Float64:
        """Mean power of the bins of each frame, shape (n_frames,)."""
        result = np.empty(self.n_frames)
        descriptors.weighted_power(self.magnitude, np.ones(self.magnitude.shape[1]), result)
        return result

    @cached_property
    def heard(self) -> HeardSpectra:
        """The same signal as a listener hears it: what the `full` set is computed of."""
        return HeardSpectra(self)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return 1 + len(self.signal) // self.config.hop

    @cached_property
    def shape(self) -> Float64:
        """Centroid, bandwidth and rolloff of each frame in Hz, shape (n_frames, 3)."""
        result = np.empty((self.n_frames, 3))
        running = self._scratch.array("running", self.lanes.shape[1:])
        bin_hz = self.config.sr / self.config.n_fft
        lanes.shape_of_spectrum(self.lanes, bin_hz, self.config.roll_percent, running, result)
        return result

    @cached_property
    def mel_power(self) -> Float32:
        """Power in mel bands, shape (n_frames, n_mels)."""
        return mel.mel_power(self.lanes, self.n_frames, self.config.sr, self.config.n_mels, self._scratch)

    @cached_property
    def mel_db(self) -> Float32:
        """Level of mel bands in dB, at most 80 dB below the signal's peak, shape (n_frames, n_mels)."""
        return mel.decibels(self.mel_power)

    @cached_property
    def tuning(self) -> float:
        """Deviation from A = 440 Hz in semitones."""
        return chroma.tuning(self.magnitude, self.config.sr, self._precise_magnitude)

    def _precise_magnitude(self, frames: NDArray[np.int64]) -> Float32:
        """Magnitudes of some frames from a transform in float64."""
        return stft.precise_magnitude(self.padded, self.config.n_fft, self.config.hop, frames)

    @cached_property
    def chroma(self) -> Float32:
        """Energy of pitch classes, shape (n_frames, 12)."""
        return chroma.chroma(self.magnitude, self.config.sr, self.tuning)

    @cached_property
    def enhanced(self) -> tuple[Float32, Float32]:
        """Magnitudes smoothed over frames (harmonics stay) and over bins (drums stay), as `magnitude`."""
        return separation.enhanced(self.magnitude, lambda: self.lanes, self.config.hpss_kernel, self._scratch)

    def blocks_of_mask(self) -> Iterator[tuple[slice, Float32]]:
        """Yield the share of the harmonic part of each bin in blocks of frames, and where they belong."""
        width = self.config.hpss_kernel
        return separation.blocks_of_mask(self.magnitude, lambda: self.lanes, width, self._scratch)

    @cached_property
    def waveforms(self) -> tuple[Float32, Float32]:
        """Harmonic and percussive waveform, each of shape (n_samples,).

        Asked for before magnitudes are, they save a transform: they leave them behind.
        """
        found = separation.separate(self.signal, self.padded, self.config, self._scratch)
        vars(self)["_magnitudes"] = found.magnitudes  # the same bits in the same place, if they were there
        return found.harmonic, found.percussive


class HeardSpectra(Spectra):
    """Spectra of magnitudes as they are heard (`hearing.heard_magnitude`), and all that follows from them.

    The samples and the complex spectra are those of the signal: `waveforms` are no part of what is heard.

    Parameters
    ----------
    spectra : Spectra
        Of the signal; its transform is used, and its memory not.
    """

    def __init__(self, spectra: Spectra) -> None:
        self.config, self.signal = spectra.config, spectra.signal
        self._of_signal = spectra
        self._scratch = spectra._scratch.inner("heard")
        self._kept = {}

    @property
    def padded(self) -> Float32:
        """As in `Spectra`."""
        return self._of_signal.padded

    @property
    def stft(self) -> NDArray[np.complex64]:
        """As in `Spectra`."""
        return self._of_signal.stft

    @cached_property
    def _magnitudes(self) -> tuple[Float32, Float32]:
        config = self.config
        if "_magnitudes" in vars(self._of_signal):
            raw = self._of_signal.lanes
            beside = self._scratch.array("lanes", raw.shape)
        else:  # what lies side by side is enough, and nobody will ask for it as it was
            raw = beside = stft.magnitude_lanes(self.padded, config.n_fft, config.hop, self._scratch)
        result = self._scratch.array("magnitude", (self.n_frames, raw.shape[1]))
        self._floors = hearing.heard_beside(raw, config.sr, result, beside)
        return result, beside

    def _precise_magnitude(self, frames: NDArray[np.int64]) -> Float32:
        precise = self._of_signal._precise_magnitude(frames)
        _ = self._magnitudes  # which the floors come from
        return hearing.over_floors(precise, self.config.sr, self._floors[frames])

    @property
    def heard(self) -> HeardSpectra:
        """Itself."""
        return self


def _check(signal: Float32, config: FeatureConfig) -> None:
    """Refuse what no feature is defined on."""
    if signal.dtype != np.float32:
        msg = f"a signal must be float32, not {signal.dtype}: convert it first"
        raise TypeError(msg)
    if signal.ndim != 1:
        msg = f"a signal must be mono, of shape (n_samples,), not {signal.shape}"
        raise ValueError(msg)
    least = config.n_fft // 2 + 1
    if len(signal) < least:
        msg = f"signal of {len(signal)} samples is too short: one frame needs {least}; choose longer segments"
        raise SignalError(msg)
    peak = max(float(np.max(signal)), -float(np.min(signal)))
    if np.isnan(peak) or np.isinf(peak):
        msg = "signal holds NaN or infinity: decode the file again, or leave it out"
        raise SignalError(msg)
    if peak > _LOUDEST:
        msg = f"signal reaches {peak:.3g} where full scale is 1: scale it first, or leave it out"
        raise SignalError(msg)
