"""Features of the registry as pages: unit, range, silence, definition, source, columns, a picture of each."""

from __future__ import annotations

import html
import inspect
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from docs_build import pictures
from docs_build.sounds import WORDS, sounds
from docs_build.text import plain
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.ranges import read_range
from gtzan_features.descriptors.sets import SETS
from gtzan_features.descriptors.spec import STATISTICS, families_of
from gtzan_features.spectra import Spectra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gtzan_features.descriptors.spec import Column, FeatureSpec

    Values = pictures.Values

FOLDER = "reference/features"

FAMILIES = {
    "timbre": "The colour of a sound: cepstral coefficients of its levels, and how they move.",
    "contrast": "How far the strongest bins of an octave stand over its weakest.",
    "spectral": "Where the energy of a spectrum lies, how it is spread, and how it changes.",
    "tonal": "Pitch classes, keys, chords and intervals.",
    "harmonicity": "What is harmonic and what percussive, band by band.",
    "rhythm": "Onsets, tempo, the clarity of the pulse and the shape of a beat.",
    "energy": "How the level of a signal is spread over its frames.",
    "fluctuation": "Loudness in critical bands: its distribution, and how fast it goes up and down.",
    "blocks": "What a second of music does in each band, whatever comes when.",
    "modulation": "How fast timbre and contrast change over seconds.",
}
_ABOUT = """\
A feature is a series of values, one every 23 ms, or a few values of the whole signal. Columns are its
statistics, called feature, index and statistic: `mfcc3_p90`. `gtzan features describe --columns` and
[`gf.describe`][gtzan_features.describe] say the same of each column as these pages."""
_ABOUT_FULL = """\
The set `full` has the families from timbre to modulation, {} columns. It is computed of the spectrum as it is
heard, between 40 Hz and 8 kHz over a floor that moves with the music, so that columns with a name of Kaggle's
have other values, and no column depends on the level. `full:tonal,rhythm` are families of it."""
_ABOUT_KAGGLE = "The columns of the GTZAN CSVs on Kaggle: set `kaggle`."
_MANY = 12
"""More values than this are drawn by colour."""


class MissingWordsError(Exception):
    """A feature lacks something that its page has to say."""


def pages() -> dict[str, str]:
    """Return the pages by where they lie on the site: overview, Kaggle's columns, families of `full`."""
    kaggle = FeatureConfig(feature_set="kaggle")
    full = FeatureConfig(feature_set="full")
    found = {f"{FOLDER}/index.md": _overview(full), f"{FOLDER}/kaggle.md": _kaggle_page(kaggle)}
    for family in families_of(SETS["full"]):
        specs = [spec for spec in SETS["full"] if spec.family == family]
        title = f"# {family.capitalize()}"
        found[f"{FOLDER}/{family}.md"] = _page([title, "", _about(family), ""], specs, full)
    return found


def _about(family: str) -> str:
    if family not in FAMILIES:
        msg = f"family {family} says nothing of itself: add it to FAMILIES in {__name__}"
        raise MissingWordsError(msg)
    return FAMILIES[family]


def _overview(full: FeatureConfig) -> str:
    of_kaggle = _n_columns(SETS["kaggle"], FeatureConfig())
    lines = [
        "# Features",
        "",
        _ABOUT,
        "",
        "| pages | features | columns | what they hear |",
        "|---|--:|--:|---|",
        f"| [Kaggle's columns](kaggle.md) | {len(SETS['kaggle'])} | {of_kaggle} | {_ABOUT_KAGGLE} |",
    ]
    for family in families_of(SETS["full"]):
        specs = [spec for spec in SETS["full"] if spec.family == family]
        columns = _n_columns(specs, full)
        lines.append(
            f"| [{family.capitalize()}]({family}.md) | {len(specs)} | {columns} | {_about(family)} |"
        )
    total = _n_columns(SETS["full"], full)
    lines += [
        "",
        _ABOUT_FULL.format(total),
        "",
        "## Statistics",
        "",
        "| in names | what it is | range, where values lie within *a* to *b* |",
        "|---|---|---|",
    ]
    symbolic = {
        "std": "0 to (*b* − *a*)/2",
        "var": "0 to (*b* − *a*)²/4",
        "dmean": "0 to *b* − *a*",
        "dstd": "0 to *b* − *a*",
        "skew": "any; 0 for a series that stands still",
        "kurt": "1 or more; 0 for a series that stands still",
    }
    for statistic, said in STATISTICS.items():
        words = said.removesuffix(" of: ").removesuffix(": ") or "The value itself"
        name = f"`_{statistic}`" if statistic != "value" else "none"
        lines.append(f"| {name} | {words} | {symbolic.get(statistic, '*a* to *b*')} |")
    lines += [
        "",
        "## The six sounds",
        "",
        "The pictures show each feature for six sounds of 6 s, computed when the pages are made:",
        "",
    ]
    lines += [f"- **{name}**: {words}" for name, words in WORDS.items()]
    return "\n".join([*lines, "", "All panels of a picture have one scale, which stands below them."])


