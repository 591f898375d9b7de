"""The page in a real browser: a real track, files that must be refused, and the microphone."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from gtzan_features.config import SplitConfig
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.extraction.spectrograms import spectrograms
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig
from tests.browser import CONTRAST
from tests.conftest import SR, tone

pytest.importorskip("uvicorn", reason="the extra app is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.real]

MAX_MB = 2


@pytest.fixture(scope="module")
def address(real_material, tmp_path_factory):
    """The address of ``gtzan serve`` with a model of Kaggle's CSV."""
    root = tmp_path_factory.mktemp("served")
    import_csv(real_material / "features" / "features_3_sec.csv", root / "tables")
    split = SplitConfig(protocol="fault-filtered")
    config = FitConfig(model="xgboost", settings=("n_estimators=20",), split=split, final=True)
    with served(fit_run(root / "tables", root / "runs", config, n_jobs=1).folder) as where:
        yield where


@pytest.fixture
def network_address(real_material, tmp_path):
    """The address of ``gtzan serve`` with a small network on the spectrograms of the real tracks."""
    spectrograms(real_material / "audio", tmp_path / "tables")
    split = SplitConfig(protocol="track", folds=2)
    config = FitConfig(model="cnn", settings=("epochs=3",), split=split)
    with served(fit_run(tmp_path / "tables", tmp_path / "runs", config, n_jobs=1).folder) as where:
        yield where


@contextmanager
def served(run):
    """Serve a run and give the address of the page."""
    limits = ["--max-mb", str(MAX_MB), "--max-seconds", "40"]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "gtzan_cli",
        "serve",
        "--model",
        str(run),
        "--port",
        "0",
        *limits,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            opened = next(line for line in process.stderr if line.startswith("Open "))
            yield re.search(r"http://\S+/", opened)[0]
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def track(real_material):
    return real_material / "audio" / "rock" / "rock.00003.wav"


@pytest.fixture
def opened(browser, address):
    browser.open(address)
    return browser


def wait(browser, done):
    """Wait until `done` says so."""
    for _ in range(3000):
        if done():
            return
        time.sleep(0.1)
    pytest.fail(f"still not done: {browser.one('body').text}")


def choose(browser, path):
    """Choose a file and wait for what comes of it."""
    browser.one("#file").send_keys(str(path))
    answered(browser)


def answered(browser):
    wait(
        browser,
        lambda: browser.all("#answer > *") and browser.one("#form").get_attribute("aria-busy") != "true",
    )


def strange(browser, address):
    """What was asked of any other server."""
    return [u for u in browser.requests() if not u.removeprefix("blob:").startswith(address)]


def test_a_real_track_shows_genre_probabilities_time_and_reasons(opened, address, track):
    assert "Measured accuracy: " in opened.one(".trust").text
    choose(opened, track)
    assert re.fullmatch(r"rock\.00003\.wav: \w+, [\d.]+ %", opened.one("#answer h2").text)
    shares = [float(e.text.removesuffix(" %")) for e in opened.all("table.shares td.n")]
    assert len(shares) == 10
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.6)
    lines = [float(line.get_attribute("width")) for line in opened.all("svg .best")]
    assert sum(lines) == pytest.approx(30)  # ten segments of 3 s, each with one winner
    assert opened.one(".heat svg").size["width"] > 600
    assert opened.js("return document.querySelector('.heat svg').ariaLabel").startswith("Most probable genre")
    families = {e.text for e in opened.all("table.signed th[scope=row]")}
    assert {"timbre", "spectral", "rhythm"} <= families
    widths = opened.js(
        "return [...document.querySelectorAll('.shares rect')].map(r => r.getBoundingClientRect().width)"
    )
    np.testing.assert_allclose(np.array(widths) / widths[0], np.array(shares) / shares[0], atol=0.02)
    wait(opened, lambda: opened.js("return document.getElementById('player').duration") > 29)
    assert opened.complaints() == []
    assert strange(opened, address) == []


def test_a_failed_upload_leaves_no_player_of_the_song_before(opened, track, tmp_path):
    player = "return document.getElementById('player')"
    (tmp_path / "text.mp3").write_text("no music")
    (tmp_path / "large.wav").write_bytes(b"x" * (MAX_MB * 1_000_000 + 1))
    for name in ("text.mp3", "large.wav"):
        choose(opened, track)
        wait(opened, lambda: opened.js(f"{player}.offsetHeight") > 0)
        choose(opened, tmp_path / name)
        assert name in opened.one("#answer .fault").text
        assert opened.js(f"{player}.offsetHeight") == 0
        assert opened.js(f"{player}.getAttribute('src')") is None


def test_a_network_shows_where_in_the_spectrogram_it_looked(browser, network_address, track):
    browser.open(network_address)
    choose(browser, track)
    assert re.fullmatch(r"rock\.00003\.wav: \w+, [\d.]+ %", browser.one("#answer h2").text)
    picture = browser.one("#answer .scroll img")
    wait(browser, lambda: browser.js("return document.querySelector('.scroll img').naturalWidth") > 300)
    assert "Spectrogram" in picture.get_attribute("alt")
    assert browser.complaints() == []
    assert strange(browser, network_address) == []


def test_what_is_announced_to_a_screen_reader(opened, track):
    status = "return document.querySelector('[role=status]').textContent"
    assert opened.js(status) == ""
    choose(opened, track)
    assert re.fullmatch(r"rock\.00003\.wav: \w+, [\d.]+ %\. Details follow\.", opened.js(status))


