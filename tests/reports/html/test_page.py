"""The report page in a real browser."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from itertools import pairwise
from urllib.parse import unquote

import pytest

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables.run_folder import CURVES
from gtzan_features.training.fit_config import FitConfig
from tests.browser import CONTRAST
from tests.conftest import make_table, save_table

CURVE = "epoch,train_loss,train_accuracy,valid_loss,valid_accuracy\n1,2,0.3,2.1,0.2\n2,1,0.6,1.5,0.5\n"


FIGURE_LINES = """
const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; node = words.nextNode();) {
  if (!node.parentElement.checkVisibility() || node.parentElement.closest(".hidden, script, svg")) continue;
  for (const one of node.textContent.matchAll(/[0-9.]+ [(][0-9.]+–[0-9.]+[)]/g)) {
    const part = document.createRange();
    part.setStart(node, one.index);
    part.setEnd(node, one.index + one[0].length);
    found.push([one[0], new Set([...part.getClientRects()].map((box) => Math.round(box.top))).size]);
  }
}
return found;
"""
"""Script that returns every figure with an interval that is shown, and on how many lines it stands."""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The report on honest, leaked and synthetic runs of two models and lengths."""
    root = tmp_path_factory.mktemp("page")
    save_table(root / "toy", make_table(dataset="GTZAN <toy>"))
    save_table(root / "toy", make_table(n_segments=1, segment="30s", dataset="GTZAN <toy>"))
    made = make_table(dataset="made")
    save_table(root / "made", dataclasses.replace(made, meta=dataclasses.replace(made.meta, synthetic=True)))
    track, leak = SplitConfig(folds=3), SplitConfig(protocol="segment", folds=3)
    holdout = SplitConfig(holdout=0.25)
    runs = root / "runs"
    for tables, model, seconds, split in (
        ("toy", "knn", 3, track),
        ("toy", "knn", 3, holdout),
        ("toy", "knn", 3, leak),
        ("toy", "knn", 30, track),
        ("toy", "logistic-regression", 3, track),
        ("made", "knn", 3, track),
    ):
        config = FitConfig(model=model, segment=SegmentConfig(seconds), split=split, allow_leak=True)
        result = fit_run(root / tables, runs, config, n_jobs=1)
    (result.folder / CURVES).write_text(CURVE)
    return report(runs, root / "reports", html=True).page


@pytest.fixture
def opened(page, browser):
    browser.open(page.as_uri())
    return browser


def column(browser, name, table="table.sortable:not(.leaked)"):
    """The shown cells of a column of the first accuracy table."""
    return browser.js(
        "const t = document.querySelector(arguments[1]);"
        "const i = [...t.tHead.rows[0].cells].findIndex(c => c.textContent.trim() === arguments[0]);"
        "return [...t.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[i].textContent.trim());",
        name,
        table,
    )


def test_the_page_is_whole_by_itself(page):
    text = page.read_text()
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert "default-src 'none'" in text
    assert "GTZAN <toy>" not in text
    assert "GTZAN &lt;toy&gt;" in text
    assert "Published figures" in text


def test_the_same_runs_give_the_same_page(page, tmp_path):
    again = report(page.parents[1] / "runs", tmp_path, html=True).page
    assert again.read_bytes() == page.read_bytes()


def test_the_pictures_of_the_data_set_are_linked_where_they_are(page, tmp_path):
    (tmp_path / "explore").mkdir()
    (tmp_path / "explore" / "explore.html").touch()
    again = report(page.parents[1] / "runs", tmp_path, html=True).page
    assert 'href="explore/explore.html"' in again.read_text()
    assert "explore.html" not in page.read_text()


def test_leaked_figures_are_marked_and_apart(page):
    honest, rest = page.read_text().split("Leaked figures: do not quote", 1)
    table = honest.split("Honest figures")[1]
    assert "segment 3-fold" not in table
    leaked = rest.split("<tbody>")[1].split("</tbody>")[0]
    assert leaked.count("LEAKED") == leaked.count("<tr>") == 4


