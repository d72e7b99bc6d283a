"""Messages: the wire form of protocol buffers, one level at a time; nothing is copied."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.models.forms.faults import damaged
from safelight.models.protobuf import BYTES, FIXED32, FIXED64, MAX_FIELDS, VARINT

Field = int | memoryview
FIXED = {FIXED64: 8, FIXED32: 4}


class Message:
    """The fields of one message by number, each with all its values in order."""

    def __init__(self, data: memoryview) -> None:
        self._fields: dict[int, list[Field]] = {}
        for number, value in _fields(data):
            self._fields.setdefault(number, []).append(value)

    def inner(self, number: int) -> Iterator[Message]:
        """The messages of a field."""
        return (Message(one) for one in self.pieces(number))

    def only(self, number: int) -> Message:
        """The last message of a field; an empty one where there is none."""
        found = self.pieces(number)
        return Message(found[-1] if found else memoryview(b""))

    def pieces(self, number: int) -> list[memoryview]:
        """The bytes of a field, as often as it is there."""
        found = self._fields.get(number, [])
        pieces = [one for one in found if isinstance(one, memoryview)]
        if len(pieces) != len(found):
            raise damaged()
        return pieces

    def texts(self, number: int) -> list[str]:
        """The words of a field."""
        return [bytes(one).decode() for one in self.pieces(number)]

    def text(self, number: int) -> str:
        """The last word of a field; empty where there is none."""
        return (self.texts(number) or [""])[-1]

    def numbers(self, number: int) -> list[int]:
        """The whole numbers of a field, packed or not."""
        found: list[int] = []
        for one in self._fields.get(number, []):
            found += [one] if isinstance(one, int) else _packed(one)
        return [_signed(one) for one in found]

    def number(self, number: int, usual: int = 0) -> int:
        """The last whole number of a field."""
        return (self.numbers(number) or [usual])[-1]

    def raw(self, number: int) -> bytes:
        """All bytes of a field of fixed numbers, packed or not."""
        return b"".join(self.pieces(number))


def _fields(data: memoryview) -> Iterator[tuple[int, Field]]:
    place = count = 0
    while place < len(data):
        count += 1
        if count > MAX_FIELDS:
            raise damaged()
        key, place = _varint(data, place)
        wire = key & 7
        if wire == VARINT:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if wire == BYTES:
            length, place = _varint(data, place)
        elif wire in FIXED:
            length = FIXED[wire]
        else:
            raise damaged()
        if length > len(data) - place:
            raise damaged()
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise damaged()


def _packed(data: memoryview) -> list[int]:
    found, place = [], 0
    while place < len(data):
        value, place = _varint(data, place)
        found.append(value)
    return found


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
