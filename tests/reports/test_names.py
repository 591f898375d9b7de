"""Names that mean something to a picture, a page, a table or a CSV reader: each is shown as it is."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib.text import Text

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.markdown import plain
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.reports.contribution_bars import bars_figure
from gtzan_features.reports.figures import confusion_figure, save_figure
from gtzan_features.reports.html.data import slug, slugs
from gtzan_features.reports.lettering import heading, label, set_fonts
from gtzan_features.reports.pictures import balance_figure, mean_mel_figure, projection_figure
from gtzan_features.reports.scores import score
from gtzan_features.reports.spread import overview_figure, spread_figure
from gtzan_features.reports.timeline import Timeline, save_timeline, timeline_figure
from gtzan_features.text import one_line
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import save_table
from tests.nasty import NAMES, UNDECODABLE, nasty_table
from tests.reports.test_scores import predictions

DRAWN = ("mathtext", "unclosed", "underscore", "newline", "cjk", "rtl", "emoji", "nfd", "long", "undecodable")
GENRES = [name for name in NAMES.values() if name != UNDECODABLE]


class _Page(HTMLParser):
    """The texts of a page, its elements, and the scripts in it."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data.strip())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report on two runs whose data set, genres and tracks all have nasty names."""
    root = tmp_path_factory.mktemp("nasty")
    save_table(root / "f", nasty_table())
    save_table(root / "f", nasty_table(n_segments=1, segment="30s"))
    for seconds in (3.0, 30.0):
        config = FitConfig(model="knn", segment=SegmentConfig(seconds), split=SplitConfig(folds=2))
        folder = fit_run(root / "f", root / "runs", config, n_jobs=1).folder
    out = report(root / "runs", root / "-reports", html=True).page.parent
    return out, folder


def test_every_name_is_in_the_csv_as_it_is(written):
    out, _ = written
    with (out / "confusions.csv").open(newline="", encoding="utf-8") as file:
        assert {row["true"] for row in csv.DictReader(file)} == set(GENRES)


def test_every_name_is_on_the_page_and_none_is_markup(written):
    out, _ = written
    text = (out / "index.html").read_text(encoding="utf-8")
    page = _Page(text)
    shown = set(page.texts)
    assert {one_line(name).strip() for name in GENRES} <= shown
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert "<i>$x$" not in text  # of the data set's name
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z0-9-]+", one) for one in ids)
    links = [a["href"] for _, a in page.tags if a.get("href", "").startswith("data:text/csv")]
    for link in links:
        rows = list(csv.reader(io.StringIO(unquote(link.split(",", 1)[1]))))
        assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize("where", ["report", "card"])
def test_every_table_in_markdown_keeps_its_columns_and_its_names(written, where):
    out, folder = written
    text = (out / "accuracy.md" if where == "report" else folder / "README.md").read_text(encoding="utf-8")
    tables = re.findall(r"((?:^\|.*\n?)+)", text, re.MULTILINE)
    assert tables
    for table in tables:
        lines = [re.sub(r"\\.", "", line) for line in table.strip().splitlines()]
        assert len({line.count("|") for line in lines}) == 1
    for name in GENRES:
        assert f"| {plain(name).strip()} |" in text
    assert "<script" not in re.sub(r"\\<", "", text)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_markdown_shows_a_name_as_it_is(name):
    """What CommonMark makes of the escapes, undone by hand: the name itself, on one line."""
    escaped = plain(name)
    assert "\n" not in escaped
    undone = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped).replace("&amp;", "&")
    assert undone == one_line(name)
    bare = re.sub(r"\\.", "", escaped)
    assert not set("`*[]|$") & set(bare)


