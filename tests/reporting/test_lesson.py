"""The page of the leak shows what was measured, and works offline, by keyboard and on a phone."""

from __future__ import annotations

import base64
import csv
import io
import re

import numpy as np
import pytest
import soundfile

from gtzan_features.errors import ConfigError
from gtzan_features.reporting import lesson as made_by
from gtzan_features.reporting.lesson import lesson
from gtzan_features.synthetic import SyntheticConfig, render_track, track_style
from gtzan_features.tables.run_folder import read_run
from tests.browser import CONTRAST

GENRES = ("blues", "classical", "metal")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A page of three genres, with two bands of two tracks each."""
    folder = tmp_path_factory.mktemp("lesson")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_by, "SyntheticConfig", _few)
        patch.setattr("gtzan_features.music.synthesise.SyntheticConfig", _few)
        return lesson(folder, tracks_per_genre=4, n_jobs=1)


def _few(**settings):
    return SyntheticConfig(**{**settings, "genres": GENRES, "seconds": 15.02})


def runs(made):
    found = {}
    for folder in sorted((made.page.parent / "runs").iterdir()):
        if (folder / "manifest.json").is_file():
            run = read_run(folder)
            found[run.manifest.protocol.split()[0]] = run
    return found


def test_the_figures_are_those_of_the_predictions(made):
    text = made.page.read_text(encoding="utf-8")
    assert [(protocol, leaked) for protocol, leaked, *_ in made.figures] == [
        ("segment 2-fold", True),
        ("track 2-fold", False),
        ("artist 2-fold", False),
    ]
    for protocol, _, accuracy, low, high in made.figures:
        predictions = runs(made)[protocol.split()[0]].predictions
        right = predictions.probabilities.argmax(axis=1) == predictions.y_true
        assert accuracy == pytest.approx(right.mean())
        assert low <= accuracy <= high
        assert f"{100 * accuracy:.1f} ({100 * low:.1f}–{100 * high:.1f})" in text


def test_no_band_and_no_track_is_divided_where_it_is_said_that_none_is(made):
    """By the runs' own divisions and the labels, not by the page."""
    with (made.page.parent / "labels.csv").open(encoding="utf-8", newline="") as file:
        band = {row["path"].split("/")[1].removesuffix(".wav"): row["artist"] for row in csv.DictReader(file)}
    assert len(band) == 12
    assert len(set(band.values())) == 6
    for protocol, run in runs(made).items():
        frame = run.predictions.frame
        tracks = frame["track_id"].str.rpartition("/")[2].str.removesuffix(".wav")
        per_track = frame.groupby("track_id")["fold"].nunique()
        per_band = frame.groupby(tracks.map(band))["fold"].nunique()
        assert (per_track > 1).any() == (protocol == "segment")
        assert (per_band > 1).any() == (protocol != "artist")


def test_the_split_that_is_drawn_is_that_of_the_runs(made):
    text = made.page.read_text(encoding="utf-8")
    drawn = re.findall(r'<svg class="split".*?</svg>', text, flags=re.DOTALL)
    assert len(drawn) == 3
    genre = re.search(r"A track of (\w+),", text)[1]
    for svg, (protocol, run) in zip(drawn, sorted(runs(made).items(), key=_strictness), strict=True):
        frame = run.predictions.frame
        frame = frame[frame["genre"] == genre].sort_values(["track_id", "segment"])
        cells = np.array([kind == "test" for kind in re.findall(r'<rect class="(test|train)"', svg)])
        folds = frame["fold"].to_numpy()
        assert any(np.array_equal(cells, folds == fold) for fold in set(folds)), protocol
        assert svg.count("circle") == cells.sum()
    said = re.findall(r"On both sides: (\d) of 4 tracks and (\d) of 2 bands", text)
    assert said[1][0] == said[2][0] == said[2][1] == "0"
    assert int(said[0][0]) > 0


def _strictness(pair):
    return ("segment", "track", "artist").index(pair[0])


