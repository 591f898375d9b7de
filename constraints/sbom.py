"""Write the software bill of materials of a release: every locked package, as CycloneDX 1.6 in JSON.

``python constraints/sbom.py OUT.cdx.json`` reads ``pyproject.toml``, ``constraints/hashed.txt`` and, for what
needs what, the metadata of the installed packages. The same lock and environment give the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # of addresses, RFC 9562
_LOCKED = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))?\s*\\?\n")


def locked(text: str) -> list[dict[str, Any]]:
    """Return name, version, marker and SHA-256 of the files of every package of a hashed lock."""
    found = []
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        match = _LOCKED.match(entry)
        if match is not None:
            hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
            found.append({**match.groupdict(), "name": canonicalize_name(match["name"]), "hashes": hashes})
    return found


def needed(names: set[str], installed: dict[str, set[str]]) -> set[str]:
    """Return what packages need, and what that needs, with the packages themselves."""
    found: set[str] = set()
    ahead = set(names)
    while ahead:
        found |= ahead
        ahead = {other for name in ahead for other in installed.get(name, set())} - found
    return found


def installed_needs(names: set[str]) -> dict[str, set[str]]:
    """Return what each package that is installed needs here, without its extras."""
    found = {}
    for name in sorted(names):
        try:
            lines = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # of another system
            continue
        wanted = [Requirement(line) for line in lines]
        here = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
        found[name] = {str(canonicalize_name(one.name)) for one in here} & names
    return found


def sbom(project: dict[str, Any], version: str, packages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the bill of materials.

    A package is ``required`` where the project needs it to run without extras, as it is installed here, and
    else ``optional``: of an extra, of development, or of another system.
    """
    names = {one["name"] for one in packages}
    direct = {str(canonicalize_name(Requirement(line).name)) for line in project["dependencies"]}
    needs = installed_needs(names)
    required = needed(direct, needs)
    root = f"pkg:pypi/{project['name']}@{version}"
    refs: dict[str, list[str]] = {}  # of some packages there are two versions, for older and newer Pythons
    for one in packages:
        one["ref"] = f"pkg:pypi/{one['name']}@{one['version']}"
        refs.setdefault(one["name"], []).append(one["ref"])
    components = [
        {
            "type": "library",
            "bom-ref": one["ref"],
            "name": one["name"],
            "version": one["version"],
            "scope": "required" if one["name"] in required else "optional",
            "purl": one["ref"],
            # A file for each system and Python: which one is installed differs.
            "properties": [{"name": "gtzan:file:sha256", "value": digest} for digest in one["hashes"]]
            + ([{"name": "gtzan:marker", "value": one["marker"]}] if one["marker"] else []),
        }
        for one in packages
    ]
    edges = [(root, direct), *((ref, needs[name]) for name in sorted(needs) for ref in refs[name])]
    depends = [
        {"ref": ref, "dependsOn": sorted(other for name in names for other in refs[name])}
        for ref, names in edges
    ]
    content = json.dumps([root, components, depends], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, content)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": project["name"],
                "version": version,
                "purl": root,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": components,
        "dependencies": depends,
    }


def written() -> dict[str, Any]:
    """Return the bill of materials of this checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    source = (ROOT / "gtzan_features" / "__init__.py").read_text()
    (version,) = re.findall(r'^__version__ = "(.*)"$', source, re.MULTILINE)
    return sbom(project, version, locked((ROOT / "constraints" / "hashed.txt").read_text()))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(written(), indent=1) + "\n", encoding="utf-8")
