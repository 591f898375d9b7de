"""What programs get: the JSON of each answer. The OpenAPI document is made of these classes, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from gtzan_features import __version__

if TYPE_CHECKING:
    from gtzan_features.prediction.model_summary import ModelFacts
    from gtzan_features.prediction.predict import FilePrediction
    from gtzan_features.prediction.uploaded import Answer

_SHARE = {"minimum": 0, "maximum": 1}

Version = Annotated[str, "Of gtzan."]
Name = Annotated[str, "The recording's name as it was sent, without folders and control characters."]
Seconds = Annotated[float, "In seconds.", {"minimum": 0}]
Shares = Annotated[dict[str, Annotated[float, _SHARE]], "Of each genre of the model, by its name."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The server answers."""

    version: Version
    status: Annotated[str, "Always ok: a server that is not does not answer.", {"const": "ok"}]
    waiting: Annotated[int, "Recordings that are sent or classified now.", {"minimum": 0}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why there is no answer, in one line."""

    version: Version
    status: Annotated[int, "That of HTTP.", {"minimum": 400, "maximum": 599}]
    error: Annotated[str, "Where, what and what next, in one line."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """How well the model did where it was tested, with the 95 % interval."""

    figure: Annotated[str, "What `value` is: accuracy, and for several labels an average precision."]
    value: Annotated[float, "Of accuracy: the part of the tested tracks whose genre was right.", _SHARE]
    low: Annotated[float, "Lower bound of the 95 % interval.", _SHARE]
    high: Annotated[float, "Upper bound of the 95 % interval.", _SHARE]
    tracks: Annotated[int, "How many were tested.", {"minimum": 1}]
    protocol: Annotated[str, "How training and test were divided."]
    words: Annotated[str, "What was tested and what the protocol does, for people."]
    deformations: Annotated[
        tuple[str, ...], "What was done to the sound where it was tested on changed sound; empty: it was not."
    ]
    top2: Annotated[float | None, "Part of the tracks whose genre was among the first two.", _SHARE] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """The model that answers, in short; `GET /api/model` has the rest."""

    title: Annotated[str, "Model, rows and data set, for people."]
    model: Annotated[str, "Kind of model."]
    feature_set: Annotated[str, "What a row holds."]
    segment: Annotated[str, "How much sound a row is computed from."]
    synthetic: Annotated[bool, "Whether it learned from music that a program computed."]
    leaked: Annotated[bool, "Whether its figure says nothing about new music."]
    tested: Annotated[Tested | None, "Missing where the model was not tested."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is taken; what is beyond is refused, not cut."""

    max_bytes: Annotated[int, "Largest upload.", {"minimum": 1}]
    max_seconds: Annotated[float, "Longest recording.", {"exclusiveMinimum": 0}]
    uploads: Annotated[int, "Recordings that are sent or wait at the same time.", {"minimum": 1}]
    uploads_per_address: Annotated[int, "Of these, those from one address.", {"minimum": 1}]
    min_bytes_per_second: Annotated[int, "Slower uploads are ended.", {"minimum": 1}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model that answers, and what is taken."""

    version: Version
    title: Annotated[str, "Model, rows and data set, for people."]
    model: Annotated[str, "Kind of model."]
    genres: Annotated[tuple[str, ...], "In the order of their names."]
    feature_set: Annotated[str, "What a row holds."]
    columns: Annotated[int, "Features, or bands of a spectrogram, of a row.", {"minimum": 0}]
    segment: Annotated[str, "How much sound a row is computed from."]
    dataset: Annotated[str, "What it learned from."]
    trained_on: Annotated[str, "Which tracks of that, for people."]
    synthetic: Annotated[bool, "Whether it learned from music that a program computed."]
    leaked: Annotated[bool, "Whether its figure says nothing about new music."]
    may_reject: Annotated[bool, "Whether it may answer none of these."]
    several_labels: Annotated[bool, "Whether a recording may get several of the genres, or none."]
    limits: Limits
    tested: Annotated[Tested | None, "Missing where the model was not tested."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment of a recording."""

    start_s: Seconds
    end_s: Seconds
    probabilities: Shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What decides for one recording: it says what the model uses, not what makes the genre."""

    method: Annotated[str, "How it was found."]
    genre: Annotated[str, "The genre that is explained."]
    seconds: Annotated[float, "How much of the recording's start is explained.", {"minimum": 0}]
    header: Annotated[tuple[str, ...], "Names of the columns of `rows`."]
    rows: Annotated[tuple[tuple[str, ...], ...], "What decides most, first."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the model says of one recording."""

    version: Version
    name: Name
    genre: Annotated[str, "The answer: a genre, or none of these."]
    none_of_these: Annotated[bool, "Whether the recording is unlike the music that the model learned from."]
    nearest: Annotated[str, "The most probable genre, whatever the answer is."]
    probabilities: Shares
    ranking: Annotated[tuple[str, ...], "All genres, the most probable first."]
    duration_s: Seconds
    n_segments: Annotated[int, "The probabilities are means over so many.", {"minimum": 1}]
    warnings: Annotated[tuple[str, ...], "What makes the answer doubtful, one line each."]
    model: ModelSummary
    segments: Annotated[tuple[Segment, ...] | None, "Where `segments=true` was asked for."] = None
    labels: Annotated[
        tuple[str, ...] | None,
        "Of a model of several labels: those that reach their threshold, the most probable first, or none. "
        "`genre` is the most probable label then, and probabilities do not sum to 1.",
    ] = None
    explanation: Annotated[Explanation | None, "Where `explain=true` was asked for and there is one."] = None
    no_explanation: Annotated[str | None, "Why there is none, where it was asked for."] = None


def health(waiting: int) -> Health:
    """Say that the server answers."""
    return Health(version=__version__, status="ok", waiting=waiting)


def fault(status: int, error: str) -> Fault:
    """Say why there is no answer."""
    return Fault(version=__version__, status=status, error=error)


def model(facts: ModelFacts, limits: Limits) -> Model:
    """Gather what a program must know of the model and the server."""
    return Model(
        version=__version__,
        title=facts.title,
        model=facts.model,
        genres=facts.genres,
        feature_set=facts.feature_set,
        columns=facts.n_columns,
        segment=facts.segment,
        dataset=facts.dataset,
        trained_on=facts.trained_on,
        synthetic=facts.synthetic,
        leaked=facts.leaked,
        may_reject=facts.rejects,
        several_labels=facts.several,
        limits=limits,
        tested=_tested(facts),
    )


def prediction(name: str, found: Answer, facts: ModelFacts, *, with_segments: bool) -> Prediction:
    """Lay out an answer that has a prediction."""
    said = found.prediction
    if said is None:
        raise ValueError(found.error)
    return Prediction(
        version=__version__,
        name=name,
        genre=said.genre,
        none_of_these=said.none_of_these,
        nearest=said.nearest,
        probabilities=dict(zip(said.genres, said.probabilities, strict=True)),
        ranking=said.ranking,
        duration_s=said.duration_s,
        n_segments=len(said.segments),
        warnings=said.warnings,
        model=_summary(facts),
        segments=_segments(said) if with_segments else None,
        labels=said.labels if said.several else None,
        explanation=_explanation(found),
        no_explanation=found.without or None,
    )


def _segments(said: FilePrediction) -> tuple[Segment, ...]:
    return tuple(
        Segment(start_s=start, end_s=end, probabilities=dict(zip(said.genres, shares, strict=True)))
        for start, end, shares in zip(said.starts_s, said.ends_s, said.segments, strict=True)
    )


def _explanation(found: Answer) -> Explanation | None:
    why = found.reasons
    if why is None:
        return None
    rows = tuple(tuple(row) for row in why.table.rows)
    return Explanation(
        method=why.method, genre=why.genre, seconds=why.seconds, header=tuple(why.table.header), rows=rows
    )


def _summary(facts: ModelFacts) -> ModelSummary:
    return ModelSummary(
        title=facts.title,
        model=facts.model,
        feature_set=facts.feature_set,
        segment=facts.segment,
        synthetic=facts.synthetic,
        leaked=facts.leaked,
        tested=_tested(facts),
    )


def _tested(facts: ModelFacts) -> Tested | None:
    if facts.share is None or facts.low is None or facts.high is None:
        return None
    return Tested(
        figure=facts.figure,
        value=facts.share,
        low=facts.low,
        high=facts.high,
        tracks=facts.n_tested,
        protocol=facts.protocol,
        words=f"{facts.tested_on}. {facts.protocol_words}",
        deformations=facts.deformations,
        top2=facts.top2_share,
    )
