"""mark: say how a picture came to be, in a place that other programs read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from safelight.image import Image, MarkRule
from safelight.operation import Context, Operation, one_line

Origin = Literal["ai-generated", "ai-edited", "ai-restored", "human-edited", "captured"]
# Terms of the IPTC digital source types: cv.iptc.org/newscodes/digitalsourcetype.
TERMS: dict[Origin, str] = {
    "ai-generated": "trainedAlgorithmicMedia",
    "ai-edited": "compositeWithTrainedAlgorithmicMedia",
    "ai-restored": "algorithmicallyEnhanced",
    "human-edited": "humanEdits",
    "captured": "digitalCapture",
}


class Mark(Operation, name="mark", touches_pixels=False):
    """Write how a picture came to be; pixels stay bit for bit where the format allows it.

    The mark is the IPTC digital source type, in XMP. Where a mark is there that says more of
    machines, a reason is needed; it is kept in the receipt. `mark show` reads a picture's marks.
    """

    origin: Origin = Field(
        description="how the picture came to be",
        examples=["ai-edited"],
        json_schema_extra={"short": "--as"},
    )
    reason: str | None = Field(
        None,
        min_length=3,
        max_length=300,
        description="why a mark that is there may say less from now on; it goes into the receipt",
    )

    _one_line = field_validator("reason")(one_line)

    def suffix(self) -> str:
        """photo.jpg becomes photo.marked.jpg."""
        return "marked"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture with a wish for the mark."""
        rule: MarkRule = "refused" if self.reason is None else "gives way"
        return image.with_wish(mark=TERMS[self.origin], mark_rule=rule)
