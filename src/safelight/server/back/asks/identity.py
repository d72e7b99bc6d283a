"""Change who may ask: the front end may not write, so it hands over what it was shown."""

from __future__ import annotations

from typing import Any

from safelight.errors import UsageError
from safelight.server.back.asking import Given
from safelight.server.identity.clerk import WHAT_IS_MADE, Clerk, wished
from safelight.server.identity.preparing import register_of
from safelight.server.identity.register import Fresh
from safelight.server.identity.secret import MAX_LENGTH
from safelight.server.identity.wishes import NewCode, NewToken, Redemption


def answer(given: Given) -> dict[str, Any]:
    """facts: do (create, invite, redeem, open, revoke) and what that takes. Raises CallerUnknown,
    NotAllowed, InputMissing, LimitExceeded, UsageError.
    """
    clerk = Clerk(register_of(given.engine.settings.state_dir))
    wish = given.untrusted_facts.get("wish")
    match given.text("do"):
        case "create":
            return _told(clerk.create(_credential(given), wished(NewToken, wish)))
        case "invite":
            return _told(clerk.invite(_credential(given), wished(NewCode, wish)))
        case "redeem":
            return _told(clerk.redeem(wished(Redemption, wish)))
        case "open":
            return _told(clerk.open(given.text("link", most=MAX_LENGTH)))
        case "revoke":
            untrusted_kinds = given.untrusted_facts.get("kinds")
            kinds = untrusted_kinds if isinstance(untrusted_kinds, list) else []
            found = tuple(kind for kind in WHAT_IS_MADE if kind in kinds)
            record = clerk.revoke(_credential(given), given.text("id"), found)
            return {"record": record.to_json()}
    raise UsageError("the register has no such wish")


def _credential(given: Given) -> str:
    return given.text("credential", most=MAX_LENGTH)


def _told(fresh: Fresh) -> dict[str, Any]:
    return {"record": fresh.record.to_json(), "secret": fresh.secret}