def test_what_is_heard_are_the_segments(made):
    text = made.page.read_text(encoding="utf-8")
    stem = re.search(r"A track of (\w+), track (\d+) by", text)
    config = _few(tracks_per_genre=4, tracks_per_artist=2)
    samples = render_track(stem[1], int(stem[2]) - 1, config)
    sounds = [
        soundfile.read(io.BytesIO(base64.b64decode(one)))
        for one in re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', text)
    ]
    assert len(sounds) == 5 + 4
    for number, (heard, sr) in enumerate(sounds[:5]):
        part = samples[number * 66_150 : (number + 1) * 66_150]
        assert sr == 22_050
        size = min(len(part), len(heard))
        assert size > 0.9 * len(part)
        levels = [np.abs(one[: size // 50 * 50]).reshape(50, -1).mean(axis=1) for one in (part, heard)]
        assert np.corrcoef(*levels)[0, 1] > 0.95, number
    assert made.page.stat().st_size < 3_000_000


def test_bands_share_their_sound_and_nothing_else():
    config = _few(tracks_per_genre=4, tracks_per_artist=2)
    styles = [track_style("metal", index, config) for index in range(4)]
    assert styles[0].channel == styles[1].channel != styles[2].channel == styles[3].channel
    assert styles[0].kit == styles[1].kit != styles[2].kit
    assert len({style.bpm for style in styles}) == 4
    alone = _few(tracks_per_genre=4)
    assert len({track_style("metal", index, alone).channel for index in range(4)}) == 4
    assert styles[0].bpm == track_style("metal", 0, alone).bpm


def test_it_is_marked_synthetic_and_leaked_and_asks_for_nothing(made):
    text = made.page.read_text(encoding="utf-8")
    assert "SYNTHETIC" in text
    assert text.count('<strong class="mark leak">LEAKED</strong>') == 3
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert "default-src 'none'" in text
    assert "gtzan demo --html --tracks 4" in text


def test_too_few_tracks_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="--tracks 3: at least 4"):
        lesson(tmp_path / "out", tracks_per_genre=3)
    assert not (tmp_path / "out").exists()


@pytest.mark.browser
def test_the_page_in_a_browser(made, browser):
    for width, dark in ((390, True), (768, False), (1440, False)):
        browser.open(made.page.as_uri(), width=width, dark=dark)
        assert browser.js("return document.documentElement.scrollWidth") <= width
        assert browser.js(CONTRAST) == []
        assert browser.complaints() == []
        assert browser.requests() == []


def until(browser, condition):
    """Wait until a condition in JavaScript holds, as long as it takes."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser.driver, 60).until(lambda _: browser.js(f"return {condition}"))


PLAYING = "[...document.querySelectorAll('audio')].map((a, i) => a.paused ? -1 : i).filter((i) => i >= 0)"


@pytest.mark.browser
def test_it_is_played_by_keyboard_one_sound_at_a_time(made, browser):
    browser.open(made.page.as_uri())
    players = "[...document.querySelectorAll('audio')]"
    names = browser.js(f"return {players}.map((a) => a.controls && a.getAttribute('aria-label'))")
    assert len(names) == 9
    assert all(names)
    first, second = browser.all("button.play")
    first.send_keys("\ue007")  # Enter
    until(browser, f"{PLAYING}.join() === '0'")
    until(browser, f"{players}[0].duration > 2.9")
    assert first.text == "Stop"
    assert browser.js("return document.querySelectorAll('li.playing').length") == 1
    until(browser, f"{PLAYING}.join() === '1'")  # the first has ended
    first.send_keys("\ue007")
    until(browser, f"!{PLAYING}.length")
    assert first.text == "Play all 5 in order"
    second.send_keys("\ue007")
    until(browser, f"{PLAYING}.join() === '5'")
    browser.js(f"{players}[2].play()")
    until(browser, f"{PLAYING}.join() === '2'")
    assert second.text == "Play all 4 in order"
    browser.one("details summary").send_keys("\ue007")
    assert browser.js("return document.querySelector('details').open")
