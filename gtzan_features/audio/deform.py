"""Deformations of signals: what happens to music on its way, each by a stated amount.

Other than in `augment`, an amount is never random: a deformed test set has one mp3 rate, one ratio of
noise. All work on the mono signal that features are computed of, in float, which nothing clips unless
clipping is the deformation.

========================================  ==========================================================
``mp3-128``, ``mp3-64``, ``mp3-32``       through LAME and back at a constant rate in kbit/s
``ogg-q5``, ``ogg-q1``                    through Vorbis and back, of a quality as oggenc counts
``noise-50``, ``-40``, ``-30`` … ``-10``  white noise, so many dB below the mean power of the track
``low-pass-8k``, ``low-pass-4k``          Butterworth of order 8 run both ways, -6 dB at 8 or 4 kHz
``high-pass-20``, ``-40``, ``-80``        the same, -6 dB at 20, 40 or 80 Hz
``resample-44k``                          to 44.1 kHz and back, as if the file came at that rate
``room``                                  a synthetic impulse response: reverberation time 0.5 s,
                                          as strong as the direct sound (`audio.room`)
``speed+3``, ``speed-3``                  played faster or slower by so many per cent; pitch and
                                          tempo move together
``clip-10``                               the loudest 10 % of the samples cut off at one level
``gain+6``, ``gain-6``                    louder or softer by so many dB; not clipped
========================================  ==========================================================

Nothing that computes is imported before a signal is deformed, so that commands can name them.

References
----------
.. [1] Plachouras, Alonso-Jiménez and Bogdanov, "mir_ref: A representation evaluation framework for music
   information retrieval tasks", NeurIPS workshop on machine learning for audio, 2023.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gtzan_features.config import fingerprint
from gtzan_features.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]


GROUPS = {
    "codecs": ("mp3", "ogg"),
    "noise": ("noise",),
    "filters": ("low-pass", "high-pass"),
    "other changes": ("resample", "room", "speed", "clip", "gain"),
}
"""Kinds of deformation that stand in one table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deformation:
    """One deformation by one amount.

    Attributes
    ----------
    name : str
        As on the command line, for example ``mp3-64``.
    kind : str
        What is done: ``mp3``, ``ogg``, ``noise``, ``low-pass``, ``high-pass``, ``resample``, ``room``,
        ``speed``, ``clip`` or ``gain``.
    amount : float
        kbit/s, quality, dB, Hz, Hz, Hz, reverberation time in s, factor of speed, share of samples, dB.
    label : str
        In tables and pictures.
    version : int
        Raised when the same amount gives other samples.
    """

    name: str
    kind: str
    amount: float
    label: str
    version: int = 1

    @property
    def group(self) -> str:
        """In which table it stands: a name of `GROUPS`."""
        return next(name for name, kinds in GROUPS.items() if self.kind in kinds)

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; equal ones mean equal samples."""
        return fingerprint(asdict(self))

    def apply(self, signal: Float32, sr: int, rng: np.random.Generator) -> Float32:
        """Return a deformed copy of a signal.

        Parameters
        ----------
        signal : ndarray of shape (n_samples,), float32
            Mono, full scale 1; at least one sample.
        sr : int
            Sampling rate in Hz.
        rng : Generator
            Source of the noise.

        Returns
        -------
        ndarray of shape (n_samples,), float32
            Under ``speed`` of about ``n_samples / amount`` samples.

        Raises
        ------
        ConfigError
            If this libsndfile does not write the codec, or the sampling rate does not allow the amount.
        """
        from gtzan_features.audio.deform_kinds import deform_samples

        return deform_samples(self.kind, signal, sr, self.amount, rng)


DEFORMATIONS = (
    Deformation(name="mp3-128", kind="mp3", amount=128, label="mp3, 128 kbit/s"),
    Deformation(name="mp3-64", kind="mp3", amount=64, label="mp3, 64 kbit/s"),
    Deformation(name="mp3-32", kind="mp3", amount=32, label="mp3, 32 kbit/s"),
    Deformation(name="ogg-q5", kind="ogg", amount=5, label="Ogg, quality 5"),
    Deformation(name="ogg-q1", kind="ogg", amount=1, label="Ogg, quality 1"),
    Deformation(name="noise-50", kind="noise", amount=50, label="white noise, 50 dB"),
    Deformation(name="noise-40", kind="noise", amount=40, label="white noise, 40 dB"),
    Deformation(name="noise-30", kind="noise", amount=30, label="white noise, 30 dB"),
    Deformation(name="noise-20", kind="noise", amount=20, label="white noise, 20 dB"),
    Deformation(name="noise-10", kind="noise", amount=10, label="white noise, 10 dB"),
    Deformation(name="low-pass-8k", kind="low-pass", amount=8_000, label="low-pass, 8 kHz"),
    Deformation(name="low-pass-4k", kind="low-pass", amount=4_000, label="low-pass, 4 kHz"),
    Deformation(name="high-pass-20", kind="high-pass", amount=20, label="high-pass, 20 Hz"),
    Deformation(name="high-pass-40", kind="high-pass", amount=40, label="high-pass, 40 Hz"),
    Deformation(name="high-pass-80", kind="high-pass", amount=80, label="high-pass, 80 Hz"),
    Deformation(name="resample-44k", kind="resample", amount=44_100, label="through 44.1 kHz"),
    Deformation(name="room", kind="room", amount=0.5, label="in a room"),
    Deformation(name="speed+3", kind="speed", amount=1.03, label="speed +3 %"),
    Deformation(name="speed-3", kind="speed", amount=0.97, label="speed −3 %"),
    Deformation(name="clip-10", kind="clip", amount=0.1, label="10 % of samples clipped"),
    Deformation(name="gain+6", kind="gain", amount=6, label="gain +6 dB"),
    Deformation(name="gain-6", kind="gain", amount=-6, label="gain −6 dB"),
)
"""The deformations by which robustness is measured."""

ROBUST = ("noise-30", "noise-20", "noise-10", "low-pass-8k", "low-pass-4k", "high-pass-80", "mp3-64")
"""Names of the deformations that robust training uses where it is given none; ``robust`` stands for them."""


def deformations(names: tuple[str, ...]) -> tuple[Deformation, ...]:
    """Return deformations by name, all where there is none.

    Raises
    ------
    ConfigError
        If there is none of this name.
    """
    known = {one.name: one for one in DEFORMATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        msg = f"no deformation {unknown[0]!r}; there are {', '.join(known)}"
        raise ConfigError(msg)
    return tuple(known[name] for name in names) if names else DEFORMATIONS
