"""The sections of the page of a data set, from features and spectrograms to figures with words and data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.config import TRACK_S, FeatureConfig
from gtzan_features.datasets import gtzan
from gtzan_features.evaluation.projection import NEAREST, neighbours, neighbours_alike, principal_components
from gtzan_features.evaluation.tempo import tempo_score
from gtzan_features.reports.html.data import csv_link, slugs
from gtzan_features.reports.html.explore import Picture, PictureSection
from gtzan_features.reports.pictures import (
    distribution_figure,
    example_figure,
    mean_mel_figure,
    projection_figure,
    tempo_figure,
)
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from gtzan_features.descriptors.registry import Column

SHOWN = (
    "tempo",
    "rms_mean",
    "spectral_centroid_mean",
    "rolloff_mean",
    "zero_crossing_rate_mean",
    "chroma_stft_mean",
    "perceptr_var",
    "mfcc2_mean",
)
"""Features whose distributions are drawn; all of them are in the CSV."""

_QUANTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True)
class Example:
    """A track to draw: samples, and levels in dB of shape (n_frames, n_bins) and (n_frames, n_mels)."""

    track_id: str
    samples: npt.NDArray[np.float32]
    stft_db: npt.NDArray[np.float32]
    mel_db: npt.NDArray[np.float32]


def example_section(examples: Sequence[Example]) -> PictureSection:
    """Draw the waveform, the spectrogram and the mel spectrogram of each example."""
    config = FeatureConfig()
    names = slugs(one.track_id for one in examples)
    pictures = tuple(
        Picture(
            name=f"example-{names[one.track_id]}",
            words=f"{one.track_id}: waveform, spectrogram (0 to {config.sr / 2000:g} kHz) and mel "
            f"spectrogram ({config.n_mels} bands) over {one.samples.size / config.sr:.0f} s, in dB.",
            figure=example_figure(one.track_id, one.samples, one.stft_db, one.mel_db, config.sr),
            csv=csv_link(
                f"mean spectrum {one.track_id}",
                ("mel_band", "mean_db"),
                [(band, f"{level:.2f}") for band, level in enumerate(one.mel_db.mean(axis=0))],
            ),
        )
        for one in examples
    )
    return PictureSection(
        title="A track of each genre",
        words="The first track of each genre, or the one that was named. The CSV: its mean mel spectrum.",
        pictures=pictures,
        wide=False,
    )


def mean_section(title: str, means: Mapping[str, npt.NDArray[np.floating]]) -> PictureSection:
    """Draw the mean mel spectrogram of each genre."""
    rows = [
        (genre, band, f"{level:.2f}")
        for genre, mean in means.items()
        for band, level in enumerate(mean.mean(axis=0))
    ]
    picture = Picture(
        name="mean-mel",
        words=f"Mean mel spectrogram of each genre: {', '.join(means)}; one scale of levels in dB for all.",
        figure=mean_mel_figure(f"{title}: mean mel spectrograms", means, TRACK_S),
        csv=csv_link("mean mel spectra", ("genre", "mel_band", "mean_db"), rows),
    )
    return PictureSection(
        title="Mean mel spectrograms",
        words="Levels of all tracks of a genre, averaged at each time: what is left is the balance of low "
        "and high, for rhythms do not line up. The CSV holds the mean over time.",
        pictures=(picture,),
    )


def distribution_section(
    title: str, rows: npt.NDArray[np.float64], genres: Sequence[str], columns: Sequence[Column]
) -> PictureSection:
    """Draw the distributions of some features by genre."""
    labels, names = np.asarray(genres), [c.name for c in columns]
    by_genre = {
        name: {genre: rows[labels == genre, names.index(name)] for genre in sorted(set(genres))}
        for name in SHOWN
        if name in names
    }
    data = [
        (column.name, genre, *(f"{v:.6g}" for v in np.percentile(rows[labels == genre, i], _QUANTILES)))
        for i, column in enumerate(columns)
        for genre in sorted(set(genres))
    ]
    picture = Picture(
        name="distributions",
        words=f"Distributions over tracks by genre of {', '.join(by_genre)}.",
        figure=distribution_figure(
            f"{title}: features of tracks by genre", by_genre, {c.name: c.unit for c in columns}
        ),
        csv=csv_link("distributions", ("feature", "genre", *(f"q{q}" for q in _QUANTILES)), data),
    )
    return PictureSection(
        title="Features by genre",
        words="Box: half of the tracks; line in it: the median; whiskers: 5 to 95 %. The CSV: all features.",
        pictures=(picture,),
    )


def projection_section(
    title: str, rows: npt.NDArray[np.float64], ids: Sequence[str], genres: Sequence[str]
) -> list[PictureSection]:
    """Draw the tracks in the plane; empty for fewer than two tracks."""
    if len(rows) < 2:
        return []
    points, shares = principal_components(rows)
    axes = tuple(f"component {i + 1} ({percent(s)} % of the variance)" for i, s in enumerate(shares))
    pictures = [_projection("pca", f"{title}: principal components", points, ids, genres, (axes[0], axes[1]))]
    embedded = neighbours(rows)
    if embedded is not None:
        name = f"{title}: neighbour embedding (t-SNE)"
        pictures.append(_projection("tsne", name, embedded, ids, genres, ("t-SNE 1", "t-SNE 2")))
    return [
        PictureSection(
            title="Tracks in the plane",
            words="Each point is a track, by its standardised features; a panel shows one genre over all "
            "others in grey, and names the track farthest from the middle of its genre. In the neighbour "
            "embedding near points are alike; distances between far ones mean nothing. "
            f"{_alike_words(rows, genres)}",
            pictures=tuple(pictures),
        )
    ]


def _alike_words(rows: npt.NDArray[np.float64], genres: Sequence[str]) -> str:
    """Say how often the nearest tracks, by all features, are of the same genre."""
    labels = np.asarray(genres)
    names = sorted(set(genres))
    alike = neighbours_alike(rows, genres)
    shares = {name: float(alike[labels == name].mean()) for name in names}
    sizes, others = np.array([(labels == name).sum() for name in names]), len(genres) - 1
    chance = float((sizes * (sizes - 1)).sum() / (len(genres) * others))
    best_first = sorted(names, key=lambda name: -shares[name])
    listed = ", ".join(f"{name} {percent(shares[name])} %" for name in best_first)
    return (
        f"How far genres part, by all features: of the {min(NEAREST, others)} tracks nearest to one, "
        f"{percent(float(alike.mean()))} % are of its genre ({percent(chance)} % by chance): {listed}."
    )


def _projection(
    name: str,
    title: str,
    points: npt.NDArray[np.float64],
    ids: Sequence[str],
    genres: Sequence[str],
    axes: tuple[str, str],
) -> Picture:
    data = [(t, g, f"{x:.4f}", f"{y:.4f}") for t, g, (x, y) in zip(ids, genres, points, strict=True)]
    return Picture(
        name=name,
        words=f"{title}: {len(ids)} tracks as points, a panel for each genre with all others in grey. A "
        "genre whose points lie apart from the grey ones differs in these features.",
        figure=projection_figure(title, points, genres, axes, ids),
        csv=csv_link(name, ("track", "genre", "x", "y"), data),
    )


def tempo_section(
    title: str, ids: Sequence[str], estimated: npt.NDArray[np.float64]
) -> tuple[list[PictureSection], tuple[float | None, float | None]]:
    """Compare estimated with annotated tempos; nothing for music without annotations."""
    facts = gtzan.facts()["tempo_bpm"].reindex(list(ids)).to_numpy(dtype=np.float64)
    known = np.flatnonzero(facts > 0)
    if not known.size or not gtzan.is_gtzan(set(ids)):
        return [], (None, None)
    annotated, found = facts[known], estimated[known]
    score = tempo_score(annotated, found)
    data = [
        (ids[int(i)], f"{a:.2f}", f"{e:.2f}", r, f)
        for i, a, e, r, f in zip(known, annotated, found, score.right, score.right_with_factor, strict=True)
    ]
    words = (
        f"Estimated over annotated tempos of {score.n} tracks: {percent(score.accuracy1)} % within 4 % "
        f"(accuracy 1), {percent(score.accuracy2)} % where factors of 2 and 3 are allowed (accuracy 2)."
    )
    picture = Picture(
        name="tempo",
        words=words,
        figure=tempo_figure(f"{title}: tempo", annotated, found, score.right, score.right_with_factor),
        csv=csv_link("tempo", ("track", "annotated_bpm", "estimated_bpm", "accuracy1", "accuracy2"), data),
    )
    section = PictureSection(
        title="Tempo against annotations",
        words="Annotations: Marchand and Peeters, GTZAN-Rhythm, 2015. Estimates: the feature set's beat "
        "tracker, which gives few distinct tempos. Lines: equal, double, triple, half and a third.",
        pictures=(picture,),
    )
    return [section], (score.accuracy1, score.accuracy2)
