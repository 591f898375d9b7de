"""Changed code is another: files with what they import, and functions with what they use."""

from __future__ import annotations

import pytest

from gtzan_features.source_digits import function_digits, module_digits


def test_a_file_counts_with_the_files_beside_it_that_it_imports(tmp_path):
    plugin, helper, other = (tmp_path / name for name in ("plugin.py", "helper.py", "other.py"))
    plugin.write_text("from helper import f\nimport numpy\n")
    helper.write_text("import deeper\n")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "__init__.py").write_text("")
    (tmp_path / "deeper" / "inner.py").write_text("x = 1\n")
    other.write_text("y = 1\n")
    digits = module_digits(plugin)
    other.write_text("y = 2\n")
    assert module_digits(plugin) == digits, "what is not imported does not count"
    for file, text in ((helper, "import deeper  # more\n"), (tmp_path / "deeper" / "inner.py", "x = 2\n")):
        file.write_text(text)
        assert module_digits(plugin) != digits
        digits = module_digits(plugin)


def test_of_a_package_all_files_count(tmp_path):
    inner = tmp_path / "package" / "sub"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / "__init__.py").write_text("")
    module = inner / "features.py"
    module.write_text("a = 1\n")
    digits = module_digits(module)
    (inner.parent / "far.py").write_text("b = 1\n")
    assert module_digits(module) != digits


def test_a_folder_moved_elsewhere_has_the_same_digits(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "plugin.py").write_text("a = 1\n")
    assert module_digits(tmp_path / "one" / "plugin.py") == module_digits(tmp_path / "two" / "plugin.py")


def defined(code, name="f"):
    """A function as a prompt would define it: without a file."""
    scope = {"__name__": "prompt"}
    exec(code, scope)
    return scope[name]


BASE = "import numpy as np\nscale = 2\ndef g(x):\n    return x + scale\ndef f(x, y=1):\n    return g(x) * y\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [("g(x) * y", "g(x) + y"), ("scale = 2", "scale = 3"), ("x + scale", "x - scale"), ("y=1", "y=2")],
)
def test_a_function_counts_with_what_it_uses(old, new):
    assert function_digits(defined(BASE)) == function_digits(defined(BASE))
    assert function_digits(defined(BASE)) != function_digits(defined(BASE.replace(old, new)))


def test_what_a_function_does_not_use_does_not_count():
    assert function_digits(defined(BASE)) == function_digits(defined(BASE + "other = 7\n"))


def test_arrays_and_closures_count():
    array = "import numpy as np\nw = np.arange({n})\ndef f(x):\n    return x * w\n"
    assert function_digits(defined(array.format(n=5))) != function_digits(defined(array.format(n=6)))
    made = "def make(k):\n    def f(x):\n        return x * k\n    return f\nf = make({k})\n"
    assert function_digits(defined(made.format(k=1))) != function_digits(defined(made.format(k=2)))


def test_a_function_that_calls_itself_ends():
    code = "def f(x):\n    return f(x - 1) if x else 0\n"
    assert len(function_digits(defined(code))) == 12
