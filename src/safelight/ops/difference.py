"""Show where a picture differs from another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from safelight.formats import Format, Writable
from safelight.image import Image
from safelight.operation import SENSITIVE, Context, Operation
from safelight.ops.cutting.grounds import PICTURE

if TYPE_CHECKING:
    from safelight.ops.comparing.pair import Pair

# A pixel that differs at all is at least so red, of 1.
FAINTEST = 0.2
# The picture below the marks: so much of it, on white.
GROUND = 0.35
RED = (0.9, 0.0, 0.1)


class Difference(Operation, name="difference", effect="exact"):
    """Show where a picture differs from another, which must have the same size.

    marked shows what differs in red, the more the stronger, over the faded picture; absolute shows
    how far apart the samples are, black where they are alike. The result is a PNG in 8 bit.
    """

    reference: str = Field(
        pattern=rf"^{PICTURE}[0-9a-f]{{64}}$",
        description="the other picture, as before.png",
        json_schema_extra={"picture": PICTURE, "called": "reference", **SENSITIVE},
        examples=["before.png"],
    )
    style: Literal["marked", "absolute"] = Field("marked", description="how it is shown")
    amplify: float = Field(
        8, gt=0, le=255, description="how many times stronger than it is a difference is shown"
    )
    tolerance: int = Field(
        0, ge=0, le=254, description="marked: differences of so many steps of 255 count as none"
    )
    format: Writable = Field("png", description="format of the result")

    def pictures(self) -> tuple[str, ...]:
        """The other picture."""
        return (self.reference.removeprefix(PICTURE),)

    def wished_format(self) -> Format | None:
        """The format asked for."""
        return self.format

    def apply(self, image: Image, ctx: Context) -> Image:
        """The picture of the difference; of an animation, that of its first frame.

        Raises ParameterInvalid where the sizes differ, InputMissing without the other picture.
        """
        from safelight.ops.comparing.pair import pairs_of

        pair = next(pairs_of(image, ctx.picture(self.pictures()[0])))
        shown = self._marked(pair) if self.style == "marked" else self._absolute(pair)
        shown = (shown * 255).rint().cast("uchar").copy(interpretation="srgb")
        return image.with_pixels(_bare(shown)).with_wish(format=self.format)

    def _absolute(self, pair: Pair) -> Any:
        from safelight.ops.comparing.measuring import difference

        apart = difference(pair) * self.amplify
        if apart.bands >= 3:
            return apart[0:3]
        return apart[0].bandjoin([apart[0], apart[0]])

    def _marked(self, pair: Pair) -> Any:
        from safelight.ops.comparing.measuring import difference

        apart = difference(pair)
        most = apart[0]
        for band in apart.bandsplit()[1:]:
            most = (band > most).ifthenelse(band, most)
        share = FAINTEST + most * (self.amplify * (1 - FAINTEST))
        share = (share > 1).ifthenelse(1, share)
        least = self.tolerance / 255 + pair.step / 2
        share = (most > least).ifthenelse(share, 0)
        last = pair.first.bands - pair.has_alpha
        ground = pair.first[0:last].bandmean() * GROUND + (1 - GROUND)
        ground = ground.bandjoin([ground, ground])
        return ground * (1 - share) + share * list(RED)


def _bare(picture: Any) -> Any:
    """Without the profile of the picture that it came from: these are colours of our own."""
    from safelight.ops.tiling.still import PROFILE

    picture = picture.copy()
    for field in (PROFILE, "delay", "loop", "page-height", "n-pages"):
        if picture.get_typeof(field) != 0:
            picture.remove(field)
    return picture
