"""The site: built with warnings as errors, it says all that the registry, click and ``__all__`` know."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import click
import gtzan_cli.main  # noqa: F401 - gives the command its commands
import pytest
from gtzan_cli.examples import EXAMPLES
from gtzan_cli.root import cli

import gtzan_features as gf
from docs_build.checks import remote_assets
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.sets import SETS
from tests.browser import CONTRAST

ROOT = Path(__file__).parents[2]
FACTS = ["Unit", "Range", "Silence", "Definition", "Columns", "Source"]
SOUNDS = ["tone", "glide", "chords", "noise", "beat", "band"]


def build(config: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "cli")])
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": paths}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Facts(HTMLParser):
    """Under each heading of the second level: terms, their definitions, and the names of panels."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self.panels: dict[str, list[str]] = {}
        self._at, self._in, self._text = "", "", ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "h2":
            self._at = given.get("id", "")
            self.found[self._at], self.panels[self._at] = {}, []
        elif given.get("role") == "img" and self._at:
            self.panels[self._at].append(given["aria-label"])
        elif tag in ("dt", "dd"):
            self._in, self._text = tag, ""

    def handle_data(self, data):
        self._text += data

    def handle_endtag(self, tag):
        if tag == "dt":
            self._term = self._text
        elif tag == "dd" and self._at:
            self.found[self._at][self._term] = self._text


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_every_feature_has_its_facts_and_its_picture(site, name):
    config = FeatureConfig(feature_set=name)
    for spec in SETS[name]:
        page = Facts(site / f"reference/features/{spec.family if name == 'full' else 'kaggle'}.html")
        facts = page.found[spec.name]
        assert list(facts) == FACTS, spec.name
        assert facts["Unit"] == {"1": "none"}.get(spec.unit, spec.unit.replace("^2", "²"))
        assert facts["Silence"] == spec.silence
        assert facts["Source"] == spec.source
        assert facts["Range"].startswith(spec.range)
        assert len(facts["Definition"]) > 15
        columns = spec.columns(config)
        assert len(columns) == 1 or facts["Columns"].startswith(f"{len(columns)}: ")
        for column in columns:  # first, last, and each statistic
            stem = column.name.removesuffix(f"_{column.statistic}")
            assert column in columns[1:-1] or stem in facts["Columns"]
            assert column.statistic == "value" or f"_{column.statistic}" in facts["Columns"]
        assert [label.partition(":")[0] for label in page.panels[spec.name]] == SOUNDS
        assert all(re.search(r": .*\d", label) for label in page.panels[spec.name])


def commands(group: click.Group, words: tuple[str, ...] = ("gtzan",)):
    for name, command in group.commands.items():
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


@pytest.mark.slow
def test_every_command_option_and_example_is_there(site):
    for words, command in commands(cli):
        text = (site / f"reference/command-line/{words[1]}.html").read_text(encoding="utf-8")
        assert f'id="{"-".join(words)}"' in text
        said = html.unescape(re.sub(r"<[^>]*>", "", text))
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert all(name in said for name in (*parameter.opts, *parameter.secondary_opts)), words
                assert " ".join(parameter.help.split())[:40].replace("`", "") in " ".join(said.split()), words
        assert all(example in said for example in EXAMPLES.get(" ".join(words[1:]), ()))


@pytest.mark.slow
def test_every_public_name_is_there(site):
    text = "".join(page.read_text(encoding="utf-8") for page in (site / "reference/python").glob("*.html"))
    missing = [name for name in gf.__all__ if f'id="gtzan_features.{name}"' not in text]
    assert not missing
    for name in ("check_feature", "check_model", "temporary_plugins"):
        assert f'id="gtzan_features.testing.{name}"' in text


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_tutorial_shows_what_its_cells_gave(site, path):
    page = (site / f"tutorials/{path.stem}.html").read_text(encoding="utf-8")
    code = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    assert page.count('class="language-python highlight"') == len(code)
    shown = page.count('class="language-text highlight"') + page.count('<div class="output">')
    pictures = re.findall(r'<img [^>]*src="([^"]+\.png)"', page)
    assert shown + len(pictures) >= len(code) / 2
    assert all((site / "tutorials" / name).stat().st_size > 5_000 for name in pictures)
    assert "/tmp" not in page


