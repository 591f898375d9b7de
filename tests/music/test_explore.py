from __future__ import annotations

import base64
import csv
import io
import re
import shutil
from html import unescape
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile
from matplotlib.figure import Figure
from PIL import Image

from gtzan_features.errors import CatalogueError
from gtzan_features.music.explore import explore
from gtzan_features.music.explore_sections import SHOWN
from gtzan_features.reports.html.data import slug
from gtzan_features.reports.html.explore import Picture, PictureSection
from tests.browser import CONTRAST


@pytest.fixture
def drawn(music, tmp_path):
    (music / "calm" / "text.wav").write_text("no music")
    return explore(music, tmp_path / "out", tracks=("loud.1",), n_jobs=1)


def tables(page):
    """Every CSV of the page, by name."""
    links = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8,([^"]+)"', page.read_text())
    return {name: list(csv.DictReader(io.StringIO(unquote(text)))) for name, text in links}


def test_pictures_and_page_are_written(drawn):
    names = {path.name for path in drawn.page.parent.iterdir()}
    assert names == {
        "explore.html",
        "example-calm-0.png",
        "example-loud-1.png",
        "overview.png",
        "balance.png",
        "mean-mel.png",
        "pca.png",
        *(f"feature-{slug(name)}.png" for name in SHOWN),
    }
    assert drawn.n_tracks == 6
    assert drawn.accuracy1 is None
    (skipped,) = drawn.skipped
    assert skipped.startswith("calm/text.wav: Format not recognised")
    for path in drawn.page.parent.glob("*.png"):
        pixels = np.asarray(Image.open(path).convert("RGB"))
        assert pixels.shape[1] > 300
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20


def test_the_data_of_the_pictures(drawn):
    found = tables(drawn.page)
    assert len(found["pca.csv"]) == 6
    # The tones of the loud genre lie an octave above those of the calm one.
    peak = {}
    for row in found["mean-mel-spectra.csv"]:
        best = peak.setdefault(row["genre"], (-np.inf, 0))
        peak[row["genre"]] = max(best, (float(row["mean_db"]), int(row["mel_band"])))
    assert peak["loud"][1] > peak["calm"][1]
    centroid = {
        r["genre"]: float(r["q50"])
        for r in found["distributions.csv"]
        if r["feature"] == "spectral_centroid_mean"
    }
    assert set(centroid) == {"calm", "loud"}
    # Both genres are tones: where one is above the mean of the two, the other is below it.
    levels = {}
    for row in found["balance.csv"]:
        levels.setdefault(row["genre"], []).append(float(row["median_db_above_mean"]))
    np.testing.assert_allclose(levels["calm"], -np.array(levels["loud"]), atol=0.02)
    assert max(levels["loud"]) > 5


def test_the_overview_counts_what_is_there(music, tmp_path):
    """Rates, lengths, loudness, copies and clipping, each of files made for it."""
    half = 0.5 * np.sin(np.arange(44_100 * 4) * 0.05).astype(np.float32)
    soundfile.write(music / "calm" / "half.flac", np.stack([half, half], axis=1), 44_100)
    soundfile.write(music / "loud" / "clipped.wav", np.clip(20 * half, -1, 1), 44_100, subtype="PCM_16")
    soundfile.write(music / "loud" / "long.wav", np.tile(half, 16), 44_100, subtype="PCM_16")
    shutil.copy(music / "calm" / "calm.0.wav", music / "loud" / "again.wav")
    (music / "loud" / "text.wav").write_text("no music")
    page = explore(music, tmp_path / "out", n_jobs=1, sounds=False).page
    text = unescape(page.read_text())
    facts = dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", text))
    assert facts["Tracks"] == "10 in 2 genres"
    assert facts["Playing time"] == "2:01"  # 7 s seven times, 4 s twice, and 64 s, of which 30 s are read
    assert facts["Shortest and longest"] == "4.0 and 64.0 s"
    assert facts["Files"] == "wav 9, flac 1"
    assert facts["Sampling rate"] == "22050 Hz 7, 44100 Hz 3"
    assert facts["Channels"] == "mono 9, stereo 1"
    assert facts["Over 0.1 % at full scale"] == "1"
    assert facts["The same samples as another"] == facts["Could not be read"] == "1"
    assert "<li>The same first 30 s: loud/again.wav and calm/calm.0.wav</li>" in text
    assert "<li>Not read: loud/text.wav: Format not recognised" in text
    rows = {row["track"].removeprefix("calm/"): row for row in tables(page)["tracks.csv"]}
    row = rows["half"]
    assert float(row["rms_db"]) == pytest.approx(-9.0, abs=0.1)  # a sine of half of full scale
    assert float(row["peak_db"]) == pytest.approx(-6.0, abs=0.1)


def test_examples_can_be_heard_where_it_is_wanted(music, tmp_path):
    page = explore(music, tmp_path / "a", n_jobs=1).page.read_text()
    sounds = re.findall(r'<audio [^>]*src="data:audio/mpeg;base64,([^"]+)"', page)
    assert len(sounds) == 2
    samples, sr = soundfile.read(io.BytesIO(base64.b64decode(sounds[0])))
    assert len(samples) / sr == pytest.approx(7.0, abs=0.1)  # all of it: shorter than 10 s
    assert "mind its rights" in page
    quiet = explore(music, tmp_path / "b", n_jobs=1, sounds=False).page.read_text()
    assert "<audio" not in quiet
    assert "mind its rights" not in quiet


@pytest.mark.slow
def test_the_same_folder_gives_the_same_page(music, tmp_path):
    pages = [explore(music, tmp_path / name, n_jobs=1).page.read_bytes() for name in ("a", "b")]
    assert pages[0] == pages[1]


def test_further_sections_join_the_page(music, tmp_path):
    figure = Figure()
    figure.subplots().plot([1, 2])

    def more(catalogue, examples):
        assert [t.genre for t in examples] == list(catalogue.genres)
        picture = Picture(name="noise", words="Noise added.", figure=figure)
        return [PictureSection(title="Augmentation", words="Before and after.", pictures=(picture,))]

    page = explore(music, tmp_path, n_jobs=1, more=more).page
    assert "Augmentation" in page.read_text()
    assert (tmp_path / "noise.png").is_file()


def test_faults_are_named(music, tmp_path):
    with pytest.raises(CatalogueError, match="no track 'loud.9'; its tracks are named like 'calm.0'"):
        explore(music, tmp_path / "out", tracks=("loud.9",), n_jobs=1)
    for path in music.rglob("*.wav"):
        path.write_text("no music")
    with pytest.raises(CatalogueError, match="no track can be read: calm/calm.0.wav: Format not recognised"):
        explore(music, tmp_path / "out", n_jobs=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.browser
def test_the_page_in_a_browser(drawn, browser):
    for width, dark in ((1200, True), (360, False)):
        browser.open(drawn.page.as_uri(), width=width, dark=dark)
        assert browser.js("return document.documentElement.scrollWidth") <= width
        pictures = "[...document.querySelectorAll('main svg')]"
        assert browser.js(f"return {pictures}.length") == 14
        assert browser.js(
            f"return {pictures}.every(s => s.getBoundingClientRect().width > 250 && s.ariaLabel)"
        )
        # Letters stay legible: a wide picture is scrolled, not made smaller.
        small = f"{pictures}.map(s => s.getBoundingClientRect().width / s.viewBox.baseVal.width)"
        assert browser.js(f"return Math.min(...{small})") > 0.85
        assert browser.js(f"return Math.max(...{small})") < 1.4  # pixels a point
        assert browser.js(CONTRAST) == []
        assert browser.complaints() == []
        assert browser.requests() == []


@pytest.mark.real
def test_tempos_of_real_tracks(real_material, tmp_path):
    for genre in ("disco", "rock"):
        (tmp_path / "music" / genre).mkdir(parents=True)
        for number in range(4):
            shutil.copy(
                real_material / "audio" / genre / f"{genre}.{number:05d}.wav", tmp_path / "music" / genre
            )
    done = explore(tmp_path / "music", tmp_path / "out", n_jobs=1)
    rows = tables(done.page)["tempo.csv"]
    assert len(rows) == 8
    right = np.mean([r["accuracy1"] == "True" for r in rows])
    assert done.accuracy1 == pytest.approx(right)
    assert 0 < done.accuracy1 <= done.accuracy2 <= 1
    assert len(tables(done.page)["tsne.csv"]) == 8
