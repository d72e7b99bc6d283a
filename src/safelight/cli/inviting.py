"""Inviting: a code for one device, shown on a terminal: as a picture, and as words to type."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from safelight.cli.face import Face
from safelight.cli.knowing import document

if TYPE_CHECKING:
    from safelight.server.identity.register import Register
    from safelight.server.identity.wishes import NewCode


def invite(face: Face, register: Register, wish: NewCode, *, url: str, fingerprint: str) -> None:
    """Make a code and show it."""
    from safelight.server.identity import invitation
    from safelight.server.identity.clerk import invited

    fresh = invited(register, wish)
    code = invitation.shown(fresh.secret)
    place = invitation.address(url, fresh.secret, fingerprint)
    if face.is_json:
        more = {"code": code, "url": url, "address": place, "fingerprint": fingerprint}
        face.document(document(fresh.record, **more))
        return
    if sys.stdout.isatty():
        face.out(invitation.drawn(place))
    face.out(f"server       {url}")
    face.out(f"code         {code}  (once, within {invitation.CODE_S // 60} minutes)")
    if fingerprint:
        face.out(f"fingerprint  {fingerprint}")
    face.note(f"on a laptop: safelight connect {url} --code {code}" + _pin(fingerprint))


def _pin(fingerprint: str) -> str:
    return f" --fingerprint {fingerprint}" if fingerprint else ""