@pytest.mark.slow
def test_no_page_loads_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 50
    assert remote_assets(site) == []


@pytest.mark.slow
def test_links_to_files_of_the_repository_lead_to_them(site):
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "tutorials/index.html" in text  # examples/
    found = [link for link in re.findall(r'href="([^"#]+)', text) if not re.match(r"[a-z]+:", link)]
    assert found
    assert all((site / html.unescape(link)).exists() for link in found)
    assert (site / "repository/CHANGELOG.html").is_file()
    assert (site / "repository/reports/accuracy.html").is_file()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "page",
    [
        "index",
        "reference/features/rhythm",
        "reference/command-line/predict",
        "reference/python/a-model-to-keep",
        "tutorials/03_your_own_music",
        "repository/CHANGELOG",
    ],
)
def test_a_page_fits_a_phone_and_can_be_read(browser, site, page, dark):
    browser.open((site / f"{page}.html").as_uri(), width=390, dark=dark)
    assert browser.js("return document.documentElement.scrollWidth") <= 390
    assert browser.js(CONTRAST.replace("body *", ".md-content :not(.output *)")) == []
    assert all(url.startswith("file:") for url in browser.requests())


@pytest.mark.slow
def test_no_interval_of_a_result_is_broken_between_lines(site):
    page = (site / "results/accuracy.html").read_text(encoding="utf-8")
    whole = re.findall(r'<td class="whole">([^<]*)</td>', page)
    assert "75.6 (72.3–78.8)" in whole
    assert not [cell for cell in re.findall(r"<td>([^<]*)</td>", page) if re.search(r"\d–\d", cell)]
    assert "td.whole { white-space: nowrap; }" in (site / "assets/site.css").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.browser
def test_search_finds_words_in_a_folder_without_a_server(tmp_path, browser):
    """With the configuration of the site, on two small pages opened as files."""
    (tmp_path / "docs/sub").mkdir(parents=True)
    shutil.copytree(ROOT / "docs/assets", tmp_path / "docs/assets")
    (tmp_path / "docs/index.md").write_text("# Start\n\nA centroid.\n", encoding="utf-8")
    (tmp_path / "docs/sub/page.md").write_text("# Page\n\nThe harmonic mean.\n", encoding="utf-8")
    assert "\n  - search\n  - offline " in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config = tmp_path / "mkdocs.yml"
    config.write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: docs\nhooks: []\nplugins: [search, offline]\n"
        "nav: [index.md, sub/page.md]\n",
        encoding="utf-8",
    )
    done = build(config, tmp_path / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    assert remote_assets(tmp_path / "site") == []
    browser.open((tmp_path / "site/sub/page.html").as_uri(), width=1200)
    browser.one(".md-search__input").send_keys("centroid")
    found = "return [...document.querySelectorAll('.md-search-result__link')].map(a => a.pathname)"
    deadline = time.monotonic() + 60
    while not browser.js(found) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert browser.js(found) == [str(tmp_path / "site/index.html")]
    assert browser.complaints() == []
    assert all(url.startswith(("file:", "about:")) for url in browser.requests())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[there](nowhere.md)", "nowhere.md"),
        ("[there](#no-such-heading)", "no such anchor"),
        ("[there](/absolute.md)", "absolute"),
    ],
)
def test_a_faulty_page_fails_the_build(tmp_path, text, said):
    """The rules of links of ``mkdocs.yml``, on a page that breaks one."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(f"# Start\n\n{text}\n", encoding="utf-8")
    config = tmp_path / "mkdocs.yml"
    config.write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: docs\nhooks: []\nplugins: []\nnav: [index.md]\n",
        encoding="utf-8",
    )
    done = build(config, tmp_path / "site")
    assert done.returncode
    assert said in done.stderr
