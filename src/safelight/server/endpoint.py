"""Endpoint: one method at one path, told once; routes, checks of scope and the description derive.

A file in front/routes/ names its own in `endpoints`. No list of them is anywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from safelight.errors import SafelightError
from safelight.operation import Operation

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from safelight.server.house import House

# What a token may be allowed; admin may everything.
Scope = Literal[
    "tools", "library.read", "library.write", "moderate", "review", "review.lead", "auditor",
    "models.admin", "admin",
]  # fmt: skip
# What an answer is where no model says it: json is any JSON value.
Answer = Literal["nothing", "picture", "events", "text", "page", "report", "json", "file"]
API = "/api/v1"


@dataclass(frozen=True)
class Who:
    """Who asks. key names the token or session for fairness and idempotency, and stands in no log;
    kind says by what it came; is_local, whether over loopback or the unix socket.
    """

    key: str
    scopes: frozenset[Scope]
    kind: Literal["token", "session", "nobody"] = "nobody"
    is_local: bool = False

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes


@dataclass(frozen=True)
class Call:
    """One request, once Host, Origin, identity and scope have been checked."""

    house: House
    request: Request
    who: Who
    request_id: str


@dataclass(frozen=True)
class Endpoint:
    """path as Starlette writes it, below API unless it starts with another slash-word that
    is_rooted says. scope None: nobody has to be known.

    options: parameters in the query, or in the part `options` of a multipart body; body: what
    the request carries; answer: the model of the JSON answer, where there is one; accepted: that
    of 202, where the answer may come later; errors: what it can end with besides those that any
    call can; headers: those of the request that it reads, and parts: those of a form that it takes
    in place of its body, each with a sentence; the first part is needed. failing: how a problem is
    told to clients that know another form of it, from the error and the request's id. takes_shares:
    the system hands over what a person shared, from no page; no other endpoint hears that.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    call: Callable[[Call], Awaitable[Response]]
    summary: str
    scope: Scope | None = "tools"
    tag: str = ""
    options: type[BaseModel] | None = None
    body: type[BaseModel] | Literal["nothing", "picture", "bytes"] = "nothing"
    answer: type[BaseModel] | Answer = "nothing"
    status: int = 200
    accepted: type[BaseModel] | None = None
    errors: tuple[type[SafelightError], ...] = ()
    operation: type[Operation] | None = None
    is_rooted: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict)
    failing: Callable[[SafelightError, str], Response] | None = None
    takes_shares: bool = False

    @property
    def full_path(self) -> str:
        return self.path if self.is_rooted else API + self.path


def discovered(compat: Collection[str] = ()) -> Iterator[Endpoint]:
    """Every endpoint of every file in front/routes/, and those of the doors for clients of others
    that are asked for.
    """
    from safelight.server.front import routes

    for module in sorted(found.name for found in pkgutil.iter_modules(routes.__path__)):
        yield from importlib.import_module(f"{routes.__name__}.{module}").endpoints
    for door in sorted(compat):
        yield from importlib.import_module(f"safelight.server.compat.{door}").endpoints
