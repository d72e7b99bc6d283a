"""Near: a part of a picture as a picture of its own, and what was seen in it back in its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from safelight.annotation import Annotation
from safelight.operation import Kernel
from safelight.ops.looking.sample import Part, Shown

if TYPE_CHECKING:
    from safelight.ops.looking.sample import Samples

# What finds a body in a box.
PERSON = "person"
# So much of its sides is added around a box: a hand or a foot may stand out.
ROOM = 0.1


class Near:
    """What lies in a box and a little around it, of which the picture has something."""

    def __init__(self, shown: Shown, box: tuple[int, int, int, int]) -> None:
        left, top, width, height = box
        across, down = round(width * ROOM), round(height * ROOM)
        self._shown = shown
        self._left, self._top = max(left - across, 0), max(top - down, 0)
        self.width = min(left + width + across, shown.width) - self._left
        self.height = min(top + height + down, shown.height) - self._top

    def sized(self, width: int, height: int, kernel: Kernel, part: Part | None = None) -> Samples:
        """See Sample. What of the part lies outside is that of the whole picture there."""
        left, top, across, down = part or (0.0, 0.0, float(self.width), float(self.height))
        there = (left + self._left, top + self._top, across, down)
        return self._shown.sized(width, height, kernel, there)

    def back(self, note: Annotation) -> Annotation:
        """What was seen here, as it lies in the whole picture."""
        left, top = self._left, self._top
        box = note.box and (note.box[0] + left, note.box[1] + top, *note.box[2:])
        points = (replace(spot, x=spot.x + left, y=spot.y + top) for spot in note.points)
        return replace(note, box=box, points=tuple(points))


def near_people(shown: Shown, notes: Iterable[Annotation]) -> Sequence[Near]:
    """A look at each person that was found before, the surest first."""
    boxes = (note.box for note in notes if (note.kind, note.label) == ("box", PERSON))
    return [Near(shown, box) for box in boxes if box is not None]
