"""The frame of a JPEG: its components, and how much of a scan is needed."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from safelight.codecs.jpeg_segments import Segment
from safelight.errors import ContainerBroken

RESTART = re.compile(rb"\xff[\xd0-\xd7]")
BLOCK = 8


@dataclass(frozen=True, slots=True)
class Component:
    """Sampling factors, 1 to 4, and the number of the quantisation table."""

    across: int
    down: int
    table: int


@dataclass(slots=True)
class Frame:
    """What a frame header says; two components may carry one number."""

    segment: Segment
    width: int
    height: int
    components: dict[int, list[Component]]
    latched: set[int] = field(default_factory=set)

    def tables_of(self, identity: int) -> list[int]:
        """The quantisation tables that this component takes now: decoders read them at its first
        scan and never again. Raises ContainerBroken for a component that is not there.
        """
        if identity not in self.components:
            raise ContainerBroken("the JPEG has a scan of a component that it does not have")
        if identity in self.latched:
            return []
        self.latched.add(identity)
        return [component.table for component in self.components[identity]]

    def units(self, identities: Sequence[int]) -> int:
        """How many coded units a scan of these components has (T.81, A.2)."""
        every = [component for same in self.components.values() for component in same]
        across, down = max(one.across for one in every), max(one.down for one in every)
        if len(identities) == 1:
            only = self.components[identities[0]][0]
            columns = -(-self.width * only.across // (BLOCK * across))
            return columns * -(-self.height * only.down // (BLOCK * down))
        return -(-self.width // (BLOCK * across)) * -(-self.height // (BLOCK * down))


def frame_of(segment: Segment) -> Frame:
    """The frame header taken apart. Raises ContainerBroken when no decoder would take it."""
    body = segment.body
    _, height, width, count = struct.unpack_from(">BHHB", body)
    if len(body) != 6 + 3 * count or not 1 <= count <= 4 or not width or not height:
        raise ContainerBroken("the JPEG has a wrong frame header")
    components: dict[int, list[Component]] = {}
    for identity, sampling, table in struct.iter_unpack("3B", body[6:]):
        component = Component(sampling >> 4, sampling & 15, table)
        if not (1 <= component.across <= 4 and 1 <= component.down <= 4):
            raise ContainerBroken("the JPEG has a wrong frame header")
        components.setdefault(identity, []).append(component)
    return Frame(segment, width, height, components)


def needed(coded: memoryview, intervals: int) -> memoryview:
    """The coded data of this many restart intervals, without what follows them.

    Left whole when the restart markers do not count up in order: decoders of damaged data look for
    later markers then, so a cut could change pixels.
    """
    for number, mark in enumerate(RESTART.finditer(coded), 1):
        if number >= intervals:
            stop = mark.start()
            while stop and coded[stop - 1] == 0xFF:
                stop -= 1
            return coded[:stop]
        if coded[mark.start() + 1] != 0xD0 + (number - 1) % 8:
            return coded
    return coded
