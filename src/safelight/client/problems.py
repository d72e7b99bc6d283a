"""Problems: what a server says of a failure, as the error that it would have been here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from safelight.client.documents import Problem
from safelight.errors import (
    CallerUnknown,
    SafelightError,
    Unavailable,
    UsageError,
    WireBroken,
    family,
)

MAX_TEXT = 2_000
MAX_WAIT_S = 600.0
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def problem(status: int, headers: Mapping[str, str], body: bytes) -> SafelightError:
    """The error that this answer tells; a plain one where nothing of ours told it."""
    try:
        untrusted = json.loads(body)
    except (ValueError, RecursionError):
        untrusted = None
    if not isinstance(untrusted, dict) or not isinstance(untrusted.get("code"), str):
        return _foreign(status)
    return made(untrusted["code"], untrusted)


def of_document(item: Problem) -> SafelightError:
    """The error that ended one item of a job."""
    return made(item.code, {"detail": item.detail, "hint": item.hint})


def made(code: str, untrusted: Mapping[str, Any]) -> SafelightError:
    """The class with this code, with the words that came; an unknown one is a plain failure."""
    kind = next((known for known in family() if known.code == code), SafelightError)
    return kind(
        _text(untrusted, "detail") or _text(untrusted, "title"), hint=_text(untrusted, "hint")
    )


def _foreign(status: int) -> SafelightError:
    """What is no answer of ours, as one in between may give."""
    if status == CallerUnknown.status:
        return CallerUnknown()
    if status in (502, 503, 504):
        return Unavailable(
            f"the server cannot be asked now (status {status})", hint="safelight status"
        )
    if 400 <= status < 500:
        return UsageError(f"the server refused the request with status {status}", hint="check the"
                          " address: is it a server of Safelight?")  # fmt: skip
    return WireBroken(f"the server answered with status {status} and no word of ours",
                      hint="check the address: is it a server of Safelight?")  # fmt: skip


def _text(untrusted: Mapping[str, Any], name: str) -> str:
    """One line for people, whatever came."""
    value = untrusted.get(name)
    return CONTROL.sub(" ", value)[:MAX_TEXT] if isinstance(value, str) else ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How many seconds the server asks to wait; None where it does not say."""
    text = headers.get("retry-after", "")
    return min(float(text), MAX_WAIT_S) if text.isascii() and text.isdigit() else None
