"""Widest: the worker with the most abilities, which proofs attack: it decodes, opens a model and
encodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safelight.errors import SomethingMissing
from safelight.recipe import Recipe

if TYPE_CHECKING:
    from safelight.engine.engine import Engine
    from safelight.worker.job import Host

WIDEST = {"op": "upscale"}
NO_RUNTIME = {"op": "resize", "width": 1}


def widest(engine: Engine) -> tuple[Host, SomethingMissing | None]:
    """A host of such workers; where nothing can open models, of those without, and why."""
    try:
        return engine.host(Recipe.from_steps([WIDEST]), "png"), None
    except SomethingMissing as error:
        return engine.host(Recipe.from_steps([NO_RUNTIME]), "png"), error
