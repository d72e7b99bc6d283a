"""Record: what is kept of one who may ask, or of a ticket that becomes one.

token    made on the command line or by an admin, for a program
device   came by pairing
session  a browser that opened a one-time link; it asks by a cookie
local    programs of the same user on this machine, by a file
pairing  a code, for one device, once
link     a one-time link, for one browser, once
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self, get_args

from safelight.errors import ParameterInvalid
from safelight.server.endpoint import Scope

Kind = Literal["token", "device", "session", "local", "pairing", "link"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SCOPES: tuple[Scope, ...] = get_args(Scope)
# Who may ask, and the tickets that become one of them.
HOLDERS: tuple[Kind, ...] = ("token", "device", "session", "local")
BECOMES: dict[Kind, Kind] = {"pairing": "device", "link": "session"}
MAX_NAME = 64
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Record:
    """id is the visible part of the secret and digest its SHA-256; created and expires are seconds
    since 1970, expires None is never; lasts_s is how long what a ticket becomes will last.
    """

    id: str
    kind: Kind
    name: str
    scopes: tuple[Scope, ...]
    digest: str
    created: int
    expires: int | None = None
    lasts_s: int | None = None

    def is_alive(self, now: float) -> bool:
        return self.expires is None or now < self.expires

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "scopes": list(self.scopes)}

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """Raises ValueError, TypeError, KeyError for what to_json never wrote."""
        record = cls(**{**given, "scopes": tuple(given["scopes"])})
        times = (record.expires, record.lasts_s)
        if not (
            record.kind in KINDS
            and set(record.scopes) <= set(SCOPES)
            and _DIGEST.fullmatch(record.digest)
            and isinstance(record.id, str)
            and isinstance(record.name, str)
            and isinstance(record.created, int)
            and all(time is None or isinstance(time, int) for time in times)
        ):
            raise ValueError("no record")
        return record

    def shown(self) -> dict[str, Any]:
        """What lists tell of it: nothing that opens anything."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "scopes": list(self.scopes),
            "created": moment(self.created),
            "expires": None if self.expires is None else moment(self.expires),
        }


def moment(seconds: int) -> str:
    """As lists tell it: UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def named(untrusted_name: str) -> str:
    """A name that may stand in a list. Raises ParameterInvalid."""
    name = untrusted_name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise ParameterInvalid(f"a name has 1 to {MAX_NAME} printable characters")
    return name


def scopes_of(untrusted_scopes: tuple[str, ...] | list[str]) -> tuple[Scope, ...]:
    """Each once, in the order of SCOPES. Raises ParameterInvalid for a word that is none."""
    if unknown := set(untrusted_scopes) - set(SCOPES):
        word = min(unknown)
        shown = word if len(word) <= MAX_NAME and word.isprintable() else "this word"
        raise ParameterInvalid(f"{shown} is no scope", hint=f"one of {', '.join(SCOPES)}")
    if not untrusted_scopes:
        raise ParameterInvalid("no scope is given", hint=f"one of {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in untrusted_scopes)
