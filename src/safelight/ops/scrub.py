"""scrub: the wish for an encoding without private metadata."""

from __future__ import annotations

from pydantic import Field, field_validator

from safelight.image import Image, Profile, Risk
from safelight.operation import LATER, Context, Operation, one_line

GROUPS = tuple(risk.name.lower() for risk in Risk)


class Scrub(Operation, name="scrub", touches_pixels=False):
    """Remove metadata; pixels stay bit for bit where the format allows it."""

    profile: Profile = Field(
        "share",
        description="share keeps colour, orientation, copyright notice and mark of origin; strict "
        "drops the notice; minimal keeps dates and camera settings too; none keeps all",
    )
    keep: tuple[str, ...] = Field(
        (), description=f"risk groups to keep besides: {', '.join(GROUPS)}"
    )

    drop_marks: str | None = Field(
        None,
        min_length=3,
        max_length=300,
        description="why even the mark of origin is to go; the reason goes into the receipt",
        json_schema_extra=LATER,
    )

    _one_line = field_validator("drop_marks")(one_line)

    @field_validator("keep")
    @classmethod
    def _known_groups(cls, keep: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(keep) - set(GROUPS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no risk group; these are: {', '.join(GROUPS)}")
        return tuple(sorted(set(keep)))

    def suffix(self) -> str:
        """photo.jpg becomes photo.scrubbed.jpg."""
        return "scrubbed"

    def apply(self, image: Image, ctx: Context) -> Image:
        return image.with_wish(
            profile=self.profile, keep=self.keep, drops_mark=self.drop_marks is not None
        )
