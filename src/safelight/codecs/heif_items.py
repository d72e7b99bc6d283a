"""One item of a HEIF file made clean: its data and its properties, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from safelight.codecs import gain_map, jpeg, jpeg_clean
from safelight.codecs.blocks import Carried
from safelight.codecs.heif import File, Item
from safelight.codecs.heif_properties import cleaned
from safelight.codecs.heif_roles import SAMPLE_TRANSFORM, TONE_MAP
from safelight.codecs.heif_streams import AV1, HEVC, Walker
from safelight.codecs.heif_writing import Entry, Pieces, size_of
from safelight.codecs.reading import decoded, part
from safelight.errors import ContainerBroken

JPEG = b"jpeg"
# Tokens of a sample transform that stand for an input, and those that are operators.
CONSTANT, INPUTS, OPERATORS = 0, range(1, 33), (*range(64, 68), *range(128, 139))


class Unkept(Exception):
    """The item has something that is not known to be clean; the message is the word for it."""


@dataclass(slots=True)
class Cleaner:
    """Makes items clean; one place of the input is cleaned once and shared."""

    file: File
    standard_colour: bool
    walker: Walker
    done: dict[tuple[object, ...], Pieces] = field(default_factory=dict)
    made: dict[int, bytes | None] = field(default_factory=dict)

    def entry(self, item: Item) -> Entry:
        """The item to write, without links. Raises Unkept, ContainerBroken."""
        if item.is_protected:
            raise Unkept("protection")
        key = (item.kind, item.method, *item.extents)
        if key not in self.done:
            self.done[key] = self._data(item)
        data = self.done[key]
        given = sum(len(piece) for piece in self.file.places(item))
        return Entry(
            item.kind,
            data,
            is_hidden=item.is_hidden,
            is_inner=item.method == 1,
            properties=self._properties(item, is_cut=size_of(data) != given),
            order=min((start for start, _ in item.extents), default=0),
            origin=item.extents[0] if len(item.extents) == 1 else None,
        )

    def _properties(self, item: Item, *, is_cut: bool) -> list[tuple[bytes, bool]]:
        found = []
        for number, essential in item.owned:
            if not number:
                continue
            if number > len(self.file.meta.properties):
                raise ContainerBroken("the picture has an item with a property that is not there")
            box = self.file.meta.properties[number - 1]
            if box.type == b"a1lx" and is_cut:
                continue
            if number not in self.made:
                self.made[number] = cleaned(box.type, box.body, standard=self.standard_colour)
            raw = self.made[number]
            if raw is not None:
                found.append((raw, essential))
            elif essential and box.type != b"colr":
                raise Unkept(f"a property of kind {decoded(box.type)}")
        return found

    def _data(self, item: Item) -> Pieces:
        file = self.file
        if item.kind in AV1 | HEVC:
            return self._coded(item)
        if item.kind == JPEG and not any(
            box.type == b"jpgC" for box in file.meta.properties_of(item.number)
        ):
            return jpeg_clean.rewritten(jpeg.walk(self._joined(item)), Carried())
        if item.kind not in NUMBERS:
            raise Unkept(f"an item of kind {decoded(item.kind)}")
        count = len(file.meta.targets(b"dimg", item.number))
        raw = NUMBERS[item.kind](self._joined(item), count)
        return [raw] if raw else []

    def _joined(self, item: Item) -> memoryview:
        data = self.walker.joined(self.file, item)
        self.walker.spend(len(data))
        return data

    def _coded(self, item: Item) -> Pieces:
        """The units that pixels need: the item as it is where that is all of them."""
        data = self.walker.joined(self.file, item)
        properties = self.file.meta.properties_of(item.number)
        found = self.walker.walk(item.kind, data, properties) or []
        if all(is_needed for _, is_needed in found):
            return list(self.file.places(item))
        pieces: Pieces = [unit.raw for unit, is_needed in found if is_needed]
        if not pieces:
            raise ContainerBroken("the picture has an item without pixels")
        return pieces


def _grid(body: memoryview, _count: int) -> bytes:
    size = 12 if part(body, 0, 8)[1] & 1 else 8
    return bytes((0, body[1] & 1)) + bytes(part(body, 2, size - 2))


def _overlay(body: memoryview, count: int) -> bytes:
    wide = 4 if part(body, 0, 2)[1] & 1 else 2
    return bytes((0, body[1] & 1)) + bytes(part(body, 2, 8 + 2 * wide * (1 + count)))


def _identity(_body: memoryview, _count: int) -> bytes:
    return b""


def _tone_map(body: memoryview, _count: int) -> bytes:
    if part(body, 0, 1)[0]:
        raise Unkept("a gain map of a later version")
    return b"\0" + gain_map.binary(body[1:])


def _sample_transform(body: memoryview, count: int) -> bytes:
    """A small program over samples: its tokens, each one of those that are known."""
    head, tokens = part(body, 0, 2)
    at, constant = 2, 1 << (head & 3)
    for _ in range(tokens):
        token = part(body, at, 1)[0]
        if token != CONSTANT and token not in OPERATORS and token not in INPUTS[:count]:
            raise Unkept("an unknown sample transform")
        at += 1 + constant * (token == CONSTANT)
    return bytes((head & 3,)) + bytes(part(body, 1, at - 1))


NUMBERS: dict[bytes, Callable[[memoryview, int], bytes]] = {
    b"grid": _grid,
    b"iovl": _overlay,
    b"iden": _identity,
    TONE_MAP: _tone_map,
    SAMPLE_TRANSFORM: _sample_transform,
}
