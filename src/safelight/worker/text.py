"""Text that crosses the wall: cut to a length, stripped of what could fool a terminal or a
reader.
"""

from __future__ import annotations


def clean(text: str) -> str:
    """Printable characters alone: every kind of space is a plain one; control characters,
    direction overrides, invisible and unassigned characters are gone.
    """
    return "".join(
        char if char.isprintable() else " " for char in text if char.isprintable() or char.isspace()
    )


def cut(text: str, size_bytes: int) -> bytes:
    """UTF-8 of the cleaned text, at most so many bytes, never ending inside a character."""
    data = clean(text).encode()
    return data[:size_bytes].decode(errors="ignore").encode()


def parsed(untrusted: bytes) -> str:
    """The way back from `cut`, filled up with zeros. Raises ValueError for anything else."""
    text, _, rest = untrusted.partition(b"\0")
    if rest.strip(b"\0"):
        raise ValueError("bytes after the end of a text")
    return clean(text.decode())
