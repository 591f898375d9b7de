"""Kernels compiled beforehand, by several processes: all of them, once, whatever ends in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gtzan_features.spectra import compiled, compiling

PRELUDE = """
import sys
from gtzan_features.descriptors import sets
from gtzan_features.config import FeatureConfig
from gtzan_features.spectra import compiled, compiling
"""
SOME = """
chosen = {"scaled_to_peak", "moments", "to_lanes", "tuning_votes", "rolloffs", "spectral_flux", "median_rise"}
chosen = [one for one in compiled.kernels() if one.function.__name__ in chosen]
"""
COMPILE = "print(compiling.compile_kernels(chosen), all(map(compiled.is_ready, chosen)))\n"


def environ(folder: Path) -> dict[str, str]:
    return {**os.environ, "NUMBA_CACHE_DIR": str(folder), "NUMBA_OPT": "1"}


def start(folder: Path, code: str, **options) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", code]
    return subprocess.Popen(words, env=environ(folder), stdout=subprocess.PIPE, text=True, **options)


def said(folder: Path, code: str) -> str:
    process = start(folder, code)
    text, _ = process.communicate()
    assert process.returncode == 0
    return text


def at_work_on(folder: Path) -> list[str]:
    """Processes whose kernels are those of the folder; those that have ended have no environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            is_one = f"NUMBA_CACHE_DIR={folder}\0".encode() in path.read_bytes()
        except OSError:
            continue
        if is_one:
            found.append(path.parent.name)
    return found


@pytest.mark.slow
def test_rows_call_kernels_with_what_they_say_they_take_and_compile_nothing_twice(tmp_path):
    code = f"""{PRELUDE}
import numpy as np
from gtzan_features.config import SegmentConfig, SpectrogramConfig
from gtzan_features.extraction.row_kinds import SpectrogramRecipe
noise = np.random.default_rng(1).standard_normal(66150).astype(np.float32)
print(compiling.compile_kernels(compiled.kernels()))
for name in ("kaggle", "full"):
    sets.compute([noise], FeatureConfig(feature_set=name))
for scale in ("mel", "decibel"):
    recipe = SpectrogramRecipe(spectrograms=SpectrogramConfig(scale=scale))
    recipe.compute([noise], SegmentConfig(3.0))
for one in compiled.kernels():
    more = set(one.dispatcher.overloads) - set(compiled.arguments(one))
    if more or not compiled.arguments(one):
        print(one.function.__name__, more)
"""
    first = said(tmp_path, code)
    assert int(first) > 20  # and says nothing else: no kernel with further or without types
    assert said(tmp_path, code) == "0\n"


def test_two_commands_at_once_compile_each_kernel_once(tmp_path):
    both = [start(tmp_path, PRELUDE + SOME + COMPILE) for _ in range(2)]
    texts = sorted(process.communicate()[0] for process in both)
    assert texts == ["0 True\n", "7 True\n"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_ended_leaves_no_process_and_a_folder_that_can_be_used(number, tmp_path):
    code = PRELUDE + "chosen = compiled.kernels()\n" + COMPILE
    process = start(tmp_path, code, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(tmp_path.glob("*/*.nbc")):
        time.sleep(0.02)
    os.kill(process.pid, number)
    process.communicate()
    assert process.returncode != 0
    while at_work_on(tmp_path):  # what would never end is stopped by the limit of the whole run
        time.sleep(0.05)
    assert said(tmp_path, PRELUDE + SOME + COMPILE).endswith("True\n")


@pytest.mark.parametrize(
    "start_",
    [
        "raise SystemExit(3)",
        "import os, sys; os.read(int(sys.argv[3]), 1); os.kill(os.getpid(), 9)",
        "import os, sys; os.read(int(sys.argv[3]), 99)",
    ],
    ids=["does not start", "is killed with a kernel", "takes all and does nothing"],
)
def test_what_another_process_leaves_undone_is_compiled_here(start_, tmp_path):
    other = f"compiling._START = {start_!r}; compiling._processors = lambda: 2\n"
    assert said(tmp_path, PRELUDE + SOME + other + COMPILE) == "7 True\n"


def test_where_no_process_can_be_started_all_is_compiled_here(tmp_path):
    other = "sys.executable = '/nowhere/python'\n"
    assert said(tmp_path, PRELUDE + SOME + other + COMPILE) == "7 True\n"


def test_a_kernel_is_loaded_without_what_compiles_and_another_compiled_after_it(tmp_path):
    """numba imports scipy.linalg, and learns all of numpy, before it compiles; no start waits for it."""
    chosen = PRELUDE + SOME + "chosen = [one for one in chosen if one.function.__name__ == 'moments']\n"
    assert said(tmp_path, chosen + COMPILE) == "1 True\n"
    found = said(
        tmp_path,
        chosen
        + """
import numba, numpy as np
from gtzan_features.spectra import kernels
print(kernels.moments(np.array([1, 3], np.float32)), sum(chosen[0].dispatcher.stats.cache_hits.values()))
print("scipy.linalg" in sys.modules, "scipy.fft" in sys.modules)
x = np.array([[1, 2], [0, 0], [5, 4]], np.float32)
kernels.scaled_to_peak(x)
print(x.tolist(), numba.njit(lambda a: np.dot(a, a))(np.ones(3)))
""",
    )
    assert found == "(2.0, 1.0) 1\nFalse False\n[[0.5, 1.0], [0.0, 0.0], [1.0, 0.800000011920929]] 3.0\n"


def test_code_of_an_older_source_is_never_taken(tmp_path):
    """numba lists a kernel before its code is there: what is ended in between leaves the old code."""
    source = tmp_path / "one.py"
    text = (
        "from gtzan_features.spectra.compiled import kernel, takes\n\n"
        '@takes("f8")\n@kernel\ndef times(x):\n    return {} * x\n'
    )
    code = (
        "import os, sys; sys.path.insert(0, '.'); import one\n"
        "from gtzan_features.spectra import compiled, compiling\n"
        "mine = [one for one in compiled.kernels() if one.function.__name__ == 'times']\n"
    )
    then = "compiling.compile_kernels(mine); print(one.times(2.0))\n"
    ended = (
        "from numba.core import caching\n"
        "caching.IndexDataCacheFile._save_data = lambda *_: os._exit(7)\n"
        "compiling.compile_kernels(mine)\n"
    )

    def run(rest: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code + rest],
            cwd=tmp_path,
            env=environ(tmp_path / "cache"),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )

    source.write_text(text.format(3))
    assert run(then).stdout == "6.0\n"
    source.write_text(text.format(50))
    assert run(ended).returncode == 7
    assert run(then).stdout == "100.0\n"


def test_kernels_that_share_a_part_are_compiled_by_one_process():
    groups = compiling._groups(compiled.kernels())
    functions = [set().union(*map(compiled.functions_of, group)) for group in groups]
    assert sum(map(len, functions)) == len(set().union(*functions))
    assert max(map(len, functions)) > 2
    assert sum(map(len, groups)) == len(compiled.kernels())
