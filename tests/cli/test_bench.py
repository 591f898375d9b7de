"""``gtzan bench`` as a user meets it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import soundfile

from tests.cli.test_main import gtzan
from tests.cli.test_main import here as here
from tests.conftest import SR, tone


@pytest.fixture(scope="module")
def long_music(tmp_path_factory):
    """Two genres of ten tracks that are long enough for a 30 s row."""
    root = tmp_path_factory.mktemp("bench") / "music"
    for g, genre in enumerate(("calm", "loud")):
        (root / genre).mkdir(parents=True)
        for i in range(10):
            y = tone(27.5, 220.0 * (g + 1) + 10 * i, seed=10 * g + i)
            soundfile.write(root / genre / f"{genre}.{i}.wav", np.clip(y, -1, 1), SR, subtype="PCM_16")
    return root


def test_one_clean_line_for_words_that_cannot_be_meant(music, tmp_path, here):
    folders = ["--tables", tmp_path / "f", "--out", tmp_path / "o"]
    accuracy = ["bench", "accuracy", music, *folders]
    done = here(*accuracy, "--protocols", "segment")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "segment is leaked" in done.stderr
    robustness = ["bench", "robustness", music, *folders]
    assert "no deformation 'echo'" in here(*robustness, "--deformations", "echo").stderr
    assert "is not one of" in here(*robustness, "--protocol", "segment").stderr
    assert not list(tmp_path.glob("[fo]"))


@pytest.mark.slow
def test_both_measurements_from_audio_to_report_and_again(long_music, tmp_path, here):
    common = ["--tables", tmp_path / "f", "--out", tmp_path / "o", "--models", "majority"]
    common += ["--family-model", "majority"]
    words = ["bench", "accuracy", long_music, "--features", "kaggle", "--runs", tmp_path / "r", *common]
    done = gtzan(*words, "-j", 2)
    assert done.returncode == 0, done.stderr
    assert "fits, 0 of them finished before" in done.stderr
    assert "Not supported: fault-filtered is a published split of GTZAN" in done.stderr
    assert "Families of kaggle" in done.stdout
    table = pd.read_csv(tmp_path / "o" / "ablation.csv")
    assert {"3s", "30s"} <= set(table["rows"])
    page = (tmp_path / "o" / "ablation.md").read_bytes()
    again = here(*words, "-j", 1)
    assert "0 fits made" in again.stdout
    assert (tmp_path / "o" / "ablation.md").read_bytes() == page

    words = ["bench", "robustness", long_music, "--work", tmp_path / "w", "--protocol", "track", *common]
    words += ["--deformations", "mp3-64,speed+3", "--features", "kaggle"]
    done = here(*words, "-j", 1)
    assert done.returncode == 0, done.stderr
    assert "Deforming: mp3, 64 kbit/s" in done.stderr
    assert "Models, all columns, codecs: points lost" in done.stdout
    assert (tmp_path / "o" / "robustness.png").is_file()
    # 27.5 s played 3 % faster is too short for a 30 s row, which the report says.
    assert "Not measured: speed +3 %: 20 of 20 files give no row" in done.stderr
    page = (tmp_path / "o" / "robustness.md").read_bytes()
    assert "0 models and families fitted" in here(*words, "-j", 1).stdout
    assert (tmp_path / "o" / "robustness.md").read_bytes() == page
