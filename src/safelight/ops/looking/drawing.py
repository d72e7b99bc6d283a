"""What was seen as a sheet to lay over the picture.

Pillow draws no half pixels: the sheet is drawn larger than a small picture and then brought to its
size. Over a picture that is larger than the sheet it is smooth, not sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from safelight.annotation import Annotation
from safelight.ops.looking.canvas import Canvas

# The longer side of a sheet in pixels, and how much larger than the picture it is at most.
LONGEST, MOST_TIMES = 4_096, 4.0


class Wishes(Protocol):
    """What is drawn, and how thick: fields of draw."""

    @property
    def boxes(self) -> bool: ...
    @property
    def points(self) -> bool: ...
    @property
    def masks(self) -> bool: ...
    @property
    def words(self) -> bool: ...
    @property
    def line(self) -> float: ...


def drawn(sights: Sequence[Annotation], size: tuple[int, int], wishes: Wishes) -> Any:
    """A libvips picture of this size: colours weighed by alpha, and alpha, in 8 bits."""
    import pyvips

    labels = [sight.label for sight in sights]
    canvas = Canvas.of(size, min(LONGEST / max(size), MOST_TIMES), wishes.line, labels)
    # The surest lies on top, and is named first.
    for sight in reversed(sights) if wishes.masks else ():
        canvas.tint(sight)
    for sight in reversed(sights):
        if wishes.boxes and sight.kind == "box":
            canvas.frame(sight)
        if wishes.points and sight.points:
            canvas.body(sight)
    if wishes.words:
        canvas.names([sight for sight in sights if sight.kind == "label"])
        for sight in sights:
            if wishes.boxes if sight.kind == "box" else wishes.points:
                canvas.name(sight)
    sheet = canvas.sheet
    pixels = pyvips.Image.new_from_memory(sheet.tobytes(), *sheet.size, 4, "uchar")
    weighed = pixels.copy(interpretation="srgb").premultiply().rint().cast("uchar")
    across, down = size[0] / weighed.width, size[1] / weighed.height
    return weighed.resize(across, vscale=down, kernel="linear").copy_memory()
