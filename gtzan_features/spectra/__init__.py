"""The one STFT of a signal and what is derived from it once."""

from gtzan_features.spectra.buffers import Scratch
from gtzan_features.spectra.compiled import is_compiled
from gtzan_features.spectra.shared import Spectra

__all__ = ["Scratch", "Spectra", "is_compiled"]
