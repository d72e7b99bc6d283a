"""Find faces, people and things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from safelight.annotation import Annotation
from safelight.errors import ModelMissing, ParameterInvalid
from safelight.image import Image
from safelight.operation import SENSITIVE, Context, ModelNeed, Operation
from safelight.ops.looking.labels import ANY, LABELS, is_asked
from safelight.ops.looking.sample import shown_to

FACE, FIND_FACES = "face", '--model faces finds faces, in a recipe: model = "faces"'
Label = Annotated[str, Field(min_length=1, max_length=64)]


class Detect(Operation, name="detect", gives_image=False, gives_sights=True):
    """Find faces, people and things, each in a box with a score.

    What was found goes to the standard output alone and into no receipt: treat it as personal
    data where the picture is. A face is found, nobody is recognised. Nothing found does not mean
    nothing there: small, covered and turned away ones are missed. Of an animation, the first frame
    is looked at.
    """

    model: str = Field(
        "usual",
        min_length=1,
        max_length=64,
        description="faces, people or things, or name or alias of a model: safelight models list",
    )
    label: tuple[Label, ...] = Field(
        (),
        max_length=LABELS,
        description="what to keep of what is found, as person,dog; all of it if not given",
        json_schema_extra=SENSITIVE,
    )
    least: float = Field(
        0.0, ge=0, le=1, description="how sure the model must be; it has a least of its own"
    )

    def needs(self) -> tuple[ModelNeed, ...]:
        """The one model."""
        return (ModelNeed("detect", self.model),)

    def asks_for(self, sight: Annotation) -> bool:
        """A box with a label that is asked for, sure enough."""
        return sight.kind == "box" and is_asked(sight, self.label, self.least)

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture, with what was found among its annotations, the surest first.

        Raises ModelMissing for a model that finds nothing in boxes, ParameterInvalid for a label
        that it does not know: nothing would ever be found.
        """
        need = self.needs()[0]
        self._check_labels(ctx.session(need).model.output.labels)
        shown = shown_to(image, ctx, need)
        seen = ctx.look(need, shown).annotations
        if any(sight.kind != "box" for sight in seen):
            raise ModelMissing(
                "the model finds no things in boxes",
                hint="safelight models list --available --task detect",
            )
        return shown.image.with_annotations(*filter(self.asks_for, seen))

    def _check_labels(self, words: Sequence[str]) -> None:
        known = {word.casefold() for word in (*words, ANY)}
        for number, label in enumerate(self.label, 1):
            if not words or label.casefold() in known:
                continue
            if label.casefold() == FACE:
                raise ParameterInvalid(
                    f"label number {number} is no word that the model knows",
                    hint="a model of faces finds it: --model faces, in a recipe model = 'faces'",
                )
            raise ParameterInvalid(
                f"label number {number} is no word that the model knows",
                hint="safelight models show NAME lists the words of a model",
            )
