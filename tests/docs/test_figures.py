"""Figures, tables and pictures of texts are those of the data, and each says what audio was measured."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figures import __main__ as command
from figures import pages, parts, pictures, sources
from figures.facts import figure
from figures.loose import KINDS, allowed, loose, readable
from figures.pages import FIGURE, TABLE, marked, rewritten
from figures.sources import AUDIO, ROOT, SOURCES, FiguresError
from gtzan_features.audio.deform import ROBUST, deformations
from gtzan_features.reports.ablation import Baseline, ablation_tables
from gtzan_features.reports.robustness_tables import robustness_tables
from gtzan_features.reports.tables import accuracy_cell, accuracy_table
from gtzan_features.rounding import percent

REPORTS = ROOT / "reports"
PAGES = pages.pages()
MARKED = [
    path for path in PAGES if FIGURE.search(text := path.read_text(encoding="utf-8")) or TABLE.search(text)
]
TEXTS = [path for path in PAGES if REPORTS not in path.parents and "reference" not in path.parts]
"""Written by hand: reports are written by commands, and the reference from the code."""
WRITTEN = [name for name, one in SOURCES.items() if one.path.endswith(".md") and (ROOT / one.path).is_file()]
"""Pages of data; what was not measured yet has none."""

SAID = {
    "WAV": "WAV|wav",
    "Ogg copies": "[Oo]gg",
    "Kaggle's CSVs": "CSV",
    "synthetic music": "synthetic|random",
    "no audio": "",
    "WAV and mp3": "mp3",
    "WAV and Ogg copies": "[Oo]gg",
    "as published": "[Pp]ublished|state",
}
REF = "accuracy; xgboost; 3s; mean; artist 3-fold"


def of(path):
    return path.relative_to(ROOT).as_posix()


def test_make_figures_has_nothing_to_write():
    """Whoever changed data or text runs ``make figures``."""
    assert [of(path) for path in pages.stale()] == []
    assert [one.name for one in pictures.stale_pictures()] == []


@pytest.mark.parametrize("path", MARKED, ids=of)
def test_whatever_stands_between_marks_is_written_anew(path):
    page = path.read_text(encoding="utf-8")
    told = ROOT / pages.RESULTS in path.parents
    spoilt = FIGURE.sub(lambda m: f"<!-- figure {m['words']} -->{m['text']}0<!-- /figure -->", page)
    spoilt = TABLE.sub(lambda m: f"{m['start']}\n| 99.9 |\n{m['end']}", spoilt)
    assert spoilt != page
    assert rewritten(spoilt, told=told) == page


@pytest.mark.parametrize("path", TEXTS, ids=of)
def test_every_measured_number_of_a_text_is_marked_or_allowed(path):
    """Mark it (`figures/pages.py`), or say in `figures/allowed.csv` why it is no figure of ours."""
    words = tuple(one.words for one in allowed() if one.page in ("*", of(path)))
    assert loose(pages.prose(path), words) == []


@pytest.mark.parametrize("path", MARKED, ids=of)
def test_a_page_says_on_what_audio_its_figures_were_measured(path):
    page = path.read_text(encoding="utf-8")
    said = readable(page) + " ".join(m["text"] for m in TABLE.finditer(page))
    for audio in {audio for one in marked(page) for audio in one.audio.split("; ")}:
        assert re.search(SAID[audio], said), audio


@pytest.mark.parametrize("path", MARKED, ids=of)
def test_no_line_begins_with_a_figure(path):
    """Markdown would take such a line for HTML, in which nothing is bold and no link is one."""
    assert re.findall(r"^\s*<!-- figure.*", path.read_text(encoding="utf-8"), re.MULTILINE) == []


def test_no_page_at_the_root_and_no_notebook_is_left_out():
    """CHANGELOG.md says what was so at its time, CONTRIBUTING.md shows marks."""
    there = {*ROOT.glob("*.md"), *ROOT.glob("examples/*.ipynb")}
    assert {path.name for path in there - set(TEXTS)} == {"CHANGELOG.md", "CONTRIBUTING.md"}


def test_of_a_notebook_its_cells_of_markdown_are_read(tmp_path):
    cells = [("markdown", ["# One\n", "It takes 5.5 s."]), ("code", ["x = 1.5"]), ("markdown", ["Two"])]
    content = {"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}
    (tmp_path / "a.ipynb").write_text(json.dumps(content), encoding="utf-8")
    text = pages.prose(tmp_path / "a.ipynb")
    assert text == "# One\nIt takes 5.5 s.\n\nTwo"
    assert len(loose(text)) == 1


def test_what_is_allowed_is_there_and_says_why():
    texts = {of(path): readable(pages.prose(path)) for path in TEXTS}
    for one in allowed():
        assert one.kind in KINDS, one
        assert one.why, one
        assert loose(one.words), f"{one} has no number"
        where = texts.values() if one.page == "*" else [texts[one.page]]
        assert any(one.words in text for text in where), f"{one} is nowhere"


def test_what_was_measured_once_is_used_and_says_how():
    listed = pages.listed()
    for row in sources.rows("once"):
        assert f"once; {row.cells['name']}" in listed, row
        assert row.cells["audio"] in AUDIO, row
        assert row.cells["of"], row
        assert row.cells["command"], row
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.cells["stated"]), row


def test_other_data_give_another_text(tmp_path, monkeypatch):
    frame = pd.read_csv(REPORTS / "accuracy.csv")
    chosen = (frame["model"] == "xgboost") & (frame["segments"] == "3s") & (frame["aggregation"] == "mean")
    chosen &= frame["protocol"] == "artist 3-fold"
    frame.loc[chosen, ["accuracy", "ci_low", "ci_high"]] = 0.12345, 0.1, 0.2
    frame.to_csv(tmp_path / "accuracy.csv", index=False)
    path = str(tmp_path / "accuracy.csv")
    monkeypatch.setitem(SOURCES, "accuracy", replace(SOURCES["accuracy"], path=path))
    assert rewritten(f"<!-- figure {REF} -->?<!-- /figure -->").count("12.3 (10.0–20.0)") == 1


def test_a_figure_is_its_cell_of_the_csv():
    with (REPORTS / "accuracy.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["kind"] != "published"]
    for row in rows:
        words = [
            f"{name}={row[name]}" for name in ("dataset", "model", "features", "segments", "aggregation")
        ]
        found = figure("; ".join(("accuracy", *words, f"protocol={row['protocol']}")))
        shown = [float(one) / 100 for one in re.findall(r"[\d.]+", found.text)]
        known = [float(row[name]) for name in ("accuracy", "ci_low", "ci_high")]
        assert shown == pytest.approx(known, abs=0.000501)
        assert found.protocol == row["protocol"]
        assert found.audio == ("Ogg copies" if "Ogg" in row["dataset"] else "Kaggle's CSVs")


def test_every_result_says_what_audio_it_was_measured_on():
    assert set(SAID) == set(AUDIO)
    tables = [
        (of(path), m["words"], m["text"])
        for path in (ROOT / pages.RESULTS).glob("*.md")
        for m in TABLE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert len(tables) > 30
    for page, words, text in tables:
        if "| ---" in text or "|---" in text:
            about = re.search(r"Measured on: (.+?)\. \[", text)
            assert words == pages.EVERY or set(about[1].split("; ")) <= set(AUDIO), (page, words)


MADE_OF = re.compile(r"\bWAV|\bwav\b|\b[Oo]gg\b|Kaggle's|\(CSV\)|[Ss]ynthetic|as published|what others state")


@pytest.mark.parametrize("path", sorted(REPORTS.glob("*.md")), ids=of)
def test_every_part_of_a_report_with_a_table_says_what_was_measured(path):
    """In the part itself, or for all of the page before its first part."""
    before, *parts = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    with_tables = [one for one in parts if re.search(r"^\|[-: |]+\|$", one, re.MULTILINE)]
    assert with_tables or path.name == "segments.md"
    if not MADE_OF.search(before):
        assert [one.partition("\n")[0] for one in with_tables if not MADE_OF.search(one)] == []


def test_the_page_of_accuracies_says_which_are_of_csvs_and_which_of_audio():
    text = (REPORTS / "accuracy.md").read_text(encoding="utf-8")
    csvs, ogg = re.findall(r"^\d+ tracks, \d+ genres .*$", text, re.MULTILINE)
    assert csvs.endswith(
        "Measured on the features in features_3_sec.csv and features_30_sec.csv (CSV); no audio was read."
    )
    assert ogg.endswith("Measured on features that were computed from audio.")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_of_data_says_what_audio_was_measured(name):
    one = SOURCES[name]
    page = " ".join((ROOT / one.path).read_text(encoding="utf-8").split())
    for audio in {one.audio, *one.elsewhere.values()}:
        for said in audio.split("; "):
            assert re.search(SAID[said], page), said


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("x; a", "1,234.5 MB"),
        ("x; a; 0", "1235"),
        ("x; b; #3", "226"),
        ("x; b; #3; 1", "226.0"),
        ("x; c; points", "+0.5"),
        ("y; c", "-0.25"),
        ("y; c; 1", "−0.3"),
        ("x; c minus T; y; c", "0.75"),
        ("x; c minus T; y; c; points; 1", "+0.8"),
        ("x; a over T; y; a; 0", "2"),
        ("~([\\d.]+) s in all", "7.5"),
        ("~([\\d.]+) s in all; 0", "8"),
        ("Head; d=5; c", "−"),
        ("x; e", "bold|bar"),
    ],
)
def test_ways_to_show_a_cell(tmp_path, monkeypatch, words, text):
    page = (
        "# Head\n\nIt took 7.5 s\nin all.\n\n| n | a | b | c | d | e |\n|---|---|---|---|---|---|\n"
        "| x | 1,234.5 MB | 222 MB after 10 files, 226 MB after 70 | 0.5 | 4 | **bold\\|bar** |\n"
        "| y | 617.25 MB | none | -0.25 | 4 | |\n| z | | | − | 5 | |\n"
    )
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    one = sources.Source(path=str(tmp_path / "page.md"), audio="WAV", command="x")
    monkeypatch.setitem(SOURCES, "T", one)
    assert figure(f"T; {words}").text == text


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<!-- figure nowhere; x -->1<!-- /figure -->", "no source 'nowhere'"),
        (
            "<!-- figure accuracy; xgboost; 3s; mean -->1<!-- /figure -->",
            "rows of reports/accuracy.csv are so",
        ),
        ("<!-- figure accuracy; xgbost; 3s -->1<!-- /figure -->", "0 rows"),
        (f"<!-- figure {REF}; n_tracks; log_loss -->1<!-- /figure -->", "one column is wanted"),
        ("<!-- figure segments; ~no such ([0-9]+) -->1<!-- /figure -->", "0 places"),
        (f"<!-- figure {REF} -->1", "without its other half"),
        ("1<!-- /figure -->", "without its other half"),
        ("<!-- table leak -->\n| 1 |\n", "without its other half"),
        ("<!-- table nothing -->\n| 1 |\n<!-- end table -->", "no table 'nothing'"),
        ("<!-- table copy; RESULTS -->\n<!-- end table -->", "2 tables are so"),
        ("<!-- table runs; accuracy; nothing; honest -->\n<!-- end table -->", "no data set 'nothing'"),
        ("<!-- table copy; SCALING; columns=none -->\n<!-- end table -->", "no column 'none'"),
    ],
)
def test_a_wrong_mark_is_said_in_one_line(page, said):
    with pytest.raises(FiguresError, match=re.escape(said)) as error:
        rewritten(page)
    assert "\n" not in str(error.value)


def test_the_list_says_audio_source_and_command_of_every_figure():
    rows = list(csv.DictReader(io.StringIO(pages.listed())))
    assert {row["page"] for row in rows} == {of(path) for path in MARKED if marked(path.read_text("utf-8"))}
    for row in rows:
        assert all(one in AUDIO for one in row["audio"].split("; ")), row
        assert all((ROOT / one.partition(",")[0]).is_file() for one in row["source"].split("; ")), row
        assert row["command"], row
        assert row["shown"], row


@settings(deadline=None)
@given(
    st.sampled_from(
        ["{} %", "{}.5 s", "{} points", "{} ms", "{} times", "{} MB", "{}.7 (60.1–62.3)", "{} per cent"]
    ),
    st.integers(0, 99_999),
    st.sampled_from(
        ["It takes {}.", "({})", "| a | {} |", "- {}: much", "**{}**", "of {} of [all](x)", "{}"]
    ),
)
def test_a_measured_number_outside_of_marks_is_found(number, value, text):
    text = text.format(number.format(value))
    assert loose(f"# Head\n\n{text}\n\nAnd so on.")
    assert not loose(f"# Head\n\n<!-- figure x -->{text}<!-- /figure -->\n\nAnd so on.")
    assert not loose(f"# Head\n\n```\n{text}\n```\n\nAnd `{text}`.")
    printed = "```text\nas it is printed\n```\n"
    beside = loose(f"{printed}\n{text}\n\n```sh\n{text}\n```\n")
    assert len(beside) == len(loose(f"\n{text}\n"))
    assert loose(f"```text\n{text}\n```\n")


@pytest.mark.parametrize("text", ["of 1,234 tracks", "(12,345)", "| 1,234,567 |", "to 1,000, and"])
def test_a_count_with_commas_outside_of_marks_is_found(text):
    assert len(loose(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "1000 tracks, 57 columns, tracks 1,2 and 3",
        "Python 3.11 or later",
        "scikit-learn 1.8, 1.9",
        "3 s and 30 s rows",
        "[1](https://x.org/1.5)",
        "version 0.2.0",
    ],
)
def test_no_number_is_found_where_none_is_measured(text):
    assert loose(text) == []


def test_pages_of_reports_have_the_figures_of_their_csvs():
    pairs = [("ablation.md", one) for one in ablation_tables(pd.read_csv(REPORTS / "ablation.csv"), BASELINE)]
    for dataset in ("GTZAN", "GTZAN (389 of 1000 tracks, Ogg copies)"):
        frame = parts.results("accuracy", dataset)
        pairs += [("accuracy.md", accuracy_table(frame, leaked=leaked)) for leaked in (False, True)]
    lost = robustness_tables(pictures.robustness_frames(REPORTS), deformations(ROBUST))
    pairs += [("robustness.md", one) for one in lost]
    assert len([one for _, one in pairs if one]) > 25
    for page, table in pairs:
        assert table is None or table.markdown() in (REPORTS / page).read_text(encoding="utf-8"), table.title


BASELINE = Baseline(feature_set="kaggle", model="xgboost")


def test_the_card_of_the_model_in_the_package_has_the_figures_that_it_prints():
    folder = ROOT / "gtzan_features" / "pretrained" / "gtzan10"
    found = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    whole = accuracy_cell(found["accuracy"], found["low"], found["high"])
    assert figure("gtzan10-card; How good; artist, 3-fold; right, %").text == whole
    assert figure("gtzan10; Test; artist, 3-fold; right, %").text == whole
    assert len(found["deformations"]) > 10
    for one in found["deformations"].values():
        cell = f"gtzan10-card; Deformed sound; {one['label']}"
        assert figure(f"{cell}; right, %").text == accuracy_cell(one["accuracy"], one["low"], one["high"])
        assert figure(f"{cell}; other answer, %").text == percent(one["changed"])
        assert figure(f"{cell}; none of these, %").text == percent(one["rejected"])


def test_the_command_says_what_is_stale_in_a_line_each(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["figures", "--check"])
    assert command.main() == 0
    assert capsys.readouterr() == ("", "")
    page = (ROOT / SOURCES["SCALING"].path).read_text(encoding="utf-8")
    (tmp_path / "SCALING.md").write_text(re.sub(r"\| (\d+\.\d) \|", "| 9999.9 |", page), encoding="utf-8")
    other = replace(SOURCES["SCALING"], path=str(tmp_path / "SCALING.md"))
    monkeypatch.setitem(SOURCES, "SCALING", other)
    assert command.main() == 1
    said = capsys.readouterr().out.splitlines()
    assert "docs/index.md is not as the data say: make figures" in said
    assert len(said) == len(set(said)) < 8
    monkeypatch.setitem(SOURCES, "SCALING", replace(other, path="benchmarks/NONE.md"))
    assert command.main() == 1
    assert re.fullmatch(
        r"figures: docs/.+ benchmarks/NONE.md is not there: python .+\n", capsys.readouterr().err
    )


def test_confusions_give_the_accuracy_of_their_run():
    confusions = pd.read_csv(REPORTS / "confusions.csv")
    frame = pd.read_csv(REPORTS / "accuracy.csv").set_index(["run_id", "aggregation"])
    runs = confusions.groupby(["run_id", "aggregation"])
    assert len(runs) > 30
    for key, counts in runs:
        right = counts.loc[counts["true"] == counts["predicted"], "count"].sum()
        assert right / counts["count"].sum() == pytest.approx(frame.loc[key, "accuracy"], abs=1e-9)
    drawn = pictures.confusion_metrics(counts)
    assert (drawn.n, drawn.n_correct) == (counts["count"].sum(), right)


def test_a_picture_of_other_data_or_changed_by_hand_is_stale(tmp_path):
    folder = tmp_path / "reports"
    shutil.copytree(REPORTS, folder)
    assert pictures.stale_pictures(folder) == []
    (folder / "hero.png").write_bytes(b"another")
    frame = pd.read_csv(folder / "confusions.csv")
    best = pictures.best_runs(parts.results("accuracy", "GTZAN")).loc["artist 3-fold", "run_id"]
    frame.loc[frame["run_id"] == best, "count"] += 1
    frame.to_csv(folder / "confusions.csv", index=False)
    stale = [one.name for one in pictures.stale_pictures(folder)]
    assert stale == ["hero.png", "confusion-gtzan-artist-3-fold.png"]
