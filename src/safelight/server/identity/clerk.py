"""Clerk: changes the register for the front end, which may not write and is believed nothing:
whoever wants somebody known shows the credential of an admin, here again.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from safelight.errors import CallerUnknown, InputMissing, NotAllowed, UsageError
from safelight.server.identity.invitation import CODE_S, new_code, typed
from safelight.server.identity.record import HOLDERS, Kind, Record
from safelight.server.identity.register import Fresh, Register
from safelight.server.identity.wishes import NewCode, NewToken, Redemption, Wish

Wished = TypeVar("Wished", bound=Wish)
WHAT_IS_MADE: tuple[Kind, ...] = ("token", "device", "session", "pairing")


class Clerk:
    def __init__(self, register: Register) -> None:
        self._register = register

    def create(self, credential: str, wish: NewToken) -> Fresh:
        """A token for a program. Raises CallerUnknown, NotAllowed."""
        self._require_admin(credential)
        return self._register.add("token", wish.name, wish.scopes, for_s=wish.expires_in_s)

    def invite(self, credential: str, wish: NewCode) -> Fresh:
        """A code for one device; it is the secret. Raises CallerUnknown, NotAllowed."""
        self._require_admin(credential)
        return invited(self._register, wish)

    def redeem(self, wish: Redemption) -> Fresh:
        """A device in exchange for its code. Raises CallerUnknown."""
        code = typed(wish.code)
        fresh = self._register.redeem(code, "pairing", name=wish.name or "") if code else None
        if fresh is None:
            raise CallerUnknown(
                "this code is wrong, was used, or has expired", hint="safelight pair shows another"
            )
        return fresh

    def open(self, link: str) -> Fresh:
        """A browser's session in exchange for a one-time link. Raises CallerUnknown."""
        fresh = self._register.redeem(link, "link")
        if fresh is None:
            raise CallerUnknown(
                "this link was used, or has expired", hint="safelight status --link makes another"
            )
        return fresh

    def revoke(self, credential: str, id: str, kinds: tuple[Kind, ...]) -> Record:
        """One of these kinds is known no more: an admin may end anyone, and everybody himself.

        Raises CallerUnknown, NotAllowed, InputMissing.
        """
        who = self._register.holder(credential, HOLDERS)
        if who is None or who.id != id:
            self._require_admin(credential)
        found = self._register.records().get(id)
        if found is None or found.kind not in kinds or found.kind not in WHAT_IS_MADE:
            raise InputMissing("nobody here has this id", hint="GET the list that it should be in")
        return self._register.remove(id)

    def _require_admin(self, credential: str) -> None:
        who = self._register.holder(credential, HOLDERS)
        if who is None:
            raise CallerUnknown
        if "admin" not in who.scopes:
            raise NotAllowed("this needs the scope admin")


def invited(register: Register, wish: NewCode) -> Fresh:
    """A code that becomes a device with what the wish says."""
    return register.add(
        "pairing", wish.name, wish.scopes,
        for_s=CODE_S, lasts_s=wish.expires_in_s, secret=new_code(),
    )  # fmt: skip


def wished(model: type[Wished], untrusted: object) -> Wished:
    """Raises UsageError for what is no such wish."""
    try:
        return model.model_validate(untrusted)
    except ValidationError as error:
        raise UsageError("what was asked is no such wish") from error
