"""One recording of a stranger: bounded, classified, explained, and nothing of it kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gtzan_features.audio.decode import write_exact
from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.audio.load import load
from gtzan_features.audio.sound import Limits
from gtzan_features.audio.stream import BeyondReasonError
from gtzan_features.config import SegmentConfig
from gtzan_features.errors import AudioDecodeError, AudioError, GtzanError, TableError
from gtzan_features.prediction.explain import explain_file
from gtzan_features.prediction.model_summary import ModelFacts, model_facts
from gtzan_features.prediction.predict import TRAINED_ON_IT, FilePrediction, Predictor, predict
from gtzan_features.tables.run_folder import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.text_table import TextTable

EXPLAINED_S = 60.0
"""An explanation costs more than a prediction: of longer recordings, so much of the start is explained."""

LIMITS = Limits(samples_per_s=192_000, wait_s=60.0, by_header=True)
"""What a stranger's file may cost: as many samples as stereo at 96 kHz, and a minute's wait for ffmpeg."""

_UNREADABLE = "no audio that can be read here. Give WAV, AU, FLAC, Ogg, MP3 or M4A"
_NO_TABLE = (
    "There is no explanation: this model is explained by other rows of the table that it was fitted on, "
    "and the server does not have that table (gtzan serve --tables)."
)
_NONE = "There is no explanation: this model cannot be explained for a recording."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What decides for one recording.

    Attributes
    ----------
    method : str
        How it was found.
    genre : str
        The genre that is explained.
    seconds : float
        How much of the recording's start is explained.
    table : TextTable
        What decides most.
    picture : bytes
        PNG of the saliency over a spectrogram; empty for models on features, whose table says it all.
    """

    method: str
    genre: str
    seconds: float
    table: TextTable
    picture: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The answer to one recording: either `error`, or a prediction and its reasons.

    No field holds a path.

    Attributes
    ----------
    error : str
        Why there is no genre, in words that follow the recording's name; empty where there is one.
    prediction : FilePrediction or None
    reasons : Reasons or None
    without : str
        Why there are no reasons; empty where there are.
    """

    error: str = ""
    prediction: FilePrediction | None = None
    reasons: Reasons | None = None
    without: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Classifies and explains recordings with one model.

    Attributes
    ----------
    predictor : Predictor
        From `load_predictor`.
    tables : Path
        Tables for models that are explained by other rows than the recording's.
    max_s : float
        Longest recording in seconds.
    """

    predictor: Predictor
    tables: Path
    max_s: float

    @property
    def run(self) -> Path:
        """The run folder, also where the predictor was loaded from the model folder in it."""
        folder = self.predictor.folder
        return folder if (folder / MODEL).is_dir() else folder.parent

    def facts(self) -> ModelFacts:
        """Gather what a person must know of the model."""
        return model_facts(self.run, self.predictor.model.card)

    def hear(self, upload: Path) -> Heard:
        """Answer for one file; its folder is used for what must be written, and is the caller's to delete."""
        whole = upload.with_name("whole.wav")
        try:
            signal = load(upload, None, limits=replace(LIMITS, seconds=self.max_s))
        except AudioError as error:
            unknown = isinstance(error, AudioDecodeError) and not isinstance(error, BeyondReasonError)
            return Heard(error=_UNREADABLE if unknown and upload.stat().st_size else error.reason)
        samples, sr = signal.samples, signal.sr
        # What is predicted and explained is what was bounded, whatever the upload's decoder does next time.
        write_exact(whole, samples, sr)
        (found,) = predict([whole], self.predictor, n_jobs=1)
        if found.error:
            return Heard(error=found.error.removeprefix(f"{found.path}: "))
        if signal.repair:  # what was written of it is whole
            found = replace(found, warnings=(f"incomplete: {signal.repair}", *found.warnings))
        if signal.sha256 in self.predictor.trained_on:  # what is predicted is a copy, which has another hash
            found = replace(found, warnings=(TRAINED_ON_IT, *found.warnings))
        # The picture has this name in its title, not the user's: matplotlib would read formulas in that.
        start = upload.with_name("recording.wav")
        seconds = max(EXPLAINED_S, SegmentConfig.parse(self.predictor.model.card.segment).seconds + 1)
        write_exact(start, samples[: round(seconds * sr)], sr)
        reasons, without = give_reasons(start, self.run, self.tables, min(seconds, found.duration_s))
        return Heard(prediction=found, reasons=reasons, without=without)


def give_reasons(wav: Path, run: Path, tables: Path, seconds: float) -> tuple[Reasons | None, str]:
    """Explain a recording, or say in a sentence without paths why that cannot be done.

    Parameters
    ----------
    wav : Path
        The recording, or its start; the picture is written beside it.
    run, tables : Path
        As in `explain_file`.
    seconds : float
        Length of the recording, for the answer.
    """
    picture = wav.with_name("reasons.png")
    try:
        found = explain_file(wav, run, picture, tables)
    except TableError:
        return None, _NO_TABLE
    except GtzanError:
        return None, _NONE
    return Reasons(
        method=found.method,
        genre=found.genre,
        seconds=seconds,
        table=found.table,
        # Of models on features, the table has all that the picture has.
        picture=b"" if found.agreement is None else picture.read_bytes(),
    ), ""


def safe_suffix(name: str) -> str:
    """Return the ending of a stranger's file name where it is one of audio, else nothing.

    Examples
    --------
    >>> safe_suffix("Song.MP3"), safe_suffix("a.raw")
    ('.mp3', '')
    """
    return next((suffix for suffix in AUDIO_SUFFIXES if name.lower().endswith(suffix)), "")
