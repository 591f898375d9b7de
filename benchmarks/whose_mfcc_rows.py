"""Columns by the names of ours, as another library computes them; run in the environment of its own.

    python benchmarks/whose_mfcc_rows.py LIBRARY

Reads paths from standard input, one a line, and answers each with a line of JSON: the columns of the whole
file by the names of the Kaggle columns. What a library does not have is left out. Knows nothing of this
package but in ``ours``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = dict[str, float]
    Extractor = Callable[[str], Row]

N_MFCC = 20


def ours() -> Extractor:
    import gtzan_features as gf

    def row(path: str) -> Row:
        frame = gf.features(path, segments="30s", progress=False)
        return {str(name): float(value) for name, value in frame.iloc[0].items()}

    return row


def librosa() -> Extractor:
    """Call it as most notebooks do: every argument but samples and rate is left as it is."""
    import librosa as library

    def row(path: str) -> Row:
        y, sr = library.load(path)
        harmonic, percussive = library.effects.hpss(y)
        tempo = library.beat.beat_track(y=y, sr=sr)[0]
        series = {
            "chroma_stft": library.feature.chroma_stft(y=y, sr=sr),
            "rms": library.feature.rms(y=y),
            "spectral_centroid": library.feature.spectral_centroid(y=y, sr=sr),
            "spectral_bandwidth": library.feature.spectral_bandwidth(y=y, sr=sr),
            "rolloff": library.feature.spectral_rolloff(y=y, sr=sr),
            "zero_crossing_rate": library.feature.zero_crossing_rate(y),
            "harmony": harmonic,
            "perceptr": percussive,
            **_numbered(library.feature.mfcc(y=y, sr=sr, n_mfcc=N_MFCC), first=1),
        }
        return {**_moments(series), "tempo": float(np.atleast_1d(tempo)[0])}

    return row


def essentia() -> Extractor:
    """Call its algorithms on frames of 2048 samples every 1024, at 44100 Hz, all else left as it is."""
    import essentia
    import essentia.standard as es

    essentia.log.infoActive = essentia.log.warningActive = False
    sr, size = 44_100, 2_048
    window, spectrum = es.Windowing(), es.Spectrum()
    mfcc, centroid, rolloff = es.MFCC(), es.Centroid(range=sr / 2), es.RollOff()
    moments, shape = es.CentralMoments(range=sr / 2), es.DistributionShape()
    peaks, hpcp, rms, crossings = es.SpectralPeaks(), es.HPCP(), es.RMS(), es.ZeroCrossingRate()
    rhythm = es.RhythmExtractor2013()

    def of_frame(frame: np.ndarray) -> list[float]:
        bins = spectrum(window(frame))
        spread = shape(moments(bins))[0]
        return [
            rms(frame), centroid(bins), float(np.sqrt(spread)), rolloff(bins), crossings(frame),
            *mfcc(bins)[1], *hpcp(*peaks(bins)),
        ]  # fmt: skip

    def row(path: str) -> Row:
        y = es.MonoLoader(filename=path, sampleRate=sr)()
        frames = np.array([of_frame(one) for one in es.FrameGenerator(y, frameSize=size, hopSize=size // 2)])
        names = ("rms", "spectral_centroid", "spectral_bandwidth", "rolloff", "zero_crossing_rate")
        series = dict(zip(names, frames.T, strict=False))
        series |= {**_numbered(frames[:, 5:18].T, first=1), "chroma_stft": frames[:, 18:]}
        return {**_moments(series), "tempo": float(rhythm(y)[0])}

    return row


def opensmile() -> Extractor:
    """Take low-level descriptors of ComParE 2016: the rolloff at 90 %, the root of the variance."""
    import opensmile as library

    smile = library.Smile(library.FeatureSet.ComParE_2016, library.FeatureLevel.LowLevelDescriptors)

    def row(path: str) -> Row:
        frames = smile.process_file(path)
        spectral = "pcm_fftMag_spectral"
        series = {
            "rms": frames["pcm_RMSenergy_sma"].to_numpy(),
            "zero_crossing_rate": frames["pcm_zcr_sma"].to_numpy(),
            "spectral_centroid": frames[f"{spectral}Centroid_sma"].to_numpy(),
            "spectral_bandwidth": np.sqrt(frames[f"{spectral}Variance_sma"].to_numpy()),
            "rolloff": frames[f"{spectral}RollOff90.0_sma"].to_numpy(),
        }
        # Its number 1 is the first cosine, which is our number 2.
        mfcc = frames[[f"mfcc_sma[{number}]" for number in range(1, 15)]].to_numpy().T
        return _moments({**series, **_numbered(mfcc, first=2)})

    return row


def python_speech_features() -> Extractor:
    """Call `mfcc` on 16-bit samples, for 20 numbers instead of 13, all else left as it is."""
    import python_speech_features as library
    from scipy.io import wavfile

    def row(path: str) -> Row:
        sr, y = wavfile.read(path)
        return _moments(_numbered(library.mfcc(y, sr, numcep=N_MFCC).T, first=1))

    return row


def _numbered(coefficients: np.ndarray, first: int) -> dict[str, Any]:
    """Name MFCCs, one a row, by our numbers."""
    return {f"mfcc{number}": one for number, one in enumerate(coefficients, start=first)}


def _moments(series: dict[str, Any]) -> Row:
    """Take mean and population variance of all values of each name."""
    row = {}
    for name, values in series.items():
        row[f"{name}_mean"] = float(np.mean(values))
        row[f"{name}_var"] = float(np.var(values))
    return row


LIBRARIES: dict[str, Callable[[], Extractor]] = {
    "ours": ours,
    "librosa": librosa,
    "essentia": essentia,
    "opensmile": opensmile,
    "python_speech_features": python_speech_features,
}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    extract = LIBRARIES[sys.argv[1]]()
    for line in sys.stdin:
        print(json.dumps(extract(line.rstrip("\n"))), file=answers, flush=True)


if __name__ == "__main__":
    main()
