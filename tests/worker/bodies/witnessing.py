"""The real body, with a witness of every import that is tried while it works."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from safelight.image import Finding, Risk
from safelight.worker import child
from safelight.worker.child import Performed, rehearsal

__all__ = ["perform", "rehearsal"]


class Witness:
    """Finds no module, but keeps the names that were asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        self.names.append(name)
        return None


def perform(*arguments: Any, **options: Any) -> Performed:
    """As in the product; what was imported comes back as findings."""
    witness = Witness()
    sys.meta_path.insert(0, witness)
    try:
        done = child.perform(*arguments, **options)
    finally:
        sys.meta_path.remove(witness)
    names = tuple(Finding(Risk.OTHER, "import", name) for name in witness.names)
    return replace(done, findings=names)
