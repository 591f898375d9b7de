"""What is shown while the face works, and in whose words."""

from __future__ import annotations

import logging
import sys

import pytest

from gtzan_features.api.showing import showing
from gtzan_features.api.words import in_python, speaks_python
from gtzan_features.errors import GtzanError, TableError, WorkerError
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import silent


def run(shown, steps: int = 3) -> None:
    shown.notice("Compiling, once.")
    for done in range(1, steps + 1):
        shown.progress(done, steps, "files")


def test_no_bar_where_stderr_is_no_terminal(capsys, caplog):
    with caplog.at_level(logging.INFO, logger="gtzan_features"), showing(None) as shown:
        assert shown.progress is silent
        run(shown)
    assert capsys.readouterr() == ("", "")
    assert caplog.messages == ["Compiling, once."]


def test_a_bar_where_one_is_asked_for_or_in_a_notebook(capsys, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr("gtzan_features.api.showing._PATIENCE_S", 0.0)
    with showing(True) as shown:
        run(shown)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Compiling, once.\n" in err
    assert "files" in err
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    with showing(None) as shown:
        assert shown.progress is not silent


def test_without_tqdm_a_counter_in_one_line(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.std", None)
    with showing(True) as shown:
        run(shown)
    assert capsys.readouterr().err == "\rCompiling, once.\n\rfiles 1/3\rfiles 2/3\rfiles 3/3\n"


def test_errors_keep_their_class_their_place_and_their_traceback():
    @speaks_python
    def fail() -> None:
        raise TableError("table --3", "Give another --out, or --overwrite to replace it")

    with pytest.raises(TableError) as caught:
        fail()
    assert caught.value.reason == "Give another out=, or overwrite=True to replace it"
    assert str(caught.value).endswith(caught.value.reason)
    assert caught.traceback[-1].name == "fail"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Say which: --rows segments, or --rows tracks", 'Say which: rows="segments", or rows="tracks"'),
        ("Use --folds 7, or leave --folds out", "Use folds=7, or leave folds= out"),
        ("--holdout 0.3: of the 9 tracks", "holdout=0.3: of the 9 tracks"),
        ("Use --protocol track.", 'Use protocol="track".'),
        ("--set C=10 is fine; --set 'C': no", "C=10 is fine; 'C': no"),
        ("Give --final, and --evaluate-on valid", 'Give final=True, and evaluate_on="valid"'),
        ("Make it: gtzan features extract AUDIO_DIR, or gtzan features import CSV",
         "Make it: gf.extract(AUDIO_DIR), or gf.read_table(CSV)"),
        ("a--b and x-- and --- stay", "a--b and x-- and --- stay"),
    ],
)  # fmt: skip
def test_options_are_keywords(text, expected):
    assert in_python(text) == expected


def test_no_message_of_workers_names_an_option():
    with pytest.raises(GtzanError) as caught:
        speaks_python(local_executor)(0)
    assert "--" not in str(caught.value)

    @speaks_python
    def fail() -> None:
        raise WorkerError("signal 9")

    with pytest.raises(WorkerError, match=r"Give fewer workers \(n_jobs=2\), and then do the same again\.$"):
        fail()
