"""Digits that stand for source code, so that changed code is known for another."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PLAIN = (str, bytes, int, float, complex, bool, tuple, list, dict, frozenset, range, type(None))


def module_digits(path: Path) -> str:
    """Twelve hexadecimal digits of a Python file and of the files beside it that it imports.

    Of a module in a package, all of the outermost package counts. What is installed elsewhere does not.

    Parameters
    ----------
    path : Path
        A Python file; one that cannot be read counts as empty.
    """
    path = path.resolve()
    root = path.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    top = path if root == path.parent else root / path.relative_to(root).parts[0]
    files = sorted(top.rglob("*.py")) if top.is_dir() else sorted(_with_imports(top, {top}))
    digest = hashlib.sha256()
    for file in files:
        content = _bytes(file)
        name = file.relative_to(root).as_posix()
        digest.update(f"{name} {len(content)}\n".encode(errors="surrogateescape") + content)
    return digest.hexdigest()[:12]


def function_digits(function: Callable[..., Any]) -> str:
    """Twelve hexadecimal digits of a function's source and of what it uses of its own module.

    For functions of a notebook or a prompt, whose module has no file.

    Examples
    --------
    >>> def one(x, y=1): return x + y
    >>> def other(x, y=1): return x - y
    >>> function_digits(one) == function_digits(one), function_digits(one) == function_digits(other)
    (True, False)
    """
    found: list[str] = []
    _collect(function, found, set())
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:12]


def _with_imports(path: Path, found: set[Path]) -> set[Path]:
    """Return a file and the modules and packages of its folder that it imports, one after the other."""
    try:
        tree = ast.parse(_bytes(path))
    except (SyntaxError, ValueError):
        return found
    for name in _imported(tree):
        module, package = path.parent / f"{name}.py", path.parent / name
        if (package / "__init__.py").is_file():
            found |= set(package.rglob("*.py"))
        elif module.is_file() and module not in found:
            found.add(module)
            _with_imports(module, found)
    return found


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _collect(value: Any, found: list[str], seen: set[int]) -> None:  # noqa: ANN401
    """Add the source of a function, and of the functions, classes and constants that it names."""
    if isinstance(value, functools.partial):
        for part in (value.func, value.args, value.keywords):
            _collect(part, found, seen)
        return
    function = (
        inspect.unwrap(getattr(value, "py_func", value)) if callable(value) else value
    )  # numba's, cached
    if id(function) in seen:
        return
    seen.add(id(function))
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        found.append(_constant(function))
        return
    found.append(_source(function) or _instructions(code))
    found.append(repr((function.__defaults__, function.__kwdefaults__)))
    known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    for name in sorted(_names(code)):
        used = known.get(name)
        if name in known and getattr(used, "__module__", function.__module__) == function.__module__:
            found.append(name)
            _collect(used, found, seen)


def _names(code: CodeType) -> set[str]:
    """Return the names that code looks up, that of functions within it too."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*(_names(one) for one in inner))


def _source(value: Any) -> str:  # noqa: ANN401
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):  # typed at a prompt
        return ""


def _instructions(code: CodeType) -> str:
    constants = [_instructions(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return repr((code.co_code, code.co_names, constants))


def _constant(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, type):
        return _source(value) or value.__qualname__
    if hasattr(value, "tobytes"):  # an array
        return f"{value!r} {hashlib.sha256(value.tobytes()).hexdigest()}"
    return repr(value) if isinstance(value, _PLAIN) else type(value).__qualname__
