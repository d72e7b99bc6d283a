"""Wishes: what may be asked of the register over HTTP, and what is answered.

A secret leaves once, in the answer to the wish that made it.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from safelight.errors import ParameterInvalid
from safelight.server.endpoint import Scope
from safelight.server.identity.record import MAX_NAME, Kind, Record, named

DAY_S = 24 * 3_600
USUAL_DAYS, LONGEST_DAYS = 90, 3_650


def _named(name: str) -> str:
    try:
        return named(name)
    except ParameterInvalid as error:
        raise ValueError(error.message) from error


Name = Annotated[
    str,
    AfterValidator(_named),
    Field(max_length=2 * MAX_NAME, description="for lists: 1 to 64 printable characters"),
]
Scopes = Annotated[
    tuple[Scope, ...],
    Field(min_length=1, max_length=16, description="what it may be used for"),
]
ExpiresIn = Annotated[
    int,
    Field(ge=60, le=LONGEST_DAYS * DAY_S, description="seconds from now until it ends by itself"),
]


class Wish(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewToken(Wish):
    """A token for a program."""

    name: Name
    scopes: Scopes = ("tools",)
    expires_in_s: ExpiresIn = USUAL_DAYS * DAY_S


class NewCode(Wish):
    """A code for one device; what it gives ends after expires_in_s."""

    name: Name = "device"
    scopes: Scopes = ("tools",)
    expires_in_s: ExpiresIn = USUAL_DAYS * DAY_S


class Redemption(Wish):
    """A code that somebody was shown, and how the device is called in lists from now on."""

    code: str = Field(max_length=64, description="as it is shown; case and hyphen do not matter")
    name: Name | None = None


class Known(BaseModel):
    """One who may ask. The id is the visible part of the secret."""

    id: str
    kind: Kind
    name: str
    scopes: tuple[Scope, ...]
    created: str
    expires: str | None = Field(description="when it ends by itself; null: never")

    @classmethod
    def of(cls, record: Record, **more: Any) -> Any:
        return cls(**record.shown(), **more)


class Made(Known):
    """Somebody new who may ask, with the token that is told this once."""

    token: str


class Code(Known):
    """A code for one device. address is what the picture for its camera holds."""

    code: str
    address: str
    fingerprint: str
    picture: str = Field(description="a QR code of the address, as SVG")


class Listed(BaseModel):
    """All of one kind, the oldest first."""

    items: list[Known]


class Session(BaseModel):
    """Who asks. csrf: what a browser's page sends back in Safelight-CSRF."""

    kind: str
    name: str
    scopes: tuple[Scope, ...]
    expires: str | None
    csrf: str | None = None
