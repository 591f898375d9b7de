"""What mkdocs calls while it builds the site; named in ``mkdocs.yml``."""

from __future__ import annotations

import fnmatch
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, InclusionLevel

from docs_build import checks, commands, feature_pages, notebooks, python_names
from docs_build.links import BrokenLinkError, Repository
from docs_build.text import with_whole_intervals

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_GENERATED = (commands, python_names, feature_pages)
_TUTORIALS = f"{notebooks.FOLDER}/index.md"
_state: dict[str, Repository] = {}
_sources: dict[str, PurePosixPath] = {}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are generated, the tutorials, and files of the repository that pages link to."""
    root = Path(config.config_file_path).parent
    examples = sorted((root / "examples").glob("*.ipynb"))
    repository = Repository(root)
    _state["repository"] = repository
    try:
        for module in _GENERATED:
            for name, text in module.pages().items():
                files.append(File.generated(config, name, content=text))
        if files.get_file_from_path(_TUTORIALS) is None:
            files.append(File.generated(config, _TUTORIALS, content=notebooks.index(examples)))
        for name, page in notebooks.built(examples).items():
            files.append(File.generated(config, name, content=page.markdown))
            for picture, data in page.pictures.items():
                files.append(File.generated(config, f"{notebooks.FOLDER}/{picture}", content=data))
        _add_repository(files, config, repository, examples)
    except Exception as error:
        msg = f"{type(error).__module__}.{type(error).__name__}: {error}"
        raise PluginError(msg) from error
    _expand(config, files)
    return files


def _add_repository(files: Files, config: MkDocsConfig, repository: Repository, examples: list[Path]) -> None:
    """Follow links from page to page until no file is new."""
    repository.redirected[PurePosixPath("examples")] = _TUTORIALS
    for path in examples:
        repository.redirected[PurePosixPath("examples", path.name)] = notebooks.page_name(path)
    _sources.clear()
    for file in files.documentation_pages():
        if file.generated_by is None:
            at = PurePosixPath("docs") / file.src_uri
            _sources[file.src_uri] = at
            repository.rewritten(file.content_string, at, file.src_uri)
    for name in config.extra["repository_pages"]:
        repository.taken[PurePosixPath(name)] = f"repository/{name}"
    done: set[PurePosixPath] = set()
    while new := [at for at in repository.taken if at not in done]:
        for at in new:
            done.add(at)
            name = repository.taken[at]
            text = repository.text_of(at)
            content: Any = (repository.root / at).read_bytes() if text is None else text
            in_nav = str(at) in config.extra["repository_pages"]
            level = InclusionLevel.UNDEFINED if in_nav else InclusionLevel.NOT_IN_NAV
            files.append(File.generated(config, name, content=content, inclusion=level))
            if text is not None and at.suffix == ".md":
                _sources[name] = at
                repository.rewritten(text, at, name)


def _expand(config: MkDocsConfig, files: Files) -> None:
    """Put pages in the place of ``folder/*`` in the nav: those that it does not name itself."""
    names = [file.src_uri for file in files.documentation_pages()]
    named = set(_strings(config.nav))

    def expanded(entry: Any) -> list[Any]:  # noqa: ANN401 - as YAML has it
        if isinstance(entry, dict):
            titled = {title: _flat(value) for title, value in entry.items()}
            return [titled] if all(titled.values()) else []
        if "*" not in entry:
            return [entry]
        return [
            n for n in fnmatch.filter(names, entry) if n not in named and n.count("/") == entry.count("/")
        ]

    def _flat(value: Any) -> Any:  # noqa: ANN401 - as YAML has it
        return [one for entry in value for one in expanded(entry)] if isinstance(value, list) else value

    config.nav = _flat(config.nav)


def _strings(nav: Any) -> list[str]:  # noqa: ANN401 - as YAML has it
    if isinstance(nav, str):
        return [nav]
    values = nav.values() if isinstance(nav, dict) else nav
    return [name for value in values for name in _strings(value)]


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Give links to files of the repository their place on the site."""
    source = _sources.get(page.file.src_uri)
    if source is None:
        return markdown
    try:
        return _state["repository"].rewritten(markdown, source, page.file.src_uri)
    except BrokenLinkError as error:
        raise PluginError(str(error)) from error


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Keep figures with their intervals on one line."""
    return with_whole_intervals(html)


def on_post_build(config: MkDocsConfig) -> None:
    """Fail where a page asks another server for anything."""
    found = checks.remote_assets(Path(config.site_dir))
    if found:
        msg = f"{len(found)} addresses of other servers are loaded: {'; '.join(found[:5])}"
        raise PluginError(msg)
