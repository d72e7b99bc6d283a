"""Cut the subject out of its ground."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from safelight.annotation import Annotation
from safelight.formats import LOSSY, Format, Writable, carrying
from safelight.image import Image
from safelight.operation import SENSITIVE, Context, ModelNeed, Operation
from safelight.ops.cutting.grounds import BLUR, NAMED, PICTURE, blurred, covering, opened
from safelight.ops.looking.sample import Shown
from safelight.ops.tiling.still import held

# One level of transparency is too few for an edge.
TRANSPARENT = tuple(format for format in carrying("alpha") if format != "gif")


class Cutout(Operation, name="cutout", version=3, gives_confidence=True, effect="model"):
    """Cut the subject out: transparent ground, or another one.

    Made for product pictures: one subject on a plain, shaded or softly lit ground. The result is
    a PNG with transparency, edges without a rim of the old ground. With bg it keeps the input's
    format; JPEG, WebP and AVIF are saved with quality 92, and a JPEG with its colour at full size,
    unless a quality is asked for. A confidence comes with it; where that is low, look at the
    picture. Models for people, drawings or any subject are found by safelight models list.
    """

    model: str = Field(
        "products",
        min_length=1,
        max_length=64,
        description="name or alias of the model: safelight models list",
    )
    bg: str | None = Field(
        None,
        description="new ground: a colour as white, #rgb or #rrggbb, a picture as shelf.jpg,"
        " or blur for the old one, blurred",
        examples=["white"],
        pattern=rf"^(blur|#[0-9a-f]{{6}}|{PICTURE}[0-9a-f]{{64}})$",
        json_schema_extra={"picture": PICTURE, "called": "ground picture", **SENSITIVE},
    )
    mask_only: bool = Field(False, description="give the mask alone: 255 is subject, 0 is ground")
    crop: bool = Field(False, description="cut the picture to the subject")
    margin: float = Field(
        0.0,
        ge=0,
        le=100,
        description="room around a cropped subject, in percent of its longer side",
    )
    format: Writable | None = Field(
        None, description="format of the result: png, webp, avif or tiff; with bg any"
    )
    quality: int | None = Field(
        None, ge=1, le=100, description="for jpeg, webp, avif: 1 is smallest, 100 is best"
    )

    @field_validator("bg", mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        word = value.lower()
        is_short = len(word) == 4 and word.startswith("#")
        return "#" + "".join(2 * digit for digit in word[1:]) if is_short else NAMED.get(word, word)

    @field_validator("margin", mode="before")
    @classmethod
    def _in_percent(cls, value: object) -> object:
        return value.removesuffix("%") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.mask_only and self.bg is not None:
            raise ValueError("give mask_only or bg, not both: a mask has no ground")
        if self.margin and not self.crop:
            raise ValueError("margin goes with crop")
        target = self.wished_format()
        is_flat = self.mask_only or self.bg is not None
        if not is_flat and target not in TRANSPARENT:
            raise ValueError(f"{target} has no transparency: give bg, as white, or another format")
        if self.quality is not None and target is not None and target not in LOSSY:
            raise ValueError(f"{target} has no quality to choose")
        return self

    def needs(self) -> tuple[ModelNeed, ...]:
        """The one model."""
        return (ModelNeed("cutout", self.model),)

    def pictures(self) -> tuple[str, ...]:
        """The ground, if it is a picture."""
        if self.bg is None or not self.bg.startswith(PICTURE):
            return ()
        return (self.bg.removeprefix(PICTURE),)

    def wished_format(self) -> Format | None:
        """PNG if no other is asked for; with a new ground, that of the input."""
        return self.format or (None if self.bg is not None else "png")

    def apply(self, image: Image, ctx: Context) -> Image:
        """The subject, with a confidence among the annotations unless the model says yes or no
        alone.

        Raises InputMissing without the picture that bg names, InputRefused for several frames or
        pages of which format does not ask for one; while pixels are pulled, TimeExceeded.
        """
        from safelight.ops.cutting.finish import finished
        from safelight.ops.tiling.still import refuse_several, well_saved, with_profile_of

        refuse_several(image if self.format is None else image.with_wish(format=self.format))
        image = well_saved(self._wished(image))
        finisher, confidence = self._decided(image, ctx)
        box = finisher.bounds() if self.crop else None
        picture, trouble = finished(finisher)
        if box is not None:
            picture = self._cropped(picture, box)
        if not self.mask_only:
            picture = with_profile_of(picture, finisher.source.small)
        before = image.trouble
        if confidence is not None:
            image = image.with_annotations(Annotation("confidence", self.name, confidence))
        return replace(image.with_pixels(picture), trouble=lambda: trouble() or before())

    def _wished(self, image: Image) -> Image:
        target = self.wished_format()
        if target is not None:
            image = image.with_wish(format=target)
        return image if self.quality is None else image.with_wish(quality=self.quality)

    def _decided(self, image: Image, ctx: Context) -> tuple[Any, float | None]:
        """All that is known once the small picture was looked at: how to finish, how sure."""
        from safelight.ops.cutting.cut import prepared, prepared_matte, reduced_for
        from safelight.ops.cutting.decide import by_looking, by_surface, check_model, looks
        from safelight.ops.cutting.finish import Finisher
        from safelight.ops.cutting.source import seen, source_of, standard_of

        session = ctx.session(self.needs()[0])
        check_model(session)
        if looks(session):
            image = held(image)
        facts = session.model
        longest = reduced_for(facts.input.side, is_matte=facts.output.matte)
        source = source_of(image, longest, to_srgb=self.bg is not None)
        picture = seen(source)
        if looks(session):
            looked = ctx.look(self.needs()[0], Shown(image, source.under))
            decision = by_looking(looked.mask, session)
        else:
            decision = by_surface(standard_of(picture, source.small), session)
        prepare = prepared_matte if facts.output.matte else prepared
        cut = prepare(*_planes(picture, decision.alpha))
        ground: Any = None
        size = (image.width, image.height, source.peak)
        if self.bg == BLUR:
            ground = partial(blurred, cut, *size)
        elif self.pictures():
            ground = partial(covering, opened(ctx, self.pictures()[0]), *size)
        elif self.bg is not None:
            ground = tuple(bytes.fromhex(self.bg[1:]))
        finisher = Finisher(source, cut, ctx, is_mask=self.mask_only, ground=ground)
        return finisher, decision.confidence

    def _cropped(self, picture: Any, box: tuple[int, int, int, int]) -> Any:
        """The box and its margin; beyond the picture the ground goes on."""
        left, top, width, height = box
        room = round(max(width, height) * self.margin / 100)
        left, top, width, height = left - room, top - room, width + 2 * room, height + 2 * room
        right, bottom = left + width - picture.width, top + height - picture.height
        if min(left, top) >= 0 and max(right, bottom) <= 0:
            return picture.crop(left, top, width, height)
        x, y = max(left, 0), max(top, 0)
        across, down = min(left + width, picture.width) - x, min(top + height, picture.height) - y
        part = picture.crop(x, y, across, down)
        if self.bg == BLUR or self.pictures():
            return part.embed(x - left, y - top, width, height, extend="copy")
        return part.embed(
            x - left, y - top, width, height, extend="background", background=self._beyond(part)
        )

    def _beyond(self, picture: Any) -> list[int]:
        if self.bg is None:
            return [0] * int(picture.bands)
        step = 257 if picture.format == "ushort" else 1
        return [value * step for value in bytes.fromhex(self.bg[1:])]


def _planes(picture: Any, alpha: Any) -> tuple[Any, Any]:
    """The picture as [3, rows, columns] in 0..1, and alpha at its size."""
    import numpy as np
    import pyvips

    samples = np.frombuffer(picture.write_to_memory(), np.uint8)
    samples = samples.reshape(picture.height, picture.width, 3)
    small = pyvips.Image.new_from_array(np.ascontiguousarray(alpha))
    across, down = picture.width / small.width, picture.height / small.height
    large = small.resize(across, vscale=down, kernel="linear")
    rough = np.frombuffer(large.write_to_memory(), np.float32)
    rough = rough.reshape(picture.height, picture.width)
    return samples.transpose(2, 0, 1) * np.float32(1 / 255), rough
