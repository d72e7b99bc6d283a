"""CycloneDX: the list of components in version 1.6 of that form, as JSON.

Ours is the component described. Below it: each installed package with the libraries and the files
of machine code inside it, what of others is in the Studio, the models that are here, and Python.
Two lists of one installation are the same but for the time: the serial number is made from what is
listed.
"""

from __future__ import annotations

import hashlib
import json
import platform
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from safelight.audit.environment import environment
from safelight.models.entry import Entry
from safelight.proof.components.bundled import Library, binaries, libraries
from safelight.proof.components.installed import Package
from safelight.proof.components.terms import is_expression, is_known
from safelight.studio.files import Part

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
SPACE = uuid.UUID("7d7a2f4e-0d6c-5f1b-9a51-5a1fe1164700")


def document(
    packages: Sequence[Package], models: Sequence[Entry], parts: Sequence[Part] = (), *, made: str
) -> dict[str, Any]:
    """The list. packages starts with ours; parts are those of the Studio; made is UTC to the
    second.
    """
    ours, *others = packages
    components = [*map(_package, others), *map(_part, parts), *map(_model, models), _python()]
    dependencies = [_dependency(one, packages) for one in packages]
    body = {
        "component": _ours(ours),
        "components": components,
        "dependencies": dependencies,
    }
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": made,
            "lifecycles": [{"phase": "operations"}],
            "tools": {"components": [_tool(ours)]},
            "component": body["component"],
        },
        "components": components,
        "dependencies": dependencies,
        "compositions": [{"aggregate": "incomplete", "assemblies": [ours.purl]}],
    }


def _ours(ours: Package) -> dict[str, Any]:
    """With the digest over our own source files, as receipts state it."""
    found = _package(ours) | {"type": "application"}
    digest = environment().package_sha256 or ""
    found["properties"].append({"name": "safelight:package-sha256", "value": digest})
    return found


def _tool(ours: Package) -> dict[str, Any]:
    return {"type": "application", "name": ours.name, "version": ours.version}


def _package(package: Package) -> dict[str, Any]:
    inside = [_library(package, one) for one in libraries(package.name, package.found)]
    inside += [
        {
            "type": "file",
            "bom-ref": f"{package.purl}#{one.path}",
            "name": one.path,
            "hashes": [{"alg": "SHA-256", "content": one.sha256}],
        }
        for one in binaries(package.found)
    ]
    brought = f"the extra {package.extra}" if package.extra else "every installation"
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        **({"description": package.summary} if package.summary else {}),
        "scope": "optional" if package.extra else "required",
        **_licences(package.licence),
        "purl": package.purl,
        **({"components": inside} if inside else {}),
        "properties": [{"name": "safelight:comes-with", "value": brought}],
    }


def _library(package: Package, library: Library) -> dict[str, Any]:
    word = library.version or "unknown"
    return {
        "type": "library",
        "bom-ref": f"{package.purl}#{library.name}@{word}",
        "name": library.name,
        **({"version": library.version} if library.version else {}),
        "scope": "optional" if library.is_optional else "required",
        **_licences(library.licence),
        "properties": [{"name": "safelight:told-by", "value": library.told_by}],
    }


def _part(part: Part) -> dict[str, Any]:
    """What of others is handed to browsers. One name may be an installed package, too."""
    place = f"pkg:{part.kind}/{part.name.replace('@', '%40')}@{part.version}"
    return {
        "type": "library",
        "bom-ref": f"studio:{part.within}/{part.name}@{part.version or 'unknown'}",
        "name": part.name,
        **({"version": part.version} if part.version else {}),
        "scope": "required",
        **_licences(part.licence),
        **({"purl": place} if part.kind != "library" else {}),
        "properties": [{"name": "safelight:comes-with", "value": "the Studio"}],
    }


def _model(entry: Entry) -> dict[str, Any]:
    ref = f"model:{entry.name}@{entry.sha256}"
    parts = [
        {
            "type": "file",
            "bom-ref": f"{ref}#{part.file}",
            "name": part.file,
            "hashes": [{"alg": "SHA-256", "content": part.sha256}],
        }
        for part in entry.parts
    ]
    references = [{"type": "distribution", "url": entry.url}] if entry.url else []
    return {
        "type": "machine-learning-model",
        "bom-ref": ref,
        "name": entry.name,
        "version": entry.sha256[:16],
        "description": entry.title,
        "hashes": [{"alg": "SHA-256", "content": entry.sha256}],
        **_licences(entry.licence),
        **({"externalReferences": references} if references else {}),
        **({"components": parts} if parts else {}),
        "modelCard": {"modelParameters": {"task": entry.task}},
        "properties": [
            {"name": "safelight:pin", "value": entry.pin},
            {"name": "safelight:source", "value": entry.source},
            {"name": "safelight:runtime", "value": entry.runtime},
            {"name": "safelight:precision", "value": entry.precision},
        ],
    }


def _python() -> dict[str, Any]:
    name, version = platform.python_implementation(), platform.python_version()
    return {
        "type": "platform",
        "bom-ref": f"python:{name}@{version}",
        "name": name,
        "version": version,
        **_licences("Python-2.0"),
    }


def _dependency(package: Package, packages: Sequence[Package]) -> dict[str, Any]:
    purls = {one.name: one.purl for one in packages}
    return {"ref": package.purl, "dependsOn": sorted(_known(package.needs, purls))}


def _known(names: Sequence[str], purls: dict[str, str]) -> Iterator[str]:
    return (purls[name] for name in names if name in purls)


def _licences(licence: str) -> dict[str, Any]:
    """As the form wants it: an id, an expression of ids, or a name for everything else."""
    if not licence:
        return {}
    if is_known(licence):
        return {"licenses": [{"license": {"id": licence}}]}
    if is_expression(licence):
        return {"licenses": [{"expression": licence}]}
    return {"licenses": [{"license": {"name": licence}}]}
