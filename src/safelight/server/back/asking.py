"""Asking: what the front end wants to know that is no picture's work.

Each kind is one file of asks/, called as the kind, with a function `answer`. No list of them is
anywhere.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from safelight.engine.engine import Engine
from safelight.engine.source import Sealed
from safelight.errors import UsageError
from safelight.server.options import ServeOptions


@dataclass(frozen=True)
class Given:
    """What one ask comes with. facts are a JSON object that nobody has looked at yet; files are
    sealed memfds, valid until the answer. counts are of the back end since it started.
    """

    engine: Engine
    options: ServeOptions
    untrusted_facts: Mapping[str, Any]
    files: tuple[Sealed, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    def text(self, name: str, *, most: int = 200) -> str:
        """The text of this name. Raises UsageError for anything else."""
        found = self.untrusted_facts.get(name)
        if not isinstance(found, str) or not 0 < len(found) <= most:
            raise UsageError(f"{name} must be a text of 1 to {most} letters")
        return found


class Asked(Protocol):
    """A file of asks/."""

    def answer(self, given: Given) -> dict[str, Any]:
        """JSON values. Raises a SafelightError."""


@cache
def kinds() -> Mapping[str, Callable[[Given], dict[str, Any]]]:
    """What answers each kind, found by looking into the folder asks/."""
    from safelight.server.back import asks

    found = (one.name for one in pkgutil.iter_modules(asks.__path__))
    return {name: importlib.import_module(f"{asks.__name__}.{name}").answer for name in found}


def answer(kind: str, untrusted: bytes, given: Callable[[Any], Given]) -> dict[str, Any]:
    """What the file of this kind answers. Raises UsageError for a kind that nobody answers, and a
    SafelightError.
    """
    asked = kinds().get(kind)
    if asked is None:
        raise UsageError("the back end does not answer this")
    try:
        facts = json.loads(untrusted)
    except (ValueError, RecursionError) as error:
        raise UsageError("what was asked is no JSON") from error
    if not isinstance(facts, dict):
        raise UsageError("what was asked is no object")
    return asked(given(facts))
