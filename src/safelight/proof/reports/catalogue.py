"""Catalogue: which reports there are: one file each in kinds/."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Protocol, cast

from safelight.proof.reports import kinds
from safelight.proof.reports.evidence import Evidence
from safelight.proof.reports.page import Page


class Kind(Protocol):
    """A file of kinds/: what makes the page. ONLY_NAMED: where places are named, it is of the
    receipts there alone, not of those in the state folder.
    """

    ONLY_NAMED: bool

    def page(self, evidence: Evidence) -> Page: ...


@cache
def names() -> tuple[str, ...]:
    """Every kind, as it is named on the command line; nothing of them is imported."""
    found = (module.name for module in pkgutil.iter_modules(kinds.__path__))
    return tuple(sorted(name.replace("_", "-") for name in found))


def kind(name: str) -> Kind:
    """The kind with this name, one of `names`."""
    module = importlib.import_module(f"{kinds.__name__}.{name.replace('-', '_')}")
    return cast(Kind, module)