def test_an_oversized_file_is_refused_without_being_sent(opened, tmp_path):
    (tmp_path / "big.wav").write_bytes(bytes(3_000_000))
    choose(opened, tmp_path / "big.wav")
    assert (
        opened.one("#answer .fault").text == "big.wav: larger than the 2 MB that are taken. Cut a part out."
    )
    assert not any(url.endswith("/api/predict") for url in opened.requests())
    assert opened.complaints() == []


def test_the_server_refuses_it_too_and_its_answer_arrives(opened):
    script = """
    const done = arguments[arguments.length - 1];
    fetch("api/predict", { method: "POST", headers: { Accept: "text/html" }, body: new Uint8Array(6e6) })
      .then(async (r) => done([r.status, await r.text()])).catch((e) => done([0, String(e)]));"""
    status, text = opened.driver.execute_async_script(script)
    assert status == 413
    assert "recording: larger than the 2 MB that are taken." in text


def test_text_renamed_to_wav_is_one_sentence(opened, tmp_path):
    (tmp_path / "text.wav").write_text("no music\n" * 100)
    choose(opened, tmp_path / "text.wav")
    text = "text.wav: no audio that can be read here. Give WAV, AU, FLAC, Ogg"
    assert opened.one("#answer").text in (f"{text} or MP3.", f"{text}, MP3 or M4A.")  # with ffmpeg
    assert str(tmp_path) not in opened.driver.page_source
    # The browser itself logs the status of the reply, and nothing else is logged.
    assert all("422" in line for line in opened.complaints())


def test_a_long_recording_is_refused(opened, tmp_path):
    soundfile.write(tmp_path / "long.flac", np.zeros(60 * SR, np.int16), SR)
    choose(opened, tmp_path / "long.flac")
    assert opened.one("#answer").text == "long.flac: 60 s long, and at most 40 s are taken. Cut a part out."


def test_after_a_fault_the_next_file_is_answered(opened, tmp_path, track):
    (tmp_path / "text.wav").write_text("no music")
    choose(opened, tmp_path / "text.wav")
    opened.one("#file").send_keys(str(track))
    wait(opened, lambda: opened.all("#answer h2"))


def test_a_name_cannot_become_markup(opened, tmp_path):
    name = "<img src=x onerror=alert(1)>.wav"
    soundfile.write(tmp_path / name, tone(4.0, 220.0), SR)
    choose(opened, tmp_path / name)
    assert name in opened.one("#answer h2").text
    assert opened.all("#answer img") == []


def test_what_only_the_browser_decodes_is_sent_as_wav(opened, tmp_path):
    # Chromium knows FLAC by its content; the ending keeps the page from sending it as it is.
    soundfile.write(tmp_path / "song.m4a", tone(4.0, 220.0), 44_100, format="FLAC")
    choose(opened, tmp_path / "song.m4a")
    assert opened.one("#answer h2").text.startswith("song.m4a: ")
    # Half the seconds at half the rate: the browser has resampled it.
    assert opened.one("#answer .note").text.startswith("2.0 s in 1 segment")


def test_a_file_can_be_dropped(opened):
    script = """
    const bytes = new Uint8Array(arguments[0]), data = new DataTransfer();
    data.items.add(new File([bytes], "dropped.wav"));
    const drop = (kind) => document.body.dispatchEvent(
      new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    return [drop("dragover"), drop("drop")];"""
    # False: the page has taken the event, and the browser does not open the file instead.
    assert opened.js(script, list(b"no music")) == [False, False]
    answered(opened)
    assert opened.one("#answer").text.startswith("dropped.wav: no audio")


def test_the_microphone_is_recorded_and_sent(opened, address):
    opened.one("#record").click()
    wait(opened, lambda: opened.one("#clock").text == "4 s")
    assert opened.one("#record").text == "Stop and send"
    opened.one("#record").click()
    answered(opened)
    assert opened.one("#answer h2").text.startswith("recording.wav: ")
    seconds = float(opened.one("#answer .note").text.split(" s ")[0])
    assert 4 <= seconds < 9
    assert opened.one("#record").text == "Record from the microphone"
    assert opened.complaints() == []
    assert strange(opened, address) == []


def test_everything_is_reached_by_keyboard(opened):
    action_chains = pytest.importorskip("selenium.webdriver.common.action_chains")
    reached = []
    for _ in range(3):
        action_chains.ActionChains(opened.driver).send_keys("\ue004").perform()  # Tab
        reached.append(opened.js("return document.activeElement.id || document.activeElement.className"))
    assert reached == ["skip", "file", "record"]


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_phone_shows_it_without_scrolling_sideways(browser, address, track, width):
    browser.open(address, width=width)
    choose(browser, track)
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.js("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_contrast_in_light_and_dark(browser, address, track, dark):
    browser.open(address, dark=dark)
    choose(browser, track)
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.js(CONTRAST) == []


def test_a_screen_reader_finds_names_for_everything(opened, track):
    choose(opened, track)
    unnamed = """
    const wanted = "svg:not([aria-hidden]), img, table, input, button, audio, [role=region]";
    return [...document.querySelectorAll(wanted)]
      .filter(e => !(e.ariaLabel || e.alt || e.textContent.trim() || (e.labels && e.labels.length)))
      .map(e => e.outerHTML.slice(0, 80));"""
    assert opened.js(unnamed) == []
    assert opened.js("return [...document.querySelectorAll('table')].every(t => t.caption)")
    levels = opened.js("return [...document.querySelectorAll('h1,h2,h3')].map(e => +e.tagName[1])")
    assert all(b - a <= 1 for a, b in pairwise(levels))
