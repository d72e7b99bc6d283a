"""Measuring: a cage opened as the work would open it, and its result kept in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from safelight.cli.face import Face
from safelight.cli.options import FOLDERS, setting, speaking, stacked
from safelight.errors import SafelightError

if TYPE_CHECKING:
    from safelight.audit.ledger import Ledger
    from safelight.engine.engine import Engine
    from safelight.worker.job import Host

Proved = TypeVar("Proved")

measuring = stacked(*(setting(key) for key in ("require_level", *FOLDERS)), speaking)
proving = stacked(setting("device"), measuring)


def ledger(face: Face) -> Ledger:
    from safelight.engine.book import Book

    return Book.of(face.settings).ledger


def write_down(face: Face, attempted: int, contained: int, level: int) -> None:
    """Keep the result of a self-test; that it cannot be kept must not hide it."""
    try:
        ledger(face).append(
            {"what": "self-test", "attempted": attempted, "contained": contained, "level": level}
        )
    except SafelightError as error:
        face.warn(f"the result is not in the ledger: {error.message}")


def measured(face: Face, measure: Callable[[Host, Engine], Proved]) -> Proved:
    """Open a cage as the work would, whatever its level: a weak one must be shown, not refused."""
    from safelight.engine.engine import Engine
    from safelight.engine.widest import widest

    settings = replace(face.settings, require_level=0)
    with Engine(settings, jobs=1, door="command line") as engine:
        host, missing = widest(engine)
        if missing is not None:
            face.warn(f"measured in a worker without a model: {missing.message}")
        return measure(host, engine)