def test_every_csv_can_be_read(page):
    links = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8,([^"]+)"', page.read_text())
    assert len(links) > 15
    for name, text in links:
        rows = list(csv.reader(io.StringIO(unquote(text))))
        assert len(rows) > 1, name
        assert {len(row) for row in rows} == {len(rows[0])}


def choose(browser, model):
    """Choose a model in the filter of the first table."""
    wanted = browser.one("form.filters select[data-column='0']").find_elements("css selector", "option")
    next(option for option in wanted if option.text == model).click()


@pytest.mark.browser
class TestBrowser:
    def test_it_renders_logs_nothing_and_requests_nothing(self, opened):
        assert opened.one("h1").is_displayed()
        assert "The number to trust is" in opened.one(".trust").text
        assert len(opened.all("details.run")) == 6
        assert opened.complaints() == []
        assert opened.requests() == []

    def test_headings_sort_by_mouse_and_by_keyboard(self, opened):
        heading = next(b for b in opened.all("table.sortable th button") if b.text == "accuracy, %")
        heading.click()
        values = [float(v) for v in column(opened, "accuracy, %")]
        assert values == sorted(values, reverse=True)
        heading.send_keys("\ue007")  # Enter
        values = [float(v) for v in column(opened, "accuracy, %")]
        assert values == sorted(values)
        assert opened.one("th[aria-sort=ascending]").text.startswith("accuracy, %")
        next(b for b in opened.all("table.sortable th button") if b.text == "log-loss").click()
        losses = column(opened, "log-loss")
        assert losses[-1] == "–"
        numbers = [float(v) for v in losses if v != "–"]
        assert numbers == sorted(numbers)
        assert opened.complaints() == []

    def test_filters_hide_rows_and_say_how_many_are_left(self, opened):
        whole = len(column(opened, "model"))
        choose(opened, "logistic-regression")
        assert set(column(opened, "model")) == {"logistic-regression"}
        assert opened.one("form.filters output").text == f"4 of {whole} rows"
        choose(opened, "all")
        assert len(column(opened, "model")) == whole

    def test_drawers_open_and_links_lead_into_them(self, opened, page):
        drawer = opened.one("details.run")
        drawer.find_element("css selector", "summary").click()
        assert opened.one("details.run table.matrix").is_displayed()
        assert opened.one("details.run figure.small svg").size["width"] > 200
        last = opened.all("details.run")[-1].get_attribute("id")
        opened.open(f"{page.as_uri()}#{last}")
        assert opened.js("return document.getElementById(arguments[0]).open", last)

    def test_curves_are_shown_where_a_run_has_them(self, opened):
        titles = opened.js("return [...document.querySelectorAll('figure.small svg')].map(e => e.ariaLabel)")
        assert sum("Accuracy over 2 epochs: training ends at 60.0 %" in t for t in titles) == 1

    @pytest.mark.parametrize("dark", [False, True])
    def test_letters_of_pictures_have_contrast_in_light_and_dark(self, page, browser, dark):
        browser.open(page.as_uri(), dark=dark)
        browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        colours = browser.js(
            "return [...document.querySelectorAll('figure.small text')].map(e => getComputedStyle(e).fill)"
        )
        assert len(colours) > 20
        assert set(colours) == {browser.js("return getComputedStyle(document.body).color")}

    @pytest.mark.parametrize("width", [320, 390, 768])
    def test_a_phone_shows_it_without_scrolling_sideways(self, page, browser, width):
        browser.open(page.as_uri(), width=width)
        browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert browser.js("return document.documentElement.scrollWidth") <= width

    def test_no_line_breaks_between_a_figure_and_its_interval(self, page, browser):
        for width in (1440, 768, 390, 330):
            browser.open(page.as_uri(), width=width)
            browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
            found = browser.js(FIGURE_LINES)
            assert len(found) > 10
            assert {tuple(one) for one in found if one[1] > 1} == set()

    @pytest.mark.parametrize("dark", [False, True])
    def test_every_text_has_contrast_in_light_and_dark(self, page, browser, dark):
        browser.open(page.as_uri(), dark=dark)
        browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        background = browser.js("return getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(20, 24, 29)") is dark
        assert browser.js(CONTRAST) == []

    def test_a_screen_reader_finds_names_for_everything(self, opened):
        unnamed = """
        return [...document.querySelectorAll("svg, img, table, select, button, summary, a, [role=region]")]
          .filter(e => !(e.ariaLabel || e.alt || e.textContent.trim() || (e.labels && e.labels.length)))
          .map(e => e.outerHTML.slice(0, 80));"""
        assert opened.js(unnamed) == []
        assert opened.js("return [...document.querySelectorAll('table')].every(t => t.caption)")
        ids = opened.js("return [...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        assert opened.js("return document.documentElement.lang") == "en"
        levels = opened.js("return [...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
        assert all(b - a <= 1 for a, b in pairwise(levels))
