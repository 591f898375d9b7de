"""Who is compared in ``peers.py``: package and version, what of it, and which features we have in common."""

from __future__ import annotations

from dataclasses import dataclass

KAGGLE = (
    "chroma_stft", "rms", "spectral_centroid", "spectral_bandwidth", "rolloff", "zero_crossing_rate",
    "harmony", "perceptr", "tempo", "mfcc",
)  # fmt: skip
_SHAPE = ("spectral_centroid", "spectral_bandwidth", "rolloff")
_KEY = ("key_major", "key_minor", "key_mode", "key_spread")
_CHORDS = ("chord_strength", "chord_major", "chord_change", "chord_variety")
_PLAYLIST = (
    "rms", "zero_crossing_rate", *_SHAPE, "spectral_flatness", "spectral_contrast", "mfcc", "chroma",
    "roughness", "tempo", *_KEY, *_CHORDS,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment: what is installed there, and which Python that needs at least."""

    name: str
    package: str
    version: str
    beside: tuple[str, ...] = ()
    least: tuple[int, int] = (3, 11)

    @property
    def requirements(self) -> tuple[str, ...]:
        """What pip is asked for."""
        return (f"{self.package}=={self.version}", *self.beside)


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One way to use a peer.

    Attributes
    ----------
    of : str
        What of it is measured.
    shared : tuple of str
        Our features that it has too; we are timed with these alone.
    beyond : str
        What it computes that we do not, or otherwise.
    reason : str
        Why it is fast, as far as is known; said where it is ahead.
    """

    environment: str
    extractor: str
    of: str
    shared: tuple[str, ...]
    beyond: str
    reason: str = ""


_READER = "soundfile==0.14.0"

ENVIRONMENTS = (
    Environment(name="sonara", package="sonara", version="0.3.6"),
    Environment(name="auvux-dsp", package="auvux-dsp", version="0.1.0.dev4", beside=(_READER,)),
    Environment(name="libsonare", package="libsonare", version="1.9.1"),
    Environment(name="bliss-audio", package="bliss-audio", version="0.2.0"),
    Environment(name="kaldi-native-fbank", package="kaldi-native-fbank", version="1.22.4",
                beside=("numpy", _READER)),
    Environment(name="aubio-ledfx", package="aubio-ledfx", version="0.4.12"),
    Environment(name="audioflux", package="audioflux", version="0.1.9"),
    Environment(name="afx-audio", package="afx-audio", version="0.3.1"),
    Environment(name="opensmile", package="opensmile", version="2.6.0"),
    Environment(name="essentia", package="essentia", version="2.1b6.dev1389"),
    Environment(name="librosa-0.11", package="librosa", version="0.11.0", beside=("pandas",)),
    Environment(name="librosa-1.0", package="librosa", version="1.0.0", beside=("pandas",), least=(3, 12)),
)  # fmt: skip

_NATIVE = (
    "its kernels are native from the samples to the coefficients; ours keeps the spectra of all frames, from "
    "which other features would come at little cost, and hashes and checks the file"
)
_RUST = "in Rust, one transform of each frame feeds all its features, of which few numbers are kept"

PEERS = (
    Peer(environment="sonara", extractor="sonara mfcc", of="MFCC alone", shared=("mfcc",), beyond="",
         reason="transform and decoder are in Rust; from mp3, most of our time is libsndfile's"),
    Peer(environment="sonara", extractor="sonara compact", of="`compact`",
         shared=("rms", "spectral_centroid", "zero_crossing_rate", "tempo"),
         beyond="beats, onsets, loudness (LUFS), dynamic range; means, no variances", reason=_RUST),
    Peer(environment="sonara", extractor="sonara playlist", of="`playlist`", shared=_PLAYLIST,
         beyond="as `compact`, chords by beat, energy, danceability, valence; 13 MFCCs; means", reason=_RUST),
    Peer(environment="sonara", extractor="sonara full", of="`full`", shared=_PLAYLIST,
         beyond="as `playlist`, tempo curve, time signature", reason=_RUST),
    Peer(environment="auvux-dsp", extractor="auvux mfcc", of="MFCC alone", shared=("mfcc",),
         beyond="reads no files: soundfile does, and numpy takes mean and variance", reason=_NATIVE),
    Peer(environment="auvux-dsp", extractor="auvux moments", of="MFCC, centroid, bandwidth, RMS",
         shared=("mfcc", "spectral_centroid", "spectral_bandwidth", "rms"),
         beyond="as above; its chroma is of a constant-Q transform, and left out", reason=_NATIVE),
    Peer(environment="libsonare", extractor="libsonare mfcc", of="MFCC alone", shared=("mfcc",),
         beyond="numpy takes mean and variance"),
    Peer(environment="libsonare", extractor="libsonare columns", of="functions for the 57 columns",
         shared=KAGGLE, beyond="another beat tracker; chroma of a fixed tuning"),
    Peer(environment="libsonare", extractor="libsonare analyze", of="`analyze`",
         shared=("tempo", "level", *_KEY, *_CHORDS),
         beyond="beats, sections, melody, dynamics, tempo candidates"),
    Peer(environment="bliss-audio", extractor="bliss", of="`Song`, 23 numbers",
         shared=("tempo", "zero_crossing_rate", "spectral_centroid", "rolloff", "spectral_flatness",
                 "level", "chroma"),
         beyond="decodes with ffmpeg; chroma as interval features"),
    Peer(environment="kaldi-native-fbank", extractor="kaldi mfcc", of="MFCC alone", shared=("mfcc",),
         beyond="Kaldi's definition; reads no files: soundfile does"),
    Peer(environment="aubio-ledfx", extractor="aubio", of="MFCC, centroid, rolloff, crossings, tempo",
         shared=("mfcc", "spectral_centroid", "rolloff", "zero_crossing_rate", "tempo"),
         beyond="other definitions of all"),
    Peer(environment="audioflux", extractor="audioflux mfcc", of="MFCC alone", shared=("mfcc",),
         beyond="objects made once; numpy takes mean and variance", reason=_NATIVE),
    Peer(environment="audioflux", extractor="audioflux columns", of="functions for 56 columns",
         shared=tuple(name for name in KAGGLE if name != "tempo"), beyond="no tempo"),
    Peer(environment="afx-audio", extractor="afx music", of="`music@1`, 114 numbers",
         shared=("chroma_stft", "tonnetz", "onset_strength", "spectral_contrast", *_SHAPE,
                 "spectral_flatness", "mfcc", "zero_crossing_rate", "rms"),
         beyond="chroma of a constant-Q transform; means"),
    Peer(environment="opensmile", extractor="opensmile eGeMAPS", of="`eGeMAPSv02`, 88 numbers",
         shared=("mfcc", "spectral_flux", "spectral_slope", "level"),
         beyond="pitch, formants, jitter, shimmer: a set for voices"),
    Peer(environment="opensmile", extractor="opensmile ComParE", of="`ComParE_2016`, 6373 numbers",
         shared=("rms", "zero_crossing_rate", "mfcc", *_SHAPE, "rolloff_at", "spectral_flux",
                 "spectral_entropy", "spectral_skewness", "spectral_kurtosis", "spectral_slope"),
         beyond="voicing, jitter, shimmer, auditory bands; 54 statistics and more of each"),
    Peer(environment="essentia", extractor="essentia music", of="`MusicExtractor`, 577 descriptors",
         shared=(*_PLAYLIST, "spectral_valley", "spectral_flux", "spectral_entropy", "spectral_skewness",
                 "spectral_kurtosis", "onset_rate"),
         beyond="beats by two trackers, loudness (EBU R 128), three kinds of bands, at 44100 Hz"),
    Peer(environment="librosa-0.11", extractor="librosa mfcc", of="MFCC alone", shared=("mfcc",), beyond=""),
    Peer(environment="librosa-0.11", extractor="librosa script", of="plain script, 57 columns", shared=KAGGLE,
         beyond=""),
    Peer(environment="librosa-1.0", extractor="librosa mfcc", of="MFCC alone", shared=("mfcc",), beyond=""),
    Peer(environment="librosa-1.0", extractor="librosa script", of="plain script, 57 columns", shared=KAGGLE,
         beyond=""),
)  # fmt: skip

LEFT_OUT = (
    ("torchaudio, nnAudio, librosax, kapre", "need torch, jax or keras, and have mel bands and MFCC alone"),
    ("aubio 0.4.9, madmom 0.16.1", "have no wheel for Python 3.11"),
    ("tsfresh, tsfel, pycatch22", "take series of any kind; of sound they have crossings and RMS"),
)
"""Who is not compared, and why."""
