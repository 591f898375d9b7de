"""The public names are those of the stub, and each says what it is, with an example that runs."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gtzan_features as gf

STUB = Path(gf.__file__).with_suffix(".pyi")
SECTION = re.compile(r"^(?P<title>[A-Z]\w+(?: \w+)?)\n-{3,}$", re.MULTILINE)


def sections(thing: object) -> dict[str, str]:
    """Split a numpydoc docstring into its sections; the summary is called ""."""
    pieces = SECTION.split(inspect.getdoc(thing) or "")
    return {"": pieces[0], **dict(zip(pieces[1::2], pieces[2::2], strict=True))}


def named(section: str) -> set[str]:
    """Names that a section describes: those at the start of a line, with their types."""
    lines = (line for line in section.splitlines() if line and not line[0].isspace())
    return {word.strip(" *`") for line in lines for word in line.partition(" :")[0].split(",")}


def test_the_names_are_those_of_the_stub_and_nothing_else_is_public():
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    imported = [
        alias.asname for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    assigned = next(node for node in tree.body if isinstance(node, ast.Assign))
    listed = ast.literal_eval(assigned.value)
    assert listed == sorted(listed)
    assert sorted(imported) == listed == sorted(gf.__all__) == sorted(dir(gf))


def test_the_overview_names_each_of_them():
    assert set(re.findall(r"`(\w+)`", gf.__doc__)) - {"gtzan_features"} == set(gf.__all__)


def test_importing_the_package_imports_nothing_that_computes():
    heavy = ("numpy", "pandas", "scipy", "sklearn", "numba", "librosa", "pyarrow", "matplotlib", "click")
    code = (
        "import sys, gtzan_features as gf; dir(gf); "
        f"print(*[name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_name_that_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="featurse"):
        _ = gf.featurse


@pytest.mark.parametrize("name", gf.__all__)
def test_each_name_says_what_it_is(name):
    thing = getattr(gf, name)
    found = sections(thing)
    first = found[""].splitlines()[0]
    assert first.endswith("."), first
    assert len(first) <= 110
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return
    if inspect.isclass(thing) and "Parameters" not in found:  # a result: no person makes one
        assert named(found["Attributes"])
        return
    signature = inspect.signature(thing)
    parameters = set(signature.parameters) - {"self"}
    described = named(found.get("Parameters", "")) | named(found.get("Attributes", ""))
    assert parameters <= described, parameters - described
    if inspect.isfunction(thing) and signature.return_annotation not in (None, "None"):
        assert "Returns" in found


@pytest.mark.parametrize("name", gf.__all__)
def test_each_name_has_an_example_that_runs(name):
    thing = getattr(gf, name)
    examples = doctest.DocTestParser().get_examples(sections(thing).get("Examples", ""))
    assert examples, f"no example of {name}"
    assert not any("+SKIP" in example.source for example in examples)
    # pytest runs the doctests of every module of the package, and so this one.
    tests = doctest.DocTestFinder(recurse=False).find(thing, name=name)
    assert [test.name for test in tests if test.examples] == [name]
    assert inspect.getmodule(thing).__name__.startswith("gtzan_features.")


@pytest.mark.parametrize("name", [name for name in gf.__all__ if inspect.isclass(getattr(gf, name))])
def test_each_public_method_says_what_it_does(name):
    for attribute, member in vars(getattr(gf, name)).items():
        if not attribute.startswith("_") and (callable(member) or isinstance(member, property)):
            assert (inspect.getdoc(member) or "").strip(), f"{name}.{attribute}"
