"""What is released: the source distribution, the wheel built from it, and what is installed of that."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from gtzan_features import __version__
from gtzan_features.reports.hub_metadata import without_hub_block

pytest.importorskip("build", reason="build makes the distributions")
pytest.importorskip("twine", reason="twine checks them")

ROOT = Path(__file__).resolve().parents[1]
SDIST, WHEEL = f"gtzan-{__version__}.tar.gz", f"gtzan-{__version__}-py3-none-any.whl"


def run(*words: str, **more) -> str:
    done = subprocess.run([*words], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """A folder with both, by the command of `make dist`; the wheel is built from the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    assert {path.name for path in folder.iterdir()} == {SDIST, WHEEL}
    return folder


@pytest.fixture(scope="module")
def wheel(dist) -> dict[str, bytes]:
    """Files of the wheel by name."""
    with zipfile.ZipFile(dist / WHEEL) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(dist) -> set[str]:
    """Names of the files in the source distribution, below its one folder."""
    with tarfile.open(dist / SDIST) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    assert {name.partition("/")[0] for name in names} == {f"gtzan-{__version__}"}
    return {name.partition("/")[2] for name in names}


def test_the_index_of_packages_will_take_both(dist):
    said = run(sys.executable, "-m", "twine", "check", "--strict", str(dist / SDIST), str(dist / WHEEL))
    assert said.count("PASSED") == 2


def test_the_wheel_installs_two_packages_and_nothing_called_cli(wheel):
    top = {name.partition("/")[0] for name in wheel}
    assert top == {"gtzan_features", "gtzan_cli", f"gtzan-{__version__}.dist-info"}


def test_the_wheel_holds_every_file_of_the_two_packages(wheel):
    for base, package in ((ROOT, "gtzan_features"), (ROOT / "cli", "gtzan_cli")):
        files = [path for path in (base / package).rglob("*") if path.is_file()]
        expected = {str(path.relative_to(base)) for path in files if "__pycache__" not in path.parts}
        assert expected == {name for name in wheel if name.startswith(f"{package}/")}


def test_the_wheel_holds_the_packaged_model_with_its_card(wheel):
    base = "gtzan_features/pretrained/gtzan10/"
    files = {name.removeprefix(base): content for name, content in wheel.items() if name.startswith(base)}
    assert {"README.md", "model.json", "model.npz", "figures.json", "range.json"} <= set(files)
    assert sum(map(len, files.values())) < 400_000
    first = without_hub_block(files["README.md"].decode()).splitlines()[0]
    assert first.startswith(
        "gtzan10 knows the ten genres of GTZAN. Of 100 tracks by artists that it never heard"
    )


def test_the_command_of_the_wheel_is_in_a_package_that_it_installs(wheel):
    assert b"gtzan = gtzan_cli.__main__:main" in wheel[f"gtzan-{__version__}.dist-info/entry_points.txt"]
    assert b"def main(" in wheel["gtzan_cli/main.py"]


DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "upath": "universal-pathlib"}
BROUGHT = {"llvmlite": "numba", "h11": "uvicorn", "tqdm": ""}
"""By what; tqdm is used where it is there."""


def imported() -> set[str]:
    """Names of the packages, but for Python's own, that any module of ours imports anywhere."""
    found = set()
    for path in (*ROOT.glob("gtzan_features/**/*.py"), *ROOT.glob("cli/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"gtzan_features", "gtzan_cli"}


def test_whatever_is_imported_is_asked_for():
    """Else it is there by accident: in an environment of developers, or by grace of another package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: asked for name, asked in project["optional-dependencies"].items() if name != "dev"}
    asked = [*project["dependencies"], *(line for lines in extras.values() for line in lines)]
    declared = {re.match(r"[\w.-]+", line)[0].replace("-", "_") for line in asked}
    names = {DISTRIBUTIONS.get(name, name).replace("-", "_") for name in imported()}
    assert len(names) > 20
    assert names - declared == set(BROUGHT)
    assert {one for one in BROUGHT.values() if one} <= declared


def test_the_source_distribution_holds_the_whole_repository_and_nothing_else(sdist):
    """So its tests find what they read: pages, benchmarks, the lock, the Makefile."""
    needed = {"pyproject.toml", "Makefile", "constraints/hashed.txt", "tests/conftest.py", "docs/index.md"}
    assert needed <= sdist
    assert {name for name in sdist if name.startswith("data/")} == {"data/README.md"}
    assert not [name for name in sdist if name.startswith((".git/", "runs/", ".venv", "dist/", "site/"))]
    if (ROOT / ".git").exists():
        listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT)
        there = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
        assert sdist - {"PKG-INFO"} == there


@pytest.mark.slow
def test_what_is_installed_passes_its_selftest_from_another_folder(dist, tmp_path):
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
    run(*pip, "--target", str(site), str(dist / WHEEL))
    for path in (*site.rglob("*"), site):
        path.chmod(0o555 if path.is_dir() or path.parent.name == "bin" else 0o444)
    # Permissions do not bind root, unless it gives that right away.
    bound = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") * (os.geteuid() == 0)
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environ |= {"PYTHONPATH": str(site), "NUMBA_CACHE_DIR": str(tmp_path / "kernels"), "NUMBA_OPT": "1"}
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    said = run(*bound, sys.executable, str(site / "bin" / "gtzan"), "selftest", env=environ, cwd=work)
    assert "This gtzan works: 5 steps" in said
    asked = "import gtzan_features, gtzan_cli; print(gtzan_features.__file__, gtzan_cli.__file__)"
    where = run(sys.executable, "-c", asked, env=environ, cwd=work).split()
    assert all(path.startswith(str(site)) for path in where)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
    assert not list(work.iterdir())
