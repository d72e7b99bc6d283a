"""Bundled: the libraries inside wheels, with their versions as the wheels themselves tell them.

Three places tell: the list of components that a wheel brings along, marks that a library leaves in
its own file, and what libvips says it was built with. A library whose version nothing tells is
listed without one. No library is loaded for it.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution
from importlib.resources import files
from typing import Any

from safelight.vault.private import read_up_to

MAX_FILE_BYTES = 64_000_000
MAX_LIST_BYTES = 8_000_000
BINARY = re.compile(r"\.(so(\.[\w.]+)?|dll|pyd|dylib)$")
OWN_LIST = re.compile(r"\.dist-info/sboms/[^/]+\.json$")


@dataclass(frozen=True, slots=True)
class Library:
    """A library inside a wheel: version "" where nothing tells it; told_by says what did. Of an
    optional one the list says only that the wheel may have it; a crate is of Rust's own kind.
    """

    name: str
    version: str
    licence: str
    told_by: str
    is_optional: bool = False
    is_crate: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """A file of machine code in a wheel, with the SHA-256 that the wheel's record states."""

    path: str
    sha256: str


@cache
def libraries(name: str, found: Distribution) -> tuple[Library, ...]:
    """What is inside this installed distribution, by name; each name and version once."""
    every = [*_listed(name, found), *_marked(name, found)]
    known = {one.name.lower() for one in every}
    every += [one for one in _built(name, found) if one.name.lower() not in known]
    unique = {(one.name.lower(), one.version): one for one in reversed(every)}
    return tuple(sorted(unique.values(), key=lambda one: (one.name.lower(), one.version)))


def binaries(found: Distribution) -> tuple[Binary, ...]:
    """The files of machine code, as its record lists them."""
    listed = [
        Binary(str(path), _hex(path.hash.value))
        for path in found.files or ()
        if path.hash is not None and path.hash.mode == "sha256" and BINARY.search(path.name)
    ]
    return tuple(sorted(listed, key=lambda one: one.path))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("bundled.toml").read_text("utf-8"))


def _listed(name: str, found: Distribution) -> Iterator[Library]:
    """From the lists that the wheel brings along; what was only used to build it is left out."""
    for data in _read(found, OWN_LIST, MAX_LIST_BYTES):
        try:
            document = json.loads(data)
            components = document.get("components", [])
        except (ValueError, AttributeError):
            continue
        for one in components if isinstance(components, list) else ():
            if isinstance(one, dict) and _is_library(name, one):
                yield _of_list(one)


def _is_library(name: str, one: dict[str, Any]) -> bool:
    """Left out: what only built the wheel, and the wheel's own modules."""
    is_own = one.get("name") == name or str(one.get("purl", "")).startswith(f"pkg:pypi/{name}@")
    is_kind = one.get("type") in ("library", "framework") and bool(one.get("name"))
    return is_kind and not is_own and one.get("scope") != "excluded"


def _of_list(one: dict[str, Any]) -> Library:
    is_optional = one.get("scope") == "optional"
    return Library(
        str(one["name"])[:100],
        str(one.get("version", ""))[:60],
        _licence(one),
        "the wheel's own list" + (", as optional" if is_optional else ""),
        is_optional,
        str(one.get("purl", "")).startswith("pkg:cargo/"),
    )


def _marked(name: str, found: Distribution) -> Iterator[Library]:
    for mark in _table()["mark"]:
        if mark["distribution"] != name:
            continue
        for data in _read(found, re.compile(mark["file"]), MAX_FILE_BYTES):
            match = re.search(mark["pattern"].encode(), data)
            if match is not None:
                version = match[1].decode("ascii")
                yield Library(mark["library"], version, mark["licence"], "its own file")


def _built(name: str, found: Distribution) -> Iterator[Library]:
    for built in _table()["built"]:
        if built["distribution"] != name:
            continue
        for data in _read(found, re.compile(built["file"]), MAX_FILE_BYTES):
            words = {match[1].decode("ascii") for match in re.finditer(_bytes(built), data)}
            for word in sorted(words - _table()["same"].keys()):
                yield Library(word, "", "", "its name in the file, without a version")


def _bytes(built: dict[str, str]) -> bytes:
    return built["pattern"].encode()


def _read(found: Distribution, pattern: re.Pattern[str], limit_bytes: int) -> Iterator[bytes]:
    for path in found.files or ():
        if pattern.search(f"/{path}"):
            try:
                with open(str(found.locate_file(path)), "rb") as file:
                    yield read_up_to(file, limit_bytes)
            except OSError:
                continue


def _licence(component: dict[str, Any]) -> str:
    words = []
    for one in component.get("licenses") or ():
        if not isinstance(one, dict):
            continue
        inner = one.get("license") or {}
        words.append(str(one.get("expression") or inner.get("id") or inner.get("name") or ""))
    return " AND ".join(word for word in words if word)[:200]


def _hex(url_safe: str) -> str:
    return base64.urlsafe_b64decode(url_safe + "=" * (-len(url_safe) % 4)).hex()
