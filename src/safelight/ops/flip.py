"""Mirror the picture."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from safelight.image import Image
from safelight.operation import Context, Operation


class Flip(Operation, name="flip", effect="exact"):
    """Mirror the picture, left to right, top to bottom, or both; of an animation, each frame.

    It is mirrored as displayed. Only the order of the pixels changes.
    """

    horizontal: bool = Field(False, description="left becomes right, as in a mirror", examples=[""])
    vertical: bool = Field(False, description="top becomes bottom")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.horizontal or self.vertical):
            raise ValueError("give horizontal, vertical, or both")
        return self

    def suffix(self) -> str:
        """photo.jpg becomes photo.flipped.jpg."""
        return "flipped"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The mirrored picture."""
        return image.map_frames(self._flipped)

    def _flipped(self, frame: Any) -> Any:
        if self.vertical:
            # The last line comes first, and a decoder gives lines from the top alone.
            frame = frame.copy_memory().flipver()
        return frame.fliphor() if self.horizontal else frame
