"""Routing: which endpoint a request is for. Paths without a parameter are found first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.convertors import Convertor
from starlette.routing import compile_path

from safelight.errors import PathUnknown, SafelightError
from safelight.server.endpoint import Endpoint

Methods = Mapping[str, Endpoint]


class Routes:
    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        """Raises SafelightError where two endpoints answer the same."""
        found: dict[str, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            methods = found.setdefault(endpoint.full_path, {})
            if endpoint.method in methods:
                raise SafelightError(f"two endpoints answer {endpoint.method} {endpoint.full_path}")
            methods[endpoint.method] = endpoint
        self._exact = {path: methods for path, methods in found.items() if "{" not in path}
        self._shaped: list[tuple[re.Pattern[str], dict[str, Convertor[Any]], Methods]] = []
        for path, methods in sorted(found.items()):
            if "{" in path:
                pattern, _, convertors = compile_path(path)
                self._shaped.append((pattern, convertors, methods))

    def find(self, path: str) -> tuple[Methods, dict[str, Any]]:
        """What answers at this path, by method, and the parameters in it. Raises PathUnknown."""
        if path in self._exact:
            return self._exact[path], {}
        for pattern, convertors, methods in self._shaped:
            match = pattern.match(path)
            if match is not None:
                return methods, {
                    name: convertors[name].convert(text) for name, text in match.groupdict().items()
                }
        raise PathUnknown


def allowed(methods: Methods) -> tuple[str, ...]:
    """For the header Allow."""
    head = ("HEAD",) if "GET" in methods else ()
    return (*sorted({*methods, *head}), "OPTIONS")
