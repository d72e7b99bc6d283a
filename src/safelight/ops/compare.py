"""Measure how much a picture differs from another."""

from __future__ import annotations

from pydantic import Field

from safelight.errors import ParameterInvalid
from safelight.formats import TABLE, Format
from safelight.image import Image
from safelight.operation import Context, Operation
from safelight.ops.cutting.grounds import PICTURE


class Compare(Operation, name="compare", gives_image=False, gives_measures=True):
    """Measure how much two pictures differ.

    They are laid on each other as displayed, and must have the same size and as many frames. Two
    with the same profile are compared sample by sample, others in sRGB; alpha counts as a channel.
    PSNR is over all channels. SSIM is that of Wang and others (2004) on luma, with a Gaussian
    window of 11x11 pixels. Neither is what a person sees.
    """

    reference: str = Field(
        pattern=rf"^{PICTURE}[0-9a-f]{{64}}$",
        description="the other picture",
        json_schema_extra={"picture": PICTURE, "called": "reference"},
    )

    def pictures(self) -> tuple[str, ...]:
        """The other picture."""
        return (self.reference.removeprefix(PICTURE),)

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture with its measures.

        Raises ParameterInvalid where the sizes differ or one has no pixels here, InputMissing
        without the other picture.
        """
        from safelight.ops.comparing.measuring import measured
        from safelight.ops.comparing.pair import pairs_of

        other = ctx.picture(self.pictures()[0])
        for one in (image, other):
            refuse_pixelless(one.header.format)
        return image.with_measures(measured(pairs_of(image, other)))


def refuse_pixelless(format: Format) -> None:
    """Raises ParameterInvalid for a document, a film, and whatever else has no pixels here."""
    if not TABLE[format].reads:
        raise ParameterInvalid(
            f"of {format} no pixels are read: there is nothing to compare",
            hint="compare takes two pictures",
        )
