"""Safelight: image AI that runs on your own machine and can show that nothing left it.

>>> import safelight
>>> from safelight.ops.resize import Resize
>>> recipe = safelight.Recipe((Resize(fit="640x640"),))
>>> recipe.verbs
('resize',)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from safelight.errors import SafelightError

if TYPE_CHECKING:
    from safelight.client.asynchronous import AsyncClient
    from safelight.client.sync import Client
    from safelight.engine.engine import Engine, run
    from safelight.engine.result import Result
    from safelight.recipe import Recipe
    from safelight.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "AsyncClient",
    "Client",
    "Engine",
    "Recipe",
    "Result",
    "SafelightError",
    "Settings",
    "__version__",
    "run",
]

ROOMS = {
    "AsyncClient": "safelight.client.asynchronous",
    "Client": "safelight.client.sync",
    "Engine": "safelight.engine.engine",
    "Recipe": "safelight.recipe",
    "Result": "safelight.engine.result",
    "Settings": "safelight.settings",
    "run": "safelight.engine.engine",
}


def __getattr__(name: str) -> Any:
    if name not in ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
