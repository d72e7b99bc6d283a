"""Verbs: a method for each operation, called like it and with its parameters.

The methods are made when they are first asked for, from the files in ops/; their types stand in
verbs.pyi, which scripts/reference.py writes from the operations' fields.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from safelight.client.call import Source
from safelight.client.running import Running
from safelight.recipe import operation_named, operations

# Of every such method, besides the parameters of its operation.
OURS = ("output", "into", "progress")


class Made(ABC):
    """What both clients have of it."""

    @abstractmethod
    def _operate(
        self, name: str, source: Source, running: Running, parameters: Mapping[str, Any]
    ) -> Any: ...

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The method of an operation. Raises AttributeError for any other name."""
        if name.startswith("_") or name not in operations():
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

        def method(source: Source, **given: Any) -> Any:
            running = Running(**{one: given.pop(one) for one in OURS if one in given})
            return self._operate(name, source, running, given)

        method.__name__, method.__doc__ = name, operation_named(name).__doc__
        return method

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *operations()})


class Verbs(Made):
    """Of the client of ordinary code."""


class AsyncVerbs(Made):
    """Of the one that is awaited."""
