"""What makes and checks the pages of the site: links, lists, and what fails where words are missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath

import click
import numpy as np
import pytest

import gtzan_features as gf
from docs_build import commands, feature_pages, notebooks, pictures, python_names
from docs_build.checks import in_page, in_style, remote_assets
from docs_build.links import BrokenLinkError, Repository
from docs_build.sounds import SR, sounds
from docs_build.text import as_lists, outside_code, plain
from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.registry import KAGGLE


@pytest.fixture
def repository(tmp_path):
    for name in (
        "README.md",
        "docs/how-to/a b.md",
        "reports/a.md",
        "reports/a.png",
        "bench/run.py",
        "bench/README.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    found = Repository(tmp_path)
    found.redirected[PurePosixPath("examples/01.ipynb")] = "tutorials/01.md"
    return found


PAGE = (PurePosixPath("docs/how-to/page.md"), "how-to/page.md")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](a%20b.md#x)", "[a](a b.md#x)"),
        ("[a](../../reports/a.md)", "[a](../repository/reports/a.md)"),
        ("![a](../../reports/a.png)", "![a](../repository/reports/a.png)"),
        (
            "[![a](../../reports/a.png)](../../reports/a.md)",
            "[![a](../repository/reports/a.png)](../repository/reports/a.md)",
        ),
        ('[a `b` c](../../reports/a.md "title")', '[a `b` c](../repository/reports/a.md "title")'),
        ("[a]: ../../reports/a.md", "[a]: ../repository/reports/a.md"),
        ("[9]: MP3 of 16 kHz", "[9]: MP3 of 16 kHz"),
        ('<img src="../../reports/a.png" width="9">', '<img src="../repository/reports/a.png" width="9">'),
        ("[a](../../bench)", "[a](../repository/bench/README.md)"),
        ("[a](../../bench/run.py)", "[a](../repository/bench/run.py.md)"),
        ("[a](../../examples/01.ipynb#here)", "[a](../tutorials/01.md#here)"),
        ("[a](https://example.org/x?y=1#z)", "[a](https://example.org/x?y=1#z)"),
        ("[a](#here)", "[a](#here)"),
        ("`[a](nowhere.md)`", "`[a](nowhere.md)`"),
        ("`columns\n[a](nowhere.md)`", "`columns\n[a](nowhere.md)`"),
        ("```\n[a](nowhere.md)\n```", "```\n[a](nowhere.md)\n```"),
    ],
)
def test_links_to_files_of_the_repository_become_links_of_the_site(repository, text, expected):
    assert repository.rewritten(text, *PAGE) == expected


@pytest.mark.parametrize(
    "link",
    [
        "nowhere.md",
        "../../reports/b.md",
        "../../../outside.md",
        "../../empty",
        "https://",
        "http://x",
        "ftp://a.org/b",
        "mailto:nobody",
    ],
)
def test_a_link_that_leads_nowhere_is_refused(repository, link):
    with pytest.raises(BrokenLinkError, match=r"docs/how-to/page.md|without a README"):
        repository.rewritten(f"[a]({link})", *PAGE)


def test_files_that_are_linked_are_taken_and_shown(repository):
    repository.rewritten("[a](../../bench/run.py) ![b](../../reports/a.png) [c](../../README.md)", *PAGE)
    taken = {str(at): name for at, name in repository.taken.items()}
    assert taken == {
        "bench/run.py": "repository/bench/run.py.md",
        "reports/a.png": "repository/reports/a.png",
        "README.md": "repository/README.md",
    }
    assert "````python\n# bench/run.py" in repository.text_of(PurePosixPath("bench/run.py"))
    assert repository.text_of(PurePosixPath("reports/a.png")) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n- b\n- c", "a:\n\n- b\n- c"),
        ("a:\n1. b\n2. c", "a:\n\n1. b\n2. c"),
        ("- b\n  more\n- c", "- b\n  more\n- c"),
        ("```\na:\n- b\n```\na:\n- b", "```\na:\n- b\n```\na:\n\n- b"),
        ("~~~~\n```\na\n- b\n~~~~", "~~~~\n```\na\n- b\n~~~~"),
        ("a\n\n- b", "a\n\n- b"),
    ],
)
def test_lists_begin_where_a_code_host_begins_them(text, expected):
    assert as_lists(text) == expected


def test_words_that_are_no_markdown_are_shown_as_they_are():
    assert plain("a_b <c> [d] `e_f` *g* | h") == r"a\_b &lt;c&gt; \[d\] `e_f` \*g\* \| h"
    assert outside_code("a `a ``a` a", str.upper) == "A `a ``a` A"


REMOTE = "https://cdn.example.org/x"


@pytest.mark.parametrize(
    "page",
    [
        f'<script src="{REMOTE}"></script>',
        '<script src="//cdn.example.org/x"></script>',
        f'<link rel="stylesheet" href="{REMOTE}">',
        f'<link rel="preconnect" href="{REMOTE}" crossorigin>',
        f'<img alt="" src="{REMOTE}">',
        f'<svg><image href="{REMOTE}"/></svg>',
        f'<p style="background: url({REMOTE})">',
        f"<style>@import '{REMOTE}';</style>",
        f'<iframe src="{REMOTE}"></iframe>',
    ],
)
def test_what_a_browser_would_load_from_elsewhere_is_found(tmp_path, page):
    (tmp_path / "page.html").write_text(f"<!doctype html>{page}", encoding="utf-8")
    assert len(remote_assets(tmp_path)) == 1


def test_what_a_browser_loads_only_when_it_is_told_to_is_not():
    assert (
        list(in_page(f'<a href="{REMOTE}">x</a><link rel="canonical" href="{REMOTE}"><img src="a.png">'))
        == []
    )
    assert in_style('a { background: url("data:image/png;base64,//x") } b { src: url(font.woff) }') == []
    assert in_style(f"@font-face {{ src: url('{REMOTE}') }}") == [REMOTE]


RMS = next(spec for spec in KAGGLE if spec.name == "rms")


@pytest.mark.parametrize("what", ["unit", "range", "silence", "description", "source"])
def test_a_feature_that_lacks_a_word_fails(what):
    with pytest.raises(feature_pages.MissingWordsError, match=f"feature rms: {what} is empty"):
        list(feature_pages._feature(replace(RMS, **{what: " "}), FeatureConfig()))


def test_a_feature_without_definition_or_picture_fails():
    with pytest.raises(feature_pages.MissingWordsError, match="rms: <lambda> has no docstring"):
        feature_pages.definition(replace(RMS, compute=lambda spectra: spectra.signal))
    with pytest.raises(feature_pages.MissingWordsError, match="rms: its picture is empty"):
        feature_pages.picture(replace(RMS, compute=lambda _: np.zeros(9)), FeatureConfig())
    with pytest.raises(feature_pages.MissingWordsError, match="family colour says nothing"):
        feature_pages._about("colour")


def test_a_name_that_stands_in_no_group_or_in_two_fails(monkeypatch):
    monkeypatch.setattr(gf, "__all__", [*gf.__all__, "unheard"])
    with pytest.raises(python_names.MissingNameError, match="unheard"):
        python_names.groups()
    monkeypatch.undo()
    monkeypatch.setattr(gf, "__doc__", f"{gf.__doc__}\nOnce more\n    `fit`.\n")
    with pytest.raises(python_names.MissingNameError, match="fit"):
        python_names.groups()


@pytest.mark.parametrize("said", ["", "[default: 3]"])
def test_a_command_or_an_option_without_words_fails(said):
    bare = click.Command("bare", help="Do it.", params=[click.Option(["--how"])])
    with pytest.raises(commands.MissingWordsError, match="gtzan bare has no example"):
        list(commands._body(bare, ("gtzan", "bare")))
    with pytest.raises(commands.MissingWordsError, match="--how TEXT has no help"):
        list(commands._option("--how TEXT", said, ("gtzan", "bare")))
    with pytest.raises(commands.MissingWordsError, match="gtzan warm has no help"):
        list(commands._body(click.Command("warm"), ("gtzan", "warm")))


def test_a_cell_that_fails_is_named(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["a = 1\n", "a"]},
        {"cell_type": "code", "source": ["b"]},
    ]
    path = tmp_path / "faulty.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    with pytest.raises(notebooks.NotebookError, match="faulty.ipynb, cell 3: NameError: name 'b'"):
        notebooks.run(path)
    path.write_text(json.dumps({"cells": cells[:2]}), encoding="utf-8")
    page = notebooks.run(path)
    assert page.shown == [1]
    assert page.markdown == "# Title\n\n```python\na = 1\na\n```\n\n```text\n1\n```\n"


def test_panels_share_a_scale_and_higher_is_larger():
    panels, scale = pictures.lines({"low": np.array([0.0, 1.0]), "high": np.array([3.0, 4.0])})
    assert (scale.low, scale.high) == (0, 4)
    assert set(panels) == {"low", "high"}
    heights = scale.height(np.array([0.0, 2.0, 4.0]))
    assert heights[0] > heights[1] > heights[2]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])
    assert (scale.height(np.array([-9.0, 9.0])) == heights[[0, 2]]).all()


def test_sounds_are_what_they_are_called():
    found = sounds()
    spectrum = {name: np.abs(np.fft.rfft(signal)) for name, signal in found.items()}
    hz = np.fft.rfftfreq(len(found["tone"]), 1 / SR)
    assert hz[spectrum["tone"].argmax()] == pytest.approx(440, abs=0.5)
    half = len(found["glide"]) // 2
    ends = [np.abs(np.fft.rfft(part * np.hanning(half))) for part in np.split(found["glide"], 2)]
    assert ends[0].argmax() < ends[1].argmax()
    power = [np.mean(part**2) for part in np.array_split(spectrum["noise"], 4)]
    assert max(power) / min(power) < 1.1
    # Kick and hi-hat in turn: two beats of 120 BPM later, all is the same but for noise.
    beat, period = found["beat"].astype(float), SR
    assert np.corrcoef(beat[:-period], beat[period:])[0, 1] > 0.99
    assert all(np.abs(signal).max() <= 1 for signal in found.values())