def test_names_are_drawn_in_every_picture(tmp_path):
    genres = tuple(NAMES[key] for key in DRAWN)
    metrics = score(predictions())["mean"].metrics
    n = len(genres)
    metrics = dataclasses.replace(
        metrics, genres=genres, confusion=tuple(tuple(row) for row in np.eye(n, dtype=int))
    )
    values = {g: np.arange(4.0) for g in genres}
    title = "\n".join(genres)
    figures = [
        confusion_figure(metrics, title),
        spread_figure(title, values, "tempo, BPM"),
        overview_figure(title, values, values),
        balance_figure(title, {g: np.eye(4) for g in genres}, np.linspace(50, 9000, 4)),
        projection_figure(title, np.eye(n)[:, :2], genres, ("a", "b")),
        bars_figure(dict.fromkeys(genres, 0.5), "points", title),
    ]
    for figure in figures:
        save_figure(figure, tmp_path / "x.png")
        drawn = {text.get_text().strip() for text in figure.findobj(Text)}
        assert {label(g, 24).strip() for g in genres} <= drawn or {label(g).strip() for g in genres} <= drawn
    some = ("$\\frac{a$", "日本の音楽", "_hidden", "two\nlines")
    mel = mean_mel_figure(
        title, dict.fromkeys(some, np.ones((4, 4), dtype=np.float32)), 30.0, np.arange(1.0, 5)
    )
    save_figure(mel, tmp_path / "x.png")
    even = [1 / n] * n
    timeline = timeline_figure(
        Timeline(title=title, genres=genres, bounds_s=[(0.0, 3.0)], segments=[even], overall=even)
    )
    for ending in ("png", "svg"):
        save_timeline(timeline, tmp_path / f"t.{ending}")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_label_is_no_formula_and_drawn_as_the_name(name):
    """By matplotlib's own reading of a text: the drawn string, and whether it is a formula."""
    drawn, formula = Text(0, 0, label(name, 300))._preprocess_math(label(name, 300))
    assert formula is False
    escaped = "".join(c if c.isascii() else "?" for c in one_line(name)).strip()
    kept = re.sub(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8})", "?", drawn.strip())
    assert "".join(c if c.isascii() else "?" for c in kept).replace("?", "") == re.sub(
        r"\\(u[0-9a-f]{4}|U[0-9a-f]{8})", "", escaped
    ).replace("?", "")


def test_names_that_no_font_can_draw_are_told_apart_by_their_codes(monkeypatch):
    monkeypatch.setattr("gtzan_features.reports.lettering._font_of", lambda _: "")
    assert label("日本") == "\\u65e5\\u672c"
    assert label("🎸") == "\\U0001f3b8"
    assert "\\u65e5" in heading("a 日", 5)
    assert label("Café") == "Café"


def test_installed_fonts_are_used_for_what_the_usual_one_lacks(monkeypatch):
    from matplotlib.figure import Figure

    monkeypatch.setattr("gtzan_features.reports.lettering._font_of", lambda _: "DejaVu Serif")
    figure = Figure()
    figure.subplots().set_yticks([0, 1], ["日", "a"])
    set_fonts(figure)
    families = {text.get_text(): text.get_fontfamily() for text in figure.findobj(Text)}
    assert families["日"][-1] == "DejaVu Serif"
    assert "DejaVu Serif" not in families["a"]


def test_long_names_are_cut_in_the_middle():
    assert len(label("x" * 300)) == 48
    assert label("beginning" + "x" * 300 + "end").startswith("beginning")
    assert label("beginning" + "x" * 300 + "end").endswith("end")


def test_slugs_tell_all_names_apart():
    names = [*GENRES, "a b", "a-b", "A b", "音楽", "音"]
    found = slugs(names)
    assert len(set(found.values())) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9-]+", text) and len(text) < 120 for text in found.values())
    assert slug("GTZAN (389 of 1000 tracks)") == "gtzan-389-of-1000-tracks"


@pytest.mark.parametrize("longest", [8, 24, 48])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_label_is_longer_than_asked_and_no_code_is_cut(monkeypatch, name, longest):
    monkeypatch.setattr("gtzan_features.reports.lettering._font_of", lambda _: "")
    drawn = label(name, longest).replace(r"\$", "$")
    assert len(drawn.removeprefix(" ")) <= longest
    codes = re.findall(r"\\(?:u[0-9a-f]{0,4}|U[0-9a-f]{0,8})", drawn) if not name.isascii() else []
    assert all(len(code) in (6, 10) for code in codes)