def _n_columns(specs: Sequence[FeatureSpec], config: FeatureConfig) -> int:
    return sum(len(spec.columns(config)) for spec in specs)


def _kaggle_page(config: FeatureConfig) -> str:
    head = [
        "# Kaggle's columns",
        "",
        "The 57 columns of the GTZAN CSVs on Kaggle, computed as these were; names are those of the CSVs.",
        "",
    ]
    return _page(head, SETS["kaggle"], config)


def _page(head: list[str], specs: Sequence[FeatureSpec], config: FeatureConfig) -> str:
    return "\n".join([*head, *(line for spec in specs for line in _feature(spec, config))])


def _feature(spec: FeatureSpec, config: FeatureConfig) -> Iterator[str]:
    for what in ("unit", "range", "silence", "description", "source"):
        if not str(getattr(spec, what)).strip():
            msg = f"feature {spec.name}: {what} is empty"
            raise MissingWordsError(msg)
    columns = spec.columns(config)
    yield from (f"## {spec.name} {{#{spec.name}}}", "")
    yield from (f"{plain(spec.description[0].upper() + spec.description[1:])}.", "")
    yield from (picture(spec, config), "")
    yield from ('<div class="facts" markdown>', "")
    for what, said in (
        ("Unit", plain(_unit(spec.unit) or "none")),
        ("Range", plain(_range(spec, config))),
        ("Silence", plain(spec.silence)),
        ("Definition", definition(spec)),
        ("Columns", _columns(spec, columns)),
        ("Source", plain(spec.source)),
    ):
        yield from (what, f":   {said}", "")
    yield from ("</div>", "")


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit.replace("^2", "²")


def _range(spec: FeatureSpec, config: FeatureConfig) -> str:
    numbers = str(read_range(spec.range, config.sr))
    return spec.range if numbers == spec.range else f"{spec.range} ({numbers})"


def _columns(spec: FeatureSpec, columns: Sequence[Column]) -> str:
    """Say how columns are called and between which numbers the values of each statistic lie."""
    first, last = (
        columns[i].name.removesuffix(f"_{columns[i].statistic}") for i in (0, -len(spec.statistics))
    )
    names = f"`{first}`" if first == last else f"`{first}` to `{last}`"
    if spec.statistics == ("value",):
        return names if first == last else f"{len(columns)}: {names}"
    alike: dict[str, list[str]] = {}
    for statistic in spec.statistics:
        one = next(column for column in columns if column.statistic == statistic)
        unit = _unit(one.unit) if one.range != "any" else ""
        alike.setdefault(f"{one.range} {unit}".strip(), []).append(f"`_{statistic}`")
    said = "; ".join(f"{', '.join(statistics)} ({plain(said)})" for said, statistics in alike.items())
    each = "" if first == last else ", each"
    return f"{len(columns)}: {names}{each} with {said}"


