"""Secret: what somebody who may ask holds: `sl_ID_REST`, 40 visible bits and 256 that nobody keeps.

The first two words are told in lists, so that one knows which to revoke; only the SHA-256 of the
whole is kept. A hash made for passwords would win nothing: nobody guesses 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

START = "sl_"
ID_SYMBOLS = "abcdefghjkmnpqrstuvwxyz023456789"
ID_LENGTH = 8
SECRET_BYTES = 32
MAX_LENGTH = 64
_WHOLE = re.compile(rf"{START}([{ID_SYMBOLS}]{{{ID_LENGTH}}})_[A-Za-z0-9_-]{{43}}")


def new_id() -> str:
    return "".join(secrets.choice(ID_SYMBOLS) for _ in range(ID_LENGTH))


def new_secret(id: str) -> str:
    return f"{START}{id}_{secrets.token_urlsafe(SECRET_BYTES)}"


def id_of(untrusted_secret: str) -> str | None:
    """The part that may be told; None for what is no secret of ours."""
    if len(untrusted_secret) > MAX_LENGTH:
        return None
    found = _WHOLE.fullmatch(untrusted_secret)
    return found[1] if found else None


def digest_of(secret: str) -> str:
    """What is kept of it: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_it(untrusted_secret: str, digest: str) -> bool:
    """Whether it is the secret with this digest; takes as long wherever they differ."""
    return hmac.compare_digest(digest_of(untrusted_secret), digest)
