from __future__ import annotations

import csv
import io
import re
import shutil
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from gtzan_features.errors import CatalogueError
from gtzan_features.music.explore import explore
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
        "mean-mel.png",
        "distributions.png",
        "pca.png",
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
        assert browser.js(
            "return [...document.images].every(i => i.complete && i.naturalWidth > 300 && i.alt)"
        )
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
