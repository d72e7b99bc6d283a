"""Text that crosses the wall: cut to a length, and stripped of what could fool a terminal or a
reader.
"""

from __future__ import annotations

import unicodedata

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """The text without control characters, direction overrides, invisible and unassigned
    characters.
    """
    return "".join(char for char in text if unicodedata.category(char) not in HIDDEN)


def cut(text: str, size_bytes: int) -> bytes:
    """UTF-8 of the cleaned text, at most so many bytes, never ending inside a character."""
    data = clean(text).encode()
    return data[:size_bytes].decode(errors="ignore").encode()
