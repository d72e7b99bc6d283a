"""Signed: a page in a DSSE envelope, by the key that signs receipts.

An HTML file carries the envelope of what it shows. To check it, the page is drawn again from what
was signed, and must come out as the same bytes: so what people read is what was signed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from safelight.audit import dsse
from safelight.audit.canonical import base64_bytes, base64_text, canonical
from safelight.errors import VerificationFailed
from safelight.proof.reports.html import SIGNED_END, SIGNED_START, html
from safelight.proof.reports.page import Key, Page
from safelight.vault.keys import Signer

TYPE = "application/vnd.safelight.page+json"
WIDTH = 76
ANEW = "safelight verify report FILE -o NEW.html draws it anew from what was signed"


@dataclass(frozen=True, slots=True)
class Signed:
    """A page as it was signed, and its envelope. is_shown: the file that it was read from shows
    this page, byte for byte; an envelope alone shows nothing else.
    """

    page: Page
    envelope: bytes
    is_shown: bool = True

    @property
    def fingerprint(self) -> str:
        """Of the key whose signature holds."""
        return dsse.parse(self.envelope).fingerprint


def sign(page: Page, signer: Signer) -> Signed:
    """Put the key into the page and sign it."""
    key = Key(fingerprint=signer.fingerprint, public=base64_text(signer.public_bytes))
    page = page.model_copy(update={"key": key})
    payload = canonical(page.model_dump(mode="json"))
    return Signed(page, dsse.sign(payload, signer, TYPE))


def as_html(signed: Signed) -> str:
    """The page for people, with its envelope inside."""
    text = base64_text(signed.envelope)
    lines = "\n".join(text[at : at + WIDTH] for at in range(0, len(text), WIDTH))
    return html(signed.page, envelope=lines)


def read(untrusted: bytes, *, is_for_anew: bool = False) -> Signed:
    """A signed page, as its envelope or as HTML that holds one; the signature was checked.

    Raises VerificationFailed for anything that is not as it was signed, and for HTML that this
    version would draw in another way, unless it is read to be drawn anew.
    """
    is_envelope = untrusted.lstrip()[:1] == b"{"
    envelope = untrusted if is_envelope else _within(untrusted)
    parsed = dsse.parse(envelope)
    if parsed.payload_type != TYPE:
        raise VerificationFailed("the envelope holds no report")
    try:
        page = Page.model_validate_json(parsed.payload)
    except ValidationError as error:
        raise VerificationFailed("the report's fields are out of order") from error
    if page.key is None or canonical(_as_read(page)) != parsed.payload:
        raise VerificationFailed("the report contradicts itself")
    if not parsed.is_signed_by(base64_bytes(page.key.public)):
        raise VerificationFailed("the report's signature does not hold")
    signed = Signed(page, envelope)
    if is_envelope or as_html(signed).encode() == untrusted:
        return signed
    if not is_for_anew:
        raise VerificationFailed(
            "the page does not show what was signed, or another version drew it", hint=ANEW
        )
    return replace(signed, is_shown=False)


def _as_read(page: Page) -> dict[str, Any]:
    """With the fields that were there: a later version may have more, each with its default."""
    return page.model_dump(mode="json", exclude_unset=True)


def _within(untrusted: bytes) -> bytes:
    found = re.search(
        re.escape(SIGNED_START.encode()) + rb"([A-Za-z0-9+/=\n]*)" + re.escape(SIGNED_END.encode()),
        untrusted,
    )
    if found is None:
        raise VerificationFailed("the file holds no signed report")
    return base64_bytes(found[1].replace(b"\n", b"").decode())
