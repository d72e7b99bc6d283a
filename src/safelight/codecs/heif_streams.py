"""The coded data of an item: the units that make its pixels, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.codecs import nal, obu
from safelight.codecs.heif import File, Item, whole
from safelight.errors import ContainerBroken

AV1, HEVC = frozenset({b"av01"}), frozenset({b"hvc1", b"hev1"})
Unit = nal.Unit | obu.Unit


def units(file: File, item: Item) -> Iterator[tuple[Unit, bool]]:
    """Every unit of an item and whether pixels need it; nothing for a coding that has none.

    Raises ContainerBroken when the units do not fill the item.
    """
    if item.kind in AV1:
        yield from ((unit, obu.is_needed(unit)) for unit in obu.units(joined(file, item)))
    elif item.kind in HEVC:
        size = length_size(file, item)
        yield from ((unit, nal.is_needed(unit)) for unit in nal.units(joined(file, item), size))


def joined(file: File, item: Item) -> memoryview:
    """The item's bytes in one piece: a slice of the input where they lie in one."""
    places = file.places(item)
    return places[0] if len(places) == 1 else memoryview(whole(places, len(file.data)))


def length_size(file: File, item: Item) -> int:
    """How many bytes say how long an HEVC unit is. Raises ContainerBroken when nothing says so."""
    for box in file.meta.properties_of(item.number):
        if box.type == b"hvcC":
            return nal.configuration(box.body).length_size
    raise ContainerBroken("the picture has HEVC data without a configuration")


def surplus(file: File, item: Item) -> Iterator[tuple[str, memoryview]]:
    """The units that no pixel needs, by the name of their kind; empty padding aside."""
    coding = "AV1" if item.kind in AV1 else "HEVC"
    for unit, is_needed in units(file, item):
        if not is_needed:
            yield f"{coding} unit {unit.type}", unit.body
