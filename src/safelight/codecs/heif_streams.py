"""The coded data of an item: the units that make its pixels, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs import nal, obu
from safelight.codecs.heif import File, Item, whole
from safelight.codecs.isobmff import Box
from safelight.errors import ContainerBroken

AV1, HEVC = frozenset({b"av01"}), frozenset({b"hvc1", b"hev1"})
Unit = nal.Unit | obu.Unit
# In a whole file. Data that items share are read once; only a hostile file says more than it has.
MAX_UNITS = 1_000_000
SLACK = 1_000_000


@dataclass(slots=True)
class Walker:
    """Walks coded data within a bound of work for the whole file."""

    data: memoryview
    units_left: int = MAX_UNITS
    sizes: dict[int, int] = field(default_factory=dict)
    bytes_left: int = field(init=False)

    def __post_init__(self) -> None:
        self.bytes_left = len(self.data) + SLACK

    def walk(
        self, kind: bytes, data: memoryview, properties: list[Box]
    ) -> list[tuple[Unit, bool]] | None:
        """Every unit and whether pixels need it; None for a coding that has no units.

        Raises ContainerBroken when the units do not fill the data, or there are too many.
        """
        self.spend(len(data))
        found: list[tuple[Unit, bool]]
        if kind in AV1:
            found = [(unit, obu.is_needed(unit)) for unit in obu.units(data)]
        elif kind in HEVC:
            size = self._length_size(properties)
            found = [(unit, nal.is_needed(unit)) for unit in nal.units(data, size)]
        else:
            return None
        self.units_left -= len(found)
        if self.units_left < 0:
            raise ContainerBroken("the picture has too many units")
        return found

    def joined(self, file: File, item: Item) -> memoryview:
        """The item's bytes in one piece: a slice of the input where they lie in one."""
        places = file.places(item)
        return places[0] if len(places) == 1 else memoryview(whole(places, self.bytes_left))

    def spend(self, size: int) -> None:
        """Raises ContainerBroken when all together is more than the file holds."""
        if size > self.bytes_left:
            raise ContainerBroken("the picture has items that lie over each other")
        self.bytes_left -= size

    def _length_size(self, properties: list[Box]) -> int:
        """How many bytes say how long an HEVC unit is."""
        for box in properties:
            if box.type == b"hvcC":
                if id(box) not in self.sizes:
                    self.sizes[id(box)] = nal.configuration(box.body).length_size
                return self.sizes[id(box)]
        raise ContainerBroken("the picture has HEVC data without a configuration")


def surplus(walker: Walker, file: File, item: Item) -> Iterator[tuple[str, memoryview]]:
    """The units that no pixel needs, by the name of their kind."""
    coding = "AV1" if item.kind in AV1 else "HEVC"
    properties = file.meta.properties_of(item.number)
    if item.kind in AV1 | HEVC:
        for unit, is_needed in walker.walk(item.kind, walker.joined(file, item), properties) or ():
            if not is_needed:
                yield f"{coding} unit {unit.type}", unit.body
