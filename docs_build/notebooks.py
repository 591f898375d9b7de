"""The notebooks of ``examples/`` as pages: every cell is run when the site is built.

``python -m docs_build.notebooks NOTEBOOK…`` runs them one after the other in a process of their own, and
writes their pages and pictures as JSON. Cells run as in a notebook: what the last line gives is shown, and so
are what is printed and the figures that are open when a cell ends. A cell that fails fails the build, and so
does a warning that is not one of the package's own.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = "tutorials"
_ABOUT = """\
The notebooks of `examples/`, run when these pages were made. Each runs anywhere: without music of your own it
takes music that a program computes, and says so."""
_ROOT = Path(__file__).parents[1]
_CACHE = _ROOT / ".site_cache"


class NotebookError(Exception):
    """A cell failed."""


@dataclass
class Page:
    """A notebook that has been run.

    Attributes
    ----------
    markdown : str
        Of the page.
    pictures : dict of str to bytes
        PNG files, by names that the page has.
    shown : list
        What the last line of each cell gave; not part of what another process gets.
    """

    markdown: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)
    shown: list[Any] = field(default_factory=list)


def index(paths: Iterable[Path]) -> str:
    """Return the page that lists notebooks: the title of each, and what it begins with."""
    lines = ["# Tutorials", "", _ABOUT, ""]
    for path in paths:
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        title, _, words = first.partition("\n")
        lines += [f"## [{title.removeprefix('# ')}]({path.stem}.md)", "", words.strip(), ""]
    return "\n".join(lines)


def page_name(path: Path) -> str:
    """Return where the page of a notebook lies on the site."""
    return f"{FOLDER}/{path.stem}.md"


def run(path: Path) -> Page:
    """Run the cells of a notebook here.

    Raises
    ------
    NotebookError
        If a cell fails.
    """
    import matplotlib.pyplot as plt

    notebook = json.loads(path.read_text(encoding="utf-8"))
    space: dict[str, Any] = {"__name__": "__main__"}
    page, parts = Page(), []
    for number, cell in enumerate(notebook["cells"], start=1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                value = _run_cell(source, f"{path.name}, cell {number}", space)
        except Exception as error:
            msg = f"{path.name}, cell {number}: {type(error).__name__}: {error}"
            raise NotebookError(msg) from error
        parts.append(f"```python\n{source}\n```")
        if said.getvalue().strip():
            parts.append(_text(said.getvalue()))
        figures = plt.get_fignums()
        if value is not None:
            page.shown.append(value)
            if not (figures and not hasattr(value, "_repr_html_")):  # an axis or a legend is its picture
                parts.append(_shown(value))
        for figure in figures:
            name = f"{path.stem}_{len(page.pictures) + 1}.png"
            file = io.BytesIO()
            plt.figure(figure).savefig(file, format="png", dpi=110, bbox_inches="tight", facecolor="white")
            page.pictures[name] = file.getvalue()
            parts.append(f"![Picture made by the cell above]({name})")
        plt.close("all")
    page.markdown = "\n\n".join(parts) + "\n"
    return page


def _run_cell(source: str, name: str, space: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever a cell gives
    tree = ast.parse(source, filename=name)
    last = tree.body[-1]
    shown = isinstance(last, ast.Expr)
    exec(compile(ast.Module(tree.body[:-1] if shown else tree.body, []), name, "exec"), space)
    return (
        eval(compile(ast.Expression(last.value), name, "eval"), space) if isinstance(last, ast.Expr) else None
    )


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever a cell gives
    html = getattr(value, "_repr_html_", None)
    made = html() if html is not None else None
    if made is None:
        return _text(repr(value))
    # An empty line would end the block of HTML.
    return '<div class="output">' + re.sub(r"\n\s*\n", "\n", _without_folder(made)) + "</div>"


def _text(text: str) -> str:
    return f"```text\n{_without_folder(text).rstrip()}\n```"


def _without_folder(text: str) -> str:
    """Leave the temporary folder out of paths."""
    return re.sub(re.escape(tempfile.gettempdir()) + r"/tmp\w+", "…", text)


def built(paths: Iterable[Path]) -> dict[str, Page]:
    """Run notebooks in a process of their own and return their pages by where these lie on the site.

    They are run again where anything that they depend on has changed.

    Raises
    ------
    NotebookError
        If a cell fails; with what was said.
    """
    paths = list(paths)
    kept = _CACHE / f"{_digits(paths)}.json"
    if not kept.is_file():
        text = _run_elsewhere(paths)
        _CACHE.mkdir(exist_ok=True)
        (_CACHE / ".gitignore").write_text("*\n", encoding="utf-8")
        kept.write_text(text, encoding="utf-8")
    found = json.loads(kept.read_text(encoding="utf-8"))
    return {
        page_name(path): Page(one["markdown"], {n: base64.b64decode(p) for n, p in one["pictures"].items()})
        for path, one in zip(paths, found, strict=True)
    }


def _digits(paths: Iterable[Path]) -> str:
    """Return a hash of all that the pages depend on: notebooks, the package, this file, versions."""
    versions = [f"{one.name}=={one.version}" for one in metadata.distributions()]
    found = hashlib.sha256("\n".join([sys.version, *sorted(versions)]).encode())
    for path in sorted([*paths, Path(__file__), *(_ROOT / "gtzan_features").rglob("*.py")]):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:24]


def _run_elsewhere(paths: Iterable[Path]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MPLBACKEND": "Agg", "TMPDIR": folder, "PYTHONPATH": _python_path()}
        for name in ("GTZAN_CSV", "MY_MUSIC"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "docs_build.notebooks", *(str(path.resolve()) for path in paths)]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise NotebookError(done.stderr.strip()[-3000:])
    return done.stdout.rpartition("\n")[2]


def _python_path() -> str:
    return os.pathsep.join([str(_ROOT), str(_ROOT / "cli"), *filter(None, [os.environ.get("PYTHONPATH")])])


def _each(paths: Iterable[str]) -> Iterator[dict[str, Any]]:
    from gtzan_features import plugins
    from gtzan_features.errors import GtzanWarning

    warnings.simplefilter("error")
    warnings.simplefilter("ignore", GtzanWarning)
    warnings.filterwarnings("ignore", "'(aifc|audioop|sunau)' is deprecated", DeprecationWarning)
    for path in paths:
        with plugins.temporary():
            page = run(Path(path))
        pictures = {name: base64.b64encode(data).decode() for name, data in page.pictures.items()}
        yield {"markdown": page.markdown, "pictures": pictures}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(list(_each(sys.argv[1:]))))
