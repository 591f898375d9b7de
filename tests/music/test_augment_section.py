from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile

from gtzan_features.audio import augment as audio
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.models.networks import spectrogram_augment as spectral_augment
from gtzan_features.music.augment_section import augmentation_sections
from gtzan_features.music.explore import explore
from tests.browser import CONTRAST
from tests.conftest import SR, tone


def drawn(root):
    catalogue = read_catalogue(root)
    first = {track.genre: track for track in reversed(catalogue.tracks)}
    return augmentation_sections(catalogue, [first[genre] for genre in catalogue.genres])


def levels(picture):
    """Mean level of each band before and after."""
    text = unquote(picture.csv.href.partition(",")[2])
    rows = list(csv.DictReader(io.StringIO(text)))
    return (np.array([float(row[name]) for row in rows]) for name in ("before_db", "after_db"))


def test_every_augmentation_is_drawn_before_and_after(music):
    (section,) = drawn(music)
    pictures = {picture.name: picture for picture in section.pictures}
    kinds = (*audio.KINDS, *spectral_augment.KINDS)
    assert list(pictures) == [f"augment-{kind}" for kind in kinds]
    for kind in kinds:
        words = pictures[f"augment-{kind}"].words
        assert words.startswith("calm.0: ")
        assert f"before and after {kind}" in words
        assert ("waveform" in words) == (kind in audio.KINDS)
        assert ("with loud.0" in words) == (kind in ("mixup", "cutmix"))
        panels = pictures[f"augment-{kind}"].figure.axes
        assert len(panels) == {True: 5, False: 3}[kind in audio.KINDS] + ("loud.0" in words)
    before, after = levels(pictures["augment-noise"])
    assert (after[40:] > before[40:] + 3).all()  # above the tone there was next to nothing
    before, after = levels(pictures["augment-time-shift"])
    np.testing.assert_allclose(after, before, atol=1.0)  # the same sound, in another order
    before, after = levels(pictures["augment-frequency-mask"])
    np.testing.assert_allclose(after, before, atol=0.01)  # a masked band has its mean everywhere


def test_signals_before_and_after_can_be_heard(music):
    catalogue = read_catalogue(music)
    (section,) = augmentation_sections(catalogue, catalogue.tracks[:1], sounds=True)
    named = {picture.name: [sound.name for sound in picture.sounds] for picture in section.pictures}
    assert {name: sounds for name, sounds in named.items() if sounds} == {
        f"augment-{kind}": ["before", "after"] for kind in audio.KINDS
    }
    (before, after) = section.pictures[1].sounds
    assert section.pictures[1].name == "augment-noise"
    quiet, noisy = (soundfile.read(io.BytesIO(sound.mp3))[0] for sound in (before, after))
    assert np.mean(noisy**2) > 1.005 * np.mean(quiet**2)


def test_one_genre_is_not_mixed_and_bad_tracks_are_passed_over(music, tmp_path):
    (tmp_path / "one" / "calm").mkdir(parents=True)
    soundfile.write(tmp_path / "one" / "calm" / "calm.0.wav", tone(2.5, 300), SR)
    (section,) = drawn(tmp_path / "one")
    assert [p.name for p in section.pictures][-2:] == ["augment-time-mask", "augment-frequency-mask"]
    assert "The first 2.5 s of calm.0" in section.words
    (music / "calm" / "calm.0.wav").write_text("no music")
    (section,) = drawn(music)
    assert "of loud.0" in section.words
    soundfile.write(tmp_path / "one" / "calm" / "calm.0.wav", tone(0.5, 300), SR)
    assert drawn(tmp_path / "one") == []


@pytest.mark.browser
def test_the_section_in_a_browser(music, tmp_path, browser):
    page = explore(music, tmp_path, n_jobs=1, more=augmentation_sections).page
    assert (tmp_path / "augment-cutmix.png").read_bytes().startswith(b"\x89PNG")
    for width, dark in ((1200, True), (360, False)):
        browser.open(page.as_uri(), width=width, dark=dark)
        assert browser.js("return document.documentElement.scrollWidth") <= width
        widths = browser.js(
            "return [...document.querySelectorAll('svg[role=img]')]"
            ".filter(i => i.getAttribute('aria-label').includes('before and after'))"
            ".map(i => i.getBoundingClientRect().width)"
        )
        assert len(widths) == len(audio.KINDS) + len(spectral_augment.KINDS)
        assert min(widths) > 300
        assert browser.js(CONTRAST) == []
        assert browser.requests() == []
