"""One recording of a stranger: bounded, read once, classified, explained, and nothing of it kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.audio.sound import Limits
from gtzan_features.audio.stream import BeyondReasonError
from gtzan_features.errors import (
    FILE_FAULTS,
    AudioDecodeError,
    AudioTooLongError,
    GtzanError,
    TableError,
    file_fault,
)
from gtzan_features.prediction.model_summary import ModelFacts, model_facts
from gtzan_features.prediction.predict import FilePrediction, classify, read_one
from gtzan_features.reports.figures import figure_png
from gtzan_features.tables.run_folder import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.prediction.explain import Explainer
    from gtzan_features.prediction.file_rows import RecordingRows
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
_NAME = "recording"


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
class Answer:
    """The answer to one recording: either `error`, or a prediction and its reasons.

    No field holds a path.

    Attributes
    ----------
    error : str
        Why there is no genre, in words that follow the recording's name; empty where there is one.
    is_too_long : bool
        Whether that is the recording's length.
    prediction : FilePrediction or None
    reasons : Reasons or None
    without : str
        Why there are no reasons; empty where there are.
    """

    error: str = ""
    is_too_long: bool = False
    prediction: FilePrediction | None = None
    reasons: Reasons | None = None
    without: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadClassifier:
    """Classifies and explains recordings with one model.

    Attributes
    ----------
    explainer : Explainer
        The model, and the table that some models are explained by.
    max_s : float
        Longest recording in seconds.
    """

    explainer: Explainer
    max_s: float

    def facts(self) -> ModelFacts:
        """Gather what a person must know of the model."""
        predictor = self.explainer.predictor
        folder = predictor.folder
        # The run folder, also where the predictor was loaded from the model folder in it.
        run = folder if (folder / MODEL).is_dir() else folder.parent
        found = model_facts(run, predictor.card, predictor.kept.figures)
        return replace(found, rejects=predictor.kept.unlike is not None)

    def answer(self, upload: Path, *, explained: bool = True) -> Answer:
        """Answer for one file, which is read once and is the caller's to delete; nothing is written.

        Parameters
        ----------
        upload : Path
            The file.
        explained : bool
            Whether reasons are given; they take longer than the prediction.
        """
        predictor = self.explainer.predictor
        try:
            found = read_one(upload, predictor, limits=replace(LIMITS, seconds=self.max_s))
        except FILE_FAULTS as error:
            unknown = isinstance(error, AudioDecodeError) and not isinstance(error, BeyondReasonError)
            return Answer(
                error=_UNREADABLE if unknown and upload.stat().st_size else file_fault(error)[1],
                is_too_long=isinstance(error, AudioTooLongError),
            )
        # The picture has this name in its title: no path, and not a stranger's words.
        found = replace(found, name=_NAME)
        predicted = classify(found, predictor)
        reasons, without = self._reasons(found, predicted) if explained else (None, "")
        return Answer(prediction=predicted, reasons=reasons, without=without)

    def _reasons(self, found: RecordingRows, predicted: FilePrediction) -> tuple[Reasons | None, str]:
        """Explain a recording, or say in a sentence without paths why that cannot be done."""
        most_s = max(EXPLAINED_S, self.explainer.predictor.segment.seconds + 1)
        n_rows = max(1, sum(end <= most_s for end in predicted.ends_s))
        try:
            why = self.explainer.explain_rows(found, predicted, n_rows)
        except TableError:
            return None, _NO_TABLE
        except GtzanError:
            return None, _NONE
        return Reasons(
            method=why.method,
            genre=why.genre,
            seconds=min(most_s, found.duration_s),
            table=why.table,
            # Of models on features, the table has all that the picture has.
            picture=figure_png(why.figure()) if why.maps is not None else b"",
        ), ""


def safe_suffix(name: str) -> str:
    """Return the ending of a stranger's file name where it is one of audio, else nothing.

    Examples
    --------
    >>> safe_suffix("Song.MP3"), safe_suffix("a.raw")
    ('.mp3', '')
    """
    return next((suffix for suffix in AUDIO_SUFFIXES if name.lower().endswith(suffix)), "")
