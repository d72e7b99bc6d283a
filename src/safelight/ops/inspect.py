"""inspect: what the file says besides its pixels."""

from __future__ import annotations

from safelight.image import Image
from safelight.operation import Context, Operation


class Inspect(Operation, name="inspect", touches_pixels=False, gives_image=False):
    """Show metadata grouped by what it can reveal."""

    def apply(self, image: Image, ctx: Context) -> Image:
        return image.with_findings()