def definition(spec: FeatureSpec) -> str:
    """Return what the function that computes a feature says of itself: summary, and what it returns.

    Raises
    ------
    MissingWordsError
        If it says nothing.
    """
    function = spec.compute
    while isinstance(function, partial):
        function = function.args[0]
    text = inspect.getdoc(function) or ""
    parts = re.split(r"\n(\w[\w ]*)\n-{3,}\n", text)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    returns = [line.strip() for line in sections.get("Returns", "").split("\n") if line.startswith("    ")]
    words = " ".join([*(line.strip() for line in parts[0].split("\n")), *returns]).strip()
    for name in dict.fromkeys(re.findall(r"(?<!`)`(\w+)`(?!`)", words)):
        other = function.__globals__.get(name)
        if inspect.isfunction(other) and name not in _known():
            words += f" `{name}`: {' '.join((inspect.getdoc(other) or '').partition(chr(10) * 2)[0].split())}"
        elif name.isupper() and isinstance(other, int):
            words = words.replace(f"`{name}`", f"`{name}` ({other})", 1)
    if not words:
        msg = f"feature {spec.name}: {function.__name__} has no docstring"
        raise MissingWordsError(msg)
    return plain(re.sub(r"``([^`]+)``", r"`\1`", " ".join(words.split())))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Names that have an entry of their own."""
    return frozenset(spec.name for specs in SETS.values() for spec in specs)


@lru_cache(maxsize=4)
def _spectra(config: FeatureConfig) -> dict[str, Spectra]:
    return {name: Spectra(signal, config) for name, signal in sounds().items()}


def picture(spec: FeatureSpec, config: FeatureConfig) -> str:
    """Return the values of a feature for each of the six sounds as HTML.

    Raises
    ------
    MissingWordsError
        If they are the same for all sounds: a picture of nothing.
    """
    values = {
        name: np.asarray(spec.compute(spectra), np.float64) for name, spectra in _spectra(config).items()
    }
    if all(np.ptp(one) < 1e-9 and np.allclose(one, 0) for one in values.values()):
        msg = f"feature {spec.name}: its picture is empty, all sounds have 0"
        raise MissingWordsError(msg)
    panels, scale, shape = _panels(spec, values, config)
    described = {name: _described(one, spec) for name, one in values.items()}
    ends = f"{_number(scale.low)} to {_number(scale.high)} {html.escape(_unit(spec.unit))}".strip()
    return pictures.figure(panels, described, f"{shape} Scale: {ends}.")


def _panels(
    spec: FeatureSpec, values: dict[str, Values], config: FeatureConfig
) -> tuple[dict[str, str], pictures.Scale, str]:
    if spec.statistics != ("value",):
        if all(one.ndim == 1 or one.shape[1] == 1 for one in values.values()):
            return *pictures.lines(
                {name: one.reshape(-1) for name, one in values.items()}
            ), "Values over 6 s."
        how = "Time to the right, indices upwards, dark to light."
        return *pictures.maps(values), how
    indices = ((),) if spec.indices is None else spec.indices(config)
    flat = {name: one.reshape(-1) for name, one in values.items()}
    if len(indices[0]) == 2:
        grids = {name: _grid(one, indices) for name, one in flat.items()}
        return *pictures.maps(grids), "First index to the right, second upwards, dark to light."
    if len(indices) > _MANY:
        return *pictures.lines(flat), "Index to the right."
    how = "One value a sound." if len(indices) == 1 else f"A bar for each index, 1 to {len(indices)}."
    return *pictures.bars(flat), how


def _grid(values: Values, indices: Sequence[tuple[int, ...]]) -> Values:
    at = np.array(indices)
    pairs = bool((at[:, 0] < at[:, 1]).all())
    size = (int(at.max()),) * 2 if pairs else tuple(at.max(axis=0))
    grid = np.full(size, values.min() if not pairs else np.nan)
    grid[at[:, 0] - 1, at[:, 1] - 1] = values
    if pairs:
        grid[at[:, 1] - 1, at[:, 0] - 1] = values
        np.fill_diagonal(grid, 0.0)
    return grid


def _described(values: Values, spec: FeatureSpec) -> str:
    unit = f" {_unit(spec.unit)}".rstrip()
    if values.size == 1:
        return f"{_number(float(values.reshape(-1)[0]))}{unit}"
    low, mean, high = (_number(float(f(values))) for f in (np.min, np.mean, np.max))
    return f"mean {mean}, from {low} to {high}{unit}"


def _number(value: float) -> str:
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "0" if float(text) == 0 else text.replace("-", "−")
