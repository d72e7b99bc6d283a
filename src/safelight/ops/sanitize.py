"""Decode in one cage, encode in another."""

from __future__ import annotations

from safelight.formats import TABLE
from safelight.image import Image
from safelight.operation import Context, Operation


class Sanitize(Operation, name="sanitize", in_two_cages=True, keeps_places=True, effect="bounded"):
    """Decode in one cage, encode in another; only checked pixels cross between them.

    For files that you do not trust. The first cage is given the file and gives back plain
    samples, their size, and the times of frames; each number is checked, and nothing else comes
    out of it. The second cage never sees the file: it works on those pixels and encodes them, in
    the format of the input, or as PNG where that cannot be written. Colours are brought into
    sRGB or grey; all metadata stays behind but the mark of an AI origin, which crosses as a number.
    The receipt says that two cages did the work.
    """

    def suffix(self) -> str:
        """photo.jpg becomes photo.sanitized.jpg."""
        return "sanitized"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The picture, to be encoded anew."""
        if image.wish.format is None and not TABLE[image.header.format].writes:
            image = image.with_wish(format="png")
        return image.with_pixels(image.vips)
