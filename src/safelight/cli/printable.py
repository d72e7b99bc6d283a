"""Names and values that somebody else chose, made fit for a terminal and for JSON.

Control characters, escape sequences, marks that turn the direction of text, lone surrogates and
bytes that are no UTF-8 are shown as backslash escapes. Nothing that is printed here can move the
cursor or hide a part.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from safelight.proof.reports.plain import plain

ELLIPSIS = "…"


def printable(text: str, longest: int = 0) -> str:
    """The text with everything unfit escaped; cut in the middle where it is longer than longest."""
    shown = plain(text)
    if longest and len(shown) > longest:
        head = (longest - 1) // 2
        shown = shown[:head] + ELLIPSIS + shown[len(shown) - (longest - 1 - head) :]
    return shown


def jsonable(value: Any) -> Any:
    """The value with every text valid Unicode; the bytes of one that was not go to <key>_b64."""
    if isinstance(value, str):
        return value if _is_unicode(value) else printable(value)
    if isinstance(value, dict):
        document: dict[str, Any] = {}
        for key, part in value.items():
            document[str(key)] = jsonable(part)
            if isinstance(part, str) and not _is_unicode(part):
                document[f"{key}_b64"] = base64.b64encode(_bytes(part)).decode()
        return document
    if isinstance(value, list | tuple):
        return [jsonable(part) for part in value]
    if isinstance(value, os.PathLike):
        return jsonable(os.fspath(value))
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bytes(text: str) -> bytes:
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
