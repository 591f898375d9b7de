"""Compiled kernels where nothing can be written: a container that is read-only, a server's user."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numba
import pytest

import gtzan_features
from gtzan_features import kernel_folder
from gtzan_features.spectra import compiled

KERNEL = """
from gtzan_features.spectra import is_compiled
is_compiled()
import numba, librosa
print(numba.config.CACHE_DIR)
"""


class ReadOnly:
    """A copy of the package, a home folder and a user who can write to neither."""

    def __init__(self, root: Path) -> None:
        self.root, self.temporary = root, root / "tmp"
        home, packages = root / "home", root / "packages"
        for folder in (home, packages, self.temporary):
            folder.mkdir()
        for package in ("gtzan_features", "cli"):
            source = Path(gtzan_features.__file__).parents[1] / package
            shutil.copytree(source, packages / package, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (*packages.rglob("*"), packages, home):
            path.chmod(0o555 if path.is_dir() else 0o444)
        root.chmod(0o755)
        self.temporary.chmod(0o1777)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "XDG_", "PYTEST_"))}
        self.environ = kept | {"HOME": str(home), "PYTHONPATH": str(packages), "TMPDIR": str(self.temporary)}
        # Permissions do not bind root, unless it gives that right away.
        self.bound = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") * (os.geteuid() == 0)

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.bound, sys.executable, "-W", "ignore", *words],
            env=self.environ | environ,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def read_only():
    root = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    made = ReadOnly(root)
    try:
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            pytest.skip("root can write everywhere, and setpriv is missing")
        yield made
    finally:
        for path in root.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(root, ignore_errors=True)


def test_kernels_go_into_a_folder_of_the_users_own(read_only):
    done = read_only.run("-c", KERNEL)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert folder.parent == read_only.temporary
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"Compiled kernels go into {folder}: neither the package nor the home folder")
    assert read_only.run("-c", KERNEL).stdout == done.stdout


@pytest.mark.parametrize("what", ["a link", "open to all", "a file"])
def test_a_folder_that_others_could_have_filled_is_not_taken(read_only, what):
    place = read_only.temporary / f"gtzan-kernels-{os.geteuid()}"
    shutil.rmtree(place, ignore_errors=True)
    if what == "a link":
        place.symlink_to(read_only.root)
    elif what == "a file":
        place.touch()
    else:
        place.mkdir()
        place.chmod(0o777)
    try:
        done = read_only.run("-c", KERNEL)
    finally:
        place.rmdir() if what == "open to all" else place.unlink()
    found = Path(done.stdout.strip())
    assert found != place
    assert found.parent == read_only.temporary
    assert stat.S_IMODE(found.stat().st_mode) == 0o700


def test_the_users_choice_is_respected(read_only):
    chosen = read_only.temporary / "chosen"
    done = read_only.run("-c", KERNEL, NUMBA_CACHE_DIR=str(chosen))
    assert (done.stdout.strip(), done.stderr) == (str(chosen), "")


def test_kernels_of_an_image_are_copied_and_used_where_nothing_can_be_written(read_only):
    """As in a container with ``--read-only``: what was compiled when the image was built is found again."""
    (read_only.root / "one.py").write_text(
        "import numba, numpy as np\n@numba.njit(cache=True)\ndef double(x):\n    return 2 * x\n"
    )
    use = (
        "import sys; sys.path.insert(0, '.'); from gtzan_features.kernel_folder import settle_cache; "
        "settle_cache(); from one import double; double(1.5); print(dict(double.stats.cache_hits) != {})"
    )
    image = read_only.temporary / "image"
    compiled_now = read_only.run("-c", use, NUMBA_CACHE_DIR=str(image), NUMBA_CPU_NAME="generic")
    assert (compiled_now.stdout, compiled_now.stderr) == ("False\n", "")
    for path in (*image.rglob("*"), image):
        path.chmod(0o555 if path.is_dir() else 0o444)
    cache = str(read_only.temporary / "cache")  # which could be written to, and holds nothing
    for cpu, is_found in (("generic", "True\n"), ("x86-64-v3", "False\n")):
        done = read_only.run("-c", use, NUMBA_CACHE_DIR=str(image), NUMBA_CPU_NAME=cpu, XDG_CACHE_HOME=cache)
        assert done.stdout == is_found
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith(f"Compiled kernels of {image}, which cannot be written to, were copied into ")


def test_commands_speak_and_do_not_die(read_only):
    done = read_only.run("-m", "gtzan_cli", "report", "--runs", "nowhere")
    assert done.returncode == 1
    assert "nowhere: holds no runs" in done.stderr
    assert "cannot cache" not in done.stderr
    assert read_only.run("-m", "gtzan_cli", "--help").stderr == ""


def test_without_any_folder_kernels_are_compiled_in_each_process(monkeypatch, caplog):
    def refuse(*_, **__):
        raise RuntimeError("cannot cache function")

    def none():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(numba, "njit", refuse)
    monkeypatch.setattr(kernel_folder, "_private_folder", none)
    assert kernel_folder.settle_cache() is False
    assert "every process compiles them" in caplog.text


class TestWhetherKernelsAreCompiled:
    """The question is answered by a private part of numba: it must be right, and its absence no crash."""

    def test_it_is_told_before_and_after(self, tmp_path):
        code = (
            "import numpy as np, sys; sys.path.insert(0, '.'); from one import double; "
            "from gtzan_features.spectra.compiled import _hand_over, is_ready; _hand_over(); "
            "before = is_ready(double); double(np.ones(3)); "
            "print(before, is_ready(double))"
        )
        (tmp_path / "one.py").write_text(
            "from gtzan_features.spectra.compiled import kernel\n\n"
            "@kernel\ndef double(x):\n    return 2 * x\n"
        )
        environ = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        words = [sys.executable, "-c", code]
        said = [subprocess.check_output(words, cwd=tmp_path, env=environ, text=True) for _ in range(2)]
        assert said == ["False True\n", "True True\n"]

    def test_another_version_of_numba_does_not_crash_it(self):
        class Other:
            signatures = ()

        assert compiled.is_ready(SimpleNamespace(dispatcher=Other(), types=())) is False
        assert compiled.is_ready(SimpleNamespace(dispatcher=numba.njit(lambda x: x), types=())) is False


def test_no_kernel_calls_one_of_another_module():
    """numba finds a compiled kernel again by the time and size of its own file alone."""
    marks, package = {"kernel", "summing_kernel", "part", "emitted"}, Path(kernel_folder.__file__).parent
    sources = {path: path.read_text() for path in package.rglob("*.py")}
    trees = {path: ast.parse(text) for path, text in sources.items() if "spectra.compiled import" in text}
    compiled = {
        (".".join(path.relative_to(package.parent).with_suffix("").parts), node.name): path
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and marks & {mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)}
    }
    assert len(compiled) > 10
    with_kernels = set(compiled.values())
    assert [
        (path.name, name.name)
        for path in with_kernels
        for node in ast.walk(trees[path])
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if (node.module, name.name) in compiled
    ] == []
