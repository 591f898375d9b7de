"""The sections of the page of a data set, from features and spectrograms to figures with words and data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.config import TRACK_S, FeatureConfig
from gtzan_features.datasets import gtzan
from gtzan_features.descriptors.words import sets_in_words
from gtzan_features.evaluation.projection import NEAREST, neighbours, neighbours_alike, principal_components
from gtzan_features.evaluation.tempo import tempo_score
from gtzan_features.reports.html.data import csv_link, slug, slugs
from gtzan_features.reports.html.explore import Picture, PictureSection, Sound
from gtzan_features.reports.pictures import (
    ExamplePicture,
    balance_figure,
    example_figure,
    mean_mel_figure,
    projection_figure,
    tempo_figure,
)
from gtzan_features.reports.spread import spread_figure, spread_words
from gtzan_features.rounding import decimals, percent
from gtzan_features.spectra.mel_scale import mel_frequencies

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

HEARD_S = 10.0
"""How much of an example can be heard."""

_HIGHEST_HZ = 8_000.0  # above, differences are those of recordings and codecs
_QUANTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A track to draw and to hear.

    Attributes
    ----------
    track_id, genre : str
    samples : ndarray of shape (n_samples,)
    stft_db, mel_db : ndarray of shape (n_times, n_bins), (n_times, n_mels)
        Levels in dB of one reference for all tracks.
    heard_s : (float, float)
        Start and end of what can be heard.
    mp3 : bytes or None
        That piece, if there is one.
    """

    track_id: str
    genre: str
    samples: npt.NDArray[np.float32]
    stft_db: npt.NDArray[np.float32]
    mel_db: npt.NDArray[np.float32]
    heard_s: tuple[float, float]
    mp3: bytes | None


def example_section(examples: Sequence[Example]) -> PictureSection:
    """Draw the waveform, the spectrogram and the mel spectrogram of each example."""
    names = slugs(one.track_id for one in examples)
    top = max(float(one.stft_db.max()) for one in examples), max(float(one.mel_db.max()) for one in examples)
    return PictureSection(
        title="A track of each genre",
        words="The first track of each genre, or the one that was named: waveform, spectrogram and mel "
        f"spectrogram of its first {TRACK_S:g} s. All spectrograms share one scale, so that a quiet track "
        "looks quiet. Green: what is played below.",
        pictures=tuple(_example(one, names[one.track_id], top) for one in examples),
        wide=False,
    )


def _example(one: Example, name: str, top: tuple[float, float]) -> Picture:
    config = FeatureConfig()
    start, end = one.heard_s
    sound = () if one.mp3 is None else (Sound(name=f"{start:.0f} to {end:.0f} s", mp3=one.mp3),)
    shown = ExamplePicture(
        samples=one.samples,
        stft_db=one.stft_db - top[0],
        mel_db=one.mel_db - top[1],
        band_hz=_band_hz(),
        sr=config.sr,
        heard_s=one.heard_s if sound else None,
    )
    return Picture(
        name=f"example-{name}",
        words=f"{one.genre}: {one.track_id}. Waveform, spectrogram (0 to {config.sr / 2000:g} kHz) and mel "
        f"spectrogram ({config.n_mels} bands, Hz) over {one.samples.size / config.sr:.0f} s.",
        figure=example_figure(one.track_id, shown),
        csv=csv_link(
            f"mean spectrum {one.track_id}",
            ("mel_band", "mean_db"),
            [(band, f"{level:.2f}") for band, level in enumerate(one.mel_db.mean(axis=0))],
        ),
        sounds=sound,
    )


def balance_section(
    title: str,
    spectra: npt.NDArray[np.float64],
    genres: Sequence[str],
    means: Mapping[str, npt.NDArray[np.floating]],
) -> PictureSection:
    """Draw the mean spectrum of each genre against that of all genres, and its mean mel spectrogram.

    Parameters
    ----------
    title : str
        Of the data set.
    spectra : ndarray of shape (n_tracks, n_mels)
        Mean power of each band in dB.
    genres : sequence of str
        Of the tracks.
    means : mapping
        Mean mel spectrogram of each genre in dB, shape (n_times, n_mels).
    """
    labels, names, band_hz = np.asarray(genres), sorted(set(genres)), _band_hz()
    # Loudness is no balance: each track's whole level is taken off.
    shapes = spectra - 10 * np.log10((10 ** (spectra / 10)).sum(axis=1, keepdims=True))
    middles = np.stack([np.median(shapes[labels == name], axis=0) for name in names])
    balances = {name: shapes[labels == name] - middles.mean(axis=0) for name in names}
    spectrum = Picture(
        name="balance",
        words="How much of a genre lies where, in dB against the mean of all genres, each track at the same "
        f"loudness: line, median of its tracks; area, half of them. {_balance_words(balances, band_hz)} A "
        "line that falls or rises steeply at the right edge tells of the recordings: old ones end there, and "
        "lossy copies are cut.",
        figure=balance_figure(f"{title}: balance of low and high", balances, band_hz),
        csv=csv_link(
            "balance",
            ("genre", "hz", "median_db_above_mean"),
            [
                (name, f"{hz:.0f}", f"{level:.2f}")
                for name, balance in balances.items()
                for hz, level in zip(band_hz, np.median(balance, axis=0), strict=True)
            ],
        ),
    )
    rows = [
        (genre, band, f"{level:.2f}")
        for genre, mean in means.items()
        for band, level in enumerate(mean.mean(axis=0))
    ]
    picture = Picture(
        name="mean-mel",
        words="Mean mel spectrogram of each genre, on one scale. Rhythms of different tracks do not line up, "
        "so that a panel is much the same from left to right; what differs from panel to panel is the level "
        "of each band.",
        figure=mean_mel_figure(f"{title}: mean mel spectrograms", means, TRACK_S, band_hz),
        csv=csv_link("mean mel spectra", ("genre", "mel_band", "mean_db"), rows),
    )
    return PictureSection(
        title="Balance of low and high",
        words=f"Mean spectra and spectrograms of the first {TRACK_S:g} s of all tracks of a genre.",
        pictures=(spectrum, picture) if len(names) > 1 else (picture,),
    )


