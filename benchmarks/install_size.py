"""Install the package into fresh environments, and write how large they are and how long it takes.

    python benchmarks/install_size.py

Needs uv on the PATH, which installs what pip does; by `--python PATH` with another interpreter than this one,
`--out PAGE` writes elsewhere. Each choice is an environment of its own: with xgboost, as the package asks for
it, and with xgboost-cpu in its place. Packages come from the index, none from a cache. Bytecode, which Python
writes later, is not counted. Time is that of the processor, which other work hardly lengthens.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from measuring import table

from gtzan_features.environment import describe_machine
from gtzan_features.tables.atomic import write_text

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "benchmarks" / "INSTALL.md"
CHOICES = {"xgboost": (), "xgboost-cpu": ("xgboost-cpu", "--override", "none.txt")}
"""What is given beside the package; the file says that xgboost is for no Python."""
MEASURE = """
import importlib.metadata, json, sys
from pathlib import Path
found = {}
for one in importlib.metadata.distributions():
    paths = {Path(one.locate_file(file)) for file in one.files or ()}
    found[one.name] = (one.version, sum(path.stat().st_size for path in paths if path.is_file()))
print(json.dumps({"python": sys.version.split()[0], "packages": found}))
"""
SHOWN_MB = 10


@dataclass(frozen=True, slots=True)
class Environment:
    """What lies in an environment: of each package its version and its bytes."""

    python: str
    packages: dict[str, tuple[str, int]]
    seconds: float

    @property
    def megabytes(self) -> float:
        """Of all packages."""
        return sum(size for _, size in self.packages.values()) / 1e6


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def installed(python: str, folder: Path, given: tuple[str, ...]) -> Environment:
    environment = folder / "env"
    subprocess.run(["uv", "venv", "--quiet", "--python", python, environment], check=True)
    own = environment / "bin" / "python"
    (folder / "none.txt").write_text("xgboost; python_version < '3'\n", encoding="utf-8")
    words = ["uv", "pip", "install", "--quiet", "--no-cache", "--python", own, ROOT, *given]
    before = processor_seconds()
    subprocess.run(words, check=True, cwd=folder)
    seconds = processor_seconds() - before
    said = subprocess.run([own, "-IB", "-c", MEASURE], check=True, capture_output=True, text=True)
    return Environment(**json.loads(said.stdout), seconds=seconds)


def largest(each: list[tuple[str, int]]) -> int:
    return max(size for _, size in each)


def page(found: dict[str, Environment]) -> str:
    first = next(iter(found.values()))
    sizes = {
        name: [one.packages.get(name, ("", 0)) for one in found.values()]
        for name in dict.fromkeys(name for one in found.values() for name in one.packages)
    }
    large = sorted(
        (name for name, each in sizes.items() if largest(each) >= SHOWN_MB * 1e6),
        key=lambda name: -max(size for _, size in sizes[name]),
    )
    rows = [
        (
            f"{name} {next(version for version, _ in sizes[name] if version)}",
            *(f"{size / 1e6:.0f}" if size else "–" for _, size in sizes[name]),
        )
        for name in large
    ]
    rows.append(("all packages", *(f"{one.megabytes:.0f}" for one in found.values())))
    rows.append(("seconds of the processor", *(f"{one.seconds:.0f}" for one in found.values())))
    day = datetime.now().astimezone().date().isoformat()
    return "\n".join(
        [
            "# What an installation takes",
            "",
            "Written by `python benchmarks/install_size.py`; do not edit.",
            "",
            f"- Machine: {describe_machine()}; Python {first.python}; {day}.",
            f"- MB on the disk in a fresh environment, without bytecode; packages of {SHOWN_MB} MB and more.",
            "",
            table(("package", *(f"with {name}" for name in found)), rows),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="interpreter; this one where none is named")
    parser.add_argument("--out", type=Path, default=PAGE, help="page that is written")
    options = parser.parse_args()
    found = {}
    for name, given in CHOICES.items():
        with tempfile.TemporaryDirectory() as folder:
            found[name] = installed(options.python, Path(folder), given)
        print(f"{name}: {found[name].megabytes:.0f} MB, {found[name].seconds:.0f} s of the processor")
    write_text(options.out, page(found))


if __name__ == "__main__":
    main()
