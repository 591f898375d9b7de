"""The `full` feature set: signal processing alone, in ten families.

Version 3. Everything is computed of the spectrum as it is heard (`spectra.hearing`): between 40 Hz and 8
kHz, over a floor that moves with the music. So noise floors, rumble and the edges of codecs have little
say, and columns that have the name of one of the Kaggle set have other values. The zero-crossing rate,
which has no spectrum to lay on a floor, is left out.

A gain changes no column: how loud a file is says more of its mastering than of its music. So mean and
variance of rms, harmony, perceptr and mfcc1 are no columns.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gtzan_features.descriptors import (
    blocks,
    contrast,
    energy,
    fluctuation,
    harmonicity,
    modulation,
    pulse,
    spectral,
    timbre,
    tonal,
)
from gtzan_features.descriptors.registry import KAGGLE, FeatureSpec, Statistic, grid, numbered, pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.registry import Family
    from gtzan_features.spectra import Spectra

    Compute = Callable[[Spectra], NDArray[np.floating]]
    Indices = Callable[[FeatureConfig], tuple[tuple[int, ...], ...]]

_SHAPE: tuple[Statistic, ...] = ("skew", "kurt", "p10", "p50", "p90", "dmean", "dstd")
_OVER_TIME: tuple[Statistic, ...] = ("mean", "std", *_SHAPE)
_KAGGLE = {spec.name: spec for spec in KAGGLE}


def _more(name: str, description: str = "", compute: Compute | None = None) -> FeatureSpec:
    """Return a feature of the Kaggle set with more statistics; with `compute`, coefficients 2 to 21."""
    spec = _KAGGLE[name]
    return FeatureSpec(
        name=name,
        unit=spec.unit,
        family=spec.family,
        description=description or spec.description,
        source=spec.source,
        silence=spec.silence if compute is None else "0",
        range=spec.range,
        compute=compute or spec.compute,
        statistics=("mean", "var", *_SHAPE),
        indices=None if compute is None else numbered(timbre.N_MFCC, first=2),
    )


def _family(family: Family, source: str) -> Callable[..., FeatureSpec]:
    """Return a function that makes the specifications of a family."""

    def spec(
        name: str,
        compute: Compute,
        unit: str,
        within: str,
        description: str,
        statistics: tuple[Statistic, ...] = _OVER_TIME,
        indices: Indices | None = None,
        *,
        silence: str = "0",
        by: str = source,
    ) -> FeatureSpec:
        return FeatureSpec(
            name=name,
            unit=unit,
            family=family,
            description=description,
            source=by,
            silence=silence,
            range=within,
            compute=compute,
            statistics=statistics,
            indices=indices,
        )

    return spec


_VALUE: tuple[Statistic, ...] = ("value",)
_MEAN_STD: tuple[Statistic, ...] = ("mean", "std")

# A table: a feature in two or three lines.
# fmt: off
_timbre = _family("timbre", "Tzanetakis and Cook, Musical genre classification of audio signals, 2002")
_TIMBRE = (
    _more("mfcc", compute=timbre.higher_mfccs),
    _timbre("mel_level", timbre.mel_level, "dB", "-80 to 0",
            "mean level of a frame's mel bands under the loudest point of the signal",
            by="Davis and Mermelstein, 1980: the first coefficient of librosa.feature.mfcc, shifted"),
    _timbre("mfcc_delta", timbre.mfcc_delta, "dB", "any",
            "slope of a mel-frequency cepstral coefficient, per frame", ("std", "kurt"),
            numbered(timbre.N_MFCC), by="Furui, 1986"),
    _timbre("mfcc_acceleration", timbre.mfcc_acceleration, "dB", "any",
            "slope of mfcc_delta, per frame", ("std",),
            numbered(timbre.N_MFCC), by="Furui, 1986"),
    _timbre("mfcc_covariance", timbre.mfcc_covariance, "dB^2", "any",
            "covariance of two mel-frequency cepstral coefficients over frames", _VALUE,
            pairs(timbre.N_MFCC),
            by="Mandel and Ellis, Song-level features and support vector machines, 2005"),
    _timbre("mfcc_delta_covariance", timbre.mfcc_delta_covariance, "dB^2", "any",
            "covariance of the slopes of two coefficients over frames", _VALUE, pairs(timbre.N_MFCC),
            by="Mandel and Ellis, Song-level features and support vector machines, 2005"),
    _timbre("mfcc_window_mean", timbre.mfcc_window_mean, "dB", "any",
            "mean of a coefficient in a window of a second", ("std",), numbered(timbre.N_MFCC)),
    _timbre("mfcc_window_std", timbre.mfcc_window_std, "dB", "0 or more",
            "standard deviation of a coefficient in a window of a second", _MEAN_STD,
            numbered(timbre.N_MFCC)),
)

_contrast = _family(
    "contrast", "Jiang et al., Music type classification by spectral contrast feature, 2002; librosa"
)
_CONTRAST = (
    _contrast("spectral_contrast", contrast.spectral_contrast, "dB", "0 or more",
            "level of an octave band's strongest over its weakest bins",
            indices=numbered(contrast.N_OCTAVES)),
    _contrast("spectral_valley", contrast.spectral_valley, "dB", "-100 or more",
            "level of an octave band's weakest bins over the mean peak of all bands",
            indices=numbered(contrast.N_OCTAVES)),
    _contrast("spectral_peak", contrast.spectral_peak, "dB", "-100 or more",
            "level of an octave band's strongest bins",
            ("std", "dstd"), numbered(contrast.N_OCTAVES)),
)

_spectral = _family("spectral", "Peeters, A large set of audio features, 2004")
_SPECTRAL = (
    _more("spectral_centroid"),
    _more("spectral_bandwidth"),
    _more("rolloff"),
    _spectral("spectral_skewness", spectral.spectral_skewness, "1", "any",
            "skewness of a frame's magnitudes"),
    _spectral("spectral_kurtosis", spectral.spectral_kurtosis, "1", "0 or more",
            "kurtosis of a frame's magnitudes"),
    _spectral("rolloff_at", spectral.rolloff_at, "Hz", "0 to sr/2",
            "frequency under which 25 %, 50 % and 95 % of a frame's magnitudes lie",
            indices=numbered(len(spectral.ROLLOFFS))),
    _spectral("spectral_slope", spectral.spectral_slope, "dB/kHz", "any", "slope of a frame's levels"),
    _spectral("spectral_flux", spectral.spectral_flux, "1", "0 to sqrt 2",
            "distance of a frame's unit-norm spectrum from the one before",
            by="Tzanetakis and Cook, Musical genre classification of audio signals, 2002"),
    _spectral("spectral_flatness", spectral.spectral_flatness, "dB", "0 or less",
            "geometric over arithmetic mean of a frame's powers",
            by="Johnston, 1988; librosa.feature.spectral_flatness"),
    _spectral("spectral_crest", spectral.spectral_crest, "dB", "0 or more",
            "maximum over mean of a frame's powers"),
    _spectral("spectral_entropy", spectral.spectral_entropy, "1", "0 to 1",
            "entropy of a frame's powers over that of white noise",
            silence="1 for mean and percentiles, 0 for the others",
            by="Misra et al., Spectral entropy based feature for robust ASR, 2004"),
    _spectral("octave_flatness", spectral.octave_flatness, "dB", "0 or less",
            "spectral flatness within an octave band",
            ("mean", "std", "dmean"), numbered(spectral.N_OCTAVES)),
    _spectral("octave_crest", spectral.octave_crest, "dB", "0 or more",
            "spectral crest within an octave band",
            ("mean", "std", "dmean"), numbered(spectral.N_OCTAVES)),
    _spectral("band_rise", spectral.band_rise, "dB", "0 to 80",
            "rise of a band's level from frame to frame, falls as 0", _MEAN_STD, numbered(spectral.N_RISE),
            by="Böck and Widmer, 2013"),
    _spectral("roughness", spectral.roughness, "1", "0 or more",
            "dissonance of a frame's loudest peaks over the sum of their magnitudes",
            by="Sethares, Local consonance and the relationship between timbre and scale, 1993"),
)

_tonal = _family("tonal", "Müller, Fundamentals of music processing, 2015")
_KRUMHANSL = "Krumhansl, Cognitive foundations of musical pitch, 1990"
_HARTE = "Harte, Sandler and Gasser, Detecting harmonic change, 2006; librosa.feature.tonnetz"
_TONAL = (
    _KAGGLE["chroma_stft"],
    _tonal("chroma", tonal.chroma_stft, "1", "0 to 1",
            "energy of a pitch class, each frame scaled to a maximum of 1; from C", _MEAN_STD,
            numbered(tonal.N_CLASSES),
            by="Ellis, Chroma feature analysis and synthesis, 2007; librosa.feature.chroma_stft"),
    _tonal("chroma_relative", tonal.chroma_relative, "1", "0 to 1",
            "share of a pitch class in a frame; from the class that is strongest over the signal",
            _MEAN_STD, numbered(tonal.N_CLASSES)),
    _tonal("chroma_in_key", tonal.chroma_in_key, "1", "0 to 1",
            "share of a pitch class in a frame; from the tonic of the best key", ("mean",),
            numbered(tonal.N_CLASSES), by=_KRUMHANSL),
    _tonal("key_major", tonal.key_major, "1", "0 to 1",
            "correlation with the best major key", _VALUE, by=_KRUMHANSL),
    _tonal("key_minor", tonal.key_minor, "1", "0 to 1",
            "correlation with the best minor key", _VALUE, by=_KRUMHANSL),
    _tonal("key_mode", tonal.key_mode, "1", "-1 to 1",
            "best major less best minor key", _VALUE, by=_KRUMHANSL),
    _tonal("key_spread", tonal.key_spread, "1", "0 to 1",
            "deviation of the 24 correlations", _VALUE, by=_KRUMHANSL),
    _tonal("key_ranked", tonal.key_ranked, "1", "-1 to 1",
            "correlation with the best key, the second best, and so on",
            _VALUE, numbered(tonal.N_RANKED), by=_KRUMHANSL),
    _tonal("chroma_entropy", tonal.chroma_entropy, "1", "0 to 1", "entropy of a frame's chroma, 1 at most"),
    _tonal("chroma_flux", tonal.chroma_flux, "1", "0 to 2", "change of chroma from frame to frame"),
    _tonal("chroma_interval", tonal.chroma_interval, "1", "0 to 1",
            "what sounds together at a distance of 1 to 6 semitones", _MEAN_STD,
            numbered(tonal.N_INTERVALS)),
    _tonal("chroma_interval_of_mean", tonal.chroma_interval_of_mean, "1", "0 to 1",
            "chroma_interval of the signal's mean chroma", _VALUE, numbered(tonal.N_INTERVALS)),
    _tonal("tonnetz", tonal.tonnetz, "1", "-1 to 1",
            "tonal centroid: two coordinates on the circles of fifths, minor thirds, major thirds",
            ("mean", "std", "dstd"), numbered(6), by=_HARTE),
    _tonal("tonnetz_radius", tonal.tonnetz_radius, "1", "0 to 1",
            "distance of the tonal centroid from the centre of a circle", _MEAN_STD, numbered(3),
            by=_HARTE),
    _tonal("harmonic_change", tonal.harmonic_change, "1", "0 to 3", "step of the tonal centroid", by=_HARTE),
    _tonal("cens", tonal.cens, "1", "0 to 1",
            "smoothed, quantised chroma of unit norm; from the strongest class",
            _MEAN_STD, numbered(tonal.N_CLASSES), by="Müller and Ewert, Chroma Toolbox, 2011"),
    _tonal("chord_strength", tonal.chord_strength, "1", "0 to 1",
            "share of a second's best triad", _MEAN_STD),
    _tonal("chord_major", tonal.chord_major, "1", "0 to 1",
            "share of seconds whose best triad is major", _VALUE,
            silence="1"),
    _tonal("chord_change", tonal.chord_change, "1", "0 to 1",
            "share of seconds whose best triad is new", _VALUE),
    _tonal("chord_variety", tonal.chord_variety, "1", "0 to 1", "different best triads per second", _VALUE,
            silence="one over the seconds"),
)

_harmonicity = _family(
    "harmonicity", "FitzGerald, Harmonic/percussive separation using median filtering, 2010"
)
_HARMONICITY = (
    _harmonicity("band_ratio", harmonicity.band_ratio, "dB", "-40 to 40",
            "level of a band's harmonic over its percussive part", _MEAN_STD,
            numbered(harmonicity.N_BANDS)),
    _harmonicity("band_ratio_of_sums", harmonicity.band_ratio_of_sums, "dB", "-40 to 40",
            "level of a band's harmonic over its percussive part, over the whole signal", _VALUE,
            numbered(harmonicity.N_BANDS)),
    _harmonicity("frame_ratio", harmonicity.frame_ratio, "dB", "-40 to 40",
            "level of the harmonic over the percussive part"),
    _harmonicity("harmonic_cepstrum", harmonicity.harmonic_cepstrum, "dB", "any",
            "cepstral coefficient of the harmonic part", _MEAN_STD, numbered(harmonicity.N_CEPSTRUM)),
    _harmonicity("percussive_cepstrum", harmonicity.percussive_cepstrum, "dB", "any",
            "cepstral coefficient of the percussive part", _MEAN_STD, numbered(harmonicity.N_CEPSTRUM)),
)

_rhythm = _family("rhythm", "Peeters, Rhythm classification using spectral rhythm patterns, 2005")
_ONSET = "Böck and Widmer, Maximum filter vibrato suppression for onset detection, 2013"
_RHYTHM = (
    _KAGGLE["tempo"],
    _rhythm("onset_strength", pulse.onset_strength, "dB", "0 to 80",
            "mean over mel bands of the rise in level",
            by=f"{_ONSET}; librosa.onset.onset_strength"),
    _rhythm("onset_median", pulse.onset_median, "dB", "0 to 80", "median over mel bands of the rise in level",
            by=_ONSET),
    _rhythm("onset_in_band", pulse.onset_in_band, "dB", "0 to 80",
            "mean rise in level of a fifth of the spectrum",
            ("mean", "std", "skew", "kurt", "p90"), numbered(pulse.N_BANDS), by=_ONSET),
    _rhythm("onset_correlation", pulse.onset_correlation, "1", "-1 to 1",
            "correlation of the onsets of two bands",
            _VALUE, pairs(pulse.N_BANDS)),
    _rhythm("onset_rate", pulse.onset_rate, "1/s", "0 or more", "onsets in a second", _VALUE),
    _rhythm("onset_interval", pulse.onset_interval, "s", "0 or more",
            "time from one onset to the next", _MEAN_STD),
    _rhythm("tempogram", pulse.tempogram, "1", "-1 to 1",
            "largest autocorrelation of the onset strength in a band of tempo, from slow to fast", _VALUE,
            numbered(pulse.N_TEMPI), by="Grosche, Müller and Kurth, Cyclic tempogram, 2010"),
    _rhythm("tempogram_entropy", pulse.tempogram_entropy, "1", "0 to 1",
            "entropy of the tempogram, 1 at most",
            _VALUE, silence="1"),
    _rhythm("band_tempogram", pulse.band_tempogram, "1", "-1 to 1",
            "tempogram of the onsets of a band: tempo, then band", _VALUE,
            grid(pulse.N_BAND_TEMPI, pulse.N_BANDS)),
    _rhythm("pulse_tempo", pulse.pulse_tempo, "BPM", "0 to 320",
            "tempo of the autocorrelation's highest peak", _VALUE),
    _rhythm("pulse_clarity", pulse.pulse_clarity, "1", "-1 to 1",
            "height of the autocorrelation's highest and second highest peak", _VALUE, numbered(2),
            by="Lartillot et al., Multi-feature modeling of pulse clarity, 2008"),
    _rhythm("pulse_second", pulse.pulse_second, "1", "0 or more",
            "period of the second over that of the first peak",
            _VALUE),
    _rhythm("pulse_ratio", pulse.pulse_ratio, "1", "-1 to 1",
            "autocorrelation at 1/4, 1/3, 1/2, 2/3, 3/4, 1, 5/4, 4/3, 3/2, 2, 3, 4 of the pulse's period",
            _VALUE, numbered(len(pulse.MULTIPLES))),
    _rhythm("beat_profile", pulse.beat_profile, "1", "0 to 8",
            "onsets of a band in a part of the beat over their mean: part, then band", _VALUE,
            grid(pulse.N_PHASES, pulse.N_BANDS), silence="1"),
    _rhythm("beat_deviation", pulse.beat_deviation, "dB", "0 to 40",
            "deviation of a part of the beat from window to window", _VALUE, numbered(pulse.N_PHASES)),
)

_energy = _family("energy", "Tzanetakis and Cook, Musical genre classification of audio signals, 2002")
_ENERGY = (
    _energy("level", energy.level, "dB", "-80 to 0", "level of a frame under the loudest one"),
    _energy("low_energy", energy.low_energy, "1", "0 to 1", "share of frames under the mean root mean square",
            _VALUE),
)

_LIDY = "Lidy and Rauber, Evaluation of feature extractors for music genre classification, 2005"
_fluctuation = _family("fluctuation", _LIDY)
_DISTRIBUTION: tuple[Statistic, ...] = ("mean", "p50", "std", "skew", "kurt", "min", "max")
_FLUCTUATION = (
    _fluctuation("loudness", fluctuation.loudness, "sone", "0 to 16",
            "loudness of a critical band, the loudest point at 80 phon (statistical spectrum descriptor)",
            _DISTRIBUTION, numbered(fluctuation.N_BANDS),
            silence="16 for mean, p50, min and max, 0 for the others"),
    _fluctuation("band_level", fluctuation.band_level, "dB", "-80 to 80",
            "level of a critical band less the mean of all",
            ("mean", "p50", "std", "skew", "kurt", "p10", "p90"), numbered(fluctuation.N_BANDS)),
    _fluctuation("rhythm_pattern", fluctuation.rhythm_pattern, "log sone", "log 0.001 or more",
            "strength of the modulation of loudness: rate from 0.2 to 10 Hz, then critical band", _VALUE,
            grid(fluctuation.N_RATES, fluctuation.N_BANDS), silence="log 0.001"),
    _fluctuation("rhythm_histogram", fluctuation.rhythm_histogram, "log sone", "log 0.001 or more",
            "strength of the modulation of loudness at a rate, all bands together", _VALUE,
            numbered(fluctuation.N_RATES), silence="log 0.001"),
)

_blocks = _family("blocks", "Seyerlehner, Widmer and Pohle, Fusing block-level features, 2010")
_BLOCKS = (
    _blocks("spectral_pattern", blocks.spectral_pattern, "dB", "-80 to 80",
            "sorted levels of a band within 0.23 s: rank, then band", _VALUE,
            grid(blocks.N_SPECTRAL, blocks.N_BANDS)),
    _blocks("delta_spectral_pattern", blocks.delta_spectral_pattern, "dB", "0 to 80",
            "sorted rises of a band within 0.58 s: rank, then band", _VALUE,
            grid(blocks.N_DELTA, blocks.N_BANDS)),
    _blocks("variance_delta_pattern", blocks.variance_delta_pattern, "dB", "0 to 40",
            "deviation of the rises of a band within 0.58 s", _VALUE, numbered(blocks.N_BANDS)),
    _blocks("correlation_pattern", blocks.correlation_pattern, "1", "-1 to 1",
            "correlation of the levels of two bands within 5.9 s", _VALUE, pairs(blocks.N_BANDS)),
)

_modulation = _family(
    "modulation",
    "Lee et al., Automatic music genre classification by modulation spectra, 2009",
)
_MODULATION = (
    _modulation("mfcc_modulation", modulation.mfcc_modulation, "log dB", "log 0.000001 or more",
            "mean amplitude of a coefficient's modulation: rate, then coefficient", _VALUE,
            grid(modulation.N_RATES, timbre.N_MFCC), silence="log 0.0001 or less"),
    _modulation("mfcc_modulation_valley", modulation.mfcc_modulation_valley, "log dB", "log 0.000001 or more",
            "least amplitude of a coefficient's modulation: rate, then coefficient", _VALUE,
            grid(modulation.N_RATES, timbre.N_MFCC), silence="log 0.0001 or less"),
    _modulation("contrast_modulation", modulation.contrast_modulation, "log dB", "log 0.000001 or more",
            "mean amplitude of the modulation of an octave's valley or contrast: rate, then series", _VALUE,
            grid(modulation.N_RATES, modulation.N_SERIES), silence="log 0.0001 or less"),
    _modulation("contrast_modulation_valley", modulation.contrast_modulation_valley, "log dB",
            "log 0.000001 or more",
            "least amplitude of the modulation of an octave's valley or contrast: rate, then series",
            _VALUE, grid(modulation.N_RATES, modulation.N_SERIES), silence="log 0.0001 or less"),
)
# fmt: on


def _of_heard(compute: Compute, spectra: Spectra) -> NDArray[np.floating]:
    """Compute a feature of what is heard of a signal."""
    return compute(spectra.heard)


FULL: tuple[FeatureSpec, ...] = tuple(
    replace(spec, compute=partial(_of_heard, spec.compute))
    for family in (
        _TIMBRE,
        _CONTRAST,
        _SPECTRAL,
        _TONAL,
        _HARMONICITY,
        _RHYTHM,
        _ENERGY,
        _FLUCTUATION,
        _BLOCKS,
        _MODULATION,
    )
    for spec in family
)
"""The features of the `full` set, family after family."""
