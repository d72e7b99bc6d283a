"""Door: every request passes it: by which name it asks, from which page, and who asks.

A program shows a token: `Authorization: Bearer`, or X-API-Key as others call it. A browser has a
cookie that no script reads and no other site sends; what changes something needs the header
Safelight-CSRF besides, whose value GET /api/v1/session tells to pages of this server alone.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request

from safelight.errors import CallerUnknown, NotAllowed, OriginForeign
from safelight.server.endpoint import Scope, Who
from safelight.server.identity.guesses import Guesses
from safelight.server.identity.hosts import SAFE_METHODS, Hosts, is_local
from safelight.server.identity.invitation import PAGE
from safelight.server.identity.record import Record
from safelight.server.identity.register import Clock, Register
from safelight.server.options import ServeOptions

CSRF_HEADER = "Safelight-CSRF"
NOBODY: frozenset[Scope] = frozenset()


class Door:
    """What the front end knows of names, pages and people. It only reads.

    authority: the certificate of our own authority as PEM, fingerprint: what people compare; both
    empty where there is no TLS.
    """

    def __init__(
        self,
        register: Register,
        hosts: Hosts,
        *,
        authority: str = "",
        fingerprint: str = "",
        now: Clock = time.monotonic,
    ) -> None:
        self.register, self.hosts = register, hosts
        self.authority, self.fingerprint = authority, fingerprint
        self.guesses = Guesses(now=now)

    @classmethod
    def of(cls, options: ServeOptions, identity: Mapping[str, Any]) -> Door:
        """identity: as starting.prepare of this room gave it to the supervisor."""
        names = (*options.names, *identity.get("names", ()))
        return cls(
            Register(Path(identity["folder"])),
            Hosts(names, options.origins),
            authority=identity.get("authority", ""),
            fingerprint=identity.get("fingerprint", ""),
        )

    def check_host(self, request: Request) -> None:
        """Raises HostForeign, UsageError."""
        self.hosts.check_host(request)

    def check_origin(self, request: Request, *, takes_shares: bool = False) -> None:
        """Raises OriginForeign."""
        self.hosts.check_origin(request, takes_shares=takes_shares)

    async def who(self, request: Request) -> Who:
        """Who asks. Raises CallerUnknown for a token that is none, OriginForeign for a cookie
        without its header.
        """
        is_near = is_local(request)
        record = self.record(request)
        if record is None:
            return Who("nobody", NOBODY, is_local=is_near)
        kind: Any = "session" if given_token(request) is None else "token"
        return Who(record.id, frozenset(record.scopes), kind, is_local=is_near)

    def record(self, request: Request) -> Record | None:
        """The same, as the register has it; None for nobody. A cookie that has ended is nobody's,
        so that a browser still gets the page that says what to do.
        """
        token = given_token(request)
        if token is not None:
            if (record := self.register.holder(token)) is None:
                raise CallerUnknown("the token is unknown, was revoked, or has expired")
            return record
        cookie = given_cookie(request)
        if cookie is None or not self.hosts.is_own_page(request):
            return None
        record = self.register.holder(cookie, ("session", "device"))
        if record is None or request.scope["path"] == PAGE:  # a browser pairs anew, whoever it was
            return None
        if request.method not in SAFE_METHODS:
            given = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(), csrf_of(cookie).encode()):
                raise OriginForeign(
                    f"the header {CSRF_HEADER} is missing or wrong",
                    hint="GET /api/v1/session tells it",
                )
        return record

    def require(self, who: Who, scope: Scope | None) -> None:
        """Raises CallerUnknown, or NotAllowed for one who is known and may not."""
        if scope is None or who.may(scope):
            return
        if who.kind == "nobody":
            raise CallerUnknown()
        raise NotAllowed(
            f"this needs the scope {scope}",
            hint=f"safelight token create NAME --scope {scope}",
        )


def given_token(request: Request) -> str | None:
    """What a program shows. An Authorization of another kind counts as a token that is none."""
    if (found := request.headers.get("authorization")) is not None:
        kind, _, token = found.partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""
    return request.headers.get("x-api-key")


def cookie_name(request: Request) -> str:
    """The browser takes the first kind over TLS alone, and from no other name."""
    return "__Host-safelight" if request.scope.get("scheme") == "https" else "safelight"


def given_cookie(request: Request) -> str | None:
    return request.cookies.get(cookie_name(request))


def csrf_of(cookie: str) -> str:
    """What a page must send back: only who has the cookie's session can know it."""
    return hmac.new(cookie.encode(), b"safelight csrf", hashlib.sha256).hexdigest()
