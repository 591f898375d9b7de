"""The band of one track: turns notes into sounds, each rendered once, and adds them to the mix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from gtzan_features.synthetic.drums import render_kit
from gtzan_features.synthetic.instruments import render_note

if TYPE_CHECKING:
    from gtzan_features.synthetic.instruments import Patch
    from gtzan_features.synthetic.style import Style

FloatArray = NDArray[np.float32]

_CABINET_HZ = 4_500.0
_MAX_GATE_STEPS = 16


class Band:
    """Plays notes of one style into a buffer.

    Parameters
    ----------
    style : Style
        Instruments, tuning and mix.
    n_samples, sr : int
        Length of the buffer in samples, and sample rate in Hz.
    rng : numpy.random.Generator
        Draws what differs from note to note within an instrument.
    """

    def __init__(self, style: Style, n_samples: int, sr: int, rng: np.random.Generator) -> None:
        self.mix: FloatArray = np.zeros(n_samples, dtype=np.float32)
        self._style, self._sr, self._rng = style, sr, rng
        self._step_s = 15.0 / style.bpm
        self._drums = render_kit(style.kit, sr, rng)
        self._notes: dict[tuple[str, tuple[int, ...], int], FloatArray] = {}
        roles = zip(("drums", "comp", "bass", "lead"), style.mix_db, strict=True)
        self._gains = {role: 0.5 * 10 ** (level / 20) for role, level in roles}

    def strike(self, voice: str, start_s: float, gain: float) -> None:
        """Add one stroke of a drum, at `gain` of full strength; it may begin before the excerpt."""
        self._add(self._drums[voice], start_s, gain * self._gains["drums"])

    def play(self, role: str, midis: tuple[int, ...], steps: int, start_s: float, gain: float) -> None:
        """Add a note or chord of the instrument in `role`, `steps` sixteenths long."""
        key = (role, midis, min(steps, _MAX_GATE_STEPS))
        if key not in self._notes:
            self._notes[key] = self._render(self._patch(role), midis, key[2] * self._step_s)
        self._add(self._notes[key], start_s, gain * self._gains[role])

    def _patch(self, role: str) -> Patch:
        return {"comp": self._style.comp, "bass": self._style.bass, "lead": self._style.lead}[role]

    def _render(self, patch: Patch, midis: tuple[int, ...], gate_s: float) -> FloatArray:
        """Render the notes of a chord, strummed, through the amplifier if there is one."""
        detune = self._style.tuning_cents / 100 - 69
        notes = [
            render_note(patch, 440.0 * 2 ** ((midi + detune) / 12), gate_s, self._sr, self._rng)
            for midi in midis
        ]
        strum = round(patch.strum_s * self._sr)
        chord = np.zeros(notes[0].size + strum * (len(notes) - 1), dtype=np.float32)
        for i, note in enumerate(notes):
            chord[i * strum : i * strum + note.size] += note
        chord /= np.float32(np.sqrt(len(notes)))
        return self._amplify(chord, patch.drive) if patch.drive else chord

    def _amplify(self, chord: FloatArray, drive: float) -> FloatArray:
        driven = np.tanh(np.float32(drive) * chord)
        cutoff = min(_CABINET_HZ, 0.4 * self._sr)
        sos = signal.butter(2, cutoff, fs=self._sr, output="sos").astype(np.float32)
        return np.asarray(0.7 * signal.sosfilt(sos, driven), dtype=np.float32)

    def _add(self, sound: FloatArray, start_s: float, gain: float) -> None:
        start = round(start_s * self._sr)
        skip = max(-start, 0)
        stop = min(start + sound.size, self.mix.size)
        if stop > start + skip:
            self.mix[start + skip : stop] += np.float32(gain) * sound[skip : stop - start]