def _balance_words(balances: Mapping[str, npt.NDArray[np.float64]], band_hz: npt.NDArray[np.float64]) -> str:
    """Say at which frequency each of the three genres that differ most has most of its difference."""
    found = []
    for name, balance in balances.items():
        middle = np.median(balance, axis=0)[band_hz <= _HIGHEST_HZ]
        at = int(np.argmax(np.abs(middle)))
        found.append((abs(float(middle[at])), name, float(middle[at]), float(band_hz[at])))
    said = ", ".join(
        f"{name} ({level:+.0f} dB at {decimals(hz / 1000, 1)} kHz)"
        for _, name, level, hz in sorted(found, reverse=True)[:3]
    )
    return f"Farthest from the mean up to {_HIGHEST_HZ / 1000:g} kHz: {said}."


def _band_hz() -> npt.NDArray[np.float64]:
    """Return the centres of the mel bands in Hz."""
    config = FeatureConfig()
    return mel_frequencies(config.n_mels + 2, config.sr / 2)[1:-1]


def distribution_section(
    title: str, rows: npt.NDArray[np.float64], genres: Sequence[str], columns: Sequence[Column]
) -> PictureSection:
    """Draw the distributions of some features by genre."""
    labels, names = np.asarray(genres), [c.name for c in columns]
    words = {spec.name: spec.description for spec in sets_in_words()["kaggle"]}
    pictures = []
    for name in SHOWN:
        if name not in names:
            continue
        column = columns[names.index(name)]
        by_genre = {genre: rows[labels == genre, names.index(name)] for genre in sorted(set(genres))}
        pictures.append(
            Picture(
                name=f"feature-{slug(name)}",
                words=f"{name}: {_described(column, words)}. {_order(by_genre)}",
                figure=spread_figure(
                    f"{title}: {name}", by_genre, name if column.unit == "1" else f"{name}, {column.unit}"
                ),
            )
        )
    data = [
        (column.name, genre, *(f"{v:.6g}" for v in np.percentile(rows[labels == genre, i], _QUANTILES)))
        for i, column in enumerate(columns)
        for genre in sorted(set(genres))
    ]
    sizes = {genre: rows[labels == genre, 0] for genre in sorted(set(genres))}
    return PictureSection(
        title="Features by genre",
        words=f"Eight of the {len(columns)} features, a row for each genre ({spread_words(sizes)}). "
        "The CSV has quantiles of all of them.",
        pictures=tuple(pictures),
        wide=False,
        csv=csv_link("distributions", ("feature", "genre", *(f"q{q}" for q in _QUANTILES)), data),
    )


def _described(column: Column, words: Mapping[str, str]) -> str:
    """Say what a column is: which statistic of what."""
    stem = column.name.removesuffix(f"_{column.statistic}")
    said = words.get(stem) or words.get(stem.rstrip("0123456789")) or stem
    return {"mean": "mean over time; ", "var": "variance over time; "}.get(column.statistic, "") + said


def _order(by_genre: Mapping[str, npt.NDArray[np.float64]]) -> str:
    """Name the genres with the lowest and the highest median."""
    if len(by_genre) < 2:
        return ""
    middle = {genre: float(np.median(values)) for genre, values in by_genre.items()}
    low, high = min(middle, key=middle.__getitem__), max(middle, key=middle.__getitem__)
    return f"Lowest: {low} (median {_short(middle[low])}); highest: {high} ({_short(middle[high])})."


def _short(value: float) -> str:
    """Write a value with three digits, or as a whole number."""
    return decimals(value, 0) if abs(value) >= 100 else f"{value:.3g}"


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
