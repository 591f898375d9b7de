"""What a feature is, and which exist: name, unit, family, meaning, source and function of each."""

from __future__ import annotations

from gtzan_features.descriptors import energy, rhythm, spectral, timbre, tonal
from gtzan_features.descriptors.spec import STATISTICS as STATISTICS
from gtzan_features.descriptors.spec import Column as Column
from gtzan_features.descriptors.spec import Family as Family
from gtzan_features.descriptors.spec import FeatureSpec as FeatureSpec
from gtzan_features.descriptors.spec import Statistic as Statistic
from gtzan_features.descriptors.spec import grid as grid
from gtzan_features.descriptors.spec import numbered as numbered
from gtzan_features.descriptors.spec import pairs as pairs

KAGGLE: tuple[FeatureSpec, ...] = (
    FeatureSpec(
        name="chroma_stft",
        unit="1",
        family="tonal",
        description="energy of the twelve pitch classes, each frame scaled to a maximum of 1",
        source="Ellis, Chroma feature analysis and synthesis, 2007; librosa.feature.chroma_stft",
        silence="0",
        range="0 to 1",
        compute=tonal.chroma_stft,
    ),
    FeatureSpec(
        name="rms",
        unit="1",
        family="energy",
        description="root mean square of the samples of a frame, full scale 1",
        source="librosa.feature.rms",
        silence="0",
        range="0 or more",
        compute=energy.rms,
    ),
    FeatureSpec(
        name="spectral_centroid",
        unit="Hz",
        family="spectral",
        description="centre of mass of a frame's magnitude spectrum",
        source="Peeters, A large set of audio features, 2004; librosa.feature.spectral_centroid",
        silence="0",
        range="0 to sr/2",
        compute=spectral.spectral_centroid,
    ),
    FeatureSpec(
        name="spectral_bandwidth",
        unit="Hz",
        family="spectral",
        description="standard deviation of a frame's magnitude spectrum around its centroid",
        source="Klapuri and Davy, Signal processing methods for music transcription, 2006",
        silence="0",
        range="0 to sr/4",
        compute=spectral.spectral_bandwidth,
    ),
    FeatureSpec(
        name="rolloff",
        unit="Hz",
        family="spectral",
        description="frequency under which 85 % of a frame's magnitudes lie",
        source="Tzanetakis and Cook, Musical genre classification of audio signals, 2002",
        silence="0",
        range="0 to sr/2",
        compute=spectral.spectral_rolloff,
    ),
    FeatureSpec(
        name="zero_crossing_rate",
        unit="1",
        family="timbre",
        description="share of a frame's samples at which the sign changes",
        source="Tzanetakis and Cook, Musical genre classification of audio signals, 2002",
        silence="0",
        range="0 to 1",
        compute=timbre.zero_crossing_rate,
    ),
    FeatureSpec(
        name="harmony",
        unit="1",
        family="tonal",
        description="samples of the harmonic waveform, full scale 1",
        source="FitzGerald, Harmonic/percussive separation using median filtering, 2010",
        silence="0",
        range="any",
        compute=tonal.harmony,
        early=True,
    ),
    FeatureSpec(
        name="perceptr",
        unit="1",
        family="rhythm",
        description="samples of the percussive waveform, full scale 1",
        source="FitzGerald, Harmonic/percussive separation using median filtering, 2010",
        silence="0",
        range="any",
        compute=rhythm.perceptr,
        early=True,
    ),
    FeatureSpec(
        name="tempo",
        unit="BPM",
        family="rhythm",
        description="tempo of the beat tracker",
        source="Ellis, Beat tracking by dynamic programming, 2007; librosa.beat.beat_track",
        silence="0 (also without any onset)",
        range="0 to 320",
        compute=rhythm.tempo,
        statistics=("value",),
    ),
    FeatureSpec(
        name="mfcc",
        unit="dB",
        family="timbre",
        description="mel-frequency cepstral coefficient (orthonormal cosine transform of dB levels)",
        source="Davis and Mermelstein, 1980; librosa.feature.mfcc",
        silence="-100 sqrt(n_mels) for mfcc1_mean, 0 for the others",
        range="any",
        compute=timbre.mfcc,
        indices=lambda config: tuple((i + 1,) for i in range(config.n_mfcc)),
    ),
)
"""The features of the Kaggle GTZAN CSVs, in their order; with 20 MFCCs they fill 57 columns."""
