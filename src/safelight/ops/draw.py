"""Draw what was seen onto the picture."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from safelight.image import Image
from safelight.operation import Context, Operation
from safelight.ops.placing.colours import in_colour
from safelight.ops.tiling.still import refuse_several


class Draw(Operation, name="draw", keeps_places=True, effect="model"):
    """Draw what was seen onto the picture: boxes, points and the lines between them, words.

    It takes what steps before it have seen: detect, pose, classify. Each word has a colour of its
    own. A picture of boxes shows what a model saw, not what is there.
    """

    boxes: bool = Field(True, description="a line around each thing")
    points: bool = Field(True, description="points of faces and bodies, and the lines between them")
    masks: bool = Field(True, description="a tint over what a model outlines")
    words: bool = Field(
        True, description="what each thing that is drawn is called, and how sure that is"
    )
    line: float = Field(
        0.4, gt=0, le=5, description="width of the lines, in percent of the picture's longer side"
    )

    def uses_places(self) -> bool:
        """It always does."""
        return True

    def suffix(self) -> str:
        """photo.jpg becomes photo.seen.jpg."""
        return "seen"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The picture with all of it drawn over; as it is where nothing was seen.

        Raises InputRefused for several frames: what was seen in the first may lie elsewhere in
        the others.
        """
        from safelight.ops.looking.drawing import drawn

        refuse_several(image)
        if not image.sights:
            return image
        sheet = drawn(image.sights, (image.width, image.height), self)
        return image.map_frames(lambda frame: _under(frame, sheet))


def _under(frame: Any, sheet: Any) -> Any:
    from safelight.ops.marking.marks import coloured, over

    frame = in_colour(frame)
    return over(frame, coloured(sheet, frame), 1.0)
