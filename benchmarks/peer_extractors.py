"""Each extractor that ``peers.py`` measures, as a function of a file; run in the environment of its own.

    python benchmarks/peer_extractors.py NAME [FEATURE ...]

Reads paths from standard input, one a line, and answers each with a line of JSON: seconds and processor
seconds from the path to the row, and how many numbers the row has. Knows nothing of this package but in
``ours``, which is given the features to compute.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    Extractor = Callable[[str], int]

SR, N_FFT, HOP, N_MELS, N_MFCC = 22_050, 2_048, 512, 128, 20


def ours(names: list[str]) -> Extractor:
    """Return what computes some of our features, as most peers do with two statistics over time.

    Where one is of `full` alone, all are those of `full`, and of the Kaggle set what `full` lacks.
    """
    from dataclasses import replace

    from gtzan_features.audio.load import load
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.full import FULL
    from gtzan_features.descriptors.registry import KAGGLE
    from gtzan_features.descriptors.sets import series
    from gtzan_features.descriptors.summary import summarise_all
    from gtzan_features.spectra import Scratch, Spectra

    usual, full = ({spec.name: spec for spec in group} for group in (KAGGLE, FULL))
    beyond = any(name not in usual for name in names)
    chosen = [full[name] if beyond and name in full else usual[name] for name in names]
    summed = [spec.statistics == ("value",) for spec in chosen]
    specs = [
        spec if one else replace(spec, statistics=("mean", "var"))
        for spec, one in zip(chosen, summed, strict=True)
    ]
    config, scratch = FeatureConfig(feature_set="full" if beyond else "kaggle"), Scratch()

    def extract(path: str) -> int:
        spectra = Spectra(load(Path(path), SR).samples, config, scratch)
        return len(summarise_all(series(spectra, specs), specs))

    return extract


# --------------------------------------------------------------------------- one after the other


def sonara_mode(mode: str) -> Extractor:
    import sonara

    return lambda path: len(sonara.analyze_file(path, mode=mode))


def sonara_mfcc() -> Extractor:
    import sonara

    def extract(path: str) -> int:
        y, sr = sonara.load(path, sr=SR)
        return _moments(sonara.mfcc(y=y, sr=sr, n_mfcc=N_MFCC))

    return extract


def afx_music() -> Extractor:
    import afx_audio

    config = afx_audio.load_preset("music@1")

    def extract(path: str) -> int:
        afx_audio.clear_feature_cache()  # else the same file a second time costs nothing
        afx_audio.clear_stft_cache()
        y, sr = afx_audio.load_audio(path, sr=SR)
        row = afx_audio.extract_all_features(y, sr, config)
        return sum(len(values) for values in row.values())

    return extract


def auvux(moments: bool) -> Extractor:
    import auvux.dsp

    mfcc = auvux.dsp.MFCC(sr=SR, n_mfcc=N_MFCC, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS)
    features = ("centroid", "bandwidth")
    shape = auvux.dsp.SpectralMoments(sr=SR, features=features, n_fft=N_FFT, hop_length=HOP)

    def extract(path: str) -> int:
        y = _read(path)
        n_values = _moments(mfcc(y))
        if moments:
            n_values += _moments(shape(y)) + _moments(auvux.dsp.rms(y, sr=SR, hop_length=HOP))
        return n_values

    return extract


def libsonare_mfcc() -> Extractor:
    import libsonare
    import numpy as np

    def extract(path: str) -> int:
        with libsonare.Audio.from_file(path) as audio:
            found = audio.mfcc(n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, n_mfcc=N_MFCC)
        return _moments(np.reshape(found.coefficients, (found.n_mfcc, found.n_frames)))

    return extract


def libsonare_columns() -> Extractor:
    import libsonare
    import numpy as np

    frames = ("spectral_centroid", "spectral_bandwidth", "spectral_rolloff", "zero_crossing_rate")

    def extract(path: str) -> int:
        with libsonare.Audio.from_file(path) as audio:
            mfcc = audio.mfcc(n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, n_mfcc=N_MFCC)
            series = [np.asarray(getattr(audio, name)()) for name in (*frames, "rms_energy")]
            parts = audio.hpss()
            series += [np.asarray(parts.harmonic), np.asarray(parts.percussive)]
            series.append(np.asarray(audio.chroma(n_fft=N_FFT, hop_length=HOP).features))
            audio.detect_bpm()
        n_values = _moments(np.reshape(mfcc.coefficients, (mfcc.n_mfcc, mfcc.n_frames)))
        return n_values + sum(_moments(values) for values in series) + 1

    return extract


def libsonare_analyze() -> Extractor:
    import libsonare

    def extract(path: str) -> int:
        with libsonare.Audio.from_file(path) as audio:
            audio.analyze()
        return 0

    return extract


def audioflux(every: bool) -> Extractor:
    import audioflux as af
    from audioflux import type as kinds

    mel = af.BFT(
        num=N_MELS,
        radix2_exp=11,
        samplate=SR,
        slide_length=HOP,
        scale_type=kinds.SpectralFilterBankScaleType.MEL,
        normal_type=kinds.SpectralFilterBankNormalType.AREA,
        data_type=kinds.SpectralDataType.POWER,
    )
    cepstrum = af.XXCC(num=N_MELS)
    linear = af.BFT(num=N_FFT // 2 + 1, radix2_exp=11, samplate=SR, slide_length=HOP)
    spectral = af.Spectral(num=linear.num, fre_band_arr=linear.get_fre_band_arr())
    temporal = af.Temporal(frame_length=N_FFT, slide_length=HOP)
    separation = af.HPSS(radix2_exp=11, slide_length=HOP, h_order=31, p_order=31)

    def extract(path: str) -> int:
        y, _ = af.read(path)
        power = mel.bft(y, result_type=1)
        cepstrum.set_time_length(power.shape[-1])
        n_values = _moments(cepstrum.xxcc(power, cc_num=N_MFCC))
        if not every:
            return n_values
        magnitude = linear.bft(y, result_type=1)
        spectral.set_time_length(magnitude.shape[-1])
        series = [spectral.centroid(magnitude), spectral.band_width(magnitude)]
        series.append(spectral.rolloff(magnitude, threshold=0.85))
        series += temporal.temporal(y, has_rms=True, has_zcr=True).values()
        chroma = {"radix2_exp": 11, "samplate": SR, "slide_length": HOP, "high_fre": SR / 2}
        series.append(af.chroma_linear(y, **chroma).reshape(-1))
        series += separation.hpss(y)
        return n_values + sum(_moments(values) for values in series)

    return extract


def opensmile(name: str) -> Extractor:
    import opensmile as smile

    extractor = smile.Smile(getattr(smile.FeatureSet, name), smile.FeatureLevel.Functionals)
    return lambda path: extractor.process_file(path).shape[1]


def essentia_music() -> Extractor:
    import essentia
    import essentia.standard

    essentia.log.infoActive = essentia.log.warningActive = False
    music = essentia.standard.MusicExtractor()
    return lambda path: len(music(path)[0].descriptorNames())


def aubio() -> Extractor:
    import aubio as library
    import numpy as np

    def extract(path: str) -> int:
        source = library.source(path, SR, HOP)
        spectrum, mfcc = library.pvoc(N_FFT, HOP), library.mfcc(N_FFT, 40, N_MFCC, SR)
        centroid, rolloff = library.specdesc("centroid", N_FFT), library.specdesc("rolloff", N_FFT)
        tempo, frames = library.tempo("default", N_FFT, HOP, SR), []
        n_here = HOP
        while n_here == HOP:
            samples, n_here = source()
            bins = spectrum(samples)
            rate = library.zero_crossing_rate(samples)
            frames.append([*mfcc(bins), centroid(bins)[0], rolloff(bins)[0], rate])
            tempo(samples)
        tempo.get_bpm()
        return _moments(np.asarray(frames).T) + 1

    return extract


def librosa_script() -> Extractor:
    import naive_librosa

    return lambda path: len(naive_librosa.track_rows(Path(path), "30s")[0])


def librosa_mfcc() -> Extractor:
    import librosa

    def extract(path: str) -> int:
        y, sr = librosa.load(path, sr=SR)
        return _moments(librosa.feature.mfcc(y=y, sr=sr, n_mfcc=N_MFCC))

    return extract


def bliss() -> Extractor:
    import bliss_audio

    return lambda path: len(bliss_audio.Song(path).analysis)


def kaldi() -> Extractor:
    import kaldi_native_fbank
    import numpy as np

    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq, options.frame_opts.dither = SR, 0
    options.frame_opts.frame_length_ms, options.frame_opts.frame_shift_ms = 1e3 * N_FFT / SR, 1e3 * HOP / SR
    options.mel_opts.num_bins, options.num_ceps = N_MELS, N_MFCC

    def extract(path: str) -> int:
        online = kaldi_native_fbank.OnlineMfcc(options)
        online.accept_waveform(SR, _read(path))
        online.input_finished()
        frames = [online.get_frame(i) for i in range(online.num_frames_ready)]
        return _moments(np.asarray(frames).T)

    return extract


def _read(path: str) -> np.ndarray:
    """Decode for those that read no files: the tracks are mono at the rate that is wanted."""
    import soundfile

    samples: np.ndarray = soundfile.read(path, dtype="float32")[0]
    return samples


def _moments(values: np.ndarray) -> int:
    """Take mean and variance over time, the last axis; return how many numbers that are."""
    return int(values.mean(axis=-1).size + values.var(axis=-1).size)


EXTRACTORS: dict[str, Callable[[], Extractor]] = {
    "sonara compact": lambda: sonara_mode("compact"),
    "sonara playlist": lambda: sonara_mode("playlist"),
    "sonara full": lambda: sonara_mode("full"),
    "sonara mfcc": sonara_mfcc,
    "afx music": afx_music,
    "auvux mfcc": lambda: auvux(moments=False),
    "auvux moments": lambda: auvux(moments=True),
    "libsonare mfcc": libsonare_mfcc,
    "libsonare columns": libsonare_columns,
    "libsonare analyze": libsonare_analyze,
    "audioflux mfcc": lambda: audioflux(every=False),
    "audioflux columns": lambda: audioflux(every=True),
    "opensmile ComParE": lambda: opensmile("ComParE_2016"),
    "opensmile eGeMAPS": lambda: opensmile("eGeMAPSv02"),
    "essentia music": essentia_music,
    "aubio": aubio,
    "librosa script": librosa_script,
    "librosa mfcc": librosa_mfcc,
    "bliss": bliss,
    "kaldi mfcc": kaldi,
}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    name, *features = sys.argv[1:]
    extract = ours(features) if name == "ours" else EXTRACTORS[name]()
    for line in sys.stdin:
        start, cpu = time.perf_counter(), time.process_time()
        try:
            answer: dict[str, Any] = {"values": extract(line.rstrip("\n"))}
        except Exception as error:  # whatever a peer raises is its answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        spent = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
        print(json.dumps({**answer, **spent}), file=answers, flush=True)


if __name__ == "__main__":
    main()
