"""CBOR (RFC 8949), as far as a C2PA manifest uses it: bounded, tags passed over."""

from __future__ import annotations

import struct
from typing import Any

from safelight.errors import ContainerBroken

MAX_DEPTH = 24
MAX_ITEMS = 20_000
INDEFINITE = 31
BREAK = object()


def read_cbor(data: memoryview) -> Any:
    """The first value: numbers, bytes (as memoryview), str, list, dict with str keys, bool, None.

    Raises ContainerBroken for what is no CBOR, is too deep or has too many parts.
    """
    value = _Reader(data).value(0)
    if value is BREAK:
        raise ContainerBroken("the manifest has an impossible structure")
    return value


class _Reader:
    """One pass over the bytes; `left` bounds the work."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0
        self.left = MAX_ITEMS

    def value(self, depth: int) -> Any:
        self.left -= 1
        if depth > MAX_DEPTH or self.left < 0:
            raise ContainerBroken("the manifest is too deep or has too many parts")
        head = self._take(1)[0]
        kind, rest = head >> 5, head & 31
        if kind == 7:
            return self._simple(rest)
        number = self._number(rest)
        if kind == 0:
            return _known(number)
        if kind == 1:
            return -1 - _known(number)
        if kind in (2, 3):
            return self._text(number, depth, is_text=kind == 3)
        if kind == 4:
            return self._list(number, depth)
        if kind == 5:
            return self._map(number, depth)
        return self.value(depth + 1)

    def _take(self, count: int) -> memoryview:
        if count > len(self.data) - self.at:
            raise ContainerBroken("the manifest ends before its own structure does")
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def _number(self, rest: int) -> int | None:
        """The number of a head; None for a length that is not told."""
        if rest < 24:
            return rest
        if rest < 28:
            return int.from_bytes(self._take(1 << (rest - 24)), "big")
        if rest == INDEFINITE:
            return None
        raise ContainerBroken("the manifest has an impossible structure")

    def _simple(self, rest: int) -> Any:
        if rest == INDEFINITE:
            return BREAK
        if rest in (25, 26, 27):
            form = {25: ">e", 26: ">f", 27: ">d"}[rest]
            return struct.unpack(form, self._take(struct.calcsize(form)))[0]
        if rest == 24:
            self._take(1)
        return {20: False, 21: True}.get(rest)

    def _text(self, size: int | None, depth: int, *, is_text: bool) -> str | memoryview:
        if size is not None:
            taken = self._take(size)
            return bytes(taken).decode("utf-8", "replace") if is_text else taken
        parts = []
        while (part := self.value(depth + 1)) is not BREAK:
            parts.append(part.encode() if isinstance(part, str) else bytes(part))
        whole = b"".join(parts)
        return whole.decode("utf-8", "replace") if is_text else memoryview(whole)

    def _list(self, count: int | None, depth: int) -> list[Any]:
        found: list[Any] = []
        while count is None or len(found) < count:
            value = self.value(depth + 1)
            if value is BREAK:
                break
            found.append(value)
        return found

    def _map(self, count: int | None, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        done = 0
        while count is None or done < count:
            key = self.value(depth + 1)
            if key is BREAK:
                break
            found[key if isinstance(key, str) else repr(key)[:40]] = self.value(depth + 1)
            done += 1
        return found


def _known(number: int | None) -> int:
    if number is None:
        raise ContainerBroken("the manifest has an impossible structure")
    return number
