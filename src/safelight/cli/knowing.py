"""Knowing: what the commands about who may ask a server share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking, stacked
from safelight.cli.printable import printable
from safelight.errors import InputMissing, ParameterInvalid

if TYPE_CHECKING:
    from safelight.server.identity.record import Kind, Record
    from safelight.server.identity.register import Register

DAY_S = 86_400
LONGEST_DAYS = 3_650
NEVER = "never"

where = stacked(setting("state_dir"), speaking)
scoped = stacked(
    click.option(
        "--scope", "scopes", multiple=True, metavar="SCOPE", default=("tools",),
        help="What it may be used for; may be given several times. [tools; library.read, "
        "library.write, moderate, review, review.lead, auditor, models.admin, admin]",
    ),
    click.option(
        "--expires", metavar="TIME", default="90d", help="When it ends by itself. [1m to 3650d; "
        "90d; never]",
    ),
)  # fmt: skip


def register_for(face: Face) -> Register:
    from safelight.server.identity.preparing import register_of

    return register_of(face.settings.state_dir)


def lasting(expires: str) -> int | None:
    """Seconds; None for ever. Raises ParameterInvalid."""
    from safelight.settings.rules import SECONDS, whole

    if expires == NEVER:
        return None
    try:
        return whole(60, LONGEST_DAYS * DAY_S, "90d", {**SECONDS, "d": DAY_S})(expires)
    except ValueError as error:
        raise ParameterInvalid(
            f"--expires must be a time from 1m to {LONGEST_DAYS}d, or {NEVER}",
            hint="--expires 30d",
        ) from error


def document(record: Record, **more: Any) -> dict[str, Any]:
    """As lists tell it."""
    return {"type": "holder", "schema": SCHEMA, **record.shown(), **more}


def tell(face: Face, *kinds: Kind) -> None:
    """Those of these kinds, the oldest first, a line each."""
    records = register_for(face).records().values()
    found = sorted((one for one in records if one.kind in kinds), key=lambda one: one.created)
    for record in found:
        if face.is_json:
            face.document(document(record))
            continue
        shown = record.shown()
        ends = f"ends {shown['expires']}" if shown["expires"] else "never ends"
        scopes = ", ".join(record.scopes)
        face.out(f"{record.id}  {record.kind:<8}{printable(record.name)}  {scopes}  {ends}")
    if not found and not face.is_json:
        face.out("nobody")


def revoke(face: Face, ids: tuple[str, ...], *kinds: Kind) -> None:
    """All of them or none. Raises InputMissing."""
    register = register_for(face)
    known = register.records()
    listing = "token list" if "token" in kinds else "pair list"
    for id in ids:
        if id not in known or known[id].kind not in kinds:
            hint = f"safelight {listing} shows them"
            raise InputMissing(f"nobody here has the id {printable(id)}", hint=hint)
    for id in dict.fromkeys(ids):
        record = register.remove(id)
        if face.is_json:
            face.document(document(record, revoked=True))
        else:
            face.note(f"revoked {record.id} {printable(record.name)}")
