"""Installed: Safelight's own distribution and everything that it stands on, as it lies here.

Read from the metadata that wheels leave behind; nothing is imported and nobody is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from safelight.errors import SomethingMissing
from safelight.proof.components.terms import licence_named, stated

OURS = "safelight"
NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
EXTRA = re.compile(r"""extra\s*==\s*['"]([A-Za-z0-9._-]+)['"]""")
LICENCE_CLASS = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True)
class Package:
    """An installed distribution: name as packages are compared, version, licence in SPDX words
    where it can be told, the names that it needs, and the extra of ours that brings it ("" for
    what always comes).
    """

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]
    extra: str
    found: Distribution

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def summary(self) -> str:
        return _said(self.found, "Summary")[:300]


@cache
def packages() -> tuple[Package, ...]:
    """Ours first, then each installed distribution that it needs, directly or not, by name.

    Raises SomethingMissing where Safelight runs from its source and is not installed itself.
    """
    if _installed(OURS) is None:
        raise SomethingMissing(
            "Safelight is not installed as a package: its parts cannot be listed",
            hint="pip install safelight",
        )
    seen: dict[str, Package] = {}
    waiting: list[tuple[str, frozenset[str], str]] = [(OURS, _extras_of(OURS), "")]
    while waiting:
        name, extras, brought_by = waiting.pop(0)
        is_better = name in seen and seen[name].extra and not brought_by
        if name in seen and not is_better:
            continue
        found = _installed(name)
        if found is None:
            continue
        needs = [(need, more, extra) for need, more, extra in _needs(found, extras)]
        here = tuple(sorted({need for need, _, _ in needs if _installed(need) is not None}))
        seen[name] = Package(name, found.version, _licence(name, found), here, brought_by, found)
        waiting += [
            (need, more, brought_by or (extra if name == OURS else ""))
            for need, more, extra in needs
        ]
    return (seen.pop(OURS), *(seen[name] for name in sorted(seen)))


def normal(name: str) -> str:
    """A distribution's name as package systems compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _extras_of(name: str) -> frozenset[str]:
    found = _installed(name)
    return frozenset(found.metadata.get_all("Provides-Extra") or () if found else ())


def _needs(
    found: Distribution, extras: frozenset[str]
) -> Iterator[tuple[str, frozenset[str], str]]:
    """Each need with the extras asked of it, and the extra that brings it."""
    for line in found.requires or ():
        requirement, _, marker = line.partition(";")
        match, extra = NAME.match(requirement), EXTRA.search(marker)
        if match is None or (extra and normal(extra[1]) not in extras):
            continue
        more = frozenset(normal(one) for one in (match[2] or "").split(",") if one.strip())
        yield normal(match[1]), more, extra[1] if extra else ""


def _said(found: Distribution, field: str) -> str:
    """A field of the metadata, "" where it is not there."""
    return str((found.metadata.get_all(field) or [""])[0])


def _licence(name: str, found: Distribution) -> str:
    metadata = found.metadata
    classes = [
        one.removeprefix(LICENCE_CLASS)
        for one in metadata.get_all("Classifier") or ()
        if one.startswith(LICENCE_CLASS)
    ]
    text = _said(found, "License").strip()
    short = text if text and "\n" not in text and len(text) <= 100 else ""
    for words in (stated(name), _said(found, "License-Expression"), *classes, short):
        if words:
            return licence_named(words)
    return ""
