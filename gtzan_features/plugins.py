"""What is added from outside the package: features and models by name, and the plugins that add them.

A plugin is a Python file, a module, or an installed distribution with an entry point of the groups
``gtzan.features`` and ``gtzan.models``. Its code calls `gtzan_features.feature` and
`gtzan_features.register_model`. Distributions are imported only when a name is asked for that is not known,
or when names are listed, so that a broken one disturbs no command that does not need it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import PluginError
from gtzan_features.source_digits import function_digits, module_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FEATURE, MODEL = "feature", "model"
GROUPS = {FEATURE: "gtzan.features", MODEL: "gtzan.models"}
"""Entry points of each kind of addition."""

_SESSION = "__main__"
_NAMES = {FEATURE: re.compile(r"[a-z][a-z0-9_]*"), MODEL: re.compile(r"[a-z][a-z0-9-]*")}


@dataclass(frozen=True, slots=True)
class Plugin:
    """Where additions come from.

    Attributes
    ----------
    name : str
        Path of a file, name of a module, or ``__main__`` for a script or a notebook.
    shown : str
        Its name in messages: a file's name without its folder, a module, a distribution.
    digits : str
        Twelve hexadecimal digits of its source as it was loaded; empty for ``__main__``.
    by_option : bool
        Whether the command line named it.
    """

    name: str
    shown: str
    digits: str = ""
    by_option: bool = False

    @property
    def module(self) -> str:
        """Name of its module."""
        return Path(self.name).stem if self.name.endswith(".py") else self.name


@dataclass(frozen=True, slots=True)
class Addition:
    """A feature or a model of a plugin.

    Attributes
    ----------
    kind : str
        `FEATURE` or `MODEL`.
    name : str
    entry : object
        What the kind keeps of it: a `FeatureSpec`, an `AddedModel`.
    plugin : Plugin
    module : str
        Where it was defined.
    digits : str
        Twelve hexadecimal digits of the source that defines it.
    """

    kind: str
    name: str
    entry: Any
    plugin: Plugin
    module: str
    digits: str


@dataclass(slots=True)
class _State:
    """What is added to this process."""

    added: dict[tuple[str, str], Addition] = field(default_factory=dict)
    plugins: dict[str, Plugin] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    searched: set[str] = field(default_factory=set)

    def copy(self) -> _State:
        return _State(dict(self.added), dict(self.plugins), dict(self.faults), set(self.searched))


_state = _State()
_loading: list[Plugin] = []


def add(kind: str, name: str, entry: Any, *, module: str, source: Callable[..., Any]) -> None:  # noqa: ANN401
    """Add a feature or a model under a name.

    A definition takes the place of an earlier one of the same module, as when a cell of a notebook is run
    again.

    Parameters
    ----------
    kind : {"feature", "model"}
    name : str
        Letters, digits and, in features, underscores; in models, hyphens.
    entry : object
        What is kept.
    module : str
        Name of the module that adds it.
    source : callable
        The function whose source counts where the module has no file.

    Raises
    ------
    PluginError
        If the name cannot be one, or another plugin has it.
    """
    if _NAMES[kind].fullmatch(name) is None:
        allowed = (
            "small letters, digits and underscores" if kind == FEATURE else "small letters, digits and -"
        )
        msg = f"{kind} {name!r}: a name has {allowed}, and begins with a letter. Rename it"
        raise PluginError(msg)
    plugin = _loading[-1] if _loading else _plugin_of(module)
    before = _state.added.get((kind, name))
    if before is not None and before.module != module:
        other = before.plugin.shown
        msg = f"{kind} {name!r} of {plugin.shown}: {other} has one of this name. Rename one of them"
        raise PluginError(msg)
    digits = plugin.digits or function_digits(source)
    _state.added[kind, name] = Addition(kind, name, entry, plugin, module, digits)


def remove(kind: str, name: str) -> None:
    """Take an addition away again; nothing happens where there is none of this name."""
    _state.added.pop((kind, name), None)


@contextmanager
def temporary() -> Iterator[None]:
    """Forget at the end what was added within; what is installed is looked for anew.

    Examples
    --------
    >>> with temporary():
    ...     add("model", "mine", None, module=__name__, source=temporary)
    ...     names("model")
    ('mine',)
    >>> find("model", "mine") is None
    True
    """
    global _state
    before = _state
    _state = before.copy()
    _state.searched.clear()
    try:
        yield
    finally:
        for plugin in set(_state.plugins.values()) - set(before.plugins.values()):
            _forget(plugin)
        _state = before


def find(kind: str, name: str) -> Addition | None:
    """Return an addition; installed distributions are imported where there is none of this name yet."""
    if (kind, name) not in _state.added:
        _load_installed(kind)
    return _state.added.get((kind, name))


def names(kind: str) -> tuple[str, ...]:
    """Return the names of all additions of a kind, those of installed distributions too."""
    _load_installed(kind)
    return tuple(name for of, name in _state.added if of == kind)


def faults() -> tuple[str, ...]:
    """Return a line for each installed plugin that could not be loaded."""
    return tuple(_state.faults.values())


def with_faults(message: str) -> str:
    """Return the message on a name that is not known, with the plugins that might have had it."""
    return ". ".join([message, *faults()])


def needed(what: str, where: str) -> str:
    """Say what to do where an addition is needed whose plugin is not loaded.

    Examples
    --------
    >>> needed("feature spectral_flux", "my_features.py")
    'needs the feature spectral_flux of the plugin my_features.py, which is not loaded. Begin the command with
    `gtzan --plugin my_features.py`, or import it in Python'
    """
    text = f"needs the {what} of the plugin {where}, which is not loaded. Begin the command with "
    return with_faults(text + f"`gtzan --plugin {where}`, or import it in Python")


def origins(feature_set: Iterable[str], model: str = "") -> dict[str, Addition]:
    """Return the additions among parts of a feature set and a model, by ``feature NAME``, ``model NAME``."""
    wanted = [(FEATURE, part) for part in feature_set] + [(MODEL, model)]
    found = {key: _state.added[key] for key in wanted if key in _state.added}
    return {f"{kind} {name}": one for (kind, name), one in found.items()}


def described(feature_set: Iterable[str], model: str = "") -> dict[str, str]:
    """Return plugin and digits of each addition among the parts of a feature set and a model, as text."""
    return {what: f"{one.plugin.shown} {one.digits}" for what, one in origins(feature_set, model).items()}


def plugin_in(text: str) -> str:
    """Return the plugin of a text of `described`."""
    return text.rpartition(" ")[0] or "that defines it"


def options() -> list[str]:
    """Return the words of a command line that name the plugins which this one named."""
    return [word for one in _state.plugins.values() if one.by_option for word in ("--plugin", one.name)]


def load(name: str, *, by_option: bool = False) -> Plugin:
    """Import a plugin: a Python file by its path, or a module by its name; once only.

    Raises
    ------
    PluginError
        If there is none, it cannot be imported, it adds nothing, or what it adds clashes.
    """
    if name in _state.plugins:
        return _state.plugins[name]
    if not (name.endswith(".py") or "/" in name):
        return _load_module(name, name, by_option=by_option)
    path = Path(name)
    if not path.is_file():
        msg = f"plugin {name}: no such file. Give a Python file, or the name of a module"
        raise PluginError(msg)
    plugin = Plugin(name, path.name, module_digits(path), by_option)
    return _load(plugin, lambda: _import_file(path))


def restore(plugins: tuple[Plugin, ...]) -> None:
    """Import in a worker the plugins that its parent has.

    Raises
    ------
    PluginError
        If the source of one was changed since, so that rows of two sources would lie in one table.
    """
    for plugin in plugins:
        if _state.plugins.get(plugin.name) == plugin:
            continue
        _forget(plugin)
        loaded = load(plugin.name, by_option=plugin.by_option)
        if loaded.digits != plugin.digits:
            msg = (
                f"plugin {plugin.shown}: its file was changed while this command ran. Give the command again"
            )
            raise PluginError(msg)
        _state.plugins[plugin.name] = plugin  # a distribution is called by its name


def take_over(additions: tuple[Addition, ...]) -> None:
    """Have in a worker what a script, a notebook or an imported module of its parent defined."""
    for one in additions:
        _state.added[one.kind, one.name] = one


def to_carry() -> tuple[tuple[Plugin, ...], tuple[Addition, ...]]:
    """Return the plugins of this process for `restore`, and for `take_over` what other code defined."""
    defined = (one for one in _state.added.values() if one.plugin.name not in _state.plugins)
    return tuple(_state.plugins.values()), tuple(defined)


def _plugin_of(module: str) -> Plugin:
    """Return the plugin that a module is which was imported without us, or run as a script or notebook."""
    file = getattr(sys.modules.get(module), "__file__", None)
    digits = module_digits(Path(file)) if file else ""
    if module == _SESSION:
        return Plugin(_SESSION, Path(file).name if file else "this session", digits)
    return Plugin(module, module, digits)


def _load(plugin: Plugin, run: Callable[[], object]) -> Plugin:
    """Import a plugin; what it had added before it failed is taken back."""
    global _state
    before, was_imported = _state, plugin.module in sys.modules
    _state = before.copy()
    _loading.append(plugin)
    try:
        run()
        if not any(_is_of(one, plugin) for one in _state.added.values()):
            raise PluginError("adds no feature and no model. Use gtzan_features.feature in it")
    except Exception as error:
        if not was_imported:
            _forget(plugin)
        _state = before
        msg = f"plugin {plugin.shown}: {_reason(error, plugin)}"
        raise PluginError(msg) from error
    finally:
        _loading.pop()
    _state.plugins[plugin.name] = plugin
    return plugin


def _is_of(one: Addition, plugin: Plugin) -> bool:
    """Whether an addition is of a plugin, also where its module was imported before by other means."""
    inside = one.module == plugin.module or one.module.startswith(f"{plugin.module}.")
    return inside or one.plugin.name == plugin.name


def _reason(error: Exception, plugin: Plugin) -> str:
    """Say in a line why a plugin cannot be imported, and where in its file."""
    if isinstance(error, PluginError):
        return str(error)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if _is_in(frame, plugin)]
    number = error.lineno if isinstance(error, SyntaxError) else next(reversed(lines), None)
    where = f" (line {number})" if number else ""
    said = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return f"{type(error).__name__}: {said}{where}. Mend it, or leave the plugin out"


def _is_in(frame: traceback.FrameSummary, plugin: Plugin) -> bool:
    return Path(frame.filename).name in (plugin.shown, f"{plugin.module.rpartition('.')[2]}.py")


def _import_file(path: Path) -> None:
    """Execute a file as the module that is called like it; what lies beside it can be imported by it."""
    name, path = path.stem, path.resolve()
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    there = sys.modules.get(name)
    if there is not None:
        if getattr(there, "__file__", None) != str(path):
            msg = f"another module is called {name}. Rename the file"
            raise PluginError(msg)
        return
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError("no Python file. Give one whose name ends with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _load_module(name: str, shown: str, *, by_option: bool = False) -> Plugin:
    """Import a module as a plugin."""
    try:
        found = importlib.util.find_spec(name)
    except Exception as error:  # what the package around it raises
        msg = f"plugin {shown}: {_reason(error, Plugin(name, shown))}"
        raise PluginError(msg) from error
    if found is None:
        msg = f"plugin {shown}: there is no module {name}. Install it, or give a file: ./{name}.py"
        raise PluginError(msg)
    digits = module_digits(Path(found.origin)) if found.origin else ""
    plugin = Plugin(name, shown, digits, by_option)
    return _load(plugin, lambda: importlib.import_module(name))


def _load_installed(kind: str) -> None:
    """Import the distributions that announce additions of a kind, once; keep why one could not be."""
    if kind in _state.searched or _loading:
        return
    _state.searched.add(kind)
    from importlib.metadata import entry_points  # longer to import than a command takes to print its help

    for point in entry_points(group=GROUPS[kind]):
        if point.module in _state.plugins:
            continue
        try:
            _load_module(point.module, point.dist.name if point.dist else point.module)
        except PluginError as error:
            _state.faults[point.module] = str(error)


def _forget(plugin: Plugin) -> None:
    """Take a plugin's additions and modules out, so that it can be imported anew."""
    for key in [key for key, one in _state.added.items() if one.plugin.name == plugin.name]:
        del _state.added[key]
    for name in [one for one in sys.modules if one == plugin.module or one.startswith(f"{plugin.module}.")]:
        del sys.modules[name]
    _state.plugins.pop(plugin.name, None)
