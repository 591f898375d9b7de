"""Tables of every command: 80 columns on a terminal, no escapes with NO_COLOR and in pipes."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import gtzan_cli
import pytest
from gtzan_cli.main import run
from rich.cells import cell_len

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import make_table, save_table, tone
from tests.nasty import nasty_table

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
LONG = "gtzan-389-of-1000-tracks-ogg-copies"


@dataclass(frozen=True)
class World:
    """Folders of music, tables and runs."""

    root: Path
    runs: tuple[str, ...]

    def words(self, template: str) -> list[str]:
        places = {name: self.root / name for name in ("music", "tables", "runs", "out", "nasty", "studies")}
        first, second = self.runs
        return [word.format(**places, first=first, second=second) for word in template.split()]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    import soundfile

    root = tmp_path_factory.mktemp("widths")
    for genre in ("calm", "loud"):
        (root / "music" / genre).mkdir(parents=True)
        for track in range(2):
            soundfile.write(root / "music" / genre / f"{genre}.{track}.wav", tone(1.0, 300, track), 22_050)
    (root / "music" / "loud" / f"{'long' * 30}.wav").write_text("no music")
    save_table(root / "tables", make_table(dataset=LONG))
    save_table(root / "tables", make_table(n_segments=1, segment="30s", dataset=LONG))
    save_table(root / "nasty", nasty_table())
    fitted = []
    for seconds in (3.0, 30.0):
        config = FitConfig(model="knn", segment=SegmentConfig(seconds), split=SplitConfig(folds=3))
        fitted.append(fit_run(root / "tables", root / "runs", config, n_jobs=1).folder.name)
    leaked = FitConfig(model="knn", split=SplitConfig(protocol="segment", folds=3), allow_leak=True)
    fit_run(root / "tables", root / "runs", leaked, n_jobs=1)
    return World(root, tuple(fitted))


@pytest.fixture
def measured(world, monkeypatch):
    """Stands in for the hours of `demo` and `bench`, whose tables are like those of a report."""
    written = report(world.root / "runs", world.root / "out")
    done = SimpleNamespace(
        report=written,
        tables=written.tables,
        skipped=(),
        missing=(),
        n_fitted=1,
        n_reused=0,
        page=written.page,
    )
    for name in ("reporting.demo.demo", "bench.accuracy.bench_accuracy", "bench.robustness.bench_robustness"):
        monkeypatch.setattr(f"gtzan_features.{name}", lambda *_, **__: done)


PRINTING = {
    "fit.py": [
        "fit --list",
        "fit knn -s 3s --folds 2 --tables {tables} --runs {out}/r -j 1",
        "fit knn -s 3s --folds 2 --tables {nasty} --runs {out}/r -j 1 --wide",
    ],
    "report.py": ["report --runs {runs} --out {out}", "compare {first} {first} --runs {runs}"],
    "runs.py": ["runs list --runs {runs}"],
    "features.py": ["features describe"],
    "data.py": ["data verify {music}"],
    "explain.py": ["explain --model {runs}/{first} --tables {tables} --out {out}/why.png"],
    "tune.py": ["tune knn --tables {tables} --studies {studies} --trials 1 -j 1"],
    "demo.py": ["demo --out {out}/demo"],
    "bench.py": ["bench accuracy {music} --out {out}", "bench robustness {music} --out {out}"],
}
"""By module of the command line, what its commands are called with."""


class Screen(io.StringIO):
    """A terminal, as far as it can be asked."""

    encoding = "utf-8"

    def isatty(self):
        return True


def printed(words, *, terminal, **environment):
    """Return what a command prints on a terminal, or in a pipe."""
    out = Screen() if terminal else io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "COLUMNS", "FORCE_COLOR", "JPY_PARENT_PID"):
            patch.delenv(name, raising=False)
        for name, value in {"TERM": "xterm-256color", **environment}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", io.StringIO())
        run(words)
        said = sys.stderr.getvalue()
    assert out.getvalue(), said
    return out.getvalue()


@pytest.mark.parametrize("command", [one for commands in PRINTING.values() for one in commands])
@pytest.mark.usefixtures("measured")
def test_tables_fit_80_columns_and_are_plain_where_that_is_asked(command, world):
    if command.startswith("tune"):
        pytest.importorskip("optuna")
    words = world.words(command)
    shown = printed(words, terminal=True, COLUMNS="80")
    for line in ESCAPE.sub("", shown).split("\n"):
        # A command that is to be copied stays one line.
        assert cell_len(line) <= 80 or line.startswith("gtzan "), line
    if not command.startswith("compare"):
        assert "\x1b[1m" in shown  # headings of tables
    plain = printed(words, terminal=True, COLUMNS="80", NO_COLOR="1")
    assert "\x1b" not in plain
    dumb = printed(words, terminal=True, COLUMNS="80", TERM="dumb")
    assert "\x1b" not in dumb
    piped = printed(words, terminal=False)
    assert "\x1b" not in piped
    for text in (plain, dumb):
        assert _without_times(text) == _without_times(ESCAPE.sub("", shown))
    # A pipe has wide lines, and all the figures.
    assert _figures(shown) <= _figures(piped)


def _without_times(text):
    return re.sub(r"\d{4}-\d\d-\d\d|\d\d:\d\d|[\d.]+ s\b", "", text)


def _figures(text):
    """Every figure with a decimal: they are never broken, on whatever width."""
    return set(re.findall(r"(?<![\d.:-])\d+\.\d+(?![\d.:-])", ESCAPE.sub("", text)))


def test_every_module_that_prints_tables_is_called():
    folder = Path(gtzan_cli.__file__).parent
    printing = {
        path.name for path in folder.glob("*.py") if re.search(r"\n +print_table\(", path.read_text())
    }
    assert printing == set(PRINTING)


REFUSED = [
    "fit nomodel",
    "fit knn -s 3s -p sgement",
    "fti knn",
    "fit knn --no-such-option",
    "fit",
    "fit knn -s 3s --tables {out}/none",
    "report --runs {out}/none --out {out}",
    "compare {first} none --runs {runs}",
    "features extract {out}/none",
    "features extract {tables} -o {out}/t",
    "data verify {music}/loud/none",
    "explain --model {out}/none --tables {tables}",
    "predict {out}/none.wav --model {runs}/none",
]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("command", REFUSED)
def test_errors_on_a_terminal_are_broken_between_words(command, width, world):
    words = world.words(command)
    said = {}
    for terminal in (False, True):
        err = Screen() if terminal else io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("NO_COLOR", "FORCE_COLOR", "JPY_PARENT_PID"):
                patch.delenv(name, raising=False)
            patch.setenv("COLUMNS", str(width))
            patch.setenv("TERM", "dumb")  # which has no bar
            patch.setattr(sys, "stderr", err)
            assert run(words) in (1, 2)
        said[terminal] = err.getvalue()
    piped, shown = said[False].splitlines(), said[True].splitlines()
    assert piped[-1].startswith("Error: ")
    assert [line for line in shown if cell_len(line) > width] == []
    # The same words: none is broken but one that is longer than a line.
    together = " ".join(line.strip() for line in shown)
    for word in " ".join(piped).split():
        assert word in together or len(word) > width - 4 or "-" in word or "/" in word
    assert "".join(together.split()) == "".join(" ".join(piped).split())
