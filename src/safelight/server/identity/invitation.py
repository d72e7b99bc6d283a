"""Invitation: a code that one device redeems, once, within five minutes; and how it is shown.

A code is short enough to be typed: ten symbols, none of which looks like another, 49 bits. Wrong
ones are heard only so often (guesses), so nobody finds one before it ends.
"""

from __future__ import annotations

import io
import secrets
from urllib.parse import urlencode

SYMBOLS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
HALF = 5
LENGTH = 2 * HALF
CODE_S = 5 * 60
PAGE = "/pair"


def new_code() -> str:
    return "".join(secrets.choice(SYMBOLS) for _ in range(LENGTH))


def shown(code: str) -> str:
    """As people read it: two halves."""
    return f"{code[:HALF]}-{code[HALF:]}"


def typed(untrusted_code: str) -> str:
    """As it is kept, from how somebody typed it; nothing where it can be no code."""
    text = "".join(untrusted_code[: 4 * LENGTH].upper().replace("-", " ").split())
    is_code = len(text) == LENGTH and set(text) <= set(SYMBOLS)
    return text if is_code else ""


def address(url: str, code: str, fingerprint: str) -> str:
    """What the picture for the camera holds: where to go, the code, and who must answer there."""
    words = {"code": shown(code)} | ({"fingerprint": fingerprint} if fingerprint else {})
    return f"{url.rstrip('/')}{PAGE}?{urlencode(words)}"


def drawn(text: str) -> str:
    """A QR code as lines of a terminal, light on dark or dark on light alike."""
    import segno

    lines = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out=lines, border=2, compact=True)
    return lines.getvalue().rstrip("\n")


def grouped(fingerprint: str) -> str:
    """A fingerprint for eyes: groups of four."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))
