"""Canonical JSON: one value, one sequence of bytes. What is signed or hashed has this form only.

UTF-8, keys sorted, no blanks, no NaN. Reading refuses every other spelling of the same value, and
so refuses keys that stand twice; one flipped byte is never silently repaired.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from safelight.errors import VerificationFailed


def canonical(value: Any) -> bytes:
    """The value as canonical JSON. Raises ValueError for what JSON cannot hold."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def parse_canonical(untrusted: bytes, limit_bytes: int) -> Any:
    """The way back. Raises VerificationFailed if the bytes are too many or not canonical."""
    if len(untrusted) > limit_bytes:
        raise VerificationFailed(f"the document has more than {limit_bytes} bytes")
    try:
        value = json.loads(untrusted)
        is_same = canonical(value) == untrusted
    except (ValueError, RecursionError) as error:
        raise VerificationFailed("the document is no JSON") from error
    if not is_same:
        raise VerificationFailed("the document is not in its canonical form")
    return value


def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def base64_bytes(untrusted_text: str) -> bytes:
    """Standard base64 with its padding. Raises VerificationFailed for any other spelling."""
    try:
        data = base64.b64decode(untrusted_text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VerificationFailed("the document is no base64") from error
    if base64_text(data) != untrusted_text:
        raise VerificationFailed("the document is not in its canonical form")
    return data
