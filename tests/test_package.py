"""What is installed: the wheel and the source distribution, built and opened."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from gtzan_features import __version__

hatchling = pytest.importorskip("hatchling.builders.wheel", reason="hatchling builds the wheel")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> dict[str, bytes]:
    """Files of the wheel by name."""
    builder = hatchling.WheelBuilder(str(ROOT))
    (path,) = builder.build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> list[str]:
    """Names of the files in the source distribution, below its one folder."""
    from hatchling.builders.sdist import SdistBuilder

    builder = SdistBuilder(str(ROOT))
    (path,) = builder.build(directory=str(tmp_path_factory.mktemp("sdist")), versions=["standard"])
    with tarfile.open(path) as archive:
        names = archive.getnames()
    assert {name.partition("/")[0] for name in names} == {f"gtzan-{__version__}"}
    return [name.partition("/")[2] for name in names]


def test_the_wheel_installs_two_packages_and_nothing_called_cli(wheel):
    top = {name.partition("/")[0] for name in wheel}
    assert top == {"gtzan_features", "gtzan_cli", f"gtzan-{__version__}.dist-info"}


def test_the_wheel_holds_every_file_of_the_two_packages(wheel):
    for base, package in ((ROOT, "gtzan_features"), (ROOT / "cli", "gtzan_cli")):
        files = [path for path in (base / package).rglob("*") if path.is_file()]
        expected = {
            str(path.relative_to(base)) for path in files if path.suffix not in (".pyc", ".nbi", ".nbc")
        }
        assert expected == {name for name in wheel if name.startswith(f"{package}/")}


def test_the_wheel_holds_the_packaged_model_with_its_card(wheel):
    base = "gtzan_features/pretrained/gtzan10/"
    files = {name.removeprefix(base): content for name, content in wheel.items() if name.startswith(base)}
    assert {"README.md", "model.json", "model.npz", "figures.json", "range.json"} <= set(files)
    assert sum(map(len, files.values())) < 400_000
    first = files["README.md"].decode().splitlines()[0]
    assert first.startswith(
        "gtzan10 knows the ten genres of GTZAN. Of 100 tracks by artists that it never heard"
    )


def test_the_command_of_the_wheel_is_in_a_package_that_it_installs(wheel):
    assert b"gtzan = gtzan_cli.__main__:main" in wheel[f"gtzan-{__version__}.dist-info/entry_points.txt"]
    assert b"def main(" in wheel["gtzan_cli/main.py"]


def test_the_source_distribution_holds_what_builds_and_tests_the_package(sdist):
    needed = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "cli/gtzan_cli/main.py"}
    needed |= {"gtzan_features/__init__.py", "gtzan_features/py.typed", "tests/conftest.py"}
    assert needed <= set(sdist)
    assert not [name for name in sdist if name.startswith(("data/", "reports/", ".git/", "runs/"))]
