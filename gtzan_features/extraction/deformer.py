"""A deformation as a change between decoding and features.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from gtzan_features.config import fingerprint
from gtzan_features.errors import ConfigError, SignalError

if TYPE_CHECKING:
    from gtzan_features.audio.deform import Deformation
    from gtzan_features.extraction.changed_rows import Float32, Stretch


@dataclass(frozen=True, slots=True)
class Deformer:
    """Deforms stretches of files; the chance in it depends on seed, deformation and the file's bytes only.

    Attributes
    ----------
    deformation : Deformation
        What is done to the samples.
    sr : int
        Rate of the samples in Hz.
    seed : int
        Of the noise.
    """

    deformation: Deformation
    sr: int
    seed: int = 0

    def __call__(self, stretch: Stretch) -> Float32:
        """Return deformed samples.

        Raises
        ------
        SignalError
            If they cannot be deformed, as by an encoder that loses some of them: it costs this file its rows.
            That the machine has the encoder at all is known before (`deformed_tables.try_out`).
        """
        text = f"{self.seed} {self.deformation.name} {stretch.sha256}"
        if stretch.number:
            text += f" {stretch.number}"
        digest = hashlib.sha256(text.encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        try:
            return self.deformation.apply(stretch.samples, self.sr, rng)
        except (ConfigError, soundfile.SoundFileError) as error:
            msg = f"cannot be deformed by {self.deformation.name} ({error})"
            raise SignalError(msg) from error

    @property
    def digits(self) -> str:
        """Six hexadecimal digits; another amount or seed has others."""
        return fingerprint({"deformation": self.deformation.fingerprint(), "seed": self.seed})[:6]
